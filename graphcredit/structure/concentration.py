"""Concentration: HHI by any key, effective number, and the granularity adjustment of a loan book."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import gamma, norm

from graphcredit.exc import ShapeError, ValueRangeError

Floats = npt.NDArray[np.float64]
XI = 0.25
"""Precision of the systematic factor (Gordy & Luetkebohmert 2013)."""


@dataclass(frozen=True)
class Concentration:
    """hhi = sum of squared shares; effective = 1 / hhi; shares by key, largest first."""

    hhi: float
    effective: float
    shares: dict[Any, float]


def concentration(amounts: Any, keys: Any = None) -> Concentration:
    """Concentration of amounts by a key (customer, supplier, industry, region, guarantor, ...).

    Args:
        amounts: (k,), not negative.
        keys: (k,); each amount a key of its own when absent.

    Raises:
        ShapeError: lengths that differ; ValueRangeError: negative or NaN amounts, or nothing at all.
    """
    values = np.asarray(amounts, dtype=np.float64)
    names = np.arange(len(values)) if keys is None else np.asarray(keys)
    if values.ndim != 1 or names.shape != values.shape:
        raise ShapeError(f"amounts {values.shape} and keys {names.shape} do not fit", remedy="give one key an amount")
    if not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
        raise ValueRangeError(
            "amounts must be finite, not negative, and not all zero", remedy="leave out what is unknown"
        )
    found, codes = np.unique(names, return_inverse=True)
    share = np.bincount(codes, values) / values.sum()
    order = np.lexsort((np.arange(len(share)), -share))
    hhi = float((share**2).sum())
    return Concentration(
        hhi, 1.0 / hhi, {found[k].item() if hasattr(found[k], "item") else found[k]: float(share[k]) for k in order}
    )


@dataclass(frozen=True)
class Granularity:
    """Simplified granularity adjustment: `adjustment` (share of exposure), delta, gamma quantile a, K of each loan, K*."""

    adjustment: float
    delta: float
    quantile: float
    capital: Floats
    book_capital: float


@lru_cache(maxsize=8)
def factor_quantile(confidence: float, xi: float = XI) -> tuple[float, float]:
    """Quantile a of the Gamma factor (shape xi, mean 1), and delta = (a - 1)(xi + (1 - xi) / a)."""
    a = float(gamma.ppf(confidence, xi, scale=1 / xi))
    return a, (a - 1) * (xi + (1 - xi) / a)


def capital_requirement(pd: Floats, lgd: Floats, maturity: Floats, confidence: float = 0.999) -> Floats:
    """Basel IRB unexpected loss for corporates (CRE31), share of exposure; maturity in years, 1..5."""
    p = np.clip(pd, 0.0003, 0.9999)
    weight = (1 - np.exp(-50 * p)) / (1 - np.exp(-50))
    r = 0.12 * weight + 0.24 * (1 - weight)
    b = (0.11852 - 0.05478 * np.log(p)) ** 2
    conditional = norm.cdf((norm.ppf(p) + np.sqrt(r) * norm.ppf(confidence)) / np.sqrt(1 - r))
    return np.asarray(np.maximum(lgd * (conditional - p) * (1 + (maturity - 2.5) * b) / (1 - 1.5 * b), 0.0))


def granularity_adjustment(
    exposures: Any, pd: Any, lgd: Any, *, maturity: Any = 1.0, confidence: float = 0.999, xi: float = XI
) -> Granularity:
    """Gordy & Luetkebohmert (2013), simplified: sum s_i^2 C_i (delta (K_i + R_i) - K_i) / (2 K*).

    C = (VLGD^2 + ELGD^2) / ELGD, VLGD^2 = 0.25 ELGD (1 - ELGD), R = PD ELGD, K* = sum s_i K_i,
    delta = (a - 1)(xi + (1 - xi) / a), a = quantile of a Gamma(shape xi, mean 1).

    Args:
        exposures: EAD, (n,), positive somewhere.
        pd, lgd: (n,) or one number, in (0, 1].
        maturity: years, 1 to 5.
        confidence: of the loss quantile, from one half to below 1.
        xi: precision of the systematic factor.

    Raises:
        ValueRangeError: numbers outside their range.
    """
    ead = np.atleast_1d(np.asarray(exposures, dtype=np.float64))
    p, severity, m = (np.broadcast_to(np.asarray(v, dtype=np.float64), ead.shape) for v in (pd, lgd, maturity))
    good = (p > 0) & (p <= 1) & (severity > 0) & (severity <= 1) & (m >= 1) & (m <= 5) & (ead >= 0)
    if not good.all() or not ead.sum() > 0 or not 0.5 <= confidence < 1 or not xi > 0:
        raise ValueRangeError(
            "PD and LGD must be in (0, 1], maturity in [1, 5], exposures not negative", remedy="mend them"
        )
    s = ead / ead.sum()
    k, r = capital_requirement(p, severity, m, confidence), p * severity
    a, delta = factor_quantile(confidence, xi)
    c = (0.25 * severity * (1 - severity) + severity**2) / severity
    book = float((s * k).sum())
    added = float((s**2 * c * (delta * (k + r) - k)).sum() / (2 * book)) if book > 0 else 0.0
    return Granularity(added, delta, a, k, book)
