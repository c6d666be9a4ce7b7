"""HHI and the granularity adjustment, with the published numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.structure import concentration, granularity_adjustment


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0.01, 1e6)), min_size=1, max_size=30))
def test_hhi_is_the_sum_of_squared_shares(rows: list) -> None:
    found = concentration([amount for _, amount in rows], [key for key, _ in rows])
    totals = {key: sum(amount for other, amount in rows if other == key) for key, _ in rows}
    whole = sum(totals.values())
    assert found.hhi == pytest.approx(sum((amount / whole) ** 2 for amount in totals.values()))
    assert found.effective == pytest.approx(1 / found.hhi)
    assert sum(found.shares.values()) == pytest.approx(1)
    assert list(found.shares.values()) == sorted(found.shares.values(), reverse=True)
    assert 1 / len(totals) - 1e-12 <= found.hhi <= 1 + 1e-12


def test_equal_amounts_count_as_many() -> None:
    assert concentration(np.ones(8)).effective == pytest.approx(8)


def test_amounts_that_say_nothing_are_refused() -> None:
    for wrong in ([], [0.0], [-1.0, 2.0], [np.nan]):
        with pytest.raises(ValueRangeError):
            concentration(wrong)
    with pytest.raises(ShapeError):
        concentration([1.0, 2.0], ["a"])


def test_the_published_granularity_adjustment() -> None:
    found = granularity_adjustment(np.ones(100), 0.01, 0.45, maturity=1.0)
    assert found.quantile == pytest.approx(17.505777, abs=5e-7)
    assert found.delta == pytest.approx(4.833601, abs=5e-7)
    assert found.capital[0] == pytest.approx(0.058623, abs=5e-7)
    assert found.adjustment == pytest.approx(0.012351, abs=5e-7)
    thousand = granularity_adjustment(np.ones(1000), 0.01, 0.45)
    assert thousand.adjustment == pytest.approx(found.adjustment / 10, rel=1e-12)


@given(st.floats(0.1, 1e6))
def test_scaling_exposures_changes_nothing(factor: float) -> None:
    loans = np.array([3.0, 1.0, 7.0])
    assert granularity_adjustment(loans * factor, 0.02, 0.4).adjustment == pytest.approx(
        granularity_adjustment(loans, 0.02, 0.4).adjustment
    )


@pytest.mark.parametrize("wrong", [{"pd": 0.0}, {"pd": 1.2}, {"lgd": 0.0}, {"maturity": 0.5}, {"confidence": 0.2}])
def test_loans_outside_their_range_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueRangeError):
        granularity_adjustment([1.0, 2.0], **({"pd": 0.01, "lgd": 0.45} | wrong))
