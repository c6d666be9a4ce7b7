"""Bring a network up to date where facts changed, without building it again.

`apply_changes` sets single ties whose new weight is known. `refresh_parties` reads the facts of a few parties again, through
the store's port, and replaces their rows and columns. Both give a new network; arrays that did not change are shared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from graphcredit.exc import ValueRangeError
from graphcredit.model.money import Rates
from graphcredit.model.tables import TABLES
from graphcredit.network.build import PARTY_COLUMNS, Builder, Positions, months_before
from graphcredit.network.network import LAYERS, OWNERSHIP, Layer, Network
from graphcredit.settings import get_settings
from graphcredit.store import CreditStore

ENDS = {
    "transactions": ("seller_id", "buyer_id"),
    "payments": ("payer_id", "payee_id"),
    "facilities": ("lender_id", "borrower_id"),
    "guarantees": ("guarantor_id", "obligor_id"),
    "ownership": ("holder_id", "held_id"),
    "relations": ("source_id", "target_id"),
}


@dataclass(frozen=True, slots=True)
class TieChange:
    """A tie's new weight; 0 ends it. `kind` is needed in a layer that has kinds (a relation, say)."""

    layer: str
    source: str
    target: str
    weight: float
    kind: str | None = None


def apply_changes(network: Network, changes: Iterable[TieChange], *, version: int | None = None) -> Network:
    """A network with these ties added, changed or ended; the last change of a tie stands.

    Raises:
        NotFoundError: an unknown party.
        ValueRangeError: an unknown layer, a negative or NaN weight, a tie with itself, or a kind missing.
    """
    by_layer: dict[str, dict[tuple[int, int, str | None], float]] = {}
    for change in changes:
        _check(network, change)
        pair = (network.position(change.source), network.position(change.target), change.kind)
        by_layer.setdefault(change.layer, {})[pair] = float(change.weight)
    layers = dict(network.layers)
    for name, ties in by_layer.items():
        layers[name] = _changed(network.layer(name), ties)
    return replace(network, layers=layers, version=network.version if version is None else version)


def _check(network: Network, change: TieChange) -> None:
    if change.layer not in LAYERS:
        raise ValueRangeError(f"layer {change.layer!r} is not known", remedy=f"layers are {', '.join(LAYERS)}")
    if not (np.isfinite(change.weight) and change.weight >= 0):
        raise ValueRangeError(f"a tie's weight is {change.weight}", remedy="give its amount, or 0 to end it")
    if change.source == change.target:
        raise ValueRangeError(f"{change.source!r} is tied to itself", remedy="give two different parties")
    if change.kind is None and network.layer(change.layer).kinds:
        raise ValueRangeError(f"layer {change.layer!r} has kinds", remedy="name the kind of the tie")


def _changed(layer: Layer, ties: Mapping[tuple[int, int, str | None], float]) -> Layer:
    kinds = dict(layer.kinds)
    n = layer.matrix.shape[0]
    for kind in sorted({kind for *_, kind in ties if kind is not None}):
        chosen = {(a, b): w for (a, b, k), w in ties.items() if k == kind}
        kinds[kind] = set_entries(kinds.get(kind, sparse.csr_array((n, n), dtype=np.float64)), chosen)
    kinds = {name: kinds[name] for name in sorted(kinds) if kinds[name].nnz}
    pairs: dict[tuple[int, int], float] = {(a, b): w for (a, b, k), w in ties.items() if k is None}
    for a, b, of_kind in ties:
        if of_kind is not None:  # the layer's own weight is the sum over kinds; a share stays at most 1
            total = round(sum(float(matrix[a, b]) for matrix in kinds.values()), 12)
            pairs[a, b] = min(total, 1.0) if layer.name == OWNERSHIP else total
    return Layer(layer.name, set_entries(layer.matrix, pairs), kinds)


