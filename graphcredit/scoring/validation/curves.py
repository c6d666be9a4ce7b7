"""Curves of discrimination: ROC, precision-recall, and what is read from them."""

from typing import Any

import numpy as np
from scipy.stats import ks_2samp, norm

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import Labels01, auc, auc_interval, auc_variance, ks

MOST_POINTS = 201


def _cumulated(y: Labels01, score: Floats) -> tuple[Floats, Floats, Floats]:
    """Distinct scores from riskiest down, with defaults and others at or above each; shape (k,) each."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    bad = np.cumsum(y[order])[ends].astype(np.float64)
    return score[order][ends], bad, ends + 1 - bad


def roc_curve(y: Labels01, score: Floats) -> tuple[Floats, Floats]:
    """False and true positive rates from (0, 0) to (1, 1), one point per distinct score; shape (k + 1,) each.

    Args:
        y: outcomes, shape (n,), both classes present.
        score: higher is riskier, shape (n,).
    """
    _, bad, good = _cumulated(y, score)
    return np.append(0.0, good / good[-1]), np.append(0.0, bad / bad[-1])


def precision_recall(y: Labels01, score: Floats) -> tuple[Floats, Floats]:
    """Precision and recall of calling everyone at or above a score risky, riskiest first; shape (k,) each."""
    _, bad, good = _cumulated(y, score)
    return bad / (bad + good), bad / bad[-1]


def average_precision(y: Labels01, score: Floats) -> float:
    """Sum of (recall gained) * precision over distinct scores; the default rate for a score that tells nothing."""
    precision, recall = precision_recall(y, score)
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def thinned(x: Floats, y: Floats, most: int = MOST_POINTS) -> list[list[float]]:
    """At most `most` points of a curve, evenly along its length, both ends kept; [[x, y], ...]."""
    if len(x) > most:
        length = np.append(0.0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
        keep = np.unique(np.searchsorted(length, np.linspace(0, length[-1], most)).clip(0, len(x) - 1))
        keep = np.unique(np.concatenate([[0], keep, [len(x) - 1]]))
        x, y = x[keep], y[keep]
    return [[round(float(a), 6), round(float(b), 6)] for a, b in zip(x, y, strict=True)]


def discrimination(y: Labels01, score: Floats) -> dict[str, Any]:
    """How well a score ranks, JSON-able.

    Returns:
        auc, auc_ci (95%), auc_se, auc_p (against .5), gini, gini_ci, ks, ks_at (the score where the distance is
        largest), ks_p, average_precision, default_rate, curves `roc` [[fpr, tpr]], `pr` [[recall, precision]] and
        `cap` [[share of parties, share of defaults]].
    """
    at, bad, good = _cumulated(y, score)
    fpr, tpr = roc_curve(y, score)
    precision, recall = precision_recall(y, score)
    area, (low, high) = auc(y, score), auc_interval(y, score)
    se = float(np.sqrt(auc_variance(y, score)))
    gap = np.abs(bad / bad[-1] - good / good[-1])
    share = np.append(0.0, (bad + good) / len(y))
    return {
        "n": len(y),
        "defaults": int(y.sum()),
        "default_rate": float(y.mean()),
        "auc": area,
        "auc_ci": [low, high],
        "auc_se": se,
        "auc_p": float(2 * norm.sf(abs(area - 0.5) / se)) if se > 0 else None,
        "gini": 2 * area - 1,
        "gini_ci": [2 * low - 1, 2 * high - 1],
        "ks": ks(y, score),
        "ks_at": float(at[int(gap.argmax())]),
        "ks_p": float(ks_2samp(score[y == 1], score[y == 0], method="asymp").pvalue),
        "average_precision": average_precision(y, score),
        "curves": {"roc": thinned(fpr, tpr), "pr": thinned(recall, precision), "cap": thinned(share, tpr)},
    }
