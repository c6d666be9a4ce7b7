"""The yearly rate behind dated payments (effective annual rate, 实际年利率)."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from graphcredit.exc import InputError

DIGITS = Decimal("0.00000001")


def effective_rate(flows: Sequence[tuple[date, Decimal]]) -> Decimal:
    """The rate r with sum of flow / (1 + r)^(days / 365) = 0, to eight decimals (XIRR).

    Args:
        flows: dated amounts, received positive, paid negative (or the other way round).

    Raises:
        InputError: all flows have one sign, so that no rate exists.
    """
    if not any(amount > 0 for _, amount in flows) or not any(amount < 0 for _, amount in flows):
        raise InputError("a rate needs payments both ways", remedy="give what is lent and what is paid back")
    first = min(day for day, _ in flows)
    terms = [((day - first).days / 365.0, float(amount)) for day, amount in flows]
    sign = 1.0 if terms[0][1] > 0 else -1.0

    def worth(rate: float) -> float:
        return float(sign * sum(amount * (1.0 + rate) ** -years for years, amount in terms))

    low, high = -0.9999, 1.0
    while worth(high) < 0 and high < 1e9:
        high *= 4
    for _ in range(200):
        middle = (low + high) / 2
        if worth(middle) < 0:
            low = middle
        else:
            high = middle
    return Decimal(repr(high)).quantize(DIGITS, ROUND_HALF_UP)


def nominal_rate(effective: Decimal, periods_a_year: int) -> Decimal:
    """The nominal rate, compounded so often a year, that gives an effective one; to eight decimals."""
    if periods_a_year < 1 or effective <= -1:
        raise InputError("a nominal rate needs periods of at least 1 and an effective rate above -1")
    rate = periods_a_year * ((1 + float(effective)) ** (1 / periods_a_year) - 1)
    return Decimal(repr(rate)).quantize(DIGITS, ROUND_HALF_UP)
