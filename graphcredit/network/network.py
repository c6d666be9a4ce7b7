"""The network: immutable CSR layers over one index of parties.

Arrays only, so that every thread may read it without locks. A layer's matrix row is the one that acts, as in
equations: trade[i, j] = sales of i to j, receivable[i, j] = claim of seller i on buyer j, lending[i, j] = claim of
lender i on borrower j, guarantee[i, j] = amount i guarantees for j, ownership[i, j] = share of j held by i.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.exc import NotFoundError, ShapeError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]

TRADE, RECEIVABLE, LENDING, GUARANTEE, OWNERSHIP, OTHER = (
    "trade",
    "receivable",
    "lending",
    "guarantee",
    "ownership",
    "other",
)
LAYERS = (TRADE, RECEIVABLE, LENDING, GUARANTEE, OWNERSHIP, OTHER)


@dataclass(frozen=True)
class Layer:
    """One kind of tie as a CSR matrix (n, n): float64 weights, int32 indices, sorted, no duplicates.

    `kinds` maps a finer kind (a relation's or ownership's kind) to a matrix of its own, where there is more than one.
    """

    name: str
    matrix: sparse.csr_array
    kinds: Mapping[str, sparse.csr_array] = field(default_factory=dict)

    @cached_property
    def transposed(self) -> sparse.csr_array:
        """The same ties seen from the other end, as CSR."""
        return sparse.csr_array(self.matrix.T.tocsr())

    @property
    def size(self) -> int:
        """Number of ties."""
        return int(self.matrix.nnz)


@dataclass(frozen=True)
class Network:
    """All layers over the same n parties, as of one date.

    Attributes:
        ids: party ids, shape (n,), sorted; position = index in every array.
        layers: by name, see LAYERS; absent layers read as empty.
        attributes: per-party columns, each shape (n,): kind, name, industry, region (text, "" if unknown), ...
        as_of, version: what it was built from.
        dropped: what a build left out, counted: `trade_not_positive` = pairs whose sales net to zero or less,
            `..._unknown_party` and `..._with_itself` = facts of a party not known as of the date, or with itself.
    """

    ids: npt.NDArray[np.object_]
    layers: Mapping[str, Layer]
    attributes: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    as_of: date | None = None
    version: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of parties."""
        return len(self.ids)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Party id -> position."""
        return {party: position for position, party in enumerate(self.ids.tolist())}

    def position(self, party_id: str) -> int:
        """Position of a party.

        Raises:
            NotFoundError: no such party as of the network's date.
        """
        try:
            return self.index[party_id]
        except KeyError:
            raise NotFoundError(
                f"party {party_id!r} is not in the network",
                remedy="check the id, or ask with a later as-of date",
                party_id=party_id,
            ) from None

    def positions(self, party_ids: Iterable[str]) -> IntArray:
        """Positions of several parties."""
        return np.array([self.position(party) for party in party_ids], dtype=np.int32)

    def layer(self, name: str) -> Layer:
        """A layer by name; an empty one where the network has none of that kind."""
        found = self.layers.get(name)
        return found if found is not None else Layer(name, sparse.csr_array((self.n, self.n), dtype=np.float64))

    def matrix(self, name: str) -> sparse.csr_array:
        """A layer's CSR matrix."""
        return self.layer(name).matrix


def csr_from_edges(rows: npt.ArrayLike, columns: npt.ArrayLike, weights: npt.ArrayLike, n: int) -> sparse.csr_array:
    """A canonical CSR matrix (int32 indices, sorted, parallel ties summed) from edge arrays of equal length."""
    matrix = sparse.coo_array(
        (np.asarray(weights, dtype=np.float64), (np.asarray(rows, np.int32), np.asarray(columns, np.int32))),
        shape=(n, n),
    ).tocsr()
    matrix.sum_duplicates()
    matrix.sort_indices()
    return matrix


def network_from_edges(edges: Mapping[str, Sequence[tuple[str, str, float]]], *, ids: Sequence[str] = ()) -> Network:
    """A small network from named ties, for examples and tests: {"trade": [("a", "b", 5.0), ...], ...}."""
    names = sorted({*ids, *(end for ties in edges.values() for tie in ties for end in tie[:2])})
    if len(set(ids)) != len(ids):
        raise ShapeError("party ids repeat", remedy="give each party once")
    where = {name: position for position, name in enumerate(names)}
    layers = {
        layer: Layer(
            layer,
            csr_from_edges(
                [where[a] for a, _, _ in ties],
                [where[b] for _, b, _ in ties],
                [w for *_, w in ties],
                len(names),
            ),
        )
        for layer, ties in edges.items()
    }
    return Network(np.array(names, dtype=object), layers)
