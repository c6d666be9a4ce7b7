"""Estimates held to counts by hand, to closed forms, to a known generator and to each other."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from graphcredit.exc import InputError, ValueRangeError
from graphcredit.scoring.migration import METHODS, Migration, aalen_johansen, migration_of, spells
from tests.scoring.migration.test_spells import table

GRADES = ("A", "B", "D")
START, YEAR = date(2020, 1, 1), date(2021, 1, 1)
TRUE = np.array([[-0.3, 0.25, 0.05], [0.2, -0.5, 0.3], [0.0, 0.0, 0.0]])


def lando_skoedeberg() -> pd.DataFrame:
    """The situation of Lando & Skoedeberg (2002), section 2: ten firms in A, ten in B.

    One firm of A goes to B after one month and stays there; one firm of B goes to A after two months; one firm of B
    defaults after six months. Nobody goes from A to D, but some may go through B.
    """
    rows = [(f"a{i}", START.isoformat(), "A") for i in range(10)] + [
        (f"b{i}", START.isoformat(), "B") for i in range(10)
    ]
    rows += [("a0", "2020-02-01", "B"), ("b0", "2020-03-01", "A"), ("b1", "2020-07-01", "D")]
    return table(*rows)


def simulated(n: int, years: float, seed: int, rates: np.ndarray = TRUE) -> pd.DataFrame:
    """Paths of a chain with these rates, drawn move by move; days are whole, so rates are read off to half a day."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        state, t = int(rng.integers(0, 2)), 0.0
        rows.append((f"p{i}", START, GRADES[state]))
        while state < 2:
            t += rng.exponential(1 / -rates[state, state])
            if t >= years:
                break
            move = np.maximum(rates[state], 0)
            state = int(rng.choice(3, p=move / move.sum()))
            rows.append((f"p{i}", START + timedelta(days=int(np.ceil(t * 365.25))), GRADES[state]))
    return pd.DataFrame(rows, columns=["party_id", "as_of", "grade"])


def test_cohort_counts_the_literatures_small_example() -> None:
    found = migration_of(lando_skoedeberg(), GRADES, method="cohort", until=YEAR)
    np.testing.assert_allclose(found.matrix, [[0.9, 0.1, 0], [0.1, 0.8, 0.1], [0, 0, 1]])
    assert found.moves.tolist() == [[9, 1, 0], [1, 8, 1], [0, 0, 0]]
    assert found.exposure.tolist() == [10, 10, 0]
    assert found.pds == {"A": 0.0, "B": 0.1}
    assert found.interval == "Wilson per entry"


def test_duration_gives_the_literatures_small_example_a_default_probability_that_cohort_misses() -> None:
    found = migration_of(lando_skoedeberg(), GRADES, method="duration", until=YEAR)
    days = {"A": 9 * 366 + 31 + 306, "B": 8 * 366 + 335 + 60 + 182}  # by hand: 2020 is a leap year
    by_hand = np.array([[0, 1, 0], [1, 0, 1], [0, 0, 0]]) / (np.array([days["A"], days["B"], 365.25]) / 365.25)[:, None]
    np.fill_diagonal(by_hand, -by_hand.sum(axis=1))
    assert found.generator is not None
    np.testing.assert_allclose(found.generator, by_hand, rtol=1e-12)
    np.testing.assert_allclose(found.matrix, expm(by_hand), atol=1e-12)
    assert 0 < found.pds["A"] < 0.01
    np.testing.assert_allclose(found.exposure[:2], np.array([days["A"], days["B"]]) / 365.25)


def test_aalen_johansen_is_the_product_of_the_days_on_which_firms_moved() -> None:
    found = migration_of(lando_skoedeberg(), GRADES, method="aalen-johansen", until=YEAR)
    february, march, july = np.eye(3), np.eye(3), np.eye(3)
    february[0] = [9 / 10, 1 / 10, 0]
    march[1] = [1 / 11, 10 / 11, 0]  # eleven firms are in B by then
    july[1] = [0, 9 / 10, 1 / 10]
    np.testing.assert_allclose(found.matrix, february @ march @ july, atol=1e-12)
    assert found.pds["A"] == pytest.approx(1 / 10 * 10 / 11 * 1 / 10)


