"""Curves against scikit-learn, scipy and creditriskengine."""

import numpy as np
import pytest
from creditriskengine.validation.discrimination import cap_curve, gini_coefficient, ks_statistic
from scipy.stats import ks_2samp
from sklearn import metrics as sk

from graphcredit.scoring.validation import average_precision, discrimination, precision_recall, roc_curve
from graphcredit.scoring.validation.curves import thinned

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]


def test_curves_are_scikit_learns(drawn: Drawn) -> None:
    y, pd, other = drawn
    for score in (pd, other):
        fpr, tpr, _ = sk.roc_curve(y, score, drop_intermediate=False)
        mine = roc_curve(y, score)
        np.testing.assert_allclose(mine[0], fpr, atol=1e-12)
        np.testing.assert_allclose(mine[1], tpr, atol=1e-12)
        precision, recall, _ = sk.precision_recall_curve(y, score)
        p, r = precision_recall(y, score)
        np.testing.assert_allclose(p, precision[:-1][::-1], atol=1e-12)
        np.testing.assert_allclose(r, recall[:-1][::-1], atol=1e-12)
        assert average_precision(y, score) == pytest.approx(sk.average_precision_score(y, score), abs=1e-12)


def test_figures_are_those_of_independent_engines(drawn: Drawn) -> None:
    y, pd, other = drawn
    found = discrimination(y, pd)
    assert found["auc"] == pytest.approx(sk.roc_auc_score(y, pd), abs=1e-12)
    assert found["gini"] == pytest.approx(gini_coefficient(y, pd), abs=1e-12)
    assert found["ks"] == pytest.approx(ks_statistic(y, pd), abs=1e-12)
    assert discrimination(y, other)["ks"] == pytest.approx(ks_2samp(other[y == 1], other[y == 0]).statistic, abs=1e-12)
    at = found["ks_at"]
    assert abs((pd[y == 1] >= at).mean() - (pd[y == 0] >= at).mean()) == pytest.approx(found["ks"], abs=1e-12)
    assert found["auc_p"] < 1e-6
    share, caught = cap_curve(y, pd)
    for x, height in found["curves"]["cap"][1:]:
        i = int(np.argmin(np.abs(share - x)))
        assert caught[i] == pytest.approx(height, abs=1e-6)


def test_thinning_keeps_the_ends_and_the_area() -> None:
    x = np.linspace(0, 1, 10_000)
    points = np.array(thinned(x, x**2))
    assert len(points) <= 203
    assert points[0].tolist() == [0, 0]
    assert points[-1].tolist() == [1, 1]
    assert np.trapezoid(points[:, 1], points[:, 0]) == pytest.approx(1 / 3, abs=1e-4)
