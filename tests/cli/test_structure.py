"""`graphcredit structure` on a world small enough to know the answers."""

from pathlib import Path

import pytest

from graphcredit.store import open_store
from tests.features.world import DAY, fill
from tests.support.demo import Demo, graphcredit


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("structure")
    found = f"duckdb:///{folder / 'world.duckdb'}"
    with open_store(found) as store:
        fill(store)
    return found


def ask(url: str, *words: str) -> dict:
    return graphcredit("structure", *words, "--as-of", DAY, "--store", url, "--json").json


def test_circles(url: str) -> None:
    found = ask(url, "circles")
    assert (found["count"], found["truncated"]) == (1, False)
    assert (found["circles"][0]["members"], found["circles"][0]["pattern"]) == (["a", "b"], "mutual")


def test_groups_with_reasons_and_paths_and_of_one_party(url: str) -> None:
    found = ask(url, "groups")
    assert found["count"] == len(found["groups"]) >= 1
    assert not found["truncated"]
    for group in found["groups"]:
        assert group["size"] == len(group["members"])
        assert all(m["path"][0] == group["root"] and m["path"][-1] == m["party"] for m in group["members"])
    of_a = ask(url, "groups", "--party", "a")
    assert of_a["groups"] == [g for g in found["groups"] if "a" in {m["party"] for m in g["members"]}] != []
    assert graphcredit("structure", "groups", "--party", "nobody", "--as-of", DAY, "--store", url).code != 0
    assert "a > p" in graphcredit("structure", "groups", "--as-of", DAY, "--store", url).out


def test_paths(url: str) -> None:
    found = ask(url, "paths", "p", "b")
    assert found["paths"][0]["parties"] == ["p", "a", "b"]
    assert (found["truncated"], found["warnings"]) == (False, [])
    assert graphcredit("structure", "paths", "p", "nobody", "--as-of", DAY, "--store", url).code != 0


def test_dependence_and_concentration(url: str) -> None:
    found = ask(url, "dependence")
    assert found["single_points_of_failure"] == ["a"]
    shares = ask(url, "concentration", "--by", "lender")
    assert (shares["hhi"], shares["shares"]) == (1.0, {"k": 1.0})
    sellers = ask(url, "concentration", "--by", "seller")
    assert sellers["granularity"] is None
    assert sum(sellers["shares"].values()) == pytest.approx(1.0)
    assert graphcredit("structure", "concentration", "--by", "colour", "--as-of", DAY, "--store", url).code == 2


def test_motifs_with_the_published_evidence(url: str) -> None:
    found = ask(url, "motifs")
    assert {name: count for name, count in found["counts"].items() if count} == {"single": 1, "mutual": 1, "111U": 1}
    assert (found["evidence"]["mutual"], found["evidence"]["single"]) == (1, 0)
    assert found["score"] == pytest.approx(2 / 3)
    assert [party["party"] for party in found["parties"]] == ["a", "b", "d"]
    assert "mutual" in graphcredit("structure", "motifs", "--as-of", DAY, "--store", url).out


@pytest.mark.xdist_group("demo")
def test_loans_to_scored_firms_carry_a_granularity_adjustment(demo: Demo) -> None:
    found = graphcredit("structure", "concentration", "--by", "borrower", "--store", demo.url, "--json").json
    told = found["granularity"]
    assert told["borrowers"] >= 10
    assert told["without_pd"] >= 0
    assert 0 < told["adjustment"] < 0.5
    assert told["lgd"] == 0.45


def test_spread_needs_a_model_and_lists_guarantors_by_what_their_guarantees_add(url: str, demo: Demo) -> None:
    refused = graphcredit("structure", "spread", "--as-of", DAY, "--store", url)
    assert refused.code != 0
    assert "train" in refused.err
    found = graphcredit("structure", "spread", "--worlds", "500", "--store", demo.url, "--json").json
    assert found["worlds"] == 500
    assert all(row["lower"] <= row["pd"] <= row["upper"] and row["guarantees"] > 0 for row in found["parties"])
    shown = graphcredit("structure", "spread", "--worlds", "0", "--top", "3", "--store", demo.url).out
    assert "with guarantees" in shown
    assert shown.count("%") >= 9
