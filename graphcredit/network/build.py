"""Build the network from a store as of a date; any store, through its port only.

trade: valid invoices less returns and credit notes within the window; a pair that nets to zero or less has no tie.
receivable: what is still to be paid. For a seller with recorded payments: invoices less payments of the pair, linked or
not. For one without: only invoices whose due date has not passed, since nothing says that later ones are unpaid.
lending: drawn, or the limit where nothing is said of drawings. guarantee: amount. ownership: share, 1 where none is
given for a controlling relation. other: weight, 1 where none is given.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from graphcredit.model.asof import as_of_moment
from graphcredit.model.money import Rates
from graphcredit.network.network import (
    GUARANTEE,
    LENDING,
    OTHER,
    OWNERSHIP,
    RECEIVABLE,
    TRADE,
    Layer,
    Network,
    csr_from_edges,
)
from graphcredit.settings import get_settings
from graphcredit.store import AsOf, CreditStore, Progress

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
ATTRIBUTES = ("kind", "name", "industry", "region", "status")
PARTY_COLUMNS = ("party_id", *ATTRIBUTES, "founded_on", "registered_capital", "currency")
SHARE_DECIMALS = 12
SIDE_BY_SIDE = 100_000


class Builder:
    """Reads once what several layers need."""

    def __init__(self, store: CreditStore, as_of: AsOf, window_months: int, currency: str) -> None:
        self.store, self.as_of = store, as_of
        self.day: date = as_of_moment(as_of).date()
        self.since = months_before(self.day, window_months)
        self.rates = Rates.from_table(currency, store.read("rates", as_of=as_of))
        self.dropped: dict[str, int] = {}
        parties = store.read("parties", as_of=as_of, columns=PARTY_COLUMNS, floats=True, ordered=False).combine_chunks()
        self.parties = parties.take(pc.sort_indices(parties["party_id"]))
        self.keys = self.parties["party_id"].combine_chunks()
        self.n = len(self.keys)

    def index(self, column: pa.ChunkedArray) -> Positions:
        """Positions of party ids; -1 for one that is not known as of the date."""
        if not len(column):  # the look-up table of all ids is not made for nothing
            return np.empty(0, dtype=np.int64)
        found = pc.fill_null(pc.index_in(column, value_set=self.keys), -1)
        return np.asarray(found.to_numpy(), dtype=np.int64)

    def ends(self, rows: pa.Table, source: str, target: str) -> tuple[Positions, Positions]:
        """Positions of both ends of ties; the two look-ups run side by side, outside the interpreter's lock."""
        if len(rows) < SIDE_BY_SIDE:
            return self.index(rows[source]), self.index(rows[target])
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(self.index, (rows[source], rows[target]))
        return first, second

    def read(self, table: str, columns: list[str], *, since: date | None = None) -> pa.Table:
        """Facts of a table, in any order."""
        return self.store.read(table, as_of=self.as_of, columns=columns, since=since, floats=True, ordered=False)

    def money(self, rows: pa.Table, column: str, day: str | None = None) -> Floats:
        """A money column in the book's currency; nulls are 0."""
        amounts = pc.fill_null(rows[column], 0.0).to_numpy().astype(np.float64)
        days = rows[day].to_numpy() if day else None
        return self.rates.convert_array(amounts, rows["currency"], days, self.day)

    def matrix(
        self, rows: Positions, columns: Positions, weights: Floats, *, layer: str = "", decimals: int = 4
    ) -> sparse.csr_array:
        """Sums by pair, only the positive ones; what is left out is counted under `layer`.

        Rounding makes a sum independent of the order in which a store returns its rows; amounts have four decimals.
        """
        known = (rows >= 0) & (columns >= 0)
        keep = known & (rows != columns)
        made = csr_from_edges(rows[keep], columns[keep], weights[keep], self.n)
        made.data = np.round(made.data, decimals)
        below = int((made.data <= 0).sum())
        if below:
            made.data[made.data < 0] = 0.0
            made.eliminate_zeros()
        if layer:
            counts = {"not_positive": below, "unknown_party": len(known) - int(known.sum())}
            counts["with_itself"] = int((known & ~keep).sum())
            self.dropped |= {f"{layer}_{what}": count for what, count in counts.items() if count}
        return made

    def by_kind(
        self, rows: pa.Table, layer: str, kind: str, ends: tuple[str, str], weights: Floats
    ) -> tuple[sparse.csr_array, dict[str, sparse.csr_array]]:
        """The matrix of all rows, and one a kind."""
        a, b = self.ends(rows, *ends)
        encoded = rows[kind].combine_chunks().dictionary_encode()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        kinds = {
            str(name): self.matrix(a[codes == code], b[codes == code], weights[codes == code], decimals=SHARE_DECIMALS)
            for code, name in enumerate(encoded.dictionary.to_pylist())
        }
        return self.matrix(a, b, weights, layer=layer, decimals=SHARE_DECIMALS), dict(sorted(kinds.items()))

    def trade_and_receivable(self) -> tuple[Layer, Layer]:
        """Sales within the window, and what of them is still to be paid."""
        wanted = [
            "transaction_id",
            "seller_id",
            "buyer_id",
            "issued_on",
            "due_on",
            "amount",
            "tax",
            "currency",
            "status",
            "kind",
        ]
        rows = self.read("transactions", wanted, since=self.since)
        document = pc.is_in(rows["kind"], value_set=pa.array(["invoice", "credit_note"]))
        rows = rows.filter(pc.and_(document, pc.equal(rows["status"], "valid")))
        seller, buyer = self.ends(rows, "seller_id", "buyer_id")
        net = self.money(rows, "amount", "issued_on")
        credit = pc.equal(rows["kind"], "credit_note").to_numpy(zero_copy_only=False).astype(bool)
        net = np.where(credit, -np.abs(net), net)
        trade = Layer(TRADE, self.matrix(seller, buyer, net, layer=TRADE))
        gross = net + np.where(credit, -1, 1) * self.money(rows, "tax", "issued_on")
        return trade, Layer(RECEIVABLE, self._receivable(rows, seller, buyer, gross))

    def _receivable(self, rows: pa.Table, seller: Positions, buyer: Positions, gross: Floats) -> sparse.csr_array:
        paid = self.payments_for(rows)
        payee, payer = self.ends(paid, "payee_id", "payer_id")
        amount = self.money(paid, "amount", "paid_on")
        recorded = self.with_payments(rows, payee)
        due = rows["due_on"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
        open_still = ~np.isnat(due) & (due >= np.datetime64(self.day))
        counted = np.where(recorded[np.maximum(seller, 0)], True, open_still)
        unlinked = (pc.is_null(paid["transaction_id"])).to_numpy(zero_copy_only=False).astype(bool)
        settled: Floats = np.zeros(len(gross))
        if not unlinked.all():
            link = pc.index_in(paid["transaction_id"], value_set=rows["transaction_id"].combine_chunks())
            known = pc.fill_null(link, -1).to_numpy(zero_copy_only=False).astype(np.int64)
            np.add.at(settled, known[known >= 0], amount[known >= 0])
        left = np.where(gross > 0, np.maximum(np.round(gross - settled, 4), 0.0), gross) * counted
        claims = left != 0
        return self.matrix(
            np.concatenate([seller[claims], payee[unlinked]]),
            np.concatenate([buyer[claims], payer[unlinked]]),
            np.concatenate([left[claims], -amount[unlinked]]),
        )

    def payments_for(self, rows: pa.Table) -> pa.Table:  # noqa: ARG002 for partial builds
        """Payments that may settle these transactions."""
        return self.read("payments", ["payer_id", "payee_id", "paid_on", "amount", "currency", "transaction_id"])

    def with_payments(self, rows: pa.Table, payee: Positions) -> npt.NDArray[np.bool_]:  # noqa: ARG002 for partial builds
        """Which parties have payments to them on record, (n,)."""
        recorded = np.zeros(self.n, dtype=bool)
        recorded[payee[payee >= 0]] = True
        return recorded

    def lending(self) -> Layer:
        """Drawn amounts, or limits where nothing is said of drawings."""
        rows = self.read("facilities", ["lender_id", "borrower_id", "limit", "drawn", "currency"])
        drawn = pc.coalesce(rows["drawn"], rows["limit"])
        amounts = self.rates.convert_array(drawn.to_numpy().astype(np.float64), rows["currency"], None, self.day)
        lender, borrower = self.ends(rows, "lender_id", "borrower_id")
        return Layer(LENDING, self.matrix(lender, borrower, amounts, layer=LENDING))

    def guarantee(self) -> Layer:
        """Amounts guaranteed."""
        rows = self.read("guarantees", ["guarantor_id", "obligor_id", "amount", "currency"])
        amounts = self.money(rows, "amount")
        guarantor, obligor = self.ends(rows, "guarantor_id", "obligor_id")
        return Layer(GUARANTEE, self.matrix(guarantor, obligor, amounts, layer=GUARANTEE))

    def ownership(self) -> Layer:
        """Shares, at most 1 in all, and one matrix a relation."""
        rows = self.read("ownership", ["holder_id", "held_id", "relation", "share"])
        controls = pc.is_in(rows["relation"], value_set=pa.array(["controller", "branch"]))
        default = pc.if_else(controls, 1.0, 1e-9)  # a tie without a share still is a tie
        weights = pc.coalesce(rows["share"], default).to_numpy().astype(np.float64)
        weights = np.where(weights > 0, weights, 1e-9)
        matrix, kinds = self.by_kind(rows, OWNERSHIP, "relation", ("holder_id", "held_id"), weights)
        matrix.data = np.minimum(matrix.data, 1.0)
        return Layer(OWNERSHIP, matrix, kinds)

    def other(self) -> Layer:
        """Weights of all other relations, and one matrix a kind."""
        rows = self.read("relations", ["source_id", "target_id", "kind", "weight"])
        weights = pc.fill_null(rows["weight"], 1.0).to_numpy().astype(np.float64)
        weights = np.where(weights > 0, weights, 1e-9)
        matrix, kinds = self.by_kind(rows, OTHER, "kind", ("source_id", "target_id"), weights)
        return Layer(OTHER, matrix, kinds)

    def steps(self) -> list[Callable[[], tuple[Layer, ...]]]:
        """What makes the layers, in order."""
        return [
            self.trade_and_receivable,
            lambda: (self.lending(),),
            lambda: (self.guarantee(),),
            lambda: (self.ownership(),),
            lambda: (self.other(),),
        ]

    def attributes(self) -> dict[str, npt.NDArray[np.generic]]:
        """Columns of the parties, each (n,)."""
        made = {
            name: np.asarray(pc.fill_null(self.parties[name], "").to_numpy(zero_copy_only=False), dtype=object)
            for name in ATTRIBUTES
        }
        made["founded_on"] = self.parties["founded_on"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
        capital = self.parties["registered_capital"].to_numpy(zero_copy_only=False).astype(np.float64)
        made["registered_capital"] = self.rates.convert_array(capital, self.parties["currency"], None, self.day)
        return made


def months_before(day: date, months: int) -> date:
    """The day after the one `months` months earlier, so that a window of 12 months ends a year to the day."""
    month = np.datetime64(day, "M") - np.timedelta64(months, "M")
    last = (month + 1).astype("datetime64[D]") - 1
    found: date = min(month.astype("datetime64[D]") + np.timedelta64(day.day - 1, "D"), last).item()
    return (np.datetime64(found) + 1).item()


def build_network(
    store: CreditStore,
    as_of: AsOf = None,
    *,
    window_months: int | None = None,
    currency: str | None = None,
    progress: Progress | None = None,
) -> Network:
    """The network of all parties as of a moment.

    Args:
        store: any store.
        as_of: only what was known and held then; None means now.
        window_months: months of trade that count (default: the setting).
        currency: the book's (default: the setting).
        progress: called with (layers done, layers).

    Raises:
        CurrencyError: an amount in a currency without a rate by its day.
    """
    settings = get_settings()
    version = store.version()
    builder = Builder(store, as_of, window_months or settings.trade_window_months, currency or settings.currency)
    layers: dict[str, Layer] = {}
    steps = builder.steps()
    for done, step in enumerate(steps, 1):
        layers |= {layer.name: layer for layer in step()}
        if progress:
            progress(done, len(steps))
    ids = np.asarray(builder.keys.to_numpy(zero_copy_only=False), dtype=object)
    return Network(ids, layers, builder.attributes(), builder.day, version, builder.dropped)
