"""Dynamic discounting: the buyer pays early with its own money, for a discount that grows with the days.

discount = amount x APR x days early / 365; nothing is lent, so that no limit is used.
"""

from dataclasses import dataclass
from decimal import Decimal

from graphcredit.decisions.amounts import amount_text, cents, decimal_text, percent
from graphcredit.decisions.application import Application
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.products.base import Assessment, ProductFacts
from graphcredit.decisions.texts import Weight, figure, reason
from graphcredit.exc import InputError


@dataclass(frozen=True)
class Discount:
    """What is paid early, what is taken off, and what the supplier's money costs it a year (simple and compounded)."""

    amount: Decimal
    discount: Decimal
    paid: Decimal
    apr: Decimal
    effective: Decimal


def discount(amount: Decimal, apr: Decimal, days_early: int) -> Discount:
    """The discount of an invoice paid `days_early` days before it is due.

    `effective` = (amount / paid)^(365 / days) - 1, to six decimals.

    Raises:
        InputError: amounts, rate or days not above 0, or a discount that takes the whole invoice.
    """
    if amount <= 0 or apr <= 0 or days_early < 1:
        raise InputError("a discount needs an amount, a rate and days above 0", remedy="give all three")
    off = cents(amount * apr * days_early / 365)
    if off >= amount:
        raise InputError(f"a discount of {off} takes the whole invoice", remedy="lower the rate or the days")
    effective = (float(amount / (amount - off))) ** (365 / days_early) - 1
    return Discount(amount, off, amount - off, apr, Decimal(f"{effective:.6f}"))


def apr_of(amount: Decimal, paid: Decimal, days_early: int) -> Decimal:
    """The APR on the invoice amount behind a discount taken, to six decimals."""
    if not 0 < paid <= amount or days_early < 1:
        raise InputError("what is paid lies between 0 and the invoice", remedy="give amounts and days above 0")
    return ((amount - paid) / amount * 365 / days_early).quantize(Decimal("0.000001"))


def assess(application: Application, facts: ProductFacts, policy: Policy) -> Assessment:
    """Assess early payment of approved invoices."""
    rule = policy.products["dynamic_discount"]
    if application.apr is None or application.days_early is None:
        raise InputError("dynamic_discount needs apr and days_early", remedy="say at which rate, how many days early")
    made = discount(application.amount, application.apr, application.days_early)
    left = (facts.latest_due - facts.day).days if facts.latest_due else None
    said = [
        reason(
            "discount",
            Weight.SUPPORT,
            f"paid {application.days_early} days early at {percent(application.apr)} APR: {amount_text(made.discount)} off, "
            f"{amount_text(made.paid)} paid ({percent(made.effective)} a year effective)",
            f"提前 {application.days_early} 天、年化 {percent(application.apr)}：折扣 "
            f"{amount_text(made.discount)}，实付 {amount_text(made.paid)}"
            f"（实际年化 {percent(made.effective)}）",
            figure("apr", application.apr, "application"),
            figure("days_early", application.days_early, "application"),
        )
    ]
    if left is not None and application.days_early > left:
        said.append(
            reason(
                "not_so_early",
                Weight.BLOCK,
                f"the invoices fall due in {left} days, they cannot be paid {application.days_early} days early",
                f"发票 {left} 天后到期，无法提前 {application.days_early} 天付款",
                figure("days_to_due", left, facts.documents[0].source),
            )
        )
    if application.days_early < rule.number("min_days_early"):
        said.append(
            reason(
                "too_few_days",
                Weight.BLOCK,
                "too few days early to be worth a discount",
                "提前天数过少",
                figure("min_days_early", rule.number("min_days_early"), f"policy {policy.label}"),
            )
        )
    return Assessment(
        ceiling=facts.open_total,
        tenor_cap=int(rule.max_tenor_days.value),
        risk_party=str(facts.debtor_id),
        exposure_share=Decimal(0),
        reasons=tuple(said),
        numbers={
            "discount": decimal_text(made.discount),
            "paid": decimal_text(made.paid),
            "effective": decimal_text(made.effective),
        },
    )