def set_entries(matrix: sparse.csr_array, entries: Mapping[tuple[int, int], float]) -> sparse.csr_array:
    """A CSR matrix with these entries set (0 removes one); indices are shared where no tie is added or ended."""
    at, new, gone = {}, [], []
    for (row, column), weight in sorted(entries.items()):
        start, stop = int(matrix.indptr[row]), int(matrix.indptr[row + 1])
        place = start + int(np.searchsorted(matrix.indices[start:stop], column))
        present = place < stop and matrix.indices[place] == column
        if present and weight > 0:
            at[place] = weight
        elif present:
            gone.append((row, place))
        elif weight > 0:
            new.append((row, column, place, weight))
    data = matrix.data.copy()
    if at:
        data[list(at)] = list(at.values())
    if not new and not gone:
        return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape) if at else matrix
    indices, counts = matrix.indices, np.diff(matrix.indptr)
    places = np.array([place for *_, place, _ in new], dtype=np.int64)
    removed = np.array([place for _, place in gone], dtype=np.int64)
    kept = np.ones(len(data), dtype=bool)
    kept[removed] = False
    shift = places - np.searchsorted(np.sort(removed), places)  # where a new tie goes once the ended ones are out
    data = np.insert(data[kept], shift, [weight for *_, weight in new])
    indices = np.insert(indices[kept], shift, [column for _, column, *_ in new]).astype(np.int32)
    np.add.at(counts, [row for row, *_ in new], 1)
    np.subtract.at(counts, [row for row, _ in gone], 1)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(matrix.indptr.dtype)
    return sparse.csr_array((data, indices, indptr), shape=matrix.shape)


class _Partial(Builder):
    """Reads only the facts with one of the touched parties at an end, over an index that is given."""

    def __init__(self, store: CreditStore, day: date, months: int, currency: str, ids: Any, touched: list[str]) -> None:
        self.store, self.as_of, self.day, self.touched = store, day, day, touched
        self.since = months_before(day, months)
        self.rates = Rates.from_table(currency, store.read("rates", as_of=day))
        self.dropped = {}
        self.parties = store.read(
            "parties", as_of=day, columns=PARTY_COLUMNS, where={"party_id": touched}, floats=True
        ).combine_chunks()
        self.keys = pa.array(sorted({*ids.tolist(), *self.parties["party_id"].to_pylist()}), pa.string())
        self.n = len(self.keys)

    def read(self, table: str, columns: list[str], *, since: date | None = None) -> pa.Table:
        return self._where(table, columns, [{end: self.touched} for end in ENDS[table]], since)

    def _where(
        self,
        table: str,
        columns: list[str],
        conditions: Sequence[Mapping[str, Sequence[str]]],
        since: date | None = None,
    ) -> pa.Table:
        """Facts that meet one of the conditions, each once."""
        key = TABLES[table].key
        wanted = [*columns, *(name for name in key if name not in columns)]
        found = pa.concat_tables([
            self.store.read(table, as_of=self.as_of, columns=wanted, where=where, since=since, floats=True, ordered=False)
            for where in conditions
        ])  # fmt: skip
        order = found.select(key).append_column("row", pa.array(np.arange(len(found))))
        first = order.group_by(list(key)).aggregate([("row", "min")])["row_min"]
        return found.take(first).select(columns)

    def payments_for(self, rows: pa.Table) -> pa.Table:
        """Payments of the touched parties, and of anybody for their transactions."""
        columns = ["payer_id", "payee_id", "paid_on", "amount", "currency", "transaction_id"]
        conditions: list[Mapping[str, Sequence[str]]] = [{end: self.touched} for end in ENDS["payments"]]
        return self._where("payments", columns, [*conditions, {"transaction_id": rows["transaction_id"].to_pylist()}])

    def with_payments(self, rows: pa.Table, payee: Positions) -> npt.NDArray[np.bool_]:
        recorded = super().with_payments(rows, payee)
        sellers = pc.unique(rows["seller_id"]).to_pylist()
        more = self.store.read("payments", as_of=self.as_of, columns=["payee_id"], where={"payee_id": sellers})
        found = self.index(more["payee_id"])
        recorded[found[found >= 0]] = True
        return recorded


