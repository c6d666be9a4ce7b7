"""Repayment plans against numpy-financial and by their own laws."""

from datetime import date
from decimal import Decimal

import numpy_financial as npf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.decisions.plans import Calendar, repay_early, repayment_plan, roll, year_fraction
from graphcredit.decisions.plans.calendar import months_later
from graphcredit.decisions.plans.schedule import PLAN_KINDS, PlanOptions
from graphcredit.exc import InputError

D = Decimal
START = date(2026, 1, 15)
SEASON = PlanOptions(season=tuple((month, D(1)) for month in range(1, 13)))


def plan(kind: str, amount: str = "1000000", rate: str = "0.06", periods: int = 12, **more: object):  # type: ignore[no-untyped-def]
    return repayment_plan(kind, D(amount), D(rate), periods, START, **more)


@pytest.mark.parametrize(
    ("amount", "rate", "periods"), [("1000000", "0.06", 12), ("123456.78", "0.0435", 36), ("50000", "0.154", 7)]
)
def test_equal_instalments_are_those_of_numpy_financial(amount: str, rate: str, periods: int) -> None:
    made = plan("equal_instalments", amount, rate, periods)
    monthly = float(rate) / 12
    instalment = -npf.pmt(monthly, periods, float(amount))
    for row in made.rows[:-1]:
        assert float(row.payment) == pytest.approx(instalment, abs=0.005)
    parts = -npf.ppmt(monthly, range(1, periods + 1), periods, float(amount))
    for row, part in zip(made.rows, parts, strict=True):
        assert float(row.principal) == pytest.approx(part, abs=0.005 * periods)
    assert sum(row.principal for row in made.rows) == D(amount)


def test_equal_principal_by_hand() -> None:
    made = plan("equal_principal", "120000", "0.06", 12)
    assert [row.principal for row in made.rows] == [D("10000.00")] * 12
    assert [row.interest for row in made.rows[:3]] == [D("600.00"), D("550.00"), D("500.00")]
    assert made.total_interest == D("3900.00")


def test_interest_first_and_bullet_by_hand() -> None:
    first = plan("interest_first", "100000", "0.12", 3)
    assert [(row.principal, row.interest) for row in first.rows] == [(D(0), D("1000.00"))] * 2 + [
        (D("100000"), D("1000.00"))
    ]
    bullet = plan("bullet", "100000", "0.12", 3)
    assert [(row.payment, row.balance) for row in bullet.rows] == [(D("103000.00"), D(0))]
    actual = plan("bullet", "100000", "0.12", 3, day_count="ACT/365")  # 15 January to 15 April 2026: 90 days
    assert actual.rows[0].interest == D("2958.90")


def test_seasonal_principal_falls_into_the_season() -> None:
    harvest = PlanOptions(season=((10, D(1)), (11, D(3))))
    made = plan("seasonal", "100000.01", "0.06", 12, options=harvest)
    assert {row.due.month: row.principal for row in made.rows if row.principal} == {
        10: D("25000.00"),
        11: D("75000.01"),
    }
    assert made.rows[-1].balance == 0


@pytest.mark.parametrize(
    ("convention", "start", "end", "days", "year"),
    [
        ("ACT/365", date(2024, 2, 28), date(2024, 3, 1), 2, 365),
        ("ACT/360", date(2024, 1, 1), date(2024, 7, 1), 182, 360),
        ("30/360", date(2024, 1, 31), date(2024, 3, 31), 60, 360),
        ("30/360", date(2024, 2, 29), date(2024, 8, 31), 182, 360),
    ],
)
def test_day_counts(convention: str, start: date, end: date, days: int, year: int) -> None:
    assert year_fraction(start, end, convention) * year == days


def test_due_dates_keep_their_day_and_leave_holidays() -> None:
    assert [months_later(date(2026, 1, 31), k, anchor=31) for k in (1, 2, 3)] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]
    national = Calendar.of([date(2026, 10, d) for d in range(1, 8)], [date(2026, 10, 10)])
    assert roll(date(2026, 10, 1), national) == date(2026, 10, 8)
    assert roll(date(2026, 10, 10), national) == date(2026, 10, 10)  # a Saturday made up for the holiday
    assert roll(date(2026, 1, 31), Calendar.of(), "modified_following") == date(2026, 1, 30)
    assert roll(date(2026, 10, 4), national, "preceding") == date(2026, 9, 30)
    moved = plan("interest_first", periods=12, options=PlanOptions(calendar=national))
    assert all(national.works(row.paid_on) and row.paid_on >= row.due for row in moved.rows)


def test_effective_rate_of_a_plan_is_its_xirr() -> None:
    made = plan("interest_first", "100000", "0.12", 12, day_count="ACT/365")
    rate = float(made.effective_annual_rate)
    worth = sum(float(row.payment) * (1 + rate) ** (-(row.paid_on - START).days / 365) for row in made.rows)
    assert worth == pytest.approx(100_000, abs=0.01)
    assert rate == pytest.approx(1.01**12 - 1, abs=2e-4)
    dearer = plan("interest_first", "100000", "0.12", 12, options=PlanOptions(fees=D("1000")))
    assert dearer.effective_annual_rate > made.effective_annual_rate


def test_early_repayment_of_all_and_of_part() -> None:
    made = plan("equal_principal", "120000", "0.06", 12, day_count="ACT/365")
    whole = repay_early(made, date(2026, 3, 25), fee_rate=D("0.01"))
    assert whole.principal == D("100000.00")  # two payments made
    assert whole.interest == D("164.38")  # 100,000 x 6% x 10 / 365
    assert whole.fee == D("1000.00")
    assert whole.plan.rows[-1].number == 2
    part = repay_early(made, date(2026, 3, 25), D("50000"))
    assert sum(row.principal for row in part.plan.rows[2:]) == D("50000.00")
    assert part.saved > 0
    with pytest.raises(InputError, match="is owed"):
        repay_early(made, date(2026, 3, 25), D("100000.01"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "balloon"}, "unknown plan"),
        ({"amount": "0"}, "above 0"),
        ({"amount": "-5"}, "above 0"),
        ({"amount": "1.001"}, "two decimals"),
        ({"rate": "-0.01"}, "not between"),
        ({"periods": 0}, "cannot be planned"),
        ({"day_count": "ACT/ACT"}, "unknown day count"),
    ],
)
def test_plans_refuse_what_makes_no_sense(change: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        plan(**{"kind": "bullet", **change})  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(PLAN_KINDS),
    amount=st.integers(100, 10**11),
    rate=st.integers(0, 3600),
    periods=st.integers(1, 60),
    day_count=st.sampled_from(("MONTHLY", "30/360", "ACT/365", "ACT/360")),
)
def test_every_plan_repays_what_was_lent_to_the_cent(
    kind: str, amount: int, rate: int, periods: int, day_count: str
) -> None:
    lent = D(amount) / 100
    made = repayment_plan(kind, lent, D(rate) / 10_000, periods, START, day_count=day_count, options=SEASON)
    assert sum(row.principal for row in made.rows) == lent
    assert made.rows[-1].balance == 0
    assert all(row.principal >= 0 and row.interest >= 0 and row.payment == round(row.payment, 2) for row in made.rows)
    assert made.total_paid == lent + made.total_interest
