"""Linear DebtRank: against the equation, and what must not change it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from graphcredit.contagion import linear_debtrank
from graphcredit.exc import ShapeError, ValueRangeError


def equation(lam: sparse.csr_array, first: np.ndarray) -> np.ndarray:
    before, h = np.zeros(len(first)), first
    while (h - before).max() > 1e-15:  # a rise of one last digit (1.1e-16) can go on by rounding alone
        before, h = h, np.minimum(1.0, h + lam @ (h - before))
    return h


def case(seed: int, n: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    A = rng.lognormal(0, 1, (n, n)) * (rng.random((n, n)) < 0.25)
    np.fill_diagonal(A, 0)
    return A, rng.lognormal(1, 1, n), rng.uniform(0, 0.4, n)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_equation_bounds_monotony_relabelling_scale_and_isolation(seed: int) -> None:
    A, E, first = case(seed)
    found = linear_debtrank(A, E, first, tol=1e-14)
    np.testing.assert_allclose(found.stress, equation(sparse.csr_array(A / E[:, None]), first), atol=1e-9)
    assert ((found.stress >= first) & (found.stress <= 1)).all()
    harder = linear_debtrank(A, E, np.minimum(1, first * 1.5), tol=1e-14)
    assert (harder.stress >= found.stress - 1e-12).all()
    order = np.random.default_rng(seed).permutation(len(E))
    turned = linear_debtrank(A[np.ix_(order, order)] * 1e4, E[order] * 1e4, first[order], tol=1e-14)
    np.testing.assert_allclose(turned.stress, found.stress[order], atol=1e-11)
    wider = linear_debtrank(np.pad(A, (0, 1)), np.append(E, 7.0), np.append(first, 0.0), tol=1e-14)
    np.testing.assert_allclose(wider.stress[:-1], found.stress, atol=1e-12)
    assert wider.stress[-1] == 0
    for party in range(len(E)):
        told = found.explain(party)
        assert sum(part.amount for part in told.contributions) + told.remainder == pytest.approx(found.stress[party])


def test_compiled_sweeps_solve_the_same_equation() -> None:
    rng = np.random.default_rng(2)
    lam = sparse.random_array((20_000, 20_000), density=2e-4, rng=rng, format="csr")
    lam.setdiag(0)
    lam = sparse.csr_array(lam)
    found = linear_debtrank(lam, np.full(20_000, 2.6), rng.uniform(0, 0.2, 20_000), tol=1e-13)
    assert lam.nnz > 50_000
    np.testing.assert_allclose(found.stress, equation(lam / 2.6, found.shock), atol=1e-10)


def test_no_equity_is_default_from_the_start() -> None:
    found = linear_debtrank([[0, 1, 0], [0, 0, 1], [0, 0, 0]], [4.0, 2.0, 0.0], 0.0)
    np.testing.assert_allclose(found.stress, [0.125, 0.5, 1.0])
    assert any("no equity" in warning for warning in found.warnings)


def test_vanishing_equity_gives_no_nan() -> None:
    found = linear_debtrank([[0, 1e300], [1, 0]], [5e-324, 10.0], [0.0, 0.5])
    np.testing.assert_allclose(found.stress, [1.0, 0.6])


def test_the_callers_arrays_stay_as_they_were() -> None:
    given = sparse.csr_array(([1.0, 2.0, 0.0], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    kept = given.copy()
    linear_debtrank(given, [4.0, 4.0], 0.1)
    np.testing.assert_array_equal(given.data, kept.data)


@pytest.mark.parametrize(
    ("exposures", "equity", "shock", "error"),
    [
        ([[0, -1], [0, 0]], [1, 1], 0, ValueRangeError),
        ([[0, float("nan")], [0, 0]], [1, 1], 0, ValueRangeError),
        ([[1, 0], [0, 0]], [1, 1], 0, ValueRangeError),
        ([[0, 1, 0], [0, 0, 0]], [1, 1], 0, ShapeError),
        ([[0, 1], [0]], [1, 1], 0, ShapeError),
        ([0, 1], [1, 1], 0, ShapeError),
        ([[0, 1], [0, 0]], [1], 0, ShapeError),
        ([[0, 1], [0, 0]], [1, float("inf")], 0, ValueRangeError),
        ([[0, 1], [0, 0]], [1, 1], [0, 1.1], ValueRangeError),
        ([[0, 1], [0, 0]], [1, 1], {5: 1.0}, ValueRangeError),
        ([[0, 1], [0, 0]], [1, 1], {0: "much"}, ValueRangeError),
    ],
)
def test_bad_questions(exposures: object, equity: object, shock: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        linear_debtrank(exposures, equity, shock)


def test_the_cap_on_rounds_is_told() -> None:
    found = linear_debtrank([[0, 1], [1, 0]], [1.5, 1.5], [0.1, 0], max_rounds=2)
    assert not found.converged
    assert any("not converged after 2 rounds" in warning for warning in found.warnings)
