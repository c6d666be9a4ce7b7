"""One shock against a dense sweep: the total in its certified interval, by name or not."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphcredit.contagion import prepare, shock_one
from graphcredit.exc import ValueRangeError
from tests.contagion.test_impact import dense_stress, random_case


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    leverage=st.sampled_from([0.3, 0.9, 1.6, 4.0]),
    named=st.sampled_from([1e-6, 1e-3, 0.3]),
    shares=st.lists(st.sampled_from([0.05, 0.7, 1.0]), min_size=1, max_size=4),
)
@example(
    seed=121, leverage=0.9, named=0.3, shares=[1.0, 0.05]
)  # what is pending at one shocked party returns to another
def test_the_total_lies_in_its_interval_however_much_of_it_has_names(
    seed: int, leverage: float, named: float, shares: list[float]
) -> None:
    A, E = random_case(seed, leverage, n=30)
    v = E / E.sum()
    first = np.zeros(len(E))
    first[: len(shares)] = shares
    found = shock_one(prepare(A, E), dict(enumerate(shares)), tol=1e-6, named=named)
    true = float(v @ (dense_stress(A, E, first) - first))
    assert found.loss <= true * (1 + 1e-9) + 1e-14
    assert true <= found.loss + found.bound + 1e-9 * true + 1e-14
    assert found.bound <= 1e-6 * found.loss
    assert float(v[found.parties] @ (found.stress - found.shock)) + found.unnamed == pytest.approx(
        found.loss, rel=1e-12
    )
    assert 0 <= found.unnamed <= named * found.loss + found.bound


def chain(length: int, passed: float) -> tuple[np.ndarray, np.ndarray]:
    """Party k + 1 loses `passed` of what party k loses."""
    A = np.zeros((length, length))
    A[np.arange(1, length), np.arange(length - 1)] = passed
    return A, np.ones(length)


def test_what_lies_at_the_end_of_a_long_chain_counts_without_being_named() -> None:
    A, E = chain(40, 0.5)
    found = shock_one(prepare(A, E), {0: 1.0}, tol=1e-6, named=1e-2)
    assert found.loss == pytest.approx(
        (1 - 0.5**39) / 40, rel=1e-6
    )  # sum of .5 ** k over 39 losers, each weighing 1/40
    assert len(found.parties) < 12
    assert found.unnamed == pytest.approx(found.loss - float((found.stress - found.shock).sum()) / 40)
    everyone = shock_one(prepare(A, E), {0: 1.0}, tol=1e-9, named=1e-9)
    assert len(everyone.parties) > 25


def test_a_failed_party_loses_nothing_by_what_comes_back_to_it() -> None:
    A, E = chain(3, 0.5)
    A[0, 2] = 0.5  # 0 -> 1 -> 2 -> 0
    found = shock_one(prepare(A, E), {0: 1.0}, tol=1e-9, named=0.5)
    assert found.loss == pytest.approx((0.5 + 0.25) / 3, rel=1e-9)
    half = shock_one(prepare(A, E), {0: 0.5}, tol=1e-9, named=0.5)
    assert half.loss == pytest.approx((0.25 + 0.125 + 0.0625) / 3 / (1 - 0.125), rel=1e-9)


@pytest.mark.parametrize("tol", [0.0, 1.0, -1e-6])
def test_a_tolerance_is_a_share(tol: float) -> None:
    A, E = chain(3, 0.5)
    with pytest.raises(ValueRangeError, match="tol"):
        shock_one(prepare(A, E), {0: 1.0}, tol=tol)
