"""Rating history on both stores: append-only, once per party, day and model."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from graphcredit.exc import InputError
from graphcredit.scoring.migration import (
    RATING,
    Rating,
    defaults_of,
    keep_ratings,
    migration,
    party_history,
    rating_history,
    ratings_of,
    with_defaults,
)
from graphcredit.store import CreditStore
from tests.scoring.migration.test_spells import table
from tests.scoring.world import fill
from tests.support.stores import facts

FIRST, SECOND = date(2024, 6, 30), date(2025, 6, 30)
AT = datetime(2025, 7, 1, 9, 30)


def rating(party: str = "P00000", day: date = FIRST, grade: str = "BB", pd_: float = 0.02, model: str = "m1") -> Rating:
    return Rating(party, day, model, grade, pd_)


def test_a_rating_is_kept_once_per_party_day_and_model(store: CreditStore) -> None:
    assert keep_ratings(store, [rating(), rating("P00001")], at=AT) == 2
    assert keep_ratings(store, [rating(), rating("P00001")]) == 0
    assert keep_ratings(store, [rating(model="m2"), rating(day=SECOND)]) == 2
    found = party_history(store, "P00000")
    assert found.columns.tolist() == ["party_id", "as_of", "model_id", "grade", "pd", "recorded_at"]
    assert found["as_of"].tolist() == [FIRST, FIRST, SECOND]
    assert found["recorded_at"].iloc[0] == AT
    assert store.info().records[RATING] == 4
    assert party_history(store, "P00000", as_of=FIRST)["as_of"].max() == FIRST
    assert rating_history(store, model_id="m2")["party_id"].tolist() == ["P00000"]
    assert party_history(store, "nobody").empty


def test_another_grade_for_the_same_day_and_model_keeps_the_earlier_one(store: CreditStore) -> None:
    keep_ratings(store, [rating()], at=AT)
    assert keep_ratings(store, [rating(grade="B", pd_=0.05)]) == 1
    assert party_history(store, "P00000")["grade"].tolist() == ["B"]
    earlier = store.get_record(RATING, rating().record_id, revision=1)
    assert earlier is not None
    assert (earlier.body["grade"], earlier.at) == ("BB", AT)


def test_many_at_once_are_as_one_by_one(store: CreditStore) -> None:
    many = [rating(f"P{i:05d}", pd_=0.01 + i * 1e-5) for i in range(120)]
    assert keep_ratings(store, many) == 120
    changed = [*many[:119], rating("P00119", grade="CCC", pd_=0.3)]
    assert keep_ratings(store, changed) == 1
    found = rating_history(store)
    assert len(found) == 120
    assert found.set_index("party_id").loc["P00119", "grade"] == "CCC"
    assert found.set_index("party_id").loc["P00003", "pd"] == pytest.approx(0.01003)


def test_ratings_come_from_a_frame_of_scores() -> None:
    scores = pd.DataFrame(
        {"pd": [0.01, 0.5], "grade": pd.Categorical(["BB", "C"]), "model_id": ["m", "m"]}, index=["P1", "P2"]
    )
    assert ratings_of(scores, FIRST) == [Rating("P1", FIRST, "m", "BB", 0.01), Rating("P2", FIRST, "m", "C", 0.5)]
    assert ratings_of(scores.rename_axis("party_id").reset_index(), FIRST) == ratings_of(scores, FIRST)


def test_a_default_on_record_stands_until_it_is_cured() -> None:
    rated = table(
        ("p", "2024-01-01", "BB"), ("p", "2024-09-01", "B"), ("p", "2025-03-01", "B"), ("q", "2024-01-01", "A")
    )
    events = pd.DataFrame(
        {
            "party_id": ["p", "p", "p", "r"],
            "occurred_on": pd.to_datetime(["2024-06-01", "2024-07-01", "2025-01-01", "2024-06-01"]),
            "kind": ["default", "default", "cured", "default"],
        }
    )
    found = with_defaults(rated, events, "D").sort_values(["party_id", "as_of"])
    assert list(zip(found["party_id"], found["as_of"].astype(str), found["grade"], strict=True)) == [
        ("p", "2024-01-01", "BB"), ("p", "2024-06-01", "D"), ("p", "2025-01-01", "NR"), ("p", "2025-03-01", "B"),
        ("q", "2024-01-01", "A"),
    ]  # fmt: skip


def test_a_store_answers_with_its_ratings_and_its_defaults(store: CreditStore) -> None:
    fill(store, 10)
    keep_ratings(store, [rating(f"P{i:05d}") for i in range(10)])
    keep_ratings(store, [rating(f"P{i:05d}", SECOND, "B" if i < 3 else "BB") for i in range(9)])
    event = {"event_id": "e", "party_id": "P00009", "kind": "default", "occurred_on": "2025-01-15"}
    store.upsert("credit_events", facts("credit_events", [event | {"recorded_at": "2025-01-16"}]))
    assert defaults_of(store, as_of=SECOND)["party_id"].tolist() == ["P00009"]
    assert defaults_of(store, as_of=date(2025, 1, 10)).empty
    found = migration(store, ("A", "BB", "B", "D"), method="cohort")
    np.testing.assert_allclose(found.matrix[1], [0, 0.6, 0.3, 0.1])
    assert (found.since, found.until) == (FIRST, SECOND)
    keep_ratings(store, [rating("P00001", SECOND, model="m2")])
    mixed = migration(store, ("A", "BB", "B", "D"))
    assert "2 models are mixed" in mixed.notes[-1]["en"]
    assert migration(store, ("A", "BB", "B", "D"), model_id="m1").body()["matrix"] == found.body()["matrix"]
    with pytest.raises(InputError, match="of model 'm3'"):
        migration(store, ("A", "BB", "B", "D"), model_id="m3")
