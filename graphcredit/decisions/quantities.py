"""Quantities of the trade behind an invoice: ordered, delivered, invoiced, compared where two of them are stated alike.

The counterparts of an invoice are the pair's earlier orders and deliveries with its number; where none has it, the one with its
amount, nearest in time; where none has that, all earlier ones together. Quantities compare in the same unit (in capitals
or not) and for the same goods, where both name them.
"""

from collections.abc import Sequence
from decimal import Decimal

from graphcredit.decisions.amounts import ZERO, percent
from graphcredit.decisions.policy.trade import TradeRule
from graphcredit.decisions.products.base import Document
from graphcredit.decisions.texts import Reason, Weight, figure, reason

SAME_AMOUNT = Decimal("0.02")  # house choice, as in authenticity.py: two per cent apart is the same amount
NAMES = {"order": ("ordered", "订购"), "delivery": ("delivered", "交付")}


def match_quantities(each: Document, same: Sequence[Document], rule: TradeRule) -> list[Reason]:
    """Findings on the quantity of one invoice.

    Args:
        each: the document to be financed; only an invoice with a quantity has counterparts.
        same: all documents of its seller to its buyer.
        rule: tolerances.
    """
    if each.kind != "invoice" or each.quantity is None or each.quantity <= 0:
        return []
    found = []
    delivered = _counterparts(each, same, "delivery")
    ordered = _counterparts(each, same, "order")
    known = {kind: _comparable(each, those) for kind, those in (("delivery", delivered), ("order", ordered))}
    for kind, those in (("delivery", delivered), ("order", ordered)):
        if those and not known[kind] and any(d.quantity for d in those):
            found.append(_other_unit(each, kind, those))
    if known["delivery"] and known["order"]:
        found += _over_delivered(each, known["delivery"], known["order"], rule)
    basis = "delivery" if known["delivery"] else "order"
    if known[basis]:
        found.append(_invoiced(each, basis, known[basis], rule))
    return found


def _counterparts(each: Document, same: Sequence[Document], kind: str) -> list[Document]:
    earlier = [d for d in same if d.kind == kind and d.issued_on <= each.issued_on]
    numbered = [d for d in earlier if d.number and d.number == each.number]
    if numbered:
        return numbered
    alike = [d for d in earlier if abs(d.gross - each.gross) <= SAME_AMOUNT * max(abs(d.gross), abs(each.gross))]
    if alike:
        return [max(alike, key=lambda d: (d.issued_on, d.transaction_id))]
    return earlier


def _comparable(each: Document, those: Sequence[Document]) -> list[Document]:
    return [
        d
        for d in those
        if d.quantity is not None
        and (d.unit or "").casefold() == (each.unit or "").casefold()
        and not (d.goods and each.goods and d.goods != each.goods)
    ]


def _total(documents: Sequence[Document]) -> Decimal:
    return sum((d.quantity or ZERO for d in documents), ZERO)


def quantity_text(quantity: Decimal, unit: str | None) -> str:
    """A quantity with its unit, without needless zeros."""
    number = f"{quantity:,.4f}".rstrip("0").rstrip(".")
    return f"{number} {unit}" if unit else number


def _invoiced(each: Document, kind: str, those: Sequence[Document], rule: TradeRule) -> Reason:
    """Invoiced against what was delivered, or ordered where no delivery is recorded."""
    quantity, total = each.quantity or ZERO, _total(those)
    mine, theirs = quantity_text(quantity, each.unit), quantity_text(total, each.unit)
    en, zh = NAMES[kind]
    figures = [
        figure("invoiced", quantity, each.source),
        *(figure(kind, d.quantity or ZERO, d.source) for d in those[:5]),
    ]
    tolerance = rule.over_invoicing.value
    if quantity > total * (1 + tolerance):
        return reason(
            "over_invoiced",
            Weight.REFER,
            f"{each.transaction_id} invoices {mine}, {theirs} were {en} (tolerance {percent(tolerance)})",
            f"{each.transaction_id} 开票数量 {mine}，{zh}数量仅 {theirs}（容差 {percent(tolerance)}）",
            *figures,
        )
    return reason(
        "quantity_matched",
        Weight.SUPPORT,
        f"{each.transaction_id} invoices {mine}, within the {theirs} {en}",
        f"{each.transaction_id} 开票数量 {mine}，未超过{zh}数量 {theirs}",
        *figures,
    )


def _over_delivered(
    each: Document, delivered: Sequence[Document], ordered: Sequence[Document], rule: TradeRule
) -> list[Reason]:
    came, wanted, tolerance = _total(delivered), _total(ordered), rule.over_delivery.value
    if came <= wanted * (1 + tolerance):
        return []
    more, asked = quantity_text(came, each.unit), quantity_text(wanted, each.unit)
    return [
        reason(
            "over_delivered",
            Weight.REFER,
            f"{more} were delivered for {each.transaction_id}, {asked} were ordered (tolerance {percent(tolerance)}): "
            "the buyer may refuse the rest",
            f"{each.transaction_id} 项下交付 {more}，订购 {asked}（容差 {percent(tolerance)}）：买方可拒收多交部分",
            *(figure("delivery", d.quantity or ZERO, d.source) for d in delivered[:5]),
            *(figure("order", d.quantity or ZERO, d.source) for d in ordered[:5]),
        )
    ]


def _other_unit(each: Document, kind: str, those: Sequence[Document]) -> Reason:
    other = next(d for d in those if d.quantity)
    mine = quantity_text(each.quantity or ZERO, each.unit)
    theirs = quantity_text(other.quantity or ZERO, other.unit)
    zh = {"order": "订单", "delivery": "交货"}[kind]
    return reason(
        "quantity_not_comparable",
        Weight.WARNING,
        f"{each.transaction_id} invoices {mine} of {each.goods or 'its goods'}, its {kind} {other.transaction_id} states "
        f"{theirs} of {other.goods or 'its goods'}: they do not compare",
        f"{each.transaction_id} 开票 {each.goods or '货物'} {mine}，{zh} {other.transaction_id} 为 {other.goods or '货物'} "
        f"{theirs}：单位或品名不同，无法比对",
        figure("invoiced", each.quantity or ZERO, each.source),
        figure(kind, other.quantity or ZERO, other.source),
    )
