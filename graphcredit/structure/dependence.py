"""Who needs whom: first-order shares, all orders along the chain, single points of failure, substitutes, tiers.

Leontief (1936) and Ghosh (1958): A = Z diag(x)^-1, L = (I - A)^-1; backward linkage = column sums of L, forward linkage = row
sums of the Ghosh inverse (I - diag(x)^-1 Z)^-1. Miller & Blair, Input-Output Analysis, 2nd ed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.network import Network
from graphcredit.structure.inputs import layer_matrix
from graphcredit.structure.kernels import articulation
from graphcredit.structure.results import Convergence

Floats = npt.NDArray[np.float64]
LEAKAGE = 1.25  # house choice: total sales are at least a quarter more than sales inside the network


@dataclass(frozen=True)
class Linkages:
    """Leontief inverse (n, n), backward and forward linkages (n,)."""

    inverse: Floats
    backward: Floats
    forward: Floats

    def output_for(self, final_demand: Any) -> Floats:
        """Total output x = L f for a final demand f, (n,)."""
        return np.asarray(self.inverse @ np.asarray(final_demand, dtype=np.float64))


def linkages(flows: Any, output: Any) -> Linkages:
    """Leontief and Ghosh linkages of a small economy (dense inverse).

    Args:
        flows: Z[i, j] = sales of i to j, (n, n).
        output: x, total output, (n,), positive.

    Raises:
        ShapeError, ValueRangeError: shapes that differ, output not positive, or more sold inside than produced (singular).
    """
    z, x = np.asarray(flows, dtype=np.float64), np.asarray(output, dtype=np.float64)
    if z.ndim != 2 or z.shape != (len(x), len(x)):
        raise ShapeError(f"flows {z.shape} and output {x.shape} do not fit", remedy="give (n, n) and (n,)")
    if not (x > 0).all() or not np.isfinite(z).all() or (z < 0).any():
        raise ValueRangeError("output must be positive and flows not negative", remedy="leave out idle sectors")
    identity = np.eye(len(x))
    try:
        inverse = np.linalg.inv(identity - z / x[None, :])
        ghosh = np.linalg.inv(identity - z / x[:, None])
    except np.linalg.LinAlgError:
        raise ValueRangeError("I - A is singular: no final demand", remedy="give total output including it") from None
    return Linkages(np.asarray(inverse, np.float64), inverse.sum(axis=0), ghosh.sum(axis=1))


@dataclass(frozen=True)
class Dependence:
    """How much each party depends on its partners.

    Attributes:
        top_customer, top_supplier: largest first-order share of sales / purchases, (n,); nan without trade.
        backward, forward: all-order multipliers, (n,), at least 1.
        single_points: indices whose removal splits the supply layer (articulation points).
        substitutes: for each party the fewest sellers that exist for any sector it buys from, (n,); 0 = buys nothing.
        tier: longest distance from a party without suppliers, over the condensed (acyclic) supply layer, (n,).
        convergence: of the all-order sums.
    """

    top_customer: Floats
    top_supplier: Floats
    backward: Floats
    forward: Floats
    single_points: npt.NDArray[np.int64]
    substitutes: npt.NDArray[np.int64]
    tier: npt.NDArray[np.int64]
    convergence: Convergence


def all_order_multipliers(sales: sparse.csr_array, revenue: Any = None) -> tuple[Floats, Floats]:
    """Backward and forward multipliers of every firm, each (n,)."""
    backward, forward, _ = _multipliers(sales, revenue)
    return backward, forward


def _multipliers(
    sales: sparse.csr_array, revenue: Any, *, tol: float = 1e-9, most: int = 500
) -> tuple[Floats, Floats, Convergence]:
    n = sales.shape[0]
    out, spent = np.asarray(sales.sum(axis=1)).ravel(), np.asarray(sales.sum(axis=0)).ravel()
    known = out if revenue is None else np.asarray(revenue, dtype=np.float64)
    total = np.maximum(np.maximum(known, out * LEAKAGE), spent * LEAKAGE)
    inverse = np.divide(1.0, total, out=np.zeros(n), where=total > 0)
    into = sparse.csr_array(sales.T.tocsr())
    results, residual, rounds = [], 0.0, 0
    for matrix in (into, sales):  # backward: x_j = 1 + sum_i A[i, j] x_i; forward: x_i = 1 + sum_j B[i, j] x_j
        scaled = matrix.copy()
        scaled.data = scaled.data * np.repeat(inverse, np.diff(matrix.indptr))
        term, sums = np.ones(n), np.ones(n)
        for step in range(1, most + 1):
            term = scaled @ term
            sums += term
            rounds = max(rounds, step)
            if float(term.max(initial=0.0)) <= tol:
                break
        residual = max(residual, float(term.max(initial=0.0)))
        results.append(sums)
    return results[0], results[1], Convergence(rounds, residual, residual <= tol, "max of the last term")


def dependence(network: Any, *, sector: Any = None, revenue: Any = None) -> Dependence:
    """Dependence of every party on its partners in the trade layer.

    Args:
        network: a Network, or sales[i, j] = sales of i to j, (n, n).
        sector: labels, (n,), for substitutes; a Network's industries when absent.
        revenue: total sales, (n,); at least 1.25 x sales and purchases in the network are assumed.

    Raises:
        ShapeError, ValueRangeError: shapes that differ, negative or NaN numbers.
    """
    sales = layer_matrix(network, "trade")
    n = sales.shape[0]
    if revenue is not None:
        known = np.asarray(revenue, dtype=np.float64)
        if known.shape != (n,):
            raise ShapeError(
                f"revenue has shape {known.shape}, there are {n} parties", remedy="give one number a party"
            )
        if not np.isfinite(known).all() or (known < 0).any():
            raise ValueRangeError("revenue is negative or NaN somewhere", remedy="give 0 where it is unknown")
    if sector is not None and np.shape(sector) != (n,):
        raise ShapeError(f"sector has shape {np.shape(sector)}, there are {n} parties", remedy="give one label a party")
    into = sparse.csr_array(sales.T.tocsr())
    if sector is None:
        sector = getattr(network, "attributes", {}).get("industry", np.full(n, ""))
    backward, forward, convergence = _multipliers(sales, revenue)
    return Dependence(
        top_customer=_largest_share(sales),
        top_supplier=_largest_share(into),
        backward=backward,
        forward=forward,
        single_points=single_points(sales),
        substitutes=substitutes(sales, sector),
        tier=tiers(sales),
        convergence=convergence,
    )


@dataclass(frozen=True)
class DependenceOn:
    """Shares in [0, 1] of each party's purchases (or sales) that hang on one party, (n,): directly, and over all orders."""

    first: Floats
    all_orders: Floats
    convergence: Convergence


