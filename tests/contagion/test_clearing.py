"""Clearing vectors: between 0 and what is owed, greatest, and exact."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.contagion import clear_payments
from graphcredit.exc import InputError, ShapeError, ValueRangeError


def picard(L: np.ndarray, e: np.ndarray, out: np.ndarray, alpha: float, beta: float, senior: bool) -> np.ndarray:
    """The clearing map iterated from full payment down."""
    owed = L.sum(axis=1)
    P = np.divide(L, owed[:, None], out=np.zeros_like(L), where=owed[:, None] > 0)
    share = np.divide(owed, owed + out, out=np.zeros_like(owed), where=owed + out > 0)
    p = owed.copy()
    for _ in range(20_000):
        received = P.T @ p
        left = alpha * e + beta * received
        paid = np.maximum(left - out, 0) if senior else left * share
        new = np.where(e + received >= (owed + out) * (1 - 1e-12), owed, np.minimum(paid, p))
        if np.abs(new - p).max() < 1e-15:
            break
        p = new
    return p


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shares=st.sampled_from([(1.0, 1.0), (0.5, 0.5), (0.8, 0.3), (0.0, 0.9)]),
    senior=st.booleans(),
)
def test_the_greatest_clearing_vector(seed: int, shares: tuple[float, float], senior: bool) -> None:
    rng = np.random.default_rng(seed)
    L = rng.lognormal(0, 1, (6, 6)) * (rng.random((6, 6)) < 0.5)
    np.fill_diagonal(L, 0)
    e, out = rng.lognormal(-0.5, 1, 6), rng.lognormal(-1.5, 1, 6)
    found = clear_payments(
        L, e, alpha=shares[0], beta=shares[1], external_liabilities=out,
        seniority="external_senior" if senior else "pari_passu",
    )  # fmt: skip
    np.testing.assert_allclose(found.payments, picard(L, e, out, *shares, senior), atol=1e-9)
    assert found.converged
    assert (found.payments >= 0).all()
    assert (found.payments <= L.sum(axis=1) + 1e-12).all()
    assert ((found.round_of_default > 0) == found.defaulted).all()
    order = rng.permutation(6)
    turned = clear_payments(
        L[np.ix_(order, order)] * 1e6, e[order] * 1e6, alpha=shares[0], beta=shares[1],
        external_liabilities=out[order] * 1e6, seniority="senior" if senior else "pari_passu",
    )  # fmt: skip
    np.testing.assert_allclose(turned.payments, found.payments[order] * 1e6, rtol=1e-9, atol=1e-3)
    for party in range(6):
        told = found.explain(party)
        assert told.total == pytest.approx(L[party].sum() - found.payments[party], abs=1e-12)
        assert sum(part.amount for part in told.contributions) + told.remainder == pytest.approx(told.total, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_no_choice_of_defaults_pays_more(seed: int) -> None:
    """Brute force: every set of defaulters, solved and kept where it is consistent, pays at most what was found."""
    rng = np.random.default_rng(seed)
    L = rng.lognormal(0, 1, (4, 4))
    np.fill_diagonal(L, 0)
    e = rng.lognormal(-1, 1, 4)
    owed = L.sum(axis=1)
    P = L / owed[:, None]
    found = clear_payments(L, e, alpha=0.6, beta=0.7)
    for chosen in itertools.product([False, True], repeat=4):
        D = np.array(chosen)
        p = owed.copy()
        M = np.where(D[:, None], 0.7 * P.T, 0.0)
        p = np.linalg.solve(np.eye(4) - M, np.where(D, 0.6 * e, owed))
        if (((e + P.T @ p) >= owed) == ~D).all():
            assert (p <= found.payments + 1e-9).all()


def test_rounds_follow_the_waves() -> None:
    found = clear_payments([[0, 5, 0], [0, 0, 5], [0, 0, 0]], [1.0, 2.0, 9.0])
    assert found.round_of_default.tolist() == [1, 2, 0]
    np.testing.assert_allclose(found.payments, [1, 3, 0])
    assert found.residual == 0


def test_bad_questions() -> None:
    with pytest.raises(InputError, match="seniority"):
        clear_payments([[0, 1], [1, 0]], [1, 1], seniority="junior")
    with pytest.raises(ValueRangeError):
        clear_payments([[0, 1], [1, 0]], [1, 1], alpha=1.2)
    with pytest.raises(ShapeError):
        clear_payments([[0, 1], [1, 0]], [1, 1, 1])
    with pytest.raises(ValueRangeError):
        clear_payments([[0, -1], [1, 0]], [1, 1])
    with pytest.raises(ValueRangeError):
        clear_payments([[0, float("nan")], [1, 0]], [1, 1])
