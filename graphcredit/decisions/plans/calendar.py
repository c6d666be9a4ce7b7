"""Due dates: months on, and away from days on which nobody works."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

from graphcredit.exc import InputError

Roll = Literal["none", "following", "modified_following", "preceding"]
ROLLS = ("none", "following", "modified_following", "preceding")


@dataclass(frozen=True)
class Calendar:
    """Days off: weekends unless they are made-up working days (调休), and holidays."""

    holidays: frozenset[date] = frozenset()
    working_weekends: frozenset[date] = frozenset()
    weekends: bool = True
    name: str = "holidays"

    @classmethod
    def of(cls, holidays: Iterable[date] = (), working_weekends: Iterable[date] = ()) -> "Calendar":
        """From lists of days."""
        return cls(frozenset(holidays), frozenset(working_weekends))

    @cached_property
    def years(self) -> frozenset[int]:
        """Years of which it names at least one day; of others it knows weekends only."""
        return frozenset(day.year for day in self.holidays | self.working_weekends)

    def works(self, day: date) -> bool:
        """Whether banks work on a day."""
        if day in self.holidays:
            return False
        return day in self.working_weekends or not self.weekends or day.weekday() < 5


def roll(day: date, calendar: Calendar | None, how: str = "following") -> date:
    """The working day on which what is due on `day` is paid.

    Raises:
        InputError: another way to roll.
    """
    if how not in ROLLS:
        raise InputError(f"unknown business-day rule {how!r}", remedy=f"one of {', '.join(ROLLS)}")
    if calendar is None or how == "none":
        return day
    step = timedelta(days=-1 if how == "preceding" else 1)
    moved = _walk(day, step, calendar)
    if how == "modified_following" and moved.month != day.month:
        moved = _walk(day, -step, calendar)
    return moved


def _walk(day: date, step: timedelta, calendar: Calendar) -> date:
    for _ in range(60):
        if calendar.works(day):
            return day
        day += step
    raise InputError("the calendar has no working day within 60 days", remedy="check the holidays given")


def months_later(day: date, months: int, *, anchor: int | None = None) -> date:
    """The same day of the month `months` later, or that month's last; `anchor` keeps the 31st through short months."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(anchor or day.day, monthrange(year, month + 1)[1]))
