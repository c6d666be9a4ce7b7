"""Everybody who is overdue, largest first, with the age of the debt and the next step."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from graphcredit.decisions.amounts import from_units, plain, sum_by
from graphcredit.decisions.collections.aging import Bucket, Ledger, Receivables, open_receivables
from graphcredit.decisions.collections.deadlines import limitation, restarts
from graphcredit.decisions.collections.history import (
    KIND,
    CollectionStep,
    disputed,
    promises_of,
    steps_of,
)
from graphcredit.decisions.collections.steps import NextStep, next_step
from graphcredit.decisions.texts import Frozen
from graphcredit.store import CreditStore

MOST = 1_000_000


class OverdueDebtor(Frozen):
    """One debtor: `limitation` = the first day on which a claim may lapse (payments on invoices may have moved it on)."""

    party_id: str
    name: str
    overdue: Decimal
    disputed: Decimal
    overdue_days: int
    invoices: int
    aging: tuple[Decimal, ...]
    next: NextStep
    limitation: date | None
    limitation_state: str | None

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return dict(plain(self.model_dump()))


class Worklist(Frozen):
    """All overdue debtors; `buckets` sum over everybody's open invoices, `aging` of each has the same order."""

    as_of: date
    currency: str
    creditor_id: str | None
    overdue: Decimal
    debtors_count: int
    buckets: tuple[Bucket, ...]
    debtors: tuple[OverdueDebtor, ...]

    def sums(self) -> dict[str, Any]:
        """All but the debtors, JSON-able."""
        return dict(plain(self.model_dump(exclude={"debtors"})))

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return dict(plain(self.model_dump()))


Kept = dict[int, tuple[tuple[CollectionStep, ...], OverdueDebtor]]
"""Debtor -> steps taken about it, and its row."""


def worklist(store: CreditStore, book: Ledger, *, creditor_id: str | None = None, top: int | None = None) -> Worklist:
    """Overdue debtors, largest sum first.

    Args:
        creditor_id: only what is owed to this one.
        top: only so many debtors in the list; the sums are of all.

    Raises:
        NotFoundError: the creditor is not known.
    """
    found = open_receivables(store, book, creditor_id=creditor_id)
    d, positions = found.documents, book.book
    late = found.late
    overdue = sum_by(d.buyer[late], d.open[late], positions.n)
    debtors = np.flatnonzero(overdue)
    order = debtors[np.lexsort((debtors, -overdue[debtors]))][:top]
    history = {record.record_id: steps_of(record, positions.day) for record in store.find_records(KIND, limit=MOST)}
    by_debtor = np.argsort(d.buyer, kind="stable")
    starts = np.searchsorted(d.buyer[by_debtor], order)
    ends = np.searchsorted(d.buyer[by_debtor], order, side="right")
    kept: Kept = positions.kept.setdefault(("worklist", found.rule), {}) if creditor_id is None else {}
    ages = _ages(found, order, positions.n)
    rows = []
    for place, (debtor, a, b) in enumerate(zip(order.tolist(), starts.tolist(), ends.tolist(), strict=True)):
        steps = history.get(str(positions.ids[debtor]), ())
        told = kept.get(debtor)
        if told is None or told[0] != steps:  # all else about a debtor is facts
            told = kept[debtor] = (steps, _row(store, found, book, debtor, by_debtor[a:b], ages[place], steps))
        rows.append(told[1])
    return Worklist(
        as_of=positions.day,
        currency=positions.currency,
        creditor_id=creditor_id,
        overdue=from_units(int(overdue.sum())),
        debtors_count=len(debtors),
        buckets=found.buckets(),
        debtors=tuple(rows),
    )


def _ages(found: Receivables, debtors: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """Open units of debtors by bucket, (debtors, buckets)."""
    d, sums = found.documents, np.zeros((len(debtors), len(found.rule.bucket_days) + 2), np.int64)
    place = np.full(n, -1)
    place[debtors] = np.arange(len(debtors))
    asked = place[d.buyer] >= 0
    np.add.at(sums, (place[d.buyer[asked]], found.places()[asked]), d.open[asked])
    return sums


def _row(
    store: CreditStore,
    found: Receivables,
    book: Ledger,
    debtor: int,
    rows: npt.NDArray[np.int64],
    ages: npt.NDArray[np.int64],
    history: tuple[CollectionStep, ...],
) -> OverdueDebtor:
    d, rule, day = found.documents, found.rule, book.book.day
    party = str(book.book.ids[debtor])
    contested = disputed(history)
    late = [row for row in rows.tolist() if d.overdue_days[row] > 0]
    asked = [row for row in late if str(d.ids[row]) not in contested]
    oldest = max((int(d.overdue_days[row]) for row in asked), default=0)
    total = from_units(int(sum(int(d.open[row]) for row in asked)))
    promises = promises_of(store, party, history, rule, day, book.book.rates, day)
    limits = [
        limitation(
            restarts(d.due[row].item(), str(d.ids[row]), str(book.book.ids[d.seller[row]]), history, (), rule),
            day,
            rule,
        )
        for row in late
    ]
    first = min((each for each in limits if each.state != "lapsed"), key=lambda each: each.by, default=None)
    first = first or max(limits, key=lambda each: each.by, default=None)
    return OverdueDebtor(
        party_id=party,
        name=str(book.book.name[debtor]),
        overdue=from_units(sum(int(d.open[row]) for row in late)),
        disputed=from_units(sum(int(d.open[row]) for row in late)) - total,
        overdue_days=max(int(d.overdue_days[row]) for row in late),
        invoices=len(late),
        aging=tuple(map(from_units, ages.tolist())),
        next=next_step(rule, total, day - timedelta(days=oldest) if asked else None, history, promises, day),
        limitation=first.by if first else None,
        limitation_state=first.state if first else None,
    )
