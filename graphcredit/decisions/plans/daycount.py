"""Day counts: the year fraction between two dates, exact as a ratio of whole days."""

from datetime import date
from fractions import Fraction
from typing import Literal

from graphcredit.exc import InputError

DayCount = Literal["ACT/365", "ACT/360", "30/360", "MONTHLY"]
DAY_COUNTS = ("ACT/365", "ACT/360", "30/360", "MONTHLY")


def year_fraction(start: date, end: date, convention: str) -> Fraction:
    """Years from `start` to `end`.

    ACT/365 and ACT/360 count calendar days; 30/360 is the bond basis (ISDA 2006 4.16(f)); MONTHLY counts each period
    that has begun as a whole month, as the usual instalment formula does.

    Raises:
        InputError: another convention.
    """
    if convention == "ACT/365":
        return Fraction((end - start).days, 365)
    if convention == "ACT/360":
        return Fraction((end - start).days, 360)
    if convention == "30/360":
        first = min(start.day, 30)
        last = 30 if end.day == 31 and first == 30 else end.day
        return Fraction(360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first, 360)
    if convention == "MONTHLY":
        months = 12 * (end.year - start.year) + end.month - start.month
        return Fraction(max(months, 0), 12)
    raise InputError(f"unknown day count {convention!r}", remedy=f"one of {', '.join(DAY_COUNTS)}")
