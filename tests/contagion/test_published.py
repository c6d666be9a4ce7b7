"""Published numbers of distress and clearing, to the digits given."""

import numpy as np
import pytest

from graphcredit.contagion import clear_payments, debtrank, linear_debtrank, neva

OWED = np.array([[0.0, 4, 0], [0, 0, 3], [2, 0, 0]])
STABLE = ([24.0, 24, 14], [17.0, 18, 8])
UNSTABLE = ([20.0, 20, 10], [17.0, 18, 8])


def test_three_stable_banks() -> None:
    found = neva(*STABLE, OWED, valuation="linear_debtrank", shock=0.01)
    np.testing.assert_allclose(found.stress, [0.0685972851, 0.0734841629, 0.0514932127], atol=1e-10)
    np.testing.assert_allclose(found.equity, [4.6570135747, 6.4856108597, 6.6395475113], atol=1e-10)
    assert found.converged
    assert found.spectral_radius < 1


def test_three_stable_banks_through_exposures() -> None:
    first = np.array(STABLE[0]) * 0.01 / [5, 7, 7]
    found = linear_debtrank(OWED.T, [5.0, 7, 7], first)
    np.testing.assert_allclose(found.stress, [0.0685972851, 0.0734841629, 0.0514932127], atol=1e-10)


def test_three_unstable_banks_lose_every_claim() -> None:
    found = neva(*UNSTABLE, OWED, valuation="linear_debtrank", shock=0.1)
    np.testing.assert_allclose(found.equity, [-3, -3, -1], atol=1e-9)
    np.testing.assert_array_equal(found.stress, 1.0)
    assert found.spectral_radius == pytest.approx(1.3867, abs=5e-5)
    assert any("spectral radius" in warning for warning in found.warnings)


def test_eisenberg_noe_on_the_unstable_banks() -> None:
    cash = 0.9 * np.array(UNSTABLE[0])
    senior = clear_payments(OWED, cash, external_liabilities=UNSTABLE[1], seniority="external_senior")
    np.testing.assert_allclose(senior.payments, [3, 3, 2], atol=1e-12)
    np.testing.assert_allclose(senior.equity, [-1, 0, 2], atol=1e-12)
    equal = clear_payments(OWED, cash, external_liabilities=UNSTABLE[1], seniority="pari_passu")
    np.testing.assert_allclose(equal.equity, [-1, 0.80952381, 2], atol=5e-9)
    assert senior.defaulted.tolist() == equal.defaulted.tolist() == [True, False, False]


def test_neva_with_eisenberg_noe_values_is_clearing_with_senior_external_debt() -> None:
    found = neva(*UNSTABLE, OWED, valuation="eisenberg_noe", shock=0.1)
    np.testing.assert_allclose(found.equity, [-1, 0, 2], atol=1e-10)


def test_battiston_against_linear() -> None:
    lam = np.array([[0, 0.5], [0.5, 0]])
    np.testing.assert_allclose(linear_debtrank(lam, [1.0, 1], [0.2, 0]).stress, [0.2666667, 0.1333333], atol=5e-8)
    np.testing.assert_allclose(debtrank(lam, [0.2, 0]).stress, [0.25, 0.1], atol=1e-15)


def test_rogers_veraart_example_3_3() -> None:
    found = clear_payments([[0, 2], [2.2, 0]], [1.0, 1], alpha=0.5, beta=0.5)
    np.testing.assert_array_equal(found.payments, [2, 2.2])
    assert not found.defaulted.any()
