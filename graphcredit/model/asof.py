"""Moments in time: one meaning of `as_of` for every read."""

from datetime import UTC, date, datetime, time


def as_of_moment(as_of: date | datetime | None) -> datetime:
    """The last moment (naive UTC) that `as_of` includes: a date means the end of that day; None is now."""
    if as_of is None:
        return datetime.now(UTC).replace(tzinfo=None)
    if isinstance(as_of, datetime):
        return as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
    return datetime.combine(as_of, time.max)
