"""The calibration curve, and the straight line that would mend it."""

from typing import Any

import numpy as np
from scipy.stats import beta, chi2

from graphcredit.scoring.base import expit, logit
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import Labels01
from graphcredit.scoring.validation.bins import equal_count, group_sums

GROUPS = 10
STEPS, TOLERANCE = 100, 1e-9
STEEPEST = 50.0
"""A slope beyond this means outcomes that PDs separate fully: no line fits best."""


def jeffreys_interval(defaults: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Interval of a default rate (Brown, Cai & DasGupta 2001): Beta(d + 1/2, n - d + 1/2), whole at 0 and n."""
    tail = (1 - level) / 2
    low = 0.0 if defaults == 0 else float(beta.ppf(tail, defaults + 0.5, n - defaults + 0.5))
    high = 1.0 if defaults == n else float(beta.ppf(1 - tail, defaults + 0.5, n - defaults + 0.5))
    return low, high


def calibration_curve(y: Labels01, pd: Floats, *, groups: int = GROUPS) -> list[dict[str, Any]]:
    """Groups of equal size by PD, lowest first: n, defaults, mean_pd, rate, rate_ci, within (PD inside it); JSON-able."""
    group = equal_count(pd, groups)
    rows = []
    for n, forecast, defaults in zip(*group_sums(group, pd, y.astype(np.float64)), strict=True):
        low, high = jeffreys_interval(defaults, n)
        mean = float(forecast / n)
        rows.append(
            {
                "n": int(n),
                "defaults": int(defaults),
                "mean_pd": mean,
                "rate": float(defaults / n),
                "rate_ci": [low, high],
                "within": bool(low <= mean <= high),
            }
        )
    return rows


def expected_calibration_error(curve: list[dict[str, Any]]) -> float:
    """Mean distance between a group's PD and its default rate, weighed by parties."""
    total = sum(row["n"] for row in curve)
    return float(sum(row["n"] * abs(row["mean_pd"] - row["rate"]) for row in curve) / total)


def calibration_line(y: Labels01, pd: Floats) -> dict[str, Any]:
    """Cox's recalibration: logit P(default) = intercept + slope * logit(pd), fitted by Newton's steps; JSON-able.

    Returns:
        intercept, slope, their standard errors, likelihood ratio statistic and p-value of (0, 1), `converged`,
        `iterations`; figures are None where no line fits best (one class, or outcomes fully separated).
    """
    x = logit(pd)
    empty = dict.fromkeys(("intercept", "slope", "intercept_se", "slope_se", "statistic", "p"))
    if y.min() == y.max() or np.ptp(x) < 1e-9:
        return {**empty, "converged": False, "iterations": 0}
    design = np.column_stack([np.ones(len(x)), x])
    coef = np.array([0.0, 1.0])
    value = _log_likelihood(y, design @ coef)
    start, converged, taken = value, False, 0
    for _ in range(STEPS):
        taken += 1
        p = expit(design @ coef)
        hessian = design.T @ (design * (p * (1 - p))[:, None])
        if np.linalg.cond(hessian) > 1e14:
            break
        move = np.linalg.solve(hessian, design.T @ (y - p))
        scale = 1.0
        while scale > 1e-6 and _log_likelihood(y, design @ (coef + scale * move)) < value - 1e-12:
            scale /= 2
        coef = coef + scale * move
        value = _log_likelihood(y, design @ coef)
        if abs(coef[1]) > STEEPEST:
            break
        if np.abs(scale * move).max() < TOLERANCE:
            converged = True
            break
    if not converged:
        return {**empty, "converged": False, "iterations": taken}
    p = expit(design @ coef)
    errors = np.sqrt(np.diag(np.linalg.inv(design.T @ (design * (p * (1 - p))[:, None]))))
    statistic = max(0.0, 2 * (value - start))
    return {
        "intercept": float(coef[0]),
        "slope": float(coef[1]),
        "intercept_se": float(errors[0]),
        "slope_se": float(errors[1]),
        "statistic": statistic,
        "p": float(chi2.sf(statistic, 2)),
        "converged": True,
        "iterations": taken,
    }


def _log_likelihood(y: Labels01, log_odds: Floats) -> float:
    return float((y * log_odds - np.logaddexp(0, log_odds)).sum())
