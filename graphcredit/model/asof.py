"""Moments in time: one meaning of `as_of` for every read."""

from datetime import UTC, date, datetime, time

from graphcredit.exc import ValueRangeError

FIRST_YEAR = 1899  # facts without a day are known from 1900, parties that only a reference names a day before


def as_of_moment(as_of: date | datetime | None) -> datetime:
    """The last moment (naive UTC) that `as_of` includes: a date means the end of that day; None is now.

    Raises:
        ValueRangeError: a day before any fact.
    """
    if as_of is None:
        return datetime.now(UTC).replace(tzinfo=None)
    if as_of.year < FIRST_YEAR:
        raise ValueRangeError(f"{as_of.isoformat()} is no day of this store", remedy="give a day from 1900 on")
    if isinstance(as_of, datetime):
        return as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
    return datetime.combine(as_of, time.max)
