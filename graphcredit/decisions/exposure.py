"""Exposure of one party in both roles, document by document, netted, with what is overdue."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from graphcredit.decisions.amounts import ZERO, from_units, plain
from graphcredit.decisions.headroom import HeadroomBook, headroom_book
from graphcredit.decisions.policy import Policy, policy_in_force
from graphcredit.decisions.positions import Book
from graphcredit.decisions.texts import Frozen
from graphcredit.model.asof import as_of_moment
from graphcredit.store import AsOf, CreditStore

LISTED = 50


class Use(Frozen):
    """One kind of document: its open amount and the part that uses the limit."""

    kind: str
    amount: Decimal
    weight: Decimal
    used: Decimal


class OpenItem(Frozen):
    """One open document that uses the limit, largest first in a list."""

    transaction_id: str
    kind: str
    creditor_id: str
    open: Decimal
    overdue_days: int


class Exposure(Frozen):
    """What uses up a party's limit.

    Attributes:
        owed: by kind, before netting. receivable: what others owe the party (its other role).
        set_off: part of its own invoices that its claims on the same creditors cancel.
        facts: used by facts, net. decided: claimed by decisions. total: both.
        overdue, overdue_days: open invoices past due, age of the oldest.
    """

    party_id: str
    as_of: date
    owed: tuple[Use, ...]
    receivable: Decimal
    set_off: Decimal
    facts: Decimal
    decided: Decimal
    total: Decimal
    overdue: Decimal
    overdue_days: int
    items: tuple[OpenItem, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return dict(plain(self.model_dump()))


def exposure_of(
    store: CreditStore,
    party_id: str,
    *,
    policy: Policy | None = None,
    as_of: AsOf = None,
    book: HeadroomBook | None = None,
) -> Exposure:
    """The exposure of a party.

    Raises:
        NotFoundError: it is not known as of the day.
    """
    prepared = book or book_of(store, policy, as_of)
    positions, rule = prepared.book, prepared.policy.exposure
    party = prepared.position(party_id)
    uses = []
    for kind, units in positions.owed.items():
        amount, weight = from_units(units[party]), getattr(rule, kind).value
        uses.append(
            Use(
                kind=kind,
                amount=amount,
                weight=weight,
                used=(amount * weight).quantize(Decimal("0.0001"), ROUND_HALF_UP),
            )
        )
    documents = positions.documents
    mine = (documents.seller == party) & (documents.kind == 0)
    overdue, days = positions.overdue
    name = f"limit:party:{party_id}"
    claimed = store.claimed([name])[name]
    facts = from_units(prepared.used[party])
    return Exposure(
        party_id=party_id,
        as_of=positions.day,
        owed=tuple(uses),
        receivable=from_units(int(documents.open[mine].sum())),
        set_off=from_units(positions.set_off[party]),
        facts=facts,
        decided=claimed,
        total=facts + max(claimed, ZERO),
        overdue=from_units(overdue[party]),
        overdue_days=int(days[party]),
        items=_items(positions, party),
    )


def _items(positions: Book, party: int) -> tuple[OpenItem, ...]:
    d = positions.documents
    rows = (d.buyer == party).nonzero()[0]
    largest = rows[(-d.open[rows]).argsort(kind="stable")][:LISTED]
    words = ("invoice", "order", "delivery")
    return tuple(
        OpenItem(
            transaction_id=str(d.ids[row]),
            kind=words[d.kind[row]],
            creditor_id=str(positions.ids[d.seller[row]]),
            open=from_units(d.open[row]),
            overdue_days=int(d.overdue_days[row]),
        )
        for row in largest.tolist()
    )


def book_of(store: CreditStore, policy: Policy | None, as_of: AsOf) -> HeadroomBook:
    """The prepared book of a day (today when absent) under a policy (the one in force when absent)."""
    from graphcredit.decisions.decide import today

    moment = as_of if as_of is not None else today()
    return headroom_book(store, policy or policy_in_force(store, as_of_moment(moment).date()), as_of=moment)
