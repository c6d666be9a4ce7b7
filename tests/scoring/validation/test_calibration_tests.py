"""Brier parts, Hosmer-Lemeshow, Spiegelhalter, the curve and its line, against independent engines."""

import numpy as np
import pytest
from creditriskengine.validation import calibration as engine
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import beta, chi2
from sklearn.calibration import calibration_curve as sk_curve
from sklearn.metrics import brier_score_loss

from graphcredit.scoring.validation import (
    brier_parts,
    calibration_curve,
    calibration_line,
    hosmer_lemeshow,
    spiegelhalter,
)
from graphcredit.scoring.validation.bins import equal_count
from graphcredit.scoring.validation.reliability import expected_calibration_error, jeffreys_interval

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(1, 12), st.booleans())
def test_brier_parts_add_up(seed: int, n: int, groups: int, coarse: bool) -> None:
    rng = np.random.default_rng(seed)
    pd, y = rng.random(n), rng.integers(0, 2, n)
    pd = np.round(pd, 1) if coarse else pd
    parts = brier_parts(y, pd, groups=groups)
    whole = parts["binned"] + parts["within_variance"] - parts["within_covariance"]
    assert whole == pytest.approx(brier_score_loss(y, pd), abs=1e-12)
    assert min(parts["reliability"], parts["resolution"], parts["within_variance"]) >= 0
    if coarse and parts["groups"] == len(np.unique(pd)):
        assert parts["within_variance"] == pytest.approx(0, abs=1e-15)
        assert parts["binned"] == pytest.approx(parts["brier"], abs=1e-12)


def test_brier_parts_by_hand() -> None:
    y, pd = np.array([0, 0, 1, 1, 0, 1]), np.array([0.2, 0.2, 0.2, 0.7, 0.7, 0.7])
    parts = brier_parts(y, pd, groups=2)
    assert parts["reliability"] == pytest.approx(((0.2 - 1 / 3) ** 2 + (0.7 - 2 / 3) ** 2) / 2)
    assert parts["resolution"] == pytest.approx((1 / 6) ** 2)
    assert parts["uncertainty"] == 0.25
    assert brier_parts(np.zeros(4, np.int64), np.full(4, 0.1))["skill"] is None


def test_groups_are_about_equal_and_keep_ties_together() -> None:
    assert np.bincount(equal_count(np.random.default_rng(0).random(100), 10)).tolist() == [10] * 10
    tied = equal_count(np.array([0.1] * 6 + [0.2, 0.3, 0.3, 0.9]), 5)
    assert tied[:6].tolist() == [0] * 6
    assert tied[7] == tied[8]
    assert set(tied) == set(range(tied.max() + 1))


def test_hosmer_lemeshow_is_the_engines(drawn: Drawn) -> None:
    y, pd, _ = drawn
    parts = np.array_split(np.argsort(pd, kind="stable"), 10)
    bad = np.array([y[part].sum() for part in parts])
    mean = np.array([pd[part].mean() for part in parts])
    expected = engine.hosmer_lemeshow_test(bad, mean, np.array([len(part) for part in parts]), 10)
    fitted = hosmer_lemeshow(y, pd, fitted=True)
    assert fitted["statistic"] == pytest.approx(expected["hl_stat"], rel=1e-10)
    assert fitted["p"] == pytest.approx(expected["p_value"], abs=1e-10)
    fresh = hosmer_lemeshow(y, pd)
    assert (fresh["df"], fitted["df"]) == (10, 8)
    assert fresh["p"] == pytest.approx(chi2.sf(fresh["statistic"], 10), abs=1e-12)
    assert hosmer_lemeshow(y, np.full(len(y), 0.2), fitted=True)["p"] is None


def test_spiegelhalter_is_the_engines(drawn: Drawn) -> None:
    y, pd, other = drawn
    for forecast in (pd, np.clip(other, 0.01, 0.99)):
        expected = engine.spiegelhalter_test(y, forecast)
        found = spiegelhalter(y, forecast)
        assert found["z"] == pytest.approx(expected["z_stat"], rel=1e-9)
        assert found["p"] == pytest.approx(expected["p_value"], abs=1e-10)
    assert spiegelhalter(y, np.full(len(y), 0.5)) == {"z": None, "p": None}


def test_the_curve_is_scikit_learns(drawn: Drawn) -> None:
    y, pd, _ = drawn
    rate, mean = sk_curve(y, pd, n_bins=10, strategy="quantile")
    curve = calibration_curve(y, pd)
    np.testing.assert_allclose([row["rate"] for row in curve], rate, atol=1e-12)
    np.testing.assert_allclose([row["mean_pd"] for row in curve], mean, atol=1e-12)
    assert expected_calibration_error(curve) == pytest.approx(np.abs(rate - mean).mean(), abs=1e-12)
    assert jeffreys_interval(0, 20)[0] == 0
    assert jeffreys_interval(3, 20) == pytest.approx(beta.interval(0.95, 3.5, 17.5))


def test_the_line_maximises_the_likelihood(drawn: Drawn) -> None:
    y, pd, _ = drawn
    wrong = 1 / (1 + np.exp(-(0.8 + 2 * np.log(pd / (1 - pd)))))
    x = np.log(wrong / (1 - wrong))

    def loss(at: np.ndarray) -> float:
        return float(np.logaddexp(0, at[0] + at[1] * x).sum() - (y * (at[0] + at[1] * x)).sum())

    best = minimize(loss, [0, 1], method="BFGS", options={"gtol": 1e-9})
    line = calibration_line(y, wrong)
    assert line["converged"]
    np.testing.assert_allclose([line["intercept"], line["slope"]], best.x, atol=1e-5)
    assert line["statistic"] == pytest.approx(2 * (loss(np.array([0, 1])) - best.fun), rel=1e-5)
    assert line["p"] < 1e-6
    assert calibration_line(y, pd)["p"] > 0.05


def test_outcomes_that_pds_separate_have_no_line() -> None:
    found = calibration_line(np.array([0, 0, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.8, 0.9]))
    assert found["converged"] is False
    assert found["slope"] is None
    assert calibration_line(np.ones(3, np.int64), np.array([0.1, 0.2, 0.3]))["p"] is None
