"""DebtRank of Battiston et al. against the state machine of the paper, and what must not change it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.contagion import debtrank, linear_debtrank
from graphcredit.exc import ShapeError, ValueRangeError


def state_machine(impact: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Undistressed, Distressed, Inactive, party by party."""
    n, h = len(first), first.copy()
    state = ["D" if x > 0 else "U" for x in first]
    while "D" in state:
        active = [j for j in range(n) if state[j] == "D"]
        new = [min(1.0, h[i] + sum(min(1.0, impact[j, i]) * h[j] for j in active)) for i in range(n)]
        state = ["I" if s in "DI" else ("D" if new[i] > 0 else "U") for i, s in enumerate(state)]
        h = np.array(new)
    return h


def case(seed: int, n: int = 9) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    impact = rng.lognormal(-1, 1, (n, n)) * (rng.random((n, n)) < 0.3)
    np.fill_diagonal(impact, 0)
    return impact, rng.uniform(0, 0.5, n) * (rng.random(n) < 0.4)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_states_of_the_paper_bounds_relabelling_isolation_and_attribution(seed: int) -> None:
    impact, first = case(seed)
    found = debtrank(impact, first)
    np.testing.assert_allclose(found.stress, state_machine(impact, first), atol=1e-13)
    assert ((found.stress >= first) & (found.stress <= 1)).all()
    assert found.debtrank == pytest.approx((found.stress - first).mean())
    linear = linear_debtrank(np.minimum(impact, 1.0).T, np.ones(9), first, tol=1e-13)
    assert (found.stress <= linear.stress + 1e-9).all()  # passing on once loses what cycles bring back
    order = np.random.default_rng(seed).permutation(9)
    turned = debtrank(impact[np.ix_(order, order)], first[order])
    np.testing.assert_allclose(turned.stress, found.stress[order], atol=1e-13)
    wider = debtrank(np.pad(impact, (0, 1)), np.append(first, 0.0))
    np.testing.assert_allclose(wider.stress, np.append(found.stress, 0.0), atol=1e-13)
    for party in range(9):
        told = found.explain(party)
        assert sum(part.amount for part in told.contributions) + told.remainder == pytest.approx(found.stress[party])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), more=st.floats(1.0, 2.0))
def test_a_harder_hit_on_the_same_parties_never_does_less(seed: int, more: float) -> None:
    impact, first = case(seed)
    assert (debtrank(impact, np.minimum(1, first * more)).stress >= debtrank(impact, first).stress - 1e-12).all()


def test_without_a_shock_nothing_happens_and_weights_weigh() -> None:
    impact, first = case(1)
    assert not debtrank(impact, np.zeros(9)).stress.any()
    found = debtrank(impact, first, weights=np.arange(9.0))
    assert found.debtrank == pytest.approx(np.arange(9.0) @ (found.stress - first))


@pytest.mark.parametrize(
    ("impact", "shock", "error"),
    [
        ([[0, -1], [0, 0]], 0.1, ValueRangeError),
        ([[0, float("nan")], [0, 0]], 0.1, ValueRangeError),
        ([[0.5, 0], [0, 0]], 0.1, ValueRangeError),
        ([[0, 1, 0], [0, 0, 0]], 0.1, ShapeError),
        ([[0, 1], [0, 0]], [0.1], ShapeError),
        ([[0, 1], [0, 0]], [0.1, 1.2], ValueRangeError),
        ([[0, 1], [0, 0]], [0.1, float("nan")], ValueRangeError),
        ([[0, 1], [0, 0]], {7: 1.0}, ValueRangeError),
    ],
)
def test_bad_questions_have_a_remedy(impact: object, shock: object, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        debtrank(impact, shock)
    assert caught.value.remedy
