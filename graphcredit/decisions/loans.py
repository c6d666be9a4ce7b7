"""Loans: what a borrower can repay (DSCR), and the plan it does so by."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import TYPE_CHECKING

from graphcredit.decisions.amounts import ZERO, cents_down
from graphcredit.decisions.plans import Plan, repayment_plan
from graphcredit.decisions.plans.schedule import PlanOptions
from graphcredit.exc import InputError

if TYPE_CHECKING:
    from graphcredit.decisions.decision import Decision


def dscr(cash_flow: Decimal, debt_service: Decimal) -> Decimal:
    """Debt-service coverage: yearly cash flow over yearly debt service, to four decimals.

    Raises:
        InputError: there is no debt service.
    """
    if debt_service <= 0:
        raise InputError("a coverage ratio needs a debt service above 0", remedy="there is nothing to cover")
    return (cash_flow / debt_service).quantize(Decimal("0.0001"))


def affordable(
    cash_flow: Decimal, existing_service: Decimal, rate: Decimal, months: int, *, minimum: Decimal
) -> Decimal:
    """The largest loan in equal monthly instalments whose yearly service, with what exists, keeps DSCR >= minimum.

    Args:
        cash_flow: operating, a year, before debt service.
        existing_service: interest and principal of other debt, a year.
        rate: nominal, a year (already stressed).
        months: number of instalments.
        minimum: DSCR, above 0.
    """
    if minimum <= 0 or months < 1:
        raise InputError("a loan needs a minimum DSCR above 0 and at least one month")
    room = cash_flow / minimum - existing_service
    if room <= 0:
        return ZERO
    instalment = room / min(months, 12)  # a loan shorter than a year is served within its months
    with localcontext() as context:
        context.prec = 40
        monthly = rate / 12
        factor = Decimal(months) if monthly == 0 else (1 - (1 + monthly) ** -months) / monthly
        return cents_down(instalment * factor)


def months_of(tenor_days: int) -> int:
    """Whole months of a tenor, at least one, rounded up."""
    return max(int((Decimal(tenor_days) * 12 / 365).to_integral_value(ROUND_CEILING)), 1)


def loan_plan(
    kind: str,
    amount: Decimal,
    rate: Decimal,
    tenor_days: int,
    start: date,
    *,
    payments: int | None = None,
    season: Mapping[int, Decimal] | None = None,
) -> Plan:
    """The plan of a loan: monthly payments over the tenor unless their number is given.

    Args:
        season: month -> weight of principal, for seasonal plans; without it every month is one.

    Raises:
        InputError: more payments than the tenor has months, or none of them in the season.
    """
    months = months_of(tenor_days)
    count = payments or months
    if count > months:
        raise InputError(
            f"{count} monthly payments do not fit into {tenor_days} days", remedy=f"at most {months}, or a longer tenor"
        )
    if kind == "seasonal" and not season:
        kind = "equal_principal"
    options = PlanOptions(season=tuple((season or {}).items()) if kind == "seasonal" else ())
    return repayment_plan(kind, amount, rate, count, start, every_months=min(months // count, 12), options=options)


def plan_of(decision: "Decision") -> Plan:
    """The repayment plan of a loan that a decision grants: its amount, rate and tenor, from the decision's day.

    Raises:
        InputError: the decision is not of a loan, or grants nothing.
    """
    asked, answer = decision.inputs.application, decision.answer
    if asked.product != "loan" or answer.amount <= 0 or answer.rate is None:
        raise InputError(
            f"{decision.decision_id} grants no loan ({asked.product}, {decision.outcome})",
            remedy="name a decision that approves a loan",
        )
    payments = None if asked.payments is None else min(asked.payments, months_of(answer.tenor_days))
    return loan_plan(
        asked.plan,
        answer.amount,
        answer.rate,
        answer.tenor_days,
        decision.as_of,
        payments=payments,
        season=asked.season,
    )
