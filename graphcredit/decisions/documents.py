"""Open documents: what each buyer still owes each seller, exactly, with what is overdue and since when.

For a seller with recorded payments, an invoice is open as far as payments and credit notes do not cover it: linked payments
first, the pair's others against the oldest due, in the invoice's own currency (see settling.py). For a seller without any, an
invoice is open until its due date, since nothing says that later ones are unpaid (as in the network's receivable layer).
Orders are open as far as no delivery or invoice of the pair followed, deliveries as far as no invoice did.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.decisions.amounts import Units, from_units, to_units, units_of
from graphcredit.decisions.settling import Ledger, Paid, currencies_of, first_in_first_out, settle_in_own_currency
from graphcredit.model.money import Rates
from graphcredit.network.build import months_before
from graphcredit.store import AsOf, CreditStore

Positions = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]
COLUMNS = (
    "transaction_id",
    "seller_id",
    "buyer_id",
    "issued_on",
    "amount",
    "tax",
    "currency",
    "due_on",
    "status",
    "kind",
)


@dataclass(frozen=True)
class OpenDocuments:
    """One row an open document: who owes whom how much (units, at least 1).

    Attributes:
        ids: transaction ids; seller, buyer: positions; kind: 0 invoice, 1 order, 2 delivery.
        open: units still open, in the book's currency at the rate of the day of issue.
        owed: the same in the invoice's currency, which is `currencies[currency]` (orders and deliveries: the book's).
        overdue_days: days past due, 0 where not due; issued, due: days, due NaT where unknown.
        sales: net sales of the last 12 months by position, (n,), units.
    """

    ids: npt.NDArray[np.object_]
    seller: Positions
    buyer: Positions
    kind: npt.NDArray[np.int8]
    open: Units
    overdue_days: Positions
    issued: Days
    due: Days
    owed: Units
    currency: npt.NDArray[np.int16]
    currencies: tuple[str, ...]
    sales: Units

    def take(self, rows: npt.NDArray[Any]) -> "OpenDocuments":
        """Some of the documents, by a mask or by positions."""
        return replace(
            self,
            ids=self.ids[rows],
            seller=self.seller[rows],
            buyer=self.buyer[rows],
            kind=self.kind[rows],
            open=self.open[rows],
            overdue_days=self.overdue_days[rows],
            issued=self.issued[rows],
            due=self.due[rows],
            owed=self.owed[rows],
            currency=self.currency[rows],
        )


def open_documents(
    store: CreditStore, as_of: AsOf, day: date, keys: pa.Array, rates: Rates, *, window_months: int
) -> OpenDocuments:
    """Open documents of all parties as of a moment; `keys` are the sorted party ids."""
    rows = store.read(
        "transactions", as_of=as_of, columns=list(COLUMNS), since=months_before(day, window_months), ordered=False
    )
    rows = rows.filter(pc.equal(rows["status"], "valid"))
    seller, buyer = position_of(rows["seller_id"], keys), position_of(rows["buyer_id"], keys)
    known = (seller >= 0) & (buyer >= 0) & (seller != buyer)
    rows, seller, buyer = rows.filter(pa.array(known)), seller[known], buyer[known]
    net = book_units(rows, "amount", "issued_on", rates, day)
    tax = book_units(rows, "tax", "issued_on", rates, day)
    kinds = rows["kind"].combine_chunks()
    is_credit = _is(kinds, "credit_note")
    net, tax = np.where(is_credit, -np.abs(net), net), np.where(is_credit, -np.abs(tax), tax)
    invoiced = is_credit | _is(kinds, "invoice")
    issued = rows["issued_on"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
    due = rows["due_on"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
    recent = invoiced & (issued >= np.datetime64(months_before(day, 12)))
    sales = np.zeros(len(keys), dtype=np.int64)
    np.add.at(sales, seller[recent], net[recent])
    currencies, currency = currencies_of(rows["currency"], rates.book)
    own = net + tax
    if len(currencies) > 1:
        own = to_units(rows["amount"]) + to_units(rows["tax"])
        own = np.where(is_credit, -np.abs(to_units(rows["amount"])) - np.abs(to_units(rows["tax"])), own)
    ledger = Ledger(len(keys), rows["transaction_id"], seller, buyer, net + tax, due, issued, own, currency, currencies)
    *invoices, owed = _open_invoices(store, as_of, day, keys, rates, ledger, invoiced)
    opened = [(invoices[0], invoices[1])]
    for code, name in ((1, "order"), (2, "delivery")):
        opened.append(
            _unfilled(ledger, _is(kinds, name), [invoiced] if code == 2 else [invoiced, _is(kinds, "delivery")])
        )
    where = np.concatenate([part[0] for part in opened])
    left = np.concatenate([part[1] for part in opened])
    kind = np.concatenate([np.full(len(part[0]), code, np.int8) for code, part in enumerate(opened)])
    late = np.where(np.isnat(due[where]) | (kind > 0), 0, (np.datetime64(day) - due[where]).astype(np.int64))
    names = np.asarray(rows["transaction_id"].to_numpy(zero_copy_only=False), dtype=object)
    return OpenDocuments(
        names[where],
        seller[where],
        buyer[where],
        kind,
        left,
        np.maximum(late, 0),
        issued[where],
        due[where],
        np.concatenate([owed, left[len(owed) :]]),
        np.where(kind == 0, currency[where], 0).astype(np.int16),
        currencies,
        sales,
    )


def _open_invoices(
    store: CreditStore,
    as_of: AsOf,
    day: date,
    keys: pa.Array,
    rates: Rates,
    ledger: Ledger,
    invoiced: npt.NDArray[np.bool_],
) -> tuple[Positions, Units, Units]:
    """Rows of open invoices, what is open of each in the book's currency, and in its own."""
    columns = ["payer_id", "payee_id", "paid_on", "amount", "currency", "transaction_id"]
    paid = store.read("payments", as_of=as_of, columns=columns, ordered=False)
    payer, payee = position_of(paid["payer_id"], keys), position_of(paid["payee_id"], keys)
    amount = book_units(paid, "amount", "paid_on", rates, day)
    recorded = np.zeros(max(ledger.n, 1), dtype=bool)
    recorded[payee[payee >= 0]] = True
    rows = np.flatnonzero(invoiced & (ledger.gross > 0))
    due = ledger.due[rows]
    rows = rows[recorded[ledger.seller[rows]] | (~np.isnat(due) & (due >= np.datetime64(day)))]
    left = ledger.gross[rows].copy()
    link = pc.fill_null(
        pc.index_in(paid["transaction_id"], value_set=ledger.ids.take(pa.array(rows)).combine_chunks()), -1
    )
    link = link.to_numpy().astype(np.int64)
    np.subtract.at(left, link[link >= 0], amount[link >= 0])
    loose = (link < 0) & pc.is_null(paid["transaction_id"]).to_numpy().astype(bool) & (payer >= 0) & (payee >= 0)
    returns = np.flatnonzero(invoiced & (ledger.gross < 0))
    pool_pair = np.concatenate([payee[loose] * ledger.n + payer[loose], ledger.pair[returns]])
    pool = np.concatenate([amount[loose], -ledger.gross[returns]])
    order = np.where(np.isnat(ledger.due[rows]), ledger.issued[rows], ledger.due[rows])
    if ledger.currency[rows].any():
        payments = Paid(paid, amount, link, loose, pool_pair, returns)
        left, owed = settle_in_own_currency(ledger, rows, order, payments, rates, day)
    else:
        owed = left = first_in_first_out(ledger.pair[rows], order, np.maximum(left, 0), pool_pair, pool)
    return rows[left > 0], left[left > 0], owed[left > 0]