def refresh_parties(
    network: Network,
    store: CreditStore,
    parties: Iterable[str],
    *,
    window_months: int | None = None,
    currency: str | None = None,
) -> Network:
    """The network of the same day with every tie and attribute of these parties read again; new ones join it.

    Equal to a fresh build if only facts with one of `parties` at an end were written since. Window and currency must be
    those it was built with.

    Raises:
        ValueRangeError: the network has no date; CurrencyError: an amount without a rate.
    """
    if network.as_of is None:
        raise ValueRangeError("the network was not built from a store", remedy="build it with build_network")
    touched = sorted(set(parties))
    if not touched:
        return network
    settings, version = get_settings(), store.version()
    months = settings.trade_window_months if window_months is None else window_months
    partial = _Partial(store, network.as_of, months, currency or settings.currency, network.ids, touched)
    ids = np.asarray(partial.keys.to_pylist(), dtype=object)
    old = np.searchsorted(ids, network.ids)
    renamed = np.zeros(partial.n, dtype=bool)
    renamed[np.searchsorted(ids, [party for party in touched if party in set(ids.tolist())])] = True
    layers = {}
    for step in partial.steps():
        for fresh in step():
            before = network.layer(fresh.name)
            matrix = _spliced(before.matrix, fresh.matrix, old, renamed)
            kinds = {
                kind: _spliced(before.kinds.get(kind), fresh.kinds.get(kind), old, renamed)
                for kind in sorted({*before.kinds, *fresh.kinds})
            }
            layers[fresh.name] = Layer(fresh.name, matrix, {kind: made for kind, made in kinds.items() if made.nnz})
    attributes = _attributes(network, partial, ids, old)
    return Network(ids, layers, attributes, network.as_of, version, network.dropped)


def _spliced(
    before: sparse.csr_array | None, fresh: sparse.csr_array | None, old: Positions, touched: npt.NDArray[np.bool_]
) -> sparse.csr_array:
    """Ties of the touched parties from `fresh`, all others from `before` (whose positions move to `old`)."""
    n = len(touched)
    empty = sparse.csr_array((n, n), dtype=np.float64)
    now = (empty if fresh is None else fresh).tocoo()
    here = touched[now.coords[0]] | touched[now.coords[1]]
    was = (empty if before is None else before).tocoo()
    rows, columns = (old[end] if before is not None else end for end in was.coords)
    stays = ~(touched[rows] | touched[columns])
    made = sparse.coo_array(
        (
            np.concatenate([was.data[stays], now.data[here]]),
            (
                np.concatenate([rows[stays], now.coords[0][here]]).astype(np.int32),
                np.concatenate([columns[stays], now.coords[1][here]]).astype(np.int32),
            ),
        ),
        shape=(n, n),
    ).tocsr()
    made.sort_indices()
    return before if before is not None and _same(before, made) else made


def _same(a: sparse.csr_array, b: sparse.csr_array) -> bool:
    return a.shape == b.shape and all(
        np.array_equal(getattr(a, name), getattr(b, name)) for name in ("indptr", "indices", "data")
    )


def _attributes(network: Network, partial: _Partial, ids: Any, old: Positions) -> dict[str, npt.NDArray[Any]]:
    fresh = partial.attributes()
    where = np.searchsorted(ids, np.asarray(partial.parties["party_id"].to_pylist(), dtype=object))
    made: dict[str, npt.NDArray[Any]] = {}
    for name, values in fresh.items():
        column = np.empty(
            partial.n, dtype=network.attributes[name].dtype if name in network.attributes else values.dtype
        )
        if name in network.attributes:
            column[old] = network.attributes[name]
        column[where] = values
        made[name] = column
    return made


def same_network(a: Network, b: Network) -> bool:
    """Equal parties, attributes, and ties of every layer and kind, to the last bit."""
    if not np.array_equal(a.ids, b.ids) or set(a.attributes) != set(b.attributes):
        return False
    for name, values in a.attributes.items():
        other = b.attributes[name]
        plain = values.dtype == object
        if not (np.array_equal(values, other) if plain else np.array_equal(values, other, equal_nan=True)):
            return False
    for name in LAYERS:
        one, two = a.layer(name), b.layer(name)
        kinds = {kind for layer in (one, two) for kind, matrix in layer.kinds.items() if matrix.nnz}
        empty = sparse.csr_array((a.n, a.n), dtype=np.float64)
        if not _same(one.matrix, two.matrix):
            return False
        if not all(_same(one.kinds.get(kind, empty), two.kinds.get(kind, empty)) for kind in kinds):
            return False
    return True
