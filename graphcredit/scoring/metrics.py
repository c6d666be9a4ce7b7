"""The few numbers by which models are compared; the full report is in `validation`."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from graphcredit.scoring.kernels import Floats

Labels01 = npt.NDArray[np.int64]


def auc(y: Labels01, score: Floats) -> float:
    """Area under the ROC curve (Mann-Whitney, ties count half); nan with one class."""
    bad = int(y.sum())
    good = len(y) - bad
    if bad == 0 or good == 0:
        return float("nan")
    return float((rankdata(score)[y == 1].sum() - bad * (bad + 1) / 2) / (bad * good))


def auc_variance(y: Labels01, score: Floats) -> float:
    """Variance of the AUC (DeLong, DeLong & Clarke-Pearson 1988, by mid-ranks as in Sun & Xu 2014)."""
    bad, good = score[y == 1], score[y == 0]
    m, n = len(bad), len(good)
    if m < 2 or n < 2:
        return float("nan")
    ranks = rankdata(np.concatenate([bad, good]))
    v10 = (ranks[:m] - rankdata(bad)) / n
    v01 = 1 - (ranks[m:] - rankdata(good)) / m
    return float(v10.var(ddof=1) / m + v01.var(ddof=1) / n)


def auc_interval(y: Labels01, score: Floats, level: float = 0.95) -> tuple[float, float]:
    """DeLong interval of the AUC on the logit scale, so that it stays within [0, 1]."""
    a, variance = auc(y, score), auc_variance(y, score)
    if not np.isfinite(a) or not np.isfinite(variance):
        return float("nan"), float("nan")
    if a in (0.0, 1.0) or variance == 0:
        return a, a
    z = float(norm.ppf(0.5 + level / 2))
    half = z * np.sqrt(variance) / (a * (1 - a))
    centre = np.log(a / (1 - a))
    low, high = 1 / (1 + np.exp(-(centre - half))), 1 / (1 + np.exp(-(centre + half)))
    return float(low), float(high)


def ks(y: Labels01, score: Floats) -> float:
    """Kolmogorov-Smirnov distance between the scores of defaulted and sound parties, 0..1."""
    bad, good = np.sort(score[y == 1]), np.sort(score[y == 0])
    if len(bad) == 0 or len(good) == 0:
        return float("nan")
    at = np.concatenate([bad, good])
    gap = np.searchsorted(bad, at, side="right") / len(bad) - np.searchsorted(good, at, side="right") / len(good)
    return float(np.abs(gap).max())


def brier(y: Labels01, pd: Floats, weights: Floats | None = None) -> float:
    """Mean squared distance of PD and outcome, 0 is best."""
    return float(np.average((pd - y) ** 2, weights=weights))


def f1(y: Labels01, called: npt.NDArray[np.bool_], weights: Floats | None = None) -> float:
    """Harmonic mean of precision and recall of the parties called risky; 0 where none is right."""
    w = np.ones(len(y)) if weights is None else weights
    hits = float(w[called & (y == 1)].sum())
    return 2 * hits / float(w[called].sum() + w[y == 1].sum()) if hits else 0.0


def best_cutoff(y: Labels01, pd: Floats, weights: Floats | None = None) -> float:
    """The PD from which calling parties risky has the best F1, on these rows.

    Of the few best cut-offs (within .005 of the top) the median is taken: a single lucky row does not decide.
    """
    w = np.ones(len(y)) if weights is None else weights
    order = np.argsort(-pd, kind="stable")
    hits = np.cumsum((w * y)[order])
    score = 2 * hits / (np.cumsum(w[order]) + float((w * y).sum()))
    last_of_tie = np.append(np.diff(pd[order]) != 0, True)
    score = np.where(last_of_tie, score, -1.0)
    good = np.flatnonzero(score >= score.max() - 0.005)
    return float(pd[order][good[len(good) // 2]])


def summary(y: Labels01, pd: Floats, cutoff: float, weights: Floats | None = None) -> dict[str, Any]:
    """auc, auc_ci, ks, f1 (at `cutoff`), brier, n and defaults, JSON-able.

    Args:
        y, pd: outcomes and predictions, shape (n,).
        cutoff: PD from which a party is called risky.
        weights: rows each stands for, shape (n,); AUC and KS do not depend on the classes' shares and ignore it.
    """
    low, high = auc_interval(y, pd)
    return {
        "auc": auc(y, pd),
        "auc_ci": [low, high],
        "ks": ks(y, pd),
        "f1": f1(y, pd >= cutoff, weights),
        "brier": brier(y, pd, weights),
        "n": len(y),
        "defaults": int(y.sum()),
        "cutoff": cutoff,
    }


def difference_se(y: Labels01, first: Floats, second: Floats) -> float:
    """Standard error of AUC(first) - AUC(second) on the same rows (DeLong, paired); nan with fewer than two a class."""
    m, n = int(y.sum()), int(len(y) - y.sum())
    if m < 2 or n < 2:
        return float("nan")
    parts = []
    for score in (first, second):
        bad, good = score[y == 1], score[y == 0]
        ranks = rankdata(np.concatenate([bad, good]))
        parts.append(((ranks[:m] - rankdata(bad)) / n, 1 - (ranks[m:] - rankdata(good)) / m))
    v10, v01 = parts[0][0] - parts[1][0], parts[0][1] - parts[1][1]
    return float(np.sqrt(v10.var(ddof=1) / m + v01.var(ddof=1) / n))


def corrected_se(differences: Floats, judged_share: float) -> float:
    """Standard error of a mean over (repeated) folds, corrected for the folds' shared learning rows.

    Source: Nadeau & Bengio (2003), "Inference for the generalization error", Machine Learning 52.

    Args:
        differences: one number per fold.
        judged_share: judged rows over learned rows, 1 / (k - 1) for k folds.
    """
    k = len(differences)
    if k < 2:
        return 0.0
    return float(np.sqrt(differences.var(ddof=1) * (1 / k + judged_share)))
