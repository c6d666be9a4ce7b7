"""Most prudent estimation, against the paper's own tables, an independent implementation's printed output, and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.scoring.low_default import GradeBound, count_by_grade, most_prudent, prudent_pds, scaled, upper_bound

A_B_C = (100, 400, 300)
NOBODY, FEW = (0, 0, 0), (0, 2, 1)
INDEPENDENT_NO_DEFAULT = {  # percent; Pluto & Tasche (2005), first table
    0.5: (0.09, 0.10, 0.23),
    0.75: (0.17, 0.20, 0.46),
    0.9: (0.29, 0.33, 0.76),
    0.95: (0.37, 0.43, 0.99),
    0.99: (0.57, 0.66, 1.52),
    0.999: (0.86, 0.98, 2.28),
}
CORRELATED_NO_DEFAULT = {  # percent; the same portfolio with asset correlation 12%
    0.5: (0.15, 0.17, 0.37),
    0.75: (0.40, 0.45, 0.92),
    0.9: (0.86, 0.96, 1.89),
    0.95: (1.31, 1.45, 2.78),
    0.99: (2.65, 2.92, 5.30),
    0.999: (5.29, 5.77, 9.84),
}


def percent(defaults: tuple[int, ...], **how: float) -> list[float]:
    return [100 * each.upper for each in most_prudent(A_B_C, defaults, **how)]  # type: ignore[arg-type]


@pytest.mark.parametrize("confidence", INDEPENDENT_NO_DEFAULT)
def test_the_papers_table_without_defaults(confidence: float) -> None:
    np.testing.assert_allclose(percent(NOBODY, confidence=confidence), INDEPENDENT_NO_DEFAULT[confidence], atol=0.0051)


@pytest.mark.parametrize("confidence", CORRELATED_NO_DEFAULT)
def test_the_papers_table_with_correlated_defaults(confidence: float) -> None:
    found = percent(NOBODY, confidence=confidence, correlation=0.12)
    np.testing.assert_allclose(found, CORRELATED_NO_DEFAULT[confidence], atol=0.011)


def test_the_printed_output_of_the_r_package_ldpd() -> None:
    """Its help page: grades worst first 10, 20, 30, 40, 10 with 1, 2, 0, 0, 0 defaults at 50%; its root search is coarse."""
    found = [each.upper for each in most_prudent((10, 40, 30, 20, 10), (0, 0, 0, 2, 1), confidence=0.5)]
    np.testing.assert_allclose(found, [0.03330381, 0.03659702, 0.06086968, 0.12106991, 0.16226172], atol=5e-5)


@pytest.mark.parametrize("confidence", [0.5, 0.9])
def test_with_few_defaults_a_bound_is_where_the_binomial_says_so(confidence: float) -> None:
    for bound, n, bad in zip(most_prudent(A_B_C, FEW, confidence=confidence), (800, 700, 300), (3, 3, 1), strict=True):
        assert (bound.pooled_n, bound.pooled_defaults) == (n, bad)
        assert binom.cdf(bad, n, bound.upper) == pytest.approx(1 - confidence, abs=1e-9)


@pytest.mark.parametrize(("n", "bad", "rho"), [(800, 0, 0.12), (700, 3, 0.12), (9810, 35, 0.15)])
def test_a_correlated_bound_is_confirmed_by_simulation(n: int, bad: int, rho: float) -> None:
    pd = upper_bound(n, bad, confidence=0.95, correlation=rho)
    rng = np.random.default_rng(1)
    factor = rng.normal(size=400_000)
    drawn = rng.binomial(n, norm.cdf((norm.ppf(pd) - np.sqrt(rho) * factor) / np.sqrt(1 - rho)))
    assert (drawn <= bad).mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 400_000))


@pytest.mark.parametrize("bad", [0, 3])
def test_a_bound_over_several_years_is_confirmed_by_simulation(bad: int) -> None:
    rho, theta, years, n = 0.12, 0.3, 5, 800
    pd = upper_bound(n, bad, confidence=0.9, correlation=rho, years=years, year_correlation=theta)
    rng = np.random.default_rng(2)
    factor = np.empty((100_000, years))
    factor[:, 0] = rng.normal(size=100_000)
    for t in range(1, years):
        factor[:, t] = theta * factor[:, t - 1] + np.sqrt(1 - theta**2) * rng.normal(size=100_000)
    alive = 1 - norm.cdf((norm.ppf(pd) - np.sqrt(rho) * factor) / np.sqrt(1 - rho))
    drawn = rng.binomial(n, 1 - alive.prod(axis=1))
    assert (drawn <= bad).mean() == pytest.approx(0.1, abs=0.006)


def test_several_years_without_correlation_are_a_longer_year() -> None:
    five = upper_bound(800, 3, confidence=0.9, years=5)
    assert 1 - (1 - five) ** 5 == pytest.approx(upper_bound(800, 3, confidence=0.9), rel=1e-9)
    almost = upper_bound(800, 3, confidence=0.9, years=5, correlation=1e-6)
    assert almost == pytest.approx(five, rel=2e-3)
    one = upper_bound(800, 3, confidence=0.9, correlation=1e-6)
    assert one == pytest.approx(upper_bound(800, 3, confidence=0.9), rel=2e-3)


@settings(max_examples=30, deadline=None)
@given(
    n=st.lists(st.integers(1, 500), min_size=1, max_size=6),
    data=st.data(),
    confidence=st.sampled_from([0.5, 0.9, 0.99]),
)
def test_bounds_never_fall_towards_worse_grades_and_rise_with_confidence(
    n: list[int], data: st.DataObject, confidence: float
) -> None:
    bad = [data.draw(st.integers(0, min(5, count))) for count in n]
    found = [each.upper for each in most_prudent(n, bad, confidence=confidence)]
    assert found == sorted(found)
    higher = [each.upper for each in most_prudent(n, bad, confidence=confidence + 0.005)]
    assert all(a <= b for a, b in zip(found, higher, strict=True))
    assert all(0 < value <= 1 for value in found)


def test_scaling_meets_the_tendency() -> None:
    bounds = most_prudent(A_B_C, FEW, confidence=0.75)
    made = scaled(bounds, 3 / 800)
    assert np.average(made, weights=A_B_C) == pytest.approx(3 / 800)
    assert made == sorted(made)
    with pytest.raises(ValueRangeError, match="central tendency"):
        scaled(bounds, 0)


def test_a_grade_with_too_few_defaults_takes_the_bound_and_others_keep_their_pd() -> None:
    bounds = most_prudent((500, 400, 300, 100), (0, 1, 3, 20), grades=("AA", "A", "B", "C"), confidence=0.9)
    made = prudent_pds({"AA": 0.001, "A": 0.004, "B": 0.02, "C": 0.2}, bounds, few=10)
    assert not any(row["bounded"] for row in made.values())  # every pool holds the 20 defaults of C
    thin = most_prudent((500, 400, 300), (0, 1, 3), grades=("AA", "A", "B"), confidence=0.9)
    made = prudent_pds({"AA": 0.0001, "A": 0.001, "B": 0.2}, thin, few=10)
    assert made["AA"] == {"calibrated": 0.0001, "upper": thin[0].upper, "used": thin[0].upper, "bounded": True}
    assert made["A"]["used"] == thin[1].upper
    assert made["B"]["used"] == 0.2
    assert not made["B"]["bounded"]
    unknown = prudent_pds({}, thin)
    assert [row["used"] for row in unknown.values()] == [each.upper for each in thin]


def test_counts_follow_the_scale() -> None:
    n, bad = count_by_grade(("A", "B", "C"), ["A", "C", "C", "A"], np.array([0, 1, 0, 1]))
    assert (n, bad) == ([2, 0, 2], [1, 0, 1])


def test_all_in_default_and_empty_grades() -> None:
    assert upper_bound(5, 5) == 1
    found = most_prudent((10, 0), (0, 0), grades=("A", "B"))
    assert isinstance(found[0], GradeBound)
    assert found[1].body() == {
        "grade": "B", "n": 0, "defaults": 0, "pooled_n": 0, "pooled_defaults": 0, "observed": None, "upper": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"confidence": 1.0}, "confidence 1.0"),
        ({"correlation": 1.0}, "correlation 1.0"),
        ({"years": 0}, "0 years"),
        ({"year_correlation": 2.0}, "correlation between years 2.0"),
    ],
)
def test_wrong_arguments_are_named(wrong: dict[str, float], says: str) -> None:
    with pytest.raises(ValueRangeError, match=says):
        upper_bound(10, 0, **wrong)  # type: ignore[arg-type]


def test_wrong_counts_are_named() -> None:
    with pytest.raises(ValueRangeError, match="grade B: 5 defaults of 2"):
        most_prudent((3, 2), (0, 5), grades=("A", "B"))
    with pytest.raises(ShapeError, match="do not fit"):
        most_prudent((3, 2), (0,))
    with pytest.raises(ValueRangeError, match="no borrower"):
        most_prudent((0, 0), (0, 0))
