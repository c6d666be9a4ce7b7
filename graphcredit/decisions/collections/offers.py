"""Discounts for paying early: what is taken off by day of payment, and the yearly rate it stands for."""

from datetime import date, timedelta
from decimal import Decimal

from graphcredit.decisions.amounts import from_units
from graphcredit.decisions.policy.collections import CollectionRule
from graphcredit.decisions.products.dynamic_discount import discount
from graphcredit.decisions.texts import Frozen
from graphcredit.exc import InputError


class EarlyOffer(Frozen):
    """Pay by a day and take this off, in the invoice's currency.

    `apr` on the invoice amount, `effective` = (amount / pay)^(365 / days) - 1.
    """

    invoice_id: str
    creditor_id: str
    due_on: date
    currency: str
    amount: Decimal
    pay_by: date
    days_early: int
    discount: Decimal
    pay: Decimal
    apr: Decimal
    effective: Decimal


def early_offers(
    invoice_id: str,
    creditor_id: str,
    due_on: date,
    units: int,
    day: date,
    rule: CollectionRule,
    *,
    currency: str,
    worth: int,
) -> tuple[EarlyOffer, ...]:
    """Offers on an invoice that is not due yet: one for each day of payment the policy names; none where it is too late.

    Args:
        units: open, in `currency`, ten-thousandths; worth: the same in the policy's currency, which its least amount is in.
    """
    terms, amount = rule.early_discount, from_units(units).quantize(Decimal("0.01"))
    if from_units(worth) < terms.min_amount.value or terms.apr.value == 0:
        return ()
    made = []
    for within in sorted(terms.pay_within_days):
        pay_by = day + timedelta(days=within)
        early = (due_on - pay_by).days
        if early < terms.min_days_early:
            continue
        found = discount(amount, terms.apr.value, early)
        made.append(
            EarlyOffer(
                invoice_id=invoice_id, creditor_id=creditor_id, due_on=due_on, currency=currency, amount=amount, pay_by=pay_by,
                days_early=early, discount=found.discount, pay=found.paid, apr=found.apr, effective=found.effective,
            )
        )  # fmt: skip
    return tuple(made)


def terms_apr(percent_off: Decimal, discount_days: int, net_days: int) -> Decimal:
    """The yearly rate of terms such as 2/10 net 30: off / (1 - off) x 365 / (net - discount days), to six decimals.

    Raises:
        InputError: a discount that is no share below 1, or days that leave nothing between.
    """
    if not 0 < percent_off < 1 or not 0 <= discount_days < net_days:
        raise InputError(
            "terms are a share taken off within fewer days than the net ones", remedy="for example 0.02, 10, 30"
        )
    return (percent_off / (1 - percent_off) * 365 / (net_days - discount_days)).quantize(Decimal("0.000001"))
