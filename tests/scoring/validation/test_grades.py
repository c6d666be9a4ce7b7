"""Tests per grade against creditriskengine, scipy and simulation."""

import numpy as np
import pytest
from creditriskengine.validation import calibration as engine
from scipy.stats import binomtest, norm

from graphcredit.scoring.validation import binomial_p, correlated_p, grade_tests, jeffreys_p, light

CASES = [(0, 50, 0.01), (3, 50, 0.02), (9, 60, 0.05), (20, 60, 0.1), (1, 4, 0.003)]


@pytest.mark.parametrize(("defaults", "n", "pd"), CASES)
def test_p_values_are_those_of_independent_engines(defaults: int, n: int, pd: float) -> None:
    assert binomial_p(defaults, n, pd) == pytest.approx(
        binomtest(defaults, n, pd, alternative="greater").pvalue, abs=1e-12
    )
    p = jeffreys_p(defaults, n, pd)
    for level in (0.90, 0.99):
        inside = engine.jeffreys_test(defaults, n, pd, level)["pd_within_interval"]
        assert inside == ((1 - level) / 2 <= p <= (1 + level) / 2)
    assert light(binomial_p(defaults, n, pd), red=1e-4) == engine.traffic_light_test(defaults, n, pd)


def test_correlated_defaults_excuse_more() -> None:
    for defaults, n, pd in CASES:
        assert correlated_p(defaults, n, pd, 0.0) == pytest.approx(binomial_p(defaults, n, pd), abs=1e-9)
    rng = np.random.default_rng(0)
    factor = rng.normal(size=200_000)
    given = norm.cdf((norm.ppf(0.05) - np.sqrt(0.12) * factor) / np.sqrt(0.88))
    simulated = (rng.binomial(60, given) >= 9).mean()
    assert correlated_p(9, 60, 0.05) == pytest.approx(simulated, abs=0.004)
    assert correlated_p(9, 60, 0.05) > 5 * binomial_p(9, 60, 0.05)


def test_lights_by_grade_with_inversions_and_prudence() -> None:
    y = np.repeat([0, 1, 0, 1, 0], [100, 0, 80, 20, 100]).astype(np.int64)
    pd = np.repeat([0.01, 0.02, 0.20], [100, 100, 100])
    found = grade_tests(y, pd, np.repeat([0, 1, 3], 100), ("A", "B", "C", "D"))
    assert [row["grade"] for row in found["grades"]] == ["A", "B", "D"]
    assert [row["light"] for row in found["grades"]] == ["green", "red", "green"]
    assert found["grades"][2]["prudent"]
    assert found["inversions"] == [["B", "D"]]
    assert found["all"]["n"] == 300
    assert found["concentration"] == pytest.approx(1 / 3)
    assert [light(p) for p in (None, 0.5, 0.01, 1e-5)] == ["grey", "green", "yellow", "red"]
