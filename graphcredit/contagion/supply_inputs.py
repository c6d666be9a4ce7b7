"""A supply network prepared once for many closures: coefficients of the equations in esri.py as compact arrays."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from graphcredit.contagion.inputs import Floats, as_matrix, as_vector
from graphcredit.contagion.spectral import SpectralRadius, spectral_radius
from graphcredit.exc import InputError, ShapeError, ValueRangeError
from graphcredit.network import TRADE, Network


@dataclass(frozen=True)
class Economy:
    """Arrays of n firms, m ties and S slots (a firm's essential input sectors); see kernels_esri.py for their use."""

    sellers: tuple[Any, Any, Any, Any]  # indptr, customer, Ld, slot: by seller, without ties that are not needed
    buyers: tuple[Any, Any, Any]  # indptr, supplier, Lu: by buyer
    firms: tuple[Any, Any, Any, Any]  # slot_ptr, market, out, market_out
    weight: Floats
    lu: sparse.csr_array
    warnings: tuple[str, ...]
    network: Network | None
    leaks: bool  # whether anybody sells outside the network

    @property
    def n(self) -> int:
        """Number of firms."""
        return len(self.weight)

    @cached_property
    def radius(self) -> SpectralRadius:
        """Spectral radius of Lu."""
        return spectral_radius(self.lu)

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

    def binding_inputs(self, loss: Floats) -> sparse.csr_array:
        """M[j, i]: what j loses for each unit lost by supplier i, through the input that binds at the result `loss`."""
        indptr, customer, share, slot = self.sellers
        slot_ptr, market, out, market_out = self.firms
        left = market_out - np.bincount(market, out * loss, len(market_out))
        sigma = np.minimum(1.0, out / np.where(left > 1e-12 * market_out, left, 1e-300)[market])
        seller = np.repeat(np.arange(self.n), np.diff(indptr))
        amount = share * sigma[seller] * loss[seller]
        linear = np.bincount(customer[slot < 0], amount[slot < 0], self.n)
        slots = np.bincount(slot[slot >= 0], amount[slot >= 0], max(int(slot_ptr[-1]), 1))
        best, worst = np.full(self.n, -1), linear.copy()
        for s, firm in enumerate(np.repeat(np.arange(self.n), np.diff(slot_ptr))):
            if slots[s] > worst[firm]:
                worst[firm], best[firm] = slots[s], s
        binding = np.where(slot >= 0, slot == best[customer], best[customer] < 0)
        coefficients = share * sigma[seller] * binding
        return sparse.csr_array((coefficients, (customer, seller)), shape=(self.n, self.n))


def economy(sales: Any, sector: Any, essentiality: Any, *, market: Any = None, revenue: Any = None) -> Economy:
    """Check the inputs of `esri` and compute its coefficients.

    Raises:
        ShapeError, ValueRangeError, InputError: see `esri`.
    """
    network = sales if isinstance(sales, Network) else None
    w = as_matrix(sales, "sales", layers=(TRADE,))
    n = w.shape[0]
    if sector is None:
        if network is None or "industry" not in network.attributes:
            raise InputError("sector is missing", remedy="give one label a firm")
        sector = network.attributes["industry"]
    labels, p = _labels(sector, n, "sector")
    need = _essentiality(essentiality, labels)
    market_labels, market_of = (labels, p) if market is None else _labels(market, n, "market")
    out = np.asarray(w.sum(axis=1)).ravel()
    income = out if revenue is None else as_vector(revenue, n, "revenue", low=0.0)
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
    warnings = []
    if revenue is not None and (income < out * (1 - 1e-9)).any():
        warnings.append(
            f"{int((income < out * (1 - 1e-9)).sum())} firms have less revenue than sales: their sales count"
        )
    total = out.sum()
    return Economy(
        sellers=(indptr, buyer[keep].astype(np.int32), share[keep], slot_of[keep].astype(np.int32)),
        buyers=(columns.indptr.astype(np.int64), columns.indices.astype(np.int32), columns.data),
        firms=(slot_ptr, market_of.astype(np.int32), out, np.bincount(market_of, out, len(market_labels))),
        weight=out / total if total > 0 else np.zeros(n),
        lu=lu,
        warnings=tuple(warnings),
        network=network,
        leaks=bool((income > out * (1 + 1e-12)).any()),
    )


def _labels(given: Any, n: int, name: str) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Sorted distinct labels and each firm's position among them.

    Raises:
        ShapeError: another length; ValueRangeError: a missing label.
    """
    labels = np.asarray(given)
    if labels.shape != (n,):
        raise ShapeError(f"{name} has shape {labels.shape}, expected ({n},)", remedy="give one label a firm")
    if pd.isna(labels).any():
        raise ValueRangeError(
            f"{name} is missing for some firms", remedy="give them a label of their own, such as 'unknown'"
        )
    if labels.dtype == object:
        labels = labels.astype(str)
    found, codes = np.unique(labels, return_inverse=True)
    return found, codes.astype(np.int64)


def _essentiality(given: Any, labels: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The matrix e over the sorted labels.

    Raises:
        InputError: a label that the DataFrame lacks; ShapeError: another shape; ValueRangeError: not 0, 1 or 2.
    """
    size = len(labels)
    if isinstance(given, pd.DataFrame):
        rows, columns = given.index.map(str), given.columns.map(str)
        wanted = [str(label) for label in labels]
        if missing := sorted((set(wanted) - set(rows)) | (set(wanted) - set(columns))):
            raise InputError(
                f"essentiality does not know the sectors {missing[:5]}", remedy="add their rows and columns"
            )
        frame = pd.DataFrame(given.to_numpy(), index=rows, columns=columns)
        values = frame.loc[wanted, wanted].to_numpy()
    elif np.isscalar(given):
        values = np.full((size, size), given)
    else:
        values = np.asarray(given)
        if values.shape != (size, size):
            raise ShapeError(
                f"essentiality has shape {values.shape} and there are {size} sectors",
                remedy="one row and column a sector",
            )
    if not np.isin(values, (0, 1, 2)).all():
        raise ValueRangeError("essentiality must be 0, 1 or 2", remedy="2 essential, 1 useful, 0 not needed")
    return values.astype(np.int64)
