"""Shares of neighbours per category: by hand on the small world, against a loop on a drawn one, and bounded."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from graphcredit.features import FeatureMatrix, build_features
from graphcredit.features.graph_mix import MIX_KINDS, MOST_LEVELS
from graphcredit.store import CreditStore
from tests.features.world import DAY, fill
from tests.support.stores import empty_store, party

GROUPS = ["profile", "attributes", "typed_mix"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CreditStore]:
    with empty_store("duckdb", tmp_path) as made:
        yield made


def mix(store: CreditStore, parties: list[str] | None = None) -> FeatureMatrix:
    return build_features(store, date.fromisoformat(DAY), parties=parties, groups=GROUPS)


def test_shares_of_the_small_world_are_those_counted_by_hand(store: CreditStore) -> None:
    row = mix(fill(store), ["a", "d"]).frame
    # C13 and C17, north and south are equally frequent: the first by name tells the other
    assert row.loc["d", "shared_address_in_share_industry_C13"] == 0.5  # a is C13, c is C17
    assert row.loc["d", "shared_address_in_share_region_north"] == 0.5
    assert row.loc["a", "shared_address_out_share_industry_C13"] == 1.0  # d
    assert row.loc["a", "litigation_in_share_region_north"] == 1.0  # b
    assert np.isnan(row.loc["d", "litigation_in_share_region_north"])  # no such tie
    assert row.loc["a", "shareholder_in_share_industry_C13"] == 0.0  # c; of the person nothing is known
    assert not [name for name in row if "C17" in name or "south" in name]


def drawn(kinds: int, attributes: int) -> tuple[dict[str, list[dict[str, object]]], dict[str, str]]:
    """Sixty parties in four towns, ties of many kinds, many categorical attributes."""
    rng = np.random.default_rng(3)
    ids = [f"n{i:02d}" for i in range(60)]
    towns = {party_id: str(rng.choice(["e", "f", "g", "h"], p=[0.4, 0.3, 0.2, 0.1])) for party_id in ids[:50]}
    parties = []
    for party_id in ids:
        given = ", ".join(f'"c{j}": "{rng.choice(["u", "v", "w"])}"' for j in range(attributes))
        town = {"region": towns[party_id]} if party_id in towns else {}
        parties.append(party(party_id, **town, attributes=f"{{{given}}}"))
    relations = [
        {"source_id": ids[a], "target_id": ids[b], "kind": f"k{k:02d}", "valid_from": "2020-01-01", "recorded_at": "2020-01-01"}
        for k in range(kinds) for a, b in {tuple(rng.integers(0, 60, 2)) for _ in range(80 - k)} if a != b
    ]  # fmt: skip
    return {"parties": parties, "relations": relations}, towns


def test_shares_are_those_of_a_loop_over_ties(store: CreditStore) -> None:
    rows, towns = drawn(2, 0)
    frame = mix(fill(store, rows)).frame
    most = max(sorted(set(towns.values())), key=list(towns.values()).count)
    for party_id in frame.index:
        for side, here, there in (("out", "source_id", "target_id"), ("in", "target_id", "source_id")):
            ends = [tie[there] for tie in rows["relations"] if tie["kind"] == "k00" and tie[here] == party_id]
            known = [towns[end] == most for end in ends if end in towns]  # type: ignore[index]
            expected = np.mean(known) if known else np.nan
            assert frame.loc[party_id, f"k00_{side}_share_region_{most}"] == pytest.approx(expected, nan_ok=True)


def test_twenty_kinds_and_thirty_attributes_make_no_more_columns_than_the_bound(store: CreditStore) -> None:
    made = [f for f in mix(fill(store, drawn(20, 30)[0])).features if f.group == "typed_mix"]
    assert len(made) == MOST_LEVELS * (2 * MIX_KINDS + 1)
    assert {f.name.split("_")[0] for f in made} <= {"around", *(f"k{k:02d}" for k in range(20))}
    assert all(f.en and f.zh and f.family == "graph" for f in made)


def test_without_categories_there_is_nothing_to_share(store: CreditStore) -> None:
    rows = {"parties": [party("a"), party("b")]}
    assert not [f for f in mix(fill(store, rows)).features if f.group == "typed_mix"]