def dependence_on(
    network: Any, party: Any, *, side: str = "supplier", revenue: Any = None, tol: float = 1e-10, max_rounds: int = 500
) -> DependenceOn:
    """How much everyone hangs on one party, as a supplier (of purchases) or as a customer (of sales).

    With D = shares of total spending (or revenue), at least 1.25 x what is in the network: all orders = the column of
    (I - D)^-1 - I that belongs to the party, over its own diagonal entry, so that going round through the party itself does
    not count; a Neumann series from that one column, nothing n x n.

    Raises:
        NotFoundError, ValueRangeError: an unknown party or side.
    """
    if side not in ("supplier", "customer"):
        raise ValueRangeError(f"side is {side!r}", remedy="use supplier or customer")
    sales = layer_matrix(network, "trade")
    n = sales.shape[0]
    place = network.position(party) if isinstance(network, Network) else int(party)
    if not 0 <= place < n:
        raise ValueRangeError(f"party {party} is not one of {n}", remedy="give an index from 0")
    rows = sparse.csr_array(sales.T.tocsr()) if side == "supplier" else sales
    inside = np.asarray(rows.sum(axis=1)).ravel()
    other = inside if revenue is None else np.maximum(inside, np.asarray(revenue, dtype=np.float64))
    total = np.maximum(other, inside * LEAKAGE)
    scale = np.divide(1.0, total, out=np.zeros(n), where=total > 0)
    term = np.zeros(n)
    term[place] = 1.0
    first, sums, rounds = np.zeros(n), term.copy(), 0
    while rounds < max_rounds and (rounds == 0 or float(term.max(initial=0.0)) > tol):
        rounds += 1
        term = scale * (rows @ term)
        term[place] = 0.0  # what passes through the party counts once
        first = term.copy() if rounds == 1 else first
        sums += term
    residual = float(term.max(initial=0.0))
    sums[place] = 0.0
    return DependenceOn(first, sums, Convergence(rounds, residual, residual <= tol, "max of the last term"))


