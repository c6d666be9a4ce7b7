"""Early repayment: what is owed on a day, and the plan that is left when part of it is paid."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from graphcredit.decisions.amounts import ZERO, cents, plain
from graphcredit.decisions.plans.daycount import year_fraction
from graphcredit.decisions.plans.schedule import Early, Plan, Row, interest_of
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

    def to_json(self) -> dict[str, Any]:
        """What is paid on the day and what it saves, without the plan."""
        return {
            "on": plain(self.on),
            "principal": plain(self.principal),
            "interest": plain(self.interest),
            "fee": plain(self.fee),
            "total": plain(self.total),
            "saved": plain(self.saved),
        }


def repay_early(plan: Plan, on: date, amount: Decimal | None = None, *, fee_rate: Decimal = ZERO) -> EarlyRepayment:
    """Repay principal before it is due; without an amount, all of it. Payments due by `on` count as made.

    Interest since the last due date is paid on actual days over 365 (over 360 for ACT/360). What is left is repaid in the
    remaining payments, each in proportion to its principal before.

    Raises:
        InputError: the day is outside the plan or before an earlier such repayment; the amount is not above 0 or more than
            is owed; the fee is no share.
    """
    if not fee_rate.is_finite() or not 0 <= fee_rate <= 1:
        raise InputError(f"a fee of {fee_rate} is no share of what is repaid", remedy="write 0.01 for 1%")
    if not plan.rows:
        raise InputError("the plan is repaid already", remedy="there is nothing left to repay early")
    if not plan.start <= on < plan.rows[-1].due:
        raise InputError(f"{on} is not within the plan, {plan.start} to {plan.rows[-1].due}", remedy="give such a day")
    done = [row for row in plan.rows if row.due <= on]
    left = [row for row in plan.rows if row.due > on]
    since = done[-1].due if done else plan.start
    before_it = [part for part in plan.early if part.on >= since]
    if any(part.on > on for part in before_it):
        raise InputError(f"something was repaid early after {on} already", remedy="give a later day")
    owed = (done[-1].balance if done else plan.amount) - sum((part.principal for part in before_it), ZERO)
    paid = owed if amount is None else amount
    if not 0 < paid <= owed or paid != cents(paid):
        raise InputError(f"{paid} cannot be repaid early: {owed} is owed", remedy="give whole cents up to what is owed")
    since = max([since, *(part.on for part in before_it)])
    basis = plan.day_count if plan.day_count != "MONTHLY" else "ACT/365"
    interest = interest_of(owed, plan.rate, year_fraction(since, on, basis))
    rest = owed - paid
    rows = _remaining(plan, left, on, owed, rest) if rest else []
    before = sum((row.interest for row in left), ZERO)
    after = interest + sum((row.interest for row in rows), ZERO)
    fee = cents(paid * fee_rate)
    made = replace(
        plan, rows=(*done, *rows), early=(*plan.early, Early(on, paid, interest, fee)), notes=plan.notes if rows else ()
    )
    return EarlyRepayment(on, paid, interest, fee, before - after, made)


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