def test_without_withdrawals_aalen_johansen_of_everyone_is_the_cohort() -> None:
    """From one common beginning, complete observation: occupation by A-J equals the shares counted (both methods' P(s, t)
    differ only by Markov mixing, which cannot act where the first move is the only one)."""
    rng = np.random.default_rng(0)
    rows = [(f"p{i}", START.isoformat(), "AB"[i % 2]) for i in range(200)]
    for i in range(200):
        if rng.random() < 0.3:
            day = START + timedelta(days=int(rng.integers(1, 360)))
            rows.append((f"p{i}", day.isoformat(), "D"))
    a = migration_of(table(*rows), GRADES, method="cohort", until=YEAR, valid_months=0)
    b = migration_of(table(*rows), GRADES, method="aalen-johansen", until=YEAR, valid_months=0)
    np.testing.assert_allclose(a.matrix, b.matrix, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_known_generator_is_recovered_within_its_interval(method: str) -> None:
    paths = simulated(4000, 1.0, 7)
    found = migration_of(paths, GRADES, method=method, until=YEAR, valid_months=0, draws=100)
    truth = expm(TRUE * 366 / 365.25) if method != "duration" else expm(TRUE)
    np.testing.assert_allclose(found.matrix, truth, atol=0.03)
    inside = (found.lower[:2] <= truth[:2]) & (truth[:2] <= found.upper[:2])
    assert inside.sum() >= 5
    np.testing.assert_allclose(found.matrix.sum(axis=1), 1, atol=1e-12)
    if method == "duration":
        assert found.generator is not None
        np.testing.assert_allclose(found.generator[:2], TRUE[:2], atol=0.04)


def test_intervals_of_duration_cover_as_often_as_they_say() -> None:
    """Of forty samples, 95% intervals of B's default probability miss rarely; and they are narrower than cohort's."""
    truth = expm(TRUE)[1, 2]
    hits, narrower = 0, 0
    for seed in range(40):
        paths = simulated(300, 1.0, 100 + seed)
        found = migration_of(paths, GRADES, method="duration", until=YEAR, valid_months=0, draws=100)
        hits += bool(found.lower[1, 2] <= truth <= found.upper[1, 2])
        other = migration_of(paths, GRADES, method="cohort", until=YEAR, valid_months=0)
        narrower += found.upper[1, 2] - found.lower[1, 2] < other.upper[1, 2] - other.lower[1, 2]
    assert hits >= 34  # binomial(40, .95) is below 34 once in 700 times
    assert narrower > 30


def test_withdrawals_are_left_out_or_a_state() -> None:
    rows = [(f"p{i}", START.isoformat(), "A") for i in range(10)]
    rows += [("p0", "2020-06-01", "NR"), ("p1", "2020-06-01", "NR"), ("p2", "2020-06-01", "B")]
    dropped = migration_of(table(*rows), GRADES, until=YEAR)
    kept = migration_of(table(*rows), GRADES, until=YEAR, withdrawn="keep")
    np.testing.assert_allclose(dropped.matrix[0], [7 / 8, 1 / 8, 0])
    np.testing.assert_allclose(kept.matrix[0], [0.7, 0.1, 0, 0.2])
    assert kept.states == ("A", "B", "D", "NR")
    assert kept.default == dropped.default == "D"
    for method in METHODS[1:]:
        inside = migration_of(table(*rows), GRADES, method=method, until=YEAR, withdrawn="keep")
        assert inside.matrix[0, 3] == pytest.approx(0.2, abs=0.03)
        without = migration_of(table(*rows), GRADES, method=method, until=YEAR)
        assert without.matrix.shape == (3, 3)
        assert without.matrix[0, 1] == pytest.approx(1 / 10, abs=0.02)


def test_a_default_in_between_counts_whatever_came_after() -> None:
    rows = [("p", "2020-01-01", "A"), ("p", "2020-05-01", "D"), ("p", "2020-09-01", "B")]
    found = migration_of(table(*rows), GRADES, until=YEAR)
    assert found.pds["A"] == 1
    assert found.unseen == ("B",)
    assert found.matrix[1].tolist() == [0, 1, 0]
    assert (found.lower[1].tolist(), found.upper[1].tolist()) == ([0, 0, 0], [1, 1, 1])
    assert any("Nobody was seen in B" in note["en"] and "无样本" in note["zh"] for note in found.notes)


def test_a_default_on_the_last_day_is_counted() -> None:
    rows = [("p", "2020-01-01", "A"), ("q", "2020-01-01", "A"), ("p", "2021-01-01", "D")]
    for method in METHODS:
        found = migration_of(table(*rows), GRADES, method=method, until=YEAR)
        assert found.pds["A"] > 0.3


def test_overlapping_cohorts_take_their_interval_from_drawn_parties() -> None:
    paths = simulated(200, 3.0, 3)
    found = migration_of(paths, GRADES, until=date(2022, 12, 31), step_months=3, valid_months=0, draws=50)
    assert found.interval == "bootstrap of parties, 50 draws"
    assert (found.lower <= found.matrix).all()
    assert (found.matrix <= found.upper).all()


def test_the_same_seed_gives_the_same_interval() -> None:
    paths = simulated(200, 1.0, 3)
    for method in ("duration", "aalen-johansen"):
        a, b = (migration_of(paths, GRADES, method=method, until=YEAR, draws=20) for _ in range(2))
        np.testing.assert_array_equal(a.upper, b.upper)


def test_aalen_johansen_chains_over_time() -> None:
    found = spells(simulated(300, 2.0, 5), GRADES, until=date(2022, 1, 1), valid_months=0)
    middle = date(2020, 9, 15)
    first, second = (aalen_johansen(found, a, b, keep=False) for a, b in ((START, middle), (middle, YEAR)))
    np.testing.assert_allclose(first @ second, aalen_johansen(found, START, YEAR, keep=False), atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 900), st.sampled_from(["A", "B", "D", "NR"])),
        min_size=1,
        max_size=40,
    ),
    method=st.sampled_from(METHODS),
    withdrawn=st.sampled_from(["drop", "keep"]),
)
def test_rows_always_sum_to_one(rows: list[tuple[int, int, str]], method: str, withdrawn: str) -> None:
    given_rows = [("first", "2019-12-01", "A")]
    given_rows += [(f"p{p}", (START + timedelta(days=d)).isoformat(), g) for p, d, g in rows]
    found: Migration = migration_of(
        table(*given_rows), GRADES, method=method, until=date(2022, 7, 1), withdrawn=withdrawn, draws=5
    )
    np.testing.assert_allclose(found.matrix.sum(axis=1), 1, atol=1e-12)
    assert (found.matrix >= 0).all()
    assert (found.lower <= found.matrix + 1e-15).all()
    assert (found.matrix <= found.upper + 1e-15).all()
    at = found.states.index("D")
    assert found.matrix[at, at] == 1


def test_wrong_options_are_named() -> None:
    rows = table(("p", "2020-01-01", "A"))
    with pytest.raises(InputError, match="unknown method 'magic'"):
        migration_of(rows, GRADES, method="magic")
    with pytest.raises(InputError, match="withdrawn ratings"):
        migration_of(rows, GRADES, withdrawn="hide")
    with pytest.raises(ValueRangeError, match="confidence is 2"):
        migration_of(rows, GRADES, confidence=2)
    with pytest.raises(ValueRangeError, match="do not span"):
        migration_of(rows, GRADES, until=date(2020, 3, 1))
