"""Loans: what a borrower can repay (DSCR), and the plan it does so by."""

from datetime import date
from decimal import ROUND_CEILING, Decimal, localcontext

from graphcredit.decisions.amounts import ZERO, cents_down
from graphcredit.decisions.plans import Plan, repayment_plan
from graphcredit.exc import InputError


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
    kind: str, amount: Decimal, rate: Decimal, tenor_days: int, start: date, *, payments: int | None = None
) -> Plan:
    """The plan of a loan: monthly payments over the tenor unless their number is given."""
    months = months_of(tenor_days)
    count = payments or months
    every = max(min(months // count, 12), 1)
    if kind == "seasonal":
        kind = "equal_principal"  # without a stated season every month is one
    return repayment_plan(kind, amount, rate, count, start, every_months=every)
