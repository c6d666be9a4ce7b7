"""The Brier score and its parts.

Source: Brier (1950); Murphy (1973) for reliability, resolution and uncertainty; Stephenson, Coelho & Jolliffe (2008) for
the two terms within bins, without which the parts of forecasts that are not equal within a bin do not add up.
"""

from typing import Any

import numpy as np

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import Labels01
from graphcredit.scoring.validation.bins import equal_count, group_sums

GROUPS = 10


def brier_parts(y: Labels01, pd: Floats, *, groups: int = GROUPS) -> dict[str, Any]:
    """brier = reliability - resolution + uncertainty + within_variance - within_covariance, exactly; JSON-able.

    Args:
        y: outcomes, shape (n,).
        pd: predictions, shape (n,).
        groups: bins of equal size (ties together); as many as there are rows gives no within terms for distinct PDs.

    Returns:
        The parts; `binned` = reliability - resolution + uncertainty, the Brier score of the bins' mean PDs; `skill`
        against always saying the default rate, None where all outcomes are equal.
    """
    group = equal_count(pd, groups)
    outcome = y.astype(np.float64)
    n, forecasts, defaults = group_sums(group, pd, outcome)
    mean_pd, rate, base = forecasts / n, defaults / n, float(outcome.mean())
    reliability = float((n * (mean_pd - rate) ** 2).sum() / len(y))
    resolution = float((n * (rate - base) ** 2).sum() / len(y))
    uncertainty = base * (1 - base)
    off, gap = pd - mean_pd[group], outcome - rate[group]
    score = float(((pd - outcome) ** 2).mean())
    return {
        "brier": score,
        "reliability": reliability,
        "resolution": resolution,
        "uncertainty": uncertainty,
        "binned": reliability - resolution + uncertainty,
        "within_variance": float((off**2).mean()),
        "within_covariance": float(2 * (off * gap).mean()),
        "skill": 1 - score / uncertainty if uncertainty > 0 else None,
        "groups": len(n),
    }
