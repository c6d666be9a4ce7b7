"""Aging: open invoices by how long they are past due, over all debtors at once or for one."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from threading import RLock
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphcredit.decisions.amounts import from_units
from graphcredit.decisions.documents import OpenDocuments, open_documents
from graphcredit.decisions.policy import default_policy
from graphcredit.decisions.policy.collections import CollectionRule
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.positions import Book, read_book
from graphcredit.decisions.texts import Frozen, Text
from graphcredit.settings import get_settings
from graphcredit.store import AsOf, CreditStore


class Ledger(Protocol):
    """Positions of a day under a policy; a HeadroomBook is one, `ledger_of` reads a lighter one."""

    @property
    def policy(self) -> Policy:
        """The policy."""
        ...

    @property
    def book(self) -> Book:
        """All positions."""
        ...

    def position(self, party_id: str) -> int:
        """Position of a party; NotFoundError where it is not known."""
        ...


@dataclass(frozen=True)
class PlainLedger:
    """Positions and policy, without network and scores."""

    policy: Policy
    book: Book

    def position(self, party_id: str) -> int:
        """Position of a party.

        Raises:
            NotFoundError: it is not known as of the book's day.
        """
        return self.book.position(party_id)


KEEP = 2
"""Days whose positions are kept, of each store."""
_BOOKS: "WeakKeyDictionary[CreditStore, OrderedDict[tuple[Any, ...], Book]]" = WeakKeyDictionary()
_LOCK = RLock()


def ledger_of(store: CreditStore, policy: Policy, as_of: AsOf = None) -> PlainLedger:
    """Positions as of a moment; quicker than a HeadroomBook, which looks at the network, too.

    The last days asked for are kept while the store's facts stay the same; whoever asks meanwhile waits for the same reading.
    """
    if as_of is None:  # a moment that does not come again
        return PlainLedger(policy, read_book(store, as_of, currency=policy.currency))
    key = (as_of, store.version(), policy.currency, get_settings().trade_window_months)
    with _LOCK:
        books = _BOOKS.setdefault(store, OrderedDict())
        if key not in books:
            books[key] = read_book(store, as_of, currency=policy.currency)
        books.move_to_end(key)
        while len(books) > KEEP:
            books.popitem(last=False)
        return PlainLedger(policy, books[key])


class Bucket(Frozen):
    """Open invoices of one age; `days_to` None = no end; not yet due = days_from and days_to 0."""

    name: Text
    days_from: int
    days_to: int | None
    amount: Decimal
    invoices: int


@dataclass(frozen=True)
class Receivables:
    """Open invoices as arrays, (m,): see OpenDocuments; only those of one creditor where one was asked for."""

    documents: OpenDocuments
    rule: CollectionRule

    @property
    def late(self) -> npt.NDArray[np.bool_]:
        """Which are past due, (m,)."""
        return self.documents.overdue_days > 0

    def of(self, debtor: int) -> "Receivables":
        """Those of one debtor."""
        return Receivables(self.documents.take(self.documents.buyer == debtor), self.rule)

    def places(self) -> npt.NDArray[np.int64]:
        """The bucket of each invoice, (m,): 0 = not yet due."""
        edges = np.array(self.rule.bucket_days)
        return np.where(self.late, 1 + np.searchsorted(edges, self.documents.overdue_days), 0)

    def buckets(self) -> tuple[Bucket, ...]:
        """Sums by age, the first not yet due."""
        place, made = self.places(), []
        for position, (low, high, name) in enumerate(spans(self.rule.bucket_days)):
            here = place == position
            amount = from_units(int(self.documents.open[here].sum()))
            made.append(Bucket(name=name, days_from=low, days_to=high, amount=amount, invoices=int(here.sum())))
        return tuple(made)


def spans(edges: Sequence[int]) -> list[tuple[int, int | None, Text]]:
    """First and last day of each bucket and its name; (30, 60) -> not due, 1-30, 31-60, over 60."""
    made: list[tuple[int, int | None, Text]] = [(0, 0, Text(en="not yet due", zh="未到期"))]
    low = 1
    for high in edges:
        made.append((low, high, Text(en=f"{low}-{high} days", zh=f"{low}-{high} 天")))
        low = high + 1
    made.append((low, None, Text(en=f"over {low - 1} days", zh=f"{low - 1} 天以上")))
    return made


def rule_of(policy: Policy) -> CollectionRule:
    """The policy's rule of collecting; the shipped one's where it says nothing."""
    found = policy.collections or default_policy().collections
    assert found is not None  # the shipped policy has one; tests hold it to that
    return found


def open_receivables(store: CreditStore, book: Ledger, *, creditor_id: str | None = None) -> Receivables:
    """Open invoices as of the book's day, as far back as the policy looks (longer than trade counts for the network).

    Raises:
        NotFoundError: the creditor is not known.
    """
    rule, positions = rule_of(book.policy), book.book
    seller = None if creditor_id is None else book.position(creditor_id)
    months = max(int(rule.look_back_months.value), get_settings().trade_window_months)
    with _LOCK:
        found = positions.kept.get(("invoices", months))
        if found is None:
            found = positions.kept["invoices", months] = _invoices(store, positions, months)
    return Receivables(found if seller is None else found.take(found.seller == seller), rule)


def _invoices(store: CreditStore, positions: Book, months: int) -> OpenDocuments:
    """Open invoices of so many months, of everybody."""
    found = positions.documents
    if months > get_settings().trade_window_months:
        keys = pa.array(positions.ids.tolist(), pa.string())
        found = open_documents(store, positions.day, positions.day, keys, positions.rates, window_months=months)
    return found.take(found.kind == 0)
