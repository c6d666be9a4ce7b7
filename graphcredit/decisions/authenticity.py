"""Trade authenticity: invoice, order, delivery and payment matched, and goods or invoices that run in circles.

Findings are facts with a weight; none of them accuses, the strongest ones stop the automatic answer.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from graphcredit.decisions.amounts import amount_text, percent
from graphcredit.decisions.policy.trade import TradeRule
from graphcredit.decisions.products.base import Document
from graphcredit.decisions.quantities import match_quantities
from graphcredit.decisions.texts import Reason, Weight, figure, reason
from graphcredit.network import OWNERSHIP, TRADE, Network

TOLERANCE = Decimal("0.02")  # house choice: two per cent apart is the same amount
ROUND_TRIP_DAYS = 60  # house choice
CIRCLE_LENGTH = 4
CIRCLE_SHARE = 0.5  # house choice: half of the value comes back round
NEIGHBOURS = 200


def _close(a: Decimal, b: Decimal) -> bool:
    return abs(a - b) <= TOLERANCE * max(abs(a), abs(b))


def match(
    documents: Sequence[Document],
    pair: Sequence[Document],
    payments: Sequence[tuple[str, date, Decimal]],
    day: date,
    trade: TradeRule | None = None,
) -> list[Reason]:
    """Match documents to be financed with the pair's other documents and payments.

    Args:
        documents: invoices or orders to be financed.
        pair: all documents between the same parties, either direction.
        payments: (transaction id, day, amount) recorded for the documents.
        day: as of.
        trade: tolerances of quantities; those are not compared where the policy has none.
    """
    found = []
    for each in documents:
        found += _dates(each, day)
        same = [d for d in pair if d.seller_id == each.seller_id and d.buyer_id == each.buyer_id]
        back = [d for d in pair if d.seller_id == each.buyer_id and d.buyer_id == each.seller_id]
        found += _order_and_delivery(each, same)
        found += match_quantities(each, same, trade) if trade is not None else []
        found += _round_trip(each, back)
    for name, on, amount in payments:
        of = next((d for d in documents if d.transaction_id == name), None)
        if of is None:
            continue
        if on < of.issued_on:
            found.append(
                reason(
                    "paid_before_issue",
                    Weight.WARNING,
                    f"{name} was paid on {on}, before it was issued on {of.issued_on}",
                    f"{name} 于 {on} 付款，早于开具日 {of.issued_on}",
                    figure("paid_on", on, "payments"),
                    figure("issued_on", of.issued_on, of.source),
                )
            )
        if amount > of.gross * (1 + TOLERANCE):
            found.append(
                reason(
                    "overpaid",
                    Weight.REFER,
                    f"{name}: {amount_text(amount)} was paid for {amount_text(of.gross)}",
                    f"{name}：付款 {amount_text(amount)} 高于票面 {amount_text(of.gross)}",
                    figure("paid", amount, "payments"),
                    figure("gross", of.gross, of.source),
                )
            )
    return found


def _dates(each: Document, day: date) -> list[Reason]:
    found = []
    if each.due_on is not None and each.due_on < each.issued_on:
        found.append(
            reason(
                "due_before_issue",
                Weight.REFER,
                f"{each.transaction_id} falls due on {each.due_on}, before it was issued",
                f"{each.transaction_id} 到期日 {each.due_on} 早于开具日",
                figure("due_on", each.due_on, each.source),
            )
        )
    if each.due_on is not None and each.due_on < day and each.kind == "invoice":
        found.append(
            reason(
                "past_due",
                Weight.BLOCK,
                f"{each.transaction_id} fell due on {each.due_on} and is not paid",
                f"{each.transaction_id} 已于 {each.due_on} 到期未付",
                figure("due_on", each.due_on, each.source),
            )
        )
    return found


def _order_and_delivery(each: Document, same: Sequence[Document]) -> list[Reason]:
    """Where a pair works with orders or deliveries, an invoice without one stands out."""
    if each.kind != "invoice":
        return []
    found = []
    for kind, zh in (("order", "订单"), ("delivery", "交货")):
        records = [d for d in same if d.kind == kind]
        if not records:
            continue
        before = [d for d in records if d.issued_on <= each.issued_on]
        if any(_close(d.gross, each.gross) for d in before):
            found.append(
                reason(
                    f"{kind}_matched",
                    Weight.SUPPORT,
                    f"{each.transaction_id} matches an earlier {kind} of the pair",
                    f"{each.transaction_id} 与此前{zh}相符",
                    figure(kind, *next((d.gross, d.source) for d in before if _close(d.gross, each.gross))),
                )
            )
        elif sum((d.gross for d in before), Decimal(0)) < each.gross:
            found.append(
                reason(
                    f"no_{kind}",
                    Weight.REFER,
                    f"{each.transaction_id}: no earlier {kind} of the pair covers {amount_text(each.gross)}",
                    f"{each.transaction_id}：无覆盖 {amount_text(each.gross)} 的先前{zh}",
                    figure("gross", each.gross, each.source),
                )
            )
    return found


def _round_trip(each: Document, back: Sequence[Document]) -> list[Reason]:
    near = timedelta(days=ROUND_TRIP_DAYS)
    found = [
        d
        for d in back
        if d.kind == "invoice" and _close(d.gross, each.gross) and abs(d.issued_on - each.issued_on) <= near
    ]
    return [
        reason(
            "round_trip",
            Weight.BLOCK,
            f"round trip: {d.buyer_id} was invoiced {amount_text(d.gross)} by {d.seller_id} within "
            f"{ROUND_TRIP_DAYS} days of {each.transaction_id}",
            f"对开发票：{d.seller_id} 在 {each.transaction_id} 前后 {ROUND_TRIP_DAYS} 天内向 {d.buyer_id} "
            f"开具 {amount_text(d.gross)}",
            figure("gross", each.gross, each.source),
            figure("back", d.gross, d.source),
            path=(d.buyer_id, d.seller_id, d.buyer_id),
        )
        for d in found[:3]
    ]


def circular_trade(network: Network, seller: str, buyer: str, *, length: int = CIRCLE_LENGTH) -> list[Reason]:
    """Goods that come back: chains of sales from the buyer to the seller again, with most of the value at every step.

    A chain counts when its smallest flow is at least half of what the seller sells to the buyer.
    """
    index = network.index
    if seller not in index or buyer not in index:
        return []
    matrix = network.matrix(TRADE)
    start, goal = index[buyer], index[seller]
    sold = float(matrix[goal, start])
    if sold <= 0:
        return []
    chains: list[tuple[float, list[int]]] = []
    stack: list[tuple[list[int], float]] = [([start], float("inf"))]
    while stack and len(chains) < 5:
        path, least = stack.pop()
        begin, end = matrix.indptr[path[-1]], matrix.indptr[path[-1] + 1]
        strong = [
            (int(j), float(w))
            for j, w in zip(matrix.indices[begin:end], matrix.data[begin:end], strict=True)
            if w >= CIRCLE_SHARE * sold
        ]
        for node, weight in sorted(strong, key=lambda pair: pair[1])[-NEIGHBOURS:]:
            if node == goal:
                chains.append((min(least, weight), [*path, goal]))
            elif node not in path and len(path) < length - 1:
                stack.append(([*path, node], min(least, weight)))
    return [
        _circle(network, seller, sold, least, path)
        for least, path in sorted(chains, key=lambda c: (len(c[1]), c[1]))[:3]
    ]


def _circle(network: Network, seller: str, sold: float, least: float, path: list[int]) -> Reason:
    names = [seller, *(str(network.ids[node]) for node in path)]
    share = percent(min(least / sold, 9.99))
    return reason(
        "circular_trade",
        Weight.REFER,
        f"circular trade: {' -> '.join(names)}, {share} of the value comes back",
        f"循环贸易：{' → '.join(names)}，回流比例 {share}",
        figure("sold", f"{sold:.2f}", "trade layer of the network"),
        figure("returning", f"{least:.2f}", "trade layer of the network"),
        path=names,
    )


def related(network: Network, seller: str, buyer: str) -> list[Reason]:
    """Whether seller and buyer own or control each other, or are held by the same party."""
    index = network.index
    if seller not in index or buyer not in index:
        return []
    layer = network.layer(OWNERSHIP)
    a, b = index[seller], index[buyer]
    direct = float(layer.matrix[a, b]) + float(layer.matrix[b, a]) > 0
    held = layer.transposed
    holders = set(held.indices[held.indptr[a] : held.indptr[a + 1]].tolist())
    common = sorted(holders & set(held.indices[held.indptr[b] : held.indptr[b + 1]].tolist()))
    if not direct and not common:
        return []
    path = [seller, buyer] if direct else [seller, str(network.ids[common[0]]), buyer]
    return [
        reason(
            "related_parties",
            Weight.REFER,
            f"seller and buyer are related: {' - '.join(path)}",
            f"买卖双方为关联方：{' - '.join(path)}",
            figure("tie", "ownership", "ownership layer of the network"),
            path=path,
        )
    ]
