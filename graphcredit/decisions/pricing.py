"""Risk-based price: expected loss + cost of capital + funding + operating cost, as a yearly rate.

Capital is the Basel IRB corporate formula (CRE31.5): K = [LGD N((G(PD) + sqrt(R) G(c)) / sqrt(1 - R)) - PD LGD] with
R = .12 (1 - e^-50PD) / (1 - e^-50) + .24 (1 - (1 - e^-50PD) / (1 - e^-50)), and the maturity adjustment with
b = (.11852 - .05478 ln PD)^2.
"""

from decimal import ROUND_UP, Decimal
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from graphcredit.decisions.amounts import ZERO
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.texts import Frozen

BASIS_POINT = Decimal("0.0001")
PD_FLOOR = 0.0003
"""CRE32.4 (2017 framework had 0.03%, now 0.05% for corporates); the lower one keeps AAA apart."""


class Price(Frozen):
    """A yearly rate and what it is made of; raroc = what is left after costs and expected loss, over capital."""

    rate: Decimal
    expected_loss: Decimal
    capital: Decimal
    capital_cost: Decimal
    funding: Decimal
    operating: Decimal
    raroc: Decimal
    floored: bool
    above_max: bool


def correlation(pd: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Asset correlation of corporates by PD (CRE31.5)."""
    weight = (1 - np.exp(-50 * np.asarray(pd, dtype=np.float64))) / (1 - exp(-50))
    return np.asarray(0.12 * weight + 0.24 * (1 - weight))


def capital(pd: float, lgd: float, *, maturity: float = 1.0, confidence: float = 0.999) -> float:
    """Capital as a share of exposure (K of CRE31.5)."""
    if pd >= 1:
        return 0.0
    p = max(pd, PD_FLOOR)
    r = float(correlation(p))
    loss = lgd * float(ndtr((ndtri(p) + sqrt(r) * ndtri(confidence)) / sqrt(1 - r))) - p * lgd
    b = (0.11852 - 0.05478 * log(p)) ** 2
    return max(loss * (1 + (maturity - 2.5) * b) / (1 - 1.5 * b), 0.0)


def price(pd: Decimal, lgd: Decimal, policy: Policy, *, tenor_days: int = 365) -> Price:
    """The rate for a PD and LGD under a policy; rounded up to the basis point, at least the policy's minimum."""
    rule = policy.pricing
    years = max(min(tenor_days / 365, 5.0), 1.0)
    share = capital(float(pd), float(lgd), maturity=years, confidence=float(rule.confidence.value))
    held = Decimal(f"{share:.8f}")
    loss = (pd * lgd).quantize(Decimal("0.00000001"))
    cost = held * rule.cost_of_capital.value
    needed = (loss + cost + rule.funding.value + rule.operating.value).quantize(BASIS_POINT, ROUND_UP)
    rate = max(needed, rule.min_rate.value)
    earned = rate - rule.funding.value - rule.operating.value - loss
    return Price(
        rate=rate,
        expected_loss=loss,
        capital=held,
        capital_cost=cost,
        funding=rule.funding.value,
        operating=rule.operating.value,
        raroc=(earned / held).quantize(BASIS_POINT) if held > ZERO else ZERO,
        floored=rate > needed,
        above_max=rate > rule.max_rate.value,
    )
