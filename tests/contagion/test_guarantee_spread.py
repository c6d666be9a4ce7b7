"""Default spread to guarantors against enumerated worlds."""

import itertools

import numpy as np
import pytest

from graphcredit.contagion import guarantee_spread
from graphcredit.exc import InputError, ValueRangeError

CHAIN = np.array([[0, 3.0, 0], [0, 0, 2.0], [0, 0, 0]])  # 0 guarantees for 1, 1 for 2
OWN = np.array([0.01, 0.05, 0.2])


def worlds(G: np.ndarray, own: np.ndarray, passing: float) -> np.ndarray:
    """Exact PDs by enumerating every world of a small graph."""
    n, ties = len(own), np.argwhere(G > 0)
    pd = np.zeros(n)
    for fails in itertools.product([0, 1], repeat=n):
        for live in itertools.product([0, 1], repeat=len(ties)):
            chance = np.prod(np.where(fails, own, 1 - own)) * np.prod(np.where(live, passing, 1 - passing))
            state = np.array(fails, dtype=bool)
            for _ in range(n):
                for on, (v, x) in zip(live, ties, strict=True):
                    state[v] |= bool(on) and state[x]
            pd += chance * state
    return pd


def test_fixed_point_is_exact_on_a_chain() -> None:
    found = guarantee_spread(CHAIN, OWN, transmission=0.5)
    np.testing.assert_allclose(found.pd, worlds(CHAIN, OWN, 0.5), atol=1e-12)
    assert found.converged
    assert (found.uplift >= 0).all()


def test_monte_carlo_covers_the_truth_on_a_circle() -> None:
    G = CHAIN.copy()
    G[2, 0] = 1.0
    true = worlds(G, OWN, 0.4)
    found = guarantee_spread(G, OWN, method="monte_carlo", seed=4, worlds=40_000, transmission=0.4)
    assert ((found.lower <= true) & (true <= found.upper)).all()
    again = guarantee_spread(G, OWN, method="monte_carlo", seed=4, worlds=40_000, transmission=0.4)
    np.testing.assert_array_equal(found.pd, again.pd)
    assert (guarantee_spread(G, OWN, transmission=0.4).pd >= true - 1e-12).all()


def test_bad_questions() -> None:
    with pytest.raises(InputError, match="method"):
        guarantee_spread(CHAIN, OWN, method="guess")
    with pytest.raises(ValueRangeError):
        guarantee_spread(CHAIN, OWN + 1)
    with pytest.raises(ValueRangeError):
        guarantee_spread(CHAIN, OWN, transmission=1.5)
