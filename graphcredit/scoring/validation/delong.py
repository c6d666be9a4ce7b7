"""AUCs of several scores on the same rows, and whether they differ.

Source: DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, with placements by mid-ranks (Sun & Xu 2014).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import norm, rankdata

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import Labels01, auc


def placements(y: Labels01, score: Floats) -> tuple[Floats, Floats]:
    """Share of sound parties below each default, and of defaults above each sound party (ties half); (m,), (n,)."""
    bad, good = score[y == 1], score[y == 0]
    m, n = len(bad), len(good)
    ranks = rankdata(np.concatenate([bad, good]))
    return (ranks[:m] - rankdata(bad)) / n, 1 - (ranks[m:] - rankdata(good)) / m


def covariance(y: Labels01, scores: Sequence[Floats]) -> Floats:
    """Covariance matrix of the AUCs of k scores on the same rows, shape (k, k); nan with fewer than two in a class."""
    m = int(y.sum())
    n = len(y) - m
    k = len(scores)
    if m < 2 or n < 2:
        return np.full((k, k), np.nan)
    parts = [placements(y, score) for score in scores]
    bad = np.cov(np.stack([v10 for v10, _ in parts])).reshape(k, k)
    good = np.cov(np.stack([v01 for _, v01 in parts])).reshape(k, k)
    return np.asarray(bad / m + good / n)


def paired_test(y: Labels01, first: Floats, second: Floats, level: float = 0.95) -> dict[str, Any]:
    """AUC(first) - AUC(second) with its standard error, interval, z and two-sided p-value; JSON-able.

    With no variance (equal ranks, or too few rows) the interval is the difference itself and p is 1 or None.
    """
    gain = auc(y, first) - auc(y, second)
    cov = covariance(y, [first, second])
    variance = float(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1])
    if not np.isfinite(variance):
        return {"difference": gain, "se": None, "ci": [None, None], "z": None, "p": None}
    if variance <= 1e-18:
        return {"difference": gain, "se": 0.0, "ci": [gain, gain], "z": 0.0, "p": 1.0 if abs(gain) < 1e-12 else None}
    se = float(np.sqrt(variance))
    half = float(norm.ppf(0.5 + level / 2)) * se
    z = gain / se
    return {"difference": gain, "se": se, "ci": [gain - half, gain + half], "z": z, "p": float(2 * norm.sf(abs(z)))}


def holm(p_values: Mapping[str, float | None]) -> dict[str, float | None]:
    """p-values adjusted for being several, by name (Holm 1979); None stays None and does not count."""
    known = sorted((p, name) for name, p in p_values.items() if p is not None)
    adjusted: dict[str, float | None] = dict.fromkeys(p_values)
    highest = 0.0
    for i, (p, name) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - i)))
        adjusted[name] = highest
    return adjusted
