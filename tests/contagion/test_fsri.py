"""FSRI worked by hand, and its bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.contagion import esri, fsri
from graphcredit.exc import ShapeError, ValueRangeError

# 0 sells to 1 and 2; 1 sells to 2. Closing 2 costs 0 and 1 what they sell to it.
SALES = np.array([[0.0, 40.0, 60.0], [0.0, 0.0, 50.0], [0.0, 0.0, 0.0]])


def closed_customer():
    return esri(SALES, ["a", "b", "c"], 1, revenue=[200.0, 100.0, 10.0], closed=2, tol=1e-13)


def test_profit_defaults_and_banks_by_hand() -> None:
    cascade = closed_customer()
    lost = np.array([(40 * 0.5 + 60) / 200, 0.5, 1.0])  # upstream; nobody lacks inputs but 2, which is closed
    np.testing.assert_allclose(cascade.loss, lost, atol=1e-12)
    found = fsri(
        cascade,
        [100.0, 40.0, 5.0],
        [41.0, 20.0, 100.0],
        [60.0, 100.0, 5.0],
        [[8, 0], [10, 20], [0, 6]],
        [4.0, 100.0],
        0.5,
    )
    np.testing.assert_allclose(found.profit_loss, [40, 20, 5])
    assert found.insolvent.tolist() == [False, True, False]  # 40 < 41; 20 >= 20
    assert found.illiquid.tolist() == [False, False, True]  # 5 >= 5
    assert found.defaulted.tolist() == [False, True, True]
    np.testing.assert_allclose(found.bank_loss, [5.0, 13.0])
    np.testing.assert_allclose(found.bank_stress, [1.0, 0.13])
    assert found.fsri == pytest.approx((4 + 13) / 104)


def test_firms_without_equity_are_in_default_already() -> None:
    calm = esri(SALES, ["a", "b", "c"], 1, revenue=[200.0, 100.0, 10.0], remaining=np.ones(3))
    found = fsri(calm, [1.0, 1, 1], [-5.0, 0.0, 3.0], [-1.0, 1.0, -2.0], np.eye(3) * 10, [20.0, 20, 20], 1.0)
    assert found.defaulted.tolist() == [True, True, False]
    assert found.fsri == pytest.approx(20 / 60)
    assert any("no equity" in note for note in found.warnings)


def test_supply_contagion_multiplies_the_expected_loss_of_a_book() -> None:
    """The published effect (5.2 times) in kind: losses of banks with contagion exceed those of the closed firms alone."""
    rng = np.random.default_rng(0)
    n = 60
    W = rng.lognormal(0, 1, (n, n)) * (rng.random((n, n)) < 0.06)
    np.fill_diagonal(W, 0)
    sector, need = rng.integers(0, 5, n), rng.choice([0, 1, 2], (5, 5))
    sector[:5] = range(5)
    revenue = W.sum(axis=1) * 1.2 + 0.1
    loans = np.zeros((n, 2))
    loans[np.arange(n), rng.integers(0, 2, n)] = revenue * 0.5
    equity, banks = revenue * rng.uniform(0.02, 0.2, n), loans.sum(axis=0) * 0.1
    alone = with_contagion = 0.0
    for firm in range(n):
        cascade = esri(W, sector, need, revenue=revenue, closed=firm)
        with_contagion += fsri(cascade, revenue * 0.3, equity, equity, loans, banks, 0.45).bank_loss.sum()
        alone += loans[firm].sum() * 0.45
    assert with_contagion > 1.5 * alone


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_between_zero_and_one_and_monotone_in_equity(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cascade = closed_customer()
    income, equity, liquid = rng.lognormal(2, 1, 3), rng.normal(10, 20, 3), rng.normal(10, 20, 3)
    loans, banks = rng.lognormal(0, 1, (3, 4)), rng.lognormal(0, 1, 4)
    found = fsri(cascade, income, equity, liquid, loans, banks, rng.random(3))
    assert 0 <= found.fsri <= 1
    richer = fsri(cascade, income, equity + 5, liquid + 5, loans, banks, 1.0)
    assert (richer.defaulted <= found.defaulted).all()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"income": [1.0, np.nan, 1]}, ValueRangeError),
        ({"equity": [1.0, 1]}, ShapeError),
        ({"liquid_assets": [1.0, 1, np.inf]}, ValueRangeError),
        ({"bank_exposures": np.ones((2, 2))}, ShapeError),
        ({"bank_exposures": np.ones(3)}, ShapeError),
        ({"bank_exposures": -np.ones((3, 2))}, ValueRangeError),
        ({"bank_exposures": np.full((3, 2), np.nan)}, ValueRangeError),
        ({"bank_equity": [1.0]}, ShapeError),
        ({"bank_equity": [1.0, -2.0]}, ValueRangeError),
        ({"lgd": 1.5}, ValueRangeError),
    ],
)
def test_bad_input_is_refused_with_a_remedy(change: dict, error: type[Exception]) -> None:
    good = {
        "income": [1.0, 1, 1], "equity": [1.0, 1, 1], "liquid_assets": [1.0, 1, 1],
        "bank_exposures": np.ones((3, 2)), "bank_equity": [5.0, 5.0], "lgd": 0.5,
    }  # fmt: skip
    with pytest.raises(error) as caught:
        fsri(closed_customer(), **(good | change))
    assert caught.value.remedy