def _largest_share(matrix: sparse.csr_array) -> Floats:
    total = np.asarray(matrix.sum(axis=1)).ravel()
    best = np.asarray(matrix.max(axis=1).todense()).ravel() if matrix.nnz else np.zeros(len(total))
    shares: Floats = np.divide(best, total, out=np.full(len(total), np.nan), where=total > 0)
    return shares


def single_points(sales: sparse.csr_array) -> npt.NDArray[np.int64]:
    """Articulation points of the undirected supply layer, sorted (Tarjan 1972)."""
    both = sparse.csr_array(sales + sales.T.tocsr())
    return np.asarray(np.flatnonzero(articulation(both.indptr.astype(np.int64), both.indices.astype(np.int32))))


def substitutes(sales: sparse.csr_array, sector: Any) -> npt.NDArray[np.int64]:
    """Fewest sellers (with any sales) of a sector that the party buys from, (n,); 0 where it buys nothing."""
    n = sales.shape[0]
    codes, _ = pd.factorize(np.asarray(sector), use_na_sentinel=False)
    sells = np.diff(sales.indptr) > 0
    sellers = np.bincount(codes[sells], minlength=int(codes.max(initial=0)) + 1)
    seller = np.repeat(np.arange(n), np.diff(sales.indptr))
    fewest = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(fewest, sales.indices, sellers[codes[seller]])
    return np.where(fewest == np.iinfo(np.int64).max, 0, fewest)


def tiers(sales: sparse.csr_array) -> npt.NDArray[np.int64]:
    """Longest supply path that leads to each party; parties that trade in a circle share a tier, (n,)."""
    n = sales.shape[0]
    count, component = connected_components(sales, directed=True, connection="strong")
    seller = np.repeat(np.arange(n), np.diff(sales.indptr))
    a, b = component[seller], component[sales.indices]
    pairs = np.unique(a[a != b].astype(np.int64) * count + b[a != b])
    a, b = pairs // count, pairs % count
    waiting = np.bincount(b, minlength=count)
    depth = np.zeros(count, dtype=np.int64)
    starts = np.searchsorted(a, np.arange(count + 1))
    ready = np.flatnonzero(waiting == 0)
    while len(ready):  # Kahn's order, a whole layer at a time
        lengths = starts[ready + 1] - starts[ready]
        edges = np.repeat(starts[ready] - np.cumsum(lengths) + lengths, lengths) + np.arange(int(lengths.sum()))
        targets = b[edges]
        np.maximum.at(depth, targets, depth[a[edges]] + 1)
        np.subtract.at(waiting, targets, 1)
        ready = np.unique(targets[waiting[targets] == 0])
    return np.asarray(depth[component])


def solve_leontief(sales: sparse.csr_array, revenue: Floats, demand: Floats) -> Floats:
    """Output needed for a final demand, x = (I - A)^-1 f, by a sparse factorisation, (n,)."""
    a = sales.copy()
    a = sparse.csc_array(a @ sparse.diags_array(np.divide(1.0, revenue, out=np.zeros(len(revenue)), where=revenue > 0)))
    return np.asarray(splu(sparse.csc_array(sparse.eye_array(len(revenue)) - a)).solve(demand))
