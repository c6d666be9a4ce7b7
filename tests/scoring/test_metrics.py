import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.metrics import brier_score_loss, f1_score, roc_auc_score

from graphcredit.scoring import metrics


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    return y, 1 / (1 + np.exp(-(y + rng.normal(size=300)).round(1)))


def test_against_scikit_learn_and_scipy(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    y, pd = drawn
    assert metrics.auc(y, pd) == pytest.approx(roc_auc_score(y, pd), abs=1e-12)
    assert metrics.ks(y, pd) == pytest.approx(ks_2samp(pd[y == 1], pd[y == 0]).statistic, abs=1e-12)
    assert metrics.brier(y, pd) == pytest.approx(brier_score_loss(y, pd), abs=1e-12)
    assert metrics.f1(y, pd > 0.6) == pytest.approx(f1_score(y, pd > 0.6), abs=1e-12)


def test_delong_by_its_definition(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    y, score = drawn
    bad, good = score[y == 1], score[y == 0]
    wins = (bad[:, None] > good) + 0.5 * (bad[:, None] == good)
    variance = wins.mean(axis=1).var(ddof=1) / len(bad) + wins.mean(axis=0).var(ddof=1) / len(good)
    assert metrics.auc_variance(y, score) == pytest.approx(variance, rel=1e-9)
    low, high = metrics.auc_interval(y, score)
    assert 0 < low < metrics.auc(y, score) < high < 1


def test_paired_difference_by_its_definition(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    y, first = drawn
    second = first + np.random.default_rng(1).normal(scale=0.1, size=len(y))

    def wins(score: np.ndarray) -> np.ndarray:
        bad, good = score[y == 1], score[y == 0]
        return (bad[:, None] > good) + 0.5 * (bad[:, None] == good)

    difference = wins(first) - wins(second)
    variance = (
        difference.mean(axis=1).var(ddof=1) / (y == 1).sum() + difference.mean(axis=0).var(ddof=1) / (y == 0).sum()
    )
    assert metrics.difference_se(y, first, second) == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert metrics.difference_se(y, first, first) == 0


def test_the_best_cutoff_is_near_the_best(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    y, pd = drawn
    best = max(f1_score(y, pd >= cut) for cut in np.unique(pd))
    assert metrics.f1(y, pd >= metrics.best_cutoff(y, pd)) >= best - 0.005 - 1e-12


def test_edges() -> None:
    assert np.isnan(metrics.auc(np.zeros(3, dtype=np.int64), np.arange(3.0)))
    perfect = np.array([0, 0, 1, 1])
    assert metrics.auc_interval(perfect, np.arange(4.0)) == (1.0, 1.0)
    assert metrics.f1(perfect, np.zeros(4, dtype=bool)) == 0.0
    folds = np.array([0.01, 0.03, 0.02, 0.02])
    assert metrics.corrected_se(folds, 1 / 3) == pytest.approx(np.sqrt(folds.var(ddof=1) * (1 / 4 + 1 / 3)))
