"""A supply network prepared once for many closures: coefficients of the equations in esri.py as compact arrays."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from graphcredit.contagion.inputs import Floats, as_matrix, as_vector
from graphcredit.contagion.spectral import SpectralRadius, spectral_radius
from graphcredit.contagion.supply_bounds import SupplyBounds, supply_bounds
from graphcredit.exc import InputError, ShapeError, ValueRangeError
from graphcredit.network import TRADE, Network

LEAK = 1e-12


@dataclass(frozen=True)
class Economy:
    """Arrays of n firms, m ties and S slots (a firm's essential input sectors); see kernels_esri.py for their use."""

    sellers: tuple[Any, Any, Any, Any]  # indptr, customer, Ld, slot: by seller, without ties that are not needed
    buyers: tuple[Any, Any, Any]  # indptr, supplier, Lu: by buyer
    firms: tuple[Any, Any, Any, Any]  # slot_ptr, market, out, market_out
    weight: Floats
    lu: sparse.csr_array
    leaks: npt.NDArray[np.bool_]  # whose loss leaves the network: other revenue, or no sales at all
    final_demand: bool  # whether anybody has other revenue
    notes: tuple[str, ...]
    network: Network | None
    sectors: tuple[Any, ...]  # label of each firm

    @property
    def n(self) -> int:
        """Number of firms."""
        return len(self.weight)

    @cached_property
    def trapped(self) -> npt.NDArray[np.bool_]:
        """Firms from which no chain of sales leads out of the network, (n,)."""
        reached = self.leaks.copy()
        frontier = reached
        while frontier.any():
            frontier = (self.lu @ frontier.astype(np.float64) > 0) & ~reached
            reached |= frontier
        return ~reached

    @cached_property
    def radius(self) -> SpectralRadius:
        """Spectral radius of Lu: 0 without cycles, 1 where a group sells among itself only."""
        if self.trapped.any():
            return SpectralRadius(1.0, is_bound=False)
        count, label = csgraph.connected_components(self.lu, directed=True, connection="strong")
        kept = np.flatnonzero(np.bincount(label, minlength=count)[label] > 1)
        block = sparse.csr_array(self.lu[kept][:, kept])
        circle = label[kept]
        block.data = block.data * (np.repeat(circle, np.diff(block.indptr)) == circle[block.indices])
        block.eliminate_zeros()
        return spectral_radius(block)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of any result on this network must know."""
        if not self.weight.any():
            return (*self.notes, "no sales at all: every index is 0")
        if self.trapped.any():
            return (
                *self.notes,
                f"no leakage: {int(self.trapped.sum())} firms sell among themselves only and have no other revenue, so "
                "rho(Lu) = 1, upstream loss drifts to 1 and the tolerance decides; give revenue including final demand",
            )
        if not self.final_demand:
            return (
                *self.notes,
                "no leakage into final demand: revenue equals sales for every firm, so upstream loss ends only where chains "
                f"of sales end (rho(Lu) = {self.radius.value:.4g}); give revenue including final demand",
            )
        return self.notes

    @cached_property
    def bounds(self) -> SupplyBounds:
        """What bounds the error of a sweep, solved once."""
        return supply_bounds(self.lu, self.weight, self.sellers, self.firms, trapped=bool(self.trapped.any()))

    def down_work(self) -> tuple[Any, ...]:
        """Workspace of one thread for the downstream kernel."""
        n, slots = self.n, int(self.firms[0][-1])
        return (
            np.zeros(n), np.ones(n), np.zeros(n), np.zeros(n), np.zeros(max(slots, 1)), np.zeros(len(self.firms[3])),
            np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.bool_), np.zeros(n, np.bool_),
        )  # fmt: skip

    def up_work(self) -> tuple[Any, ...]:
        """Workspace of one thread for the upstream kernel."""
        n = self.n
        return (
            np.zeros(n), np.ones(n), np.zeros(n), np.zeros(n),
            np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.bool_), np.zeros(n, np.bool_),
        )  # fmt: skip

    def green_work(self) -> tuple[Any, ...]:
        """Workspace of one thread for the pushes upstream."""
        n = self.n
        return (
            np.zeros(n), np.zeros(n), np.zeros(n, np.int32), np.zeros(n, np.int32),
            np.zeros(n, np.bool_), np.zeros(n, np.bool_),
        )  # fmt: skip

    @cached_property
    def _needs(self) -> tuple[Any, Any, Any, Any]:
        """indptr, supplier, Ld, slot: by customer, suppliers in their order, without ties that are not needed."""
        indptr, customer, share, slot = self.sellers
        seller = np.repeat(np.arange(self.n, dtype=np.int32), np.diff(indptr))
        order = np.argsort(customer, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(customer, minlength=self.n))]).astype(np.int64)
        return start, seller[order], share[order], slot[order]

    def market_left(self, loss: Floats) -> Floats:
        """What each market still sells at the result `loss`, (markets,), never 0."""
        _, market, out, market_out = self.firms
        left = market_out - np.bincount(market, out * loss, len(market_out))
        return np.asarray(np.where(left > 1e-12 * market_out, left, 1e-300), dtype=np.float64)

    def binding_inputs(self, loss: Floats) -> sparse.csr_array:
        """M[j, i]: what j loses for each unit lost by supplier i, through the input that binds at the result `loss`."""
        start, seller, share, slot = self._needs
        coefficients = self._binding(loss, self.market_left(loss), start, seller, share, slot, self.firms[0])
        return sparse.csr_array((coefficients, seller.copy(), start), shape=(self.n, self.n))

    def binding_inputs_of(self, firm: int, loss: Floats, left: Floats) -> tuple[npt.NDArray[np.int32], Floats]:
        """A firm's row of `binding_inputs`: its suppliers and M[firm, supplier]; `left` = `market_left(loss)`."""
        start, seller, share, slot = self._needs
        ties = slice(start[firm], start[firm + 1])
        own = self.firms[0][firm : firm + 2]
        suppliers, place = seller[ties], np.where(slot[ties] >= 0, slot[ties] - own[0], -1)
        row = np.array([0, len(suppliers)])
        return suppliers, self._binding(loss, left, row, suppliers, share[ties], place, own - own[0])

    def _binding(
        self, loss: Floats, left: Floats, start: Any, seller: Any, share: Any, slot: Any, slot_ptr: Any
    ) -> Floats:
        """Coefficients of ties by customer, 0 through inputs that do not bind; arrays as in `_needs` and `firms`."""
        _, market, out, _ = self.firms
        count, slots = len(start) - 1, int(slot_ptr[-1])
        customer = np.repeat(np.arange(count), np.diff(start))
        passed = share * np.minimum(1.0, out[seller] / left[market[seller]])
        amount, linear = passed * loss[seller], slot < 0
        level = np.bincount(customer[linear], amount[linear], count)
        found = np.bincount(slot[~linear], amount[~linear], max(slots, 1))[:slots]
        best = np.full(count, -1)
        order = np.lexsort((-np.arange(slots), found))  # worst last; the first of equals wins
        best[np.repeat(np.arange(count), np.diff(slot_ptr))[order]] = order
        worst = np.where(best >= 0, found[np.maximum(best, 0)], 0.0) if slots else np.zeros(count)
        best[worst <= level] = -1
        binding = np.where(linear, best[customer] < 0, slot == best[customer])
        return np.asarray(passed * binding, dtype=np.float64)


def economy(sales: Any, sector: Any, essentiality: Any, *, market: Any = None, revenue: Any = None) -> Economy:
    """Check the inputs of `esri` and compute its coefficients.

    Raises:
        ShapeError, ValueRangeError, InputError: see `esri`.
    """
    if isinstance(sales, Economy):
        return sales
    network = sales if isinstance(sales, Network) else None
    w = as_matrix(sales, "sales", layers=(TRADE,))
    n = w.shape[0]
    if sector is None:
        if network is None or "industry" not in network.attributes:
            raise InputError("sector is missing", remedy="give one label a firm")
        sector = network.attributes["industry"]
    notes: list[str] = []
    labels, p = _labels(sector, n, "sector")
    if network is not None and "" in labels:
        notes.append(
            f"{int((p == labels.index('')).sum())} parties have no industry: they form a sector of their own, ''"
        )
    need = _essentiality(essentiality, labels)
    market_labels, market_of = (labels, p) if market is None else _labels(market, n, "market")
    out = np.asarray(w.sum(axis=1)).ravel()
    income = _revenue(revenue, out, network, notes)
    seller = np.repeat(np.arange(n, dtype=np.int64), np.diff(w.indptr))
    buyer = w.indices.astype(np.int64)
    kind = need[p[seller], p[buyer]]
    lu = w.copy()
    lu.data = w.data / np.maximum(np.maximum(out, income), 1e-300)[seller]
    total_in = np.bincount(buyer, w.data, n)
    key = buyer * len(labels) + p[seller]
    used, which = np.unique(key, return_inverse=True)
    by_sector = np.bincount(which, w.data, len(used))
    share = np.where(kind == 2, w.data / by_sector[which], w.data / total_in[buyer])
    slots, slot = np.unique(key[kind == 2], return_inverse=True)
    slot_of = np.full(w.nnz, -1, dtype=np.int64)
    slot_of[kind == 2] = slot
    slot_ptr = np.searchsorted(slots // len(labels), np.arange(n + 1)).astype(np.int64)
    keep = kind > 0
    indptr = np.concatenate([[0], np.cumsum(np.bincount(seller[keep], minlength=n))]).astype(np.int64)
    columns = lu.tocsc()
    total = out.sum()
    return Economy(
        sellers=(indptr, buyer[keep].astype(np.int32), share[keep], slot_of[keep].astype(np.int32)),
        buyers=(columns.indptr.astype(np.int64), columns.indices.astype(np.int32), columns.data),
        firms=(slot_ptr, market_of.astype(np.int32), out, np.bincount(market_of, out, len(market_labels))),
        weight=out / total if total > 0 else np.zeros(n),
        lu=lu,
        leaks=(income > out * (1 + LEAK)) | (out <= 0),
        final_demand=bool((income > out * (1 + LEAK)).any()),
        notes=tuple(notes),
        network=network,
        sectors=tuple(labels[code] for code in p.tolist()),
    )


def _labels(given: Any, n: int, name: str) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """Sorted distinct labels and each firm's position among them; labels that do not compare are sorted by type, then text.

    Raises:
        ShapeError: another length; ValueRangeError: a missing label (None, NaN).
    """
    labels = np.asarray(given, dtype=getattr(given, "dtype", object))  # a list of mixed labels must not become text
    if labels.shape != (n,):
        raise ShapeError(f"{name} has shape {labels.shape}, expected ({n},)", remedy="give one label a firm")
    lost = np.asarray(pd.isna(labels))
    if lost.any():
        raise ValueRangeError(
            f"{name} is missing for {int(lost.sum())} firms, first for firm {int(np.argmax(lost))}",
            remedy="give them a label of their own, such as 'unknown'",
        )
    items = labels.tolist()
    try:
        found = sorted(set(items))
    except TypeError:
        found = sorted(set(items), key=lambda label: (type(label).__name__, str(label)))
    where = {label: code for code, label in enumerate(found)}
    return found, np.fromiter((where[item] for item in items), dtype=np.int64, count=n)


def _essentiality(given: Any, labels: list[Any]) -> npt.NDArray[np.int64]:
    """The matrix e over the sorted labels; a DataFrame's labels may be of another type if they read the same (1 and "1").

    Raises:
        InputError: a label that the DataFrame lacks or repeats; ShapeError: another shape; ValueRangeError: not 0, 1 or 2.
    """
    size = len(labels)
    if isinstance(given, pd.DataFrame):
        values = given.to_numpy()[np.ix_(_places(given.index, labels), _places(given.columns, labels))]
    else:
        values = np.asarray(given)
        if values.ndim == 0:
            values = np.full((size, size), values)
    if values.shape != (size, size):
        raise ShapeError(
            f"essentiality has shape {values.shape} and there are {size} sectors",
            remedy="one row and column a sector, in the order of the sorted labels; or a DataFrame indexed by label",
        )
    if not np.isin(values, (0, 1, 2)).all():
        raise ValueRangeError("essentiality must be 0, 1 or 2", remedy="2 essential, 1 useful, 0 not needed")
    return values.astype(np.int64)


def _places(index: pd.Index, labels: list[Any]) -> list[int]:
    """Where each label stands in an axis of the essentiality table.

    Raises:
        InputError: labels that the axis lacks or repeats.
    """
    if not index.is_unique:
        raise InputError("essentiality names a sector twice", remedy="one row and one column a sector")
    names = index.tolist()
    if not set(labels) <= set(names):
        names, labels = [str(name) for name in names], [str(label) for label in labels]
    where = {name: place for place, name in enumerate(names)}
    if missing := sorted(set(labels) - set(where)):
        raise InputError(
            f"essentiality does not know the sectors {missing[:5]} ({len(missing)} unknown)",
            remedy="add their rows and columns",
        )
    return [where[label] for label in labels]


def _revenue(given: Any, out: Floats, network: Network | None, notes: list[str]) -> Floats:
    """Total sales of each firm; a network's own where it has them, recorded sales where nothing is known."""
    if given is None:
        if network is None or "revenue" not in network.attributes:
            return out
        known = np.asarray(network.attributes["revenue"], dtype=np.float64)
        missing = np.isnan(known)
        if missing.any():
            notes.append(f"{int(missing.sum())} parties have no known revenue: their recorded sales stand for it")
        given = np.where(missing, out, known)
    income = as_vector(given, len(out), "revenue", low=0.0)
    if (short := int((income < out * (1 - 1e-9)).sum())) and given is not None:
        notes.append(f"{short} firms have less revenue than sales: their sales count")
    return income
