"""Hosmer and Lemeshow's test of calibration over groups of equal size.

Source: Hosmer & Lemeshow (1980); on rows that PDs were not fitted to, the statistic has as many degrees of freedom as
groups (Hosmer, Lemeshow & Sturdivant 2013, Applied Logistic Regression, section 5.2.2).
"""

from typing import Any

import numpy as np
from scipy.stats import chi2

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import Labels01
from graphcredit.scoring.validation.bins import equal_count, group_sums

GROUPS = 10
FEW = 5.0
"""A group that expects fewer defaults (or others) than this strains the chi-square approximation."""


def hosmer_lemeshow(y: Labels01, pd: Floats, *, groups: int = GROUPS, fitted: bool = False) -> dict[str, Any]:
    """Sum over groups of (observed - expected)^2 / (n p (1 - p)) against chi-square; JSON-able.

    Args:
        y, pd: outcomes and predictions, shape (n,).
        groups: of equal size by PD, ties together.
        fitted: whether PDs were fitted to these rows (two degrees of freedom fewer).

    Returns:
        statistic, df, p (None with too few groups), groups, thin_groups (that expect fewer than five of a class).
    """
    group = equal_count(pd, groups)
    n, expected, observed = group_sums(group, pd, y.astype(np.float64))
    mean = expected / n
    variance = n * mean * (1 - mean)
    use = variance > 0
    statistic = float(((observed - expected)[use] ** 2 / variance[use]).sum())
    df = int(use.sum()) - (2 if fitted else 0)
    return {
        "statistic": statistic,
        "df": df,
        "p": float(chi2.sf(statistic, df)) if df > 0 else None,
        "groups": len(n),
        "thin_groups": int((np.minimum(expected, n - expected) < FEW).sum()),
    }
