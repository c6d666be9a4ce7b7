"""Spiegelhalter's z: is the Brier score what these PDs, if true, would give?

Source: Spiegelhalter (1986), Probabilistic prediction in patient management, Statistics in Medicine 5.
"""

from typing import Any

import numpy as np
from scipy.stats import norm

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import Labels01


def spiegelhalter(y: Labels01, pd: Floats) -> dict[str, Any]:
    """z = sum (y - p)(1 - 2p) / sqrt(sum (1 - 2p)^2 p (1 - p)), and its two-sided p-value; JSON-able.

    None where the PDs leave nothing to chance (all 0, 1/2 or 1).
    """
    weight = 1 - 2 * pd
    variance = float((weight**2 * pd * (1 - pd)).sum())
    if variance <= 0:
        return {"z": None, "p": None}
    z = float(((y - pd) * weight).sum() / np.sqrt(variance))
    return {"z": z, "p": float(2 * norm.sf(abs(z)))}
