"""Differences of AUC by resampling parties, both scores on the same draw.

Source: Efron & Tibshirani (1993), percentile intervals; classes are drawn apart, as DeLong's test holds them fixed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import Labels01, auc

REPEATS, FEWEST = 1000, 200
WORK = 40_000_000
"""Rows drawn in all; very large sets get fewer repeats, but their intervals are narrow."""


def repeats_for(n: int, wanted: int = REPEATS) -> int:
    """Repeats for n rows."""
    return int(np.clip(WORK // max(n, 1), min(FEWEST, wanted), wanted))


def paired_bootstrap(
    y: Labels01,
    scores: Mapping[str, Floats],
    pairs: Sequence[tuple[str, str]],
    *,
    repeats: int = REPEATS,
    seed: int = 0,
    level: float = 0.95,
) -> dict[tuple[str, str], dict[str, Any]]:
    """AUC(first) - AUC(second) for each pair of names, with interval and two-sided p-value; JSON-able values.

    Args:
        y: outcomes, shape (n,), both classes present.
        scores: name -> shape (n,), higher is riskier.
        pairs: names to compare.
        repeats: draws; the p-value is no smaller than 2 / (repeats + 1).
        seed: of the draws; all scores share them.
    """
    drawn = resampled_aucs(y, scores, repeats=repeats, seed=seed)
    tail = 100 * (1 - level) / 2
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for first, second in pairs:
        gains = drawn[first] - drawn[second]
        low, high = np.percentile(gains, [tail, 100 - tail])
        below, above = int((gains <= 0).sum()), int((gains >= 0).sum())
        found[first, second] = {
            "difference": auc(y, scores[first]) - auc(y, scores[second]),
            "ci": [float(low), float(high)],
            "p": min(1.0, 2 * (min(below, above) + 1) / (repeats + 1)),
            "repeats": repeats,
        }
    return found


def resampled_aucs(y: Labels01, scores: Mapping[str, Floats], *, repeats: int, seed: int = 0) -> dict[str, Floats]:
    """AUC of each score in each draw, shape (repeats,) by name.

    A draw is a count per party, so each AUC is one pass over distinct scores sorted once.
    """
    rng = np.random.default_rng(seed)
    bad, good = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    places = {name: np.unique(score, return_inverse=True)[1] for name, score in scores.items()}
    out = {name: np.empty(repeats) for name in scores}
    for r in range(repeats):
        bads = bad[rng.integers(0, len(bad), len(bad))]
        goods = good[rng.integers(0, len(good), len(good))]
        for name, place in places.items():
            size = int(place.max()) + 1
            of_good = np.bincount(place[goods], minlength=size)
            below = np.cumsum(of_good) - 0.5 * of_good
            out[name][r] = below[place[bads]].mean() / len(good)
    return out
