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


def brier(y: Labels01, pd: Floats) -> float:
    """Mean squared distance of PD and outcome, 0 is best."""
    return float(np.mean((pd - y) ** 2))


def f1(y: Labels01, called: npt.NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall of the parties called risky; 0 where none is right."""
    hits = int((called & (y == 1)).sum())
    return 2 * hits / (int(called.sum()) + int(y.sum())) if hits else 0.0


def best_cutoff(y: Labels01, pd: Floats) -> float:
    """The PD from which calling parties risky has the best F1, on these rows.

    Of the few best cut-offs (within .005 of the top) the median is taken: a single lucky row does not decide.
    """
    order = np.argsort(-pd, kind="stable")
    hits = np.cumsum(y[order])
    score = 2 * hits / (np.arange(1, len(y) + 1) + y.sum())
    last_of_tie = np.append(np.diff(pd[order]) != 0, True)
    score = np.where(last_of_tie, score, -1.0)
    good = np.flatnonzero(score >= score.max() - 0.005)
    return float(pd[order][good[len(good) // 2]])


def summary(y: Labels01, pd: Floats, cutoff: float) -> dict[str, Any]:
    """auc, auc_ci, ks, f1 (at `cutoff`), brier and n, JSON-able."""
    low, high = auc_interval(y, pd)
    return {
        "auc": auc(y, pd),
        "auc_ci": [low, high],
        "ks": ks(y, pd),
        "f1": f1(y, pd >= cutoff),
        "brier": brier(y, pd),
        "n": len(y),
        "defaults": int(y.sum()),
        "cutoff": cutoff,
    }
