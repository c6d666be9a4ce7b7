"""Every kind of plan against numpy-financial, to the cent: payments, parts, balances, present value, internal rate."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import numpy_financial as npf
import pytest

from graphcredit.decisions.plans import Plan, effective_rate, nominal_rate, repay_early, repayment_plan
from graphcredit.decisions.plans.schedule import PlanOptions
from graphcredit.exc import InputError

D = Decimal
START = date(2026, 1, 15)
CASES = [("1000000.00", "0.06", 12), ("123456.78", "0.0435", 36), ("50000.00", "0.154", 7), ("9999.99", "0.0385", 60)]
HARVEST = PlanOptions(season=((6, D(1)), (10, D(2)), (11, D("3.5"))))


def cents(value: float) -> Decimal:
    return D(repr(float(value))).quantize(D("0.01"), ROUND_HALF_UP)


def flows(plan: Plan) -> np.ndarray:
    return np.array([-float(plan.amount), *(float(row.payment) for row in plan.rows)])


@pytest.mark.parametrize(("amount", "rate", "periods"), CASES)
def test_equal_instalments_to_the_cent(amount: str, rate: str, periods: int) -> None:
    made = repayment_plan("equal_instalments", D(amount), D(rate), periods, START)
    monthly = float(rate) / 12
    instalment = cents(-npf.pmt(monthly, periods, float(amount)))
    assert {row.payment for row in made.rows[:-1]} == {instalment}
    assert abs(made.rows[-1].payment - instalment) <= D("0.01") * periods  # the last takes what rounding left
    first = made.rows[0]
    assert first.interest == cents(-npf.ipmt(monthly, 1, periods, float(amount)))
    assert first.principal == instalment - first.interest
    for row in made.rows:  # each period's balance is the future value of what was lent and paid, rounding apart
        left = -npf.fv(monthly, row.number, -float(instalment), float(amount))
        assert float(row.balance) == pytest.approx(left if row.number < periods else 0.0, abs=0.01 * periods)
    assert sum(row.principal for row in made.rows) == D(amount)


@pytest.mark.parametrize(("amount", "rate", "periods"), CASES)
@pytest.mark.parametrize("kind", ["equal_instalments", "equal_principal", "interest_first", "bullet", "seasonal"])
def test_payments_are_worth_what_was_lent_at_the_nominal_rate(kind: str, amount: str, rate: str, periods: int) -> None:
    made = repayment_plan(kind, D(amount), D(rate), periods, START, options=HARVEST)
    monthly = float(rate) / 12
    assert sum(row.principal for row in made.rows) == D(amount)
    if kind == "bullet":  # simple interest over the whole time, nothing in between
        (row,) = made.rows
        assert row.interest == cents(float(amount) * monthly * periods)
        return
    assert npf.npv(monthly, flows(made)) == pytest.approx(0, abs=0.01 * periods)
    assert npf.irr(flows(made)) == pytest.approx(monthly, rel=2e-3, abs=1e-8)
    by_hand = D(amount)
    for row in made.rows:
        assert row.interest == (by_hand * D(rate) / 12).quantize(D("0.01"), ROUND_HALF_UP)
        by_hand -= row.principal
        assert row.balance == by_hand


def test_equal_principal_interest_first_and_seasonal_parts() -> None:
    even = repayment_plan("equal_principal", D("100000.00"), D("0.06"), 7, START)
    assert [row.principal for row in even.rows] == [D("14285.71")] * 6 + [D("14285.74")]
    first = repayment_plan("interest_first", D("123456.78"), D("0.0435"), 36, START)
    assert {row.interest for row in first.rows} == {cents(-npf.ipmt(0.0435 / 12, 1, 36, 123456.78))}
    assert [row.principal for row in first.rows[:-1]] == [0] * 35
    crop = repayment_plan("seasonal", D("65000.00"), D("0.06"), 24, START, options=HARVEST)
    assert {(row.due.year, row.due.month): row.principal for row in crop.rows if row.principal} == {
        (2026, 6): D("5000.00"), (2026, 10): D("10000.00"), (2026, 11): D("17500.00"),
        (2027, 6): D("5000.00"), (2027, 10): D("10000.00"), (2027, 11): D("17500.00"),
    }  # fmt: skip
    assert crop.rows[-1].due == date(2027, 11, 15)  # nothing is due after the season


@pytest.mark.parametrize("kind", ["equal_instalments", "equal_principal", "interest_first", "seasonal"])
def test_effective_rate_compounds_the_internal_rate(kind: str) -> None:
    made = repayment_plan(kind, D("1000000"), D("0.09"), 12, START, options=HARVEST)
    compounded = (1 + npf.irr(flows(made))) ** 12 - 1
    assert float(made.effective_annual_rate) == pytest.approx(
        compounded, abs=1e-3
    )  # days of months differ from 365 / 12
    assert float(nominal_rate(D(repr(compounded)), 12)) == pytest.approx(0.09, abs=1e-6)
    costly = repayment_plan(
        kind, D("1000000"), D("0.09"), 12, START, options=PlanOptions(season=HARVEST.season, fees=D("10000"))
    )
    with_fees = flows(made)
    with_fees[0] = -990_000.0
    assert float(costly.effective_annual_rate) == pytest.approx((1 + npf.irr(with_fees)) ** 12 - 1, abs=1e-3)


def test_effective_rate_of_whole_years_is_numpy_financials() -> None:
    paid = [(date(2024, 6, 30), D(-1000)), (date(2025, 6, 30), D(300)), (date(2026, 6, 30), D(900))]
    assert float(effective_rate(paid)) == pytest.approx(npf.irr([-1000, 300, 900]), abs=1e-8)
    with pytest.raises(InputError, match="both ways"):
        effective_rate([(START, D(1)), (date(2027, 1, 15), D(2))])


def test_early_repayment_leaves_a_plan_worth_what_is_still_owed() -> None:
    made = repayment_plan("equal_instalments", D("1000000"), D("0.06"), 12, START)
    early = repay_early(made, date(2026, 6, 15), D("200000"), fee_rate=D("0.005"))
    owed = -npf.fv(0.005, 5, float(made.rows[0].payment) * -1, 1_000_000)
    left = early.plan.rows[5:]
    assert float(sum(row.principal for row in left)) == pytest.approx(owed - 200_000, abs=0.05)
    assert (early.interest, early.fee) == (D("0.00"), D("1000.00"))  # on a due date nothing has accrued
    # 30 days to the next due date at ACT/365, then whole months
    assert left[0].interest == cents(float(made.rows[4].balance - 200_000) * 0.06 * 30 / 365)
    assert early.saved == sum(row.interest for row in made.rows[5:]) - sum(row.interest for row in left)
    assert early.plan.total_paid == 1_000_000 + early.plan.total_interest
    whole = [-1_000_000.0, *(float(row.payment) for row in early.plan.rows)]
    whole[5] += 201_000.0
    assert float(early.plan.effective_annual_rate) == pytest.approx((1 + npf.irr(whole)) ** 12 - 1, abs=1e-3)


def test_two_early_repayments_between_two_due_dates() -> None:
    made = repayment_plan("equal_principal", D("120000"), D("0.06"), 12, START, day_count="ACT/365")
    first = repay_early(made, date(2026, 3, 25), D("40000"))
    second = repay_early(first.plan, date(2026, 4, 4), D("10000"))
    assert second.interest == D("98.63")  # 60,000 x 6% x 10 / 365
    assert sum(row.principal for row in second.plan.rows[2:]) == D("50000.00")
    assert [row.principal for row in second.plan.rows[2:]] == [D("5000.00")] * 10
    assert second.plan.total_paid == D("120000") + second.plan.total_interest
    assert second.plan.to_csv().splitlines()[3].startswith("early,2026-03-25,2026-03-25,40164.38,40000.00,164.38,")
    with pytest.raises(InputError, match="after 2026-03-28 already"):
        repay_early(second.plan, date(2026, 3, 28), D(1))
    rest = repay_early(second.plan, date(2026, 4, 4))
    assert (rest.principal, rest.interest, len(rest.plan.rows)) == (D("50000.00"), D("0.00"), 2)
    for fee in (D("-0.1"), D(2)):
        with pytest.raises(InputError, match="no share"):
            repay_early(made, date(2026, 3, 25), fee_rate=fee)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (PlanOptions(season=((13, D(1)),)), "months 1-12"),
        (PlanOptions(season=((6, D(-1)),)), "months 1-12"),
        (PlanOptions(season=((6, D(1)), (6, D(2)))), "a month twice"),
        (PlanOptions(season=((3, D(0)),)), "into the season"),
        (PlanOptions(season=((6, D(1)),), fees=D(1000)), "not below the amount"),
        (PlanOptions(season=((6, D(1)),), roll="sideways"), "business-day rule"),
    ],
)
def test_options_that_make_no_sense(options: PlanOptions, said: str) -> None:
    with pytest.raises(InputError, match=said):
        repayment_plan("seasonal", D(1000), D("0.05"), 12, START, options=options)
