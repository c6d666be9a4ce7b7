"""Holiday calendars: the shipped one against the published days, files of one's own, and lines that say nothing."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from graphcredit.decisions.plans import Plan, load_calendar, repay_early, repayment_plan
from graphcredit.decisions.plans.holidays import parse_calendar
from graphcredit.decisions.plans.schedule import PlanOptions
from graphcredit.exc import InputError


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 2, 17), False),  # Spring Festival
        (date(2026, 2, 14), True),  # Saturday made up for it
        (date(2026, 2, 24), True),
        (date(2026, 5, 1), False),
        (date(2026, 5, 9), True),  # Saturday
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # Saturday
        (date(2026, 10, 11), False),  # Sunday
        (date(2025, 10, 6), False),  # Mid-Autumn within the national holiday
        (date(2025, 10, 9), True),
    ],
)
def test_the_published_days_of_mainland_china(day: date, works: bool) -> None:
    assert load_calendar("cn").works(day) is works


@pytest.mark.parametrize(("year", "off", "made_up"), [(2025, 28, 5), (2026, 33, 6)])
def test_as_many_days_as_the_notice_lists(year: int, off: int, made_up: int) -> None:
    calendar = load_calendar("CN")
    days = [date(year, 1, 1) + timedelta(days=k) for k in range(365)]
    assert sum(day in calendar.holidays for day in days) == off
    worked = [day for day in days if day in calendar.working_weekends]
    assert len(worked) == made_up
    assert all(day.weekday() >= 5 for day in worked)


def test_a_file_of_ones_own_moves_payments(tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text("# works outing\n2026-03-16..2026-03-18\n2026-03-21,work\n\n2026-04-15 # Wednesday\n")
    calendar = load_calendar(str(file))
    assert calendar.works(date(2026, 3, 21))
    made = repayment_plan(
        "interest_first", Decimal(1000), Decimal("0.06"), 3, date(2026, 1, 16), options=PlanOptions(calendar=calendar)
    )
    assert [str(row.paid_on) for row in made.rows] == ["2026-02-16", "2026-03-19", "2026-04-16"]
    assert [str(row.due) for row in made.rows] == ["2026-02-16", "2026-03-16", "2026-04-16"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-13-01", "line 1: '2026-13-01' is not a date"),
        ("\n2026-01-05..2026-01-01", "line 2: .* no span"),
        ("2026-01-01,closed", "'closed' says nothing"),
    ],
)
def test_lines_that_say_nothing_are_named(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_calendar(text)
    with pytest.raises(InputError, match="cannot be read"):
        load_calendar("atlantis")


def plan(start: date, periods: int, **options: object) -> Plan:
    given = PlanOptions(**options)  # type: ignore[arg-type]
    return repayment_plan("equal_principal", Decimal(1200), Decimal("0.06"), periods, start, options=given)


def test_a_plan_past_the_published_years_says_that_only_weekends_move_its_payments() -> None:
    made = plan(date(2026, 1, 2), 24, calendar=load_calendar("cn"))
    (note,) = made.notes
    assert note.en.startswith("the calendar cn holds no public holidays of 2027, 2028 (")
    assert "move off weekends only; give a file of them beside it, cn,FILE" in note.en
    assert "不含 2027, 2028 年法定节假日" in note.zh and "仅避开周末" in note.zh
    assert made.to_json()["notes"] == [{"en": note.en, "zh": note.zh}]
    new_year = plan(date(2026, 12, 1), 1, calendar=load_calendar("cn")).rows[0]
    assert (new_year.due, new_year.paid_on) == (date(2027, 1, 1), date(2027, 1, 1))  # a Friday nobody said is off
    repaid = repay_early(made, date(2026, 6, 1)).plan
    assert (repaid.rows[-1].due, repaid.notes) == (date(2026, 5, 2), ())


def test_a_plan_within_the_published_years_or_without_a_calendar_has_no_notes() -> None:
    assert plan(date(2025, 12, 2), 12, calendar=load_calendar("cn")).notes == ()
    assert plan(date(2030, 1, 2), 12).notes == ()
    assert plan(date(2030, 1, 2), 12, calendar=load_calendar("cn"), roll="none").notes == ()


def test_a_file_of_ones_own_adds_a_year_to_the_shipped_ones(tmp_path: Path) -> None:
    file = tmp_path / "2027.csv"
    file.write_text("2027-01-01..2027-01-03\n")
    made = plan(date(2026, 9, 1), 4, calendar=load_calendar(f"cn,{file}"))
    assert [str(row.paid_on) for row in made.rows] == ["2026-10-08", "2026-11-02", "2026-12-01", "2027-01-04"]
    assert made.notes == ()
