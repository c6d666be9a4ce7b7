"""What `as_of` means, and the days it refuses."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from graphcredit.exc import ValueRangeError
from graphcredit.model.asof import as_of_moment


def test_a_day_includes_its_last_moment_and_a_moment_is_taken_in_utc() -> None:
    assert as_of_moment(date(2026, 6, 30)) == datetime(2026, 6, 30, 23, 59, 59, 999999)
    east = datetime(2026, 7, 1, 4, tzinfo=timezone(timedelta(hours=8)))
    assert as_of_moment(east) == datetime(2026, 6, 30, 20)
    assert abs(as_of_moment(None) - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=1)


@pytest.mark.parametrize("day", [date(1, 2, 13), date(1898, 12, 31)])
def test_a_day_before_any_fact_is_refused_by_name(day: date) -> None:
    with pytest.raises(ValueRangeError, match=day.isoformat()):
        as_of_moment(day)