def _unfilled(
    ledger: Ledger, documents: npt.NDArray[np.bool_], fills: list[npt.NDArray[np.bool_]]
) -> tuple[Positions, Units]:
    """Orders (deliveries) as far as what followed in the pair does not fill them, oldest first.

    A delivery and its invoice fill an order once: of several kinds of fills the one with the larger sum counts.
    """
    rows = np.flatnonzero(documents & (ledger.gross > 0))
    if not len(rows):
        return rows, np.zeros(0, dtype=np.int64)
    pairs, inverse = np.unique(ledger.pair[rows], return_inverse=True)
    first = np.full(len(pairs), np.datetime64("9999-12-31", "D"))
    np.minimum.at(first, inverse, ledger.issued[rows])
    sums = np.zeros((len(fills), len(pairs)), dtype=np.int64)
    for total, fill in zip(sums, fills, strict=True):
        later = np.flatnonzero(fill & np.isin(ledger.pair, pairs))
        spot = np.searchsorted(pairs, ledger.pair[later])
        after = ledger.issued[later] >= first[spot]
        np.add.at(total, spot[after], ledger.gross[later[after]])
    left = first_in_first_out(ledger.pair[rows], ledger.issued[rows], ledger.gross[rows], pairs, sums.max(axis=0))
    return rows[left > 0], left[left > 0]


def position_of(column: pa.ChunkedArray, keys: pa.Array) -> Positions:
    """Positions of party ids among sorted keys, -1 for null or unknown."""
    found = pc.fill_null(pc.index_in(column, value_set=keys, skip_nulls=True), -1)
    return np.asarray(found.to_numpy(), dtype=np.int64)


def book_units(rows: pa.Table, column: str, day_column: str | None, rates: Rates, day: date) -> Units:
    """A money column in the book's currency as units; foreign amounts at the rate of their day."""
    units = to_units(rows[column]).copy()
    currencies = rows["currency"]
    foreign = [c for c in pc.unique(currencies).to_pylist() if c is not None and c != rates.book]
    for currency in foreign:
        marked = np.flatnonzero(pc.fill_null(pc.equal(currencies, currency), False).to_numpy().astype(bool))
        days = rows[day_column].take(pa.array(marked)).to_pylist() if day_column else [day] * len(marked)
        for row, on in zip(marked.tolist(), days, strict=True):
            units[row] = units_of(rates.convert(from_units(units[row]), currency, on or day))
    return units


def _is(kinds: pa.Array, name: str) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(pc.equal(kinds, name), False).to_numpy(zero_copy_only=False), dtype=bool)
