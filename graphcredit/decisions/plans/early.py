"""Early repayment: what is owed on a day, and the plan that is left when part of it is paid."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from graphcredit.decisions.amounts import ZERO, cents
from graphcredit.decisions.plans.daycount import year_fraction
from graphcredit.decisions.plans.schedule import Plan, Row, interest_of
from graphcredit.exc import InputError


@dataclass(frozen=True)
class EarlyRepayment:
    """What is paid on the day, and the plan after it; `saved` is the interest that is no longer due."""

    on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal
    saved: Decimal
    plan: Plan

    @property
    def total(self) -> Decimal:
        """All that is paid on the day."""
        return self.principal + self.interest + self.fee


def repay_early(plan: Plan, on: date, amount: Decimal | None = None, *, fee_rate: Decimal = ZERO) -> EarlyRepayment:
    """Repay principal before it is due; without an amount, all of it. Payments due by `on` count as made.

    Interest since the last due date is paid on actual days over 365 (over 360 for ACT/360). What is left is repaid in the
    remaining payments, each in proportion to its principal before.

    Raises:
        InputError: the day is outside the plan, or the amount is not above 0 or more than is owed.
    """
    if not plan.start <= on < plan.rows[-1].due:
        raise InputError(f"{on} is not within the plan, {plan.start} to {plan.rows[-1].due}", remedy="give such a day")
    done = [row for row in plan.rows if row.due <= on]
    left = [row for row in plan.rows if row.due > on]
    owed = done[-1].balance if done else plan.amount
    paid = owed if amount is None else amount
    if not 0 < paid <= owed or paid != cents(paid):
        raise InputError(f"{paid} cannot be repaid early: {owed} is owed", remedy="give whole cents up to what is owed")
    since = done[-1].due if done else plan.start
    basis = plan.day_count if plan.day_count != "MONTHLY" else "ACT/365"
    interest = interest_of(owed, plan.rate, year_fraction(since, on, basis))
    rest = owed - paid
    rows = _remaining(plan, left, on, owed, rest) if rest else []
    before = sum((row.interest for row in left), ZERO)
    after = interest + sum((row.interest for row in rows), ZERO)
    made = replace(plan, rows=(*done, *rows))
    return EarlyRepayment(on, paid, interest, cents(paid * fee_rate), before - after, made)


def _remaining(plan: Plan, left: list[Row], on: date, owed: Decimal, rest: Decimal) -> list[Row]:
    rows, balance, since = [], rest, on
    first_basis = "ACT/365" if plan.day_count == "MONTHLY" else plan.day_count
    for row in left:
        basis = first_basis if since == on else plan.day_count
        interest = interest_of(balance, plan.rate, year_fraction(since, row.due, basis))
        part = balance if row is left[-1] else min(cents(row.principal * rest / owed), balance)
        balance -= part
        rows.append(Row(row.number, row.due, row.paid_on, part, interest, balance))
        since = row.due
    return rows
