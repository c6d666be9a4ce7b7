"""Standing in a network: PageRank, core numbers, components, degrees."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graphcredit.exc import ValueRangeError
from graphcredit.structure.inputs import layer_matrix
from graphcredit.structure.kernels import rank_sweeps, within
from graphcredit.structure.results import Convergence

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """scores sum to 1, (n,)."""

    scores: Floats
    convergence: Convergence


def pagerank(
    network: Any, *, layer: str = "trade", damping: float = 0.85, tol: float = 1e-10, max_rounds: int = 1000
) -> Ranking:
    """PageRank of the weighted ties (Brin & Page 1998), by Gauss-Seidel on (I - damping P^T) x = 1/n, then normalised.

    The stop is the L1 change of the whole vector, which does not grow with n; dangling parties spread evenly.

    Args:
        network: a Network (its `layer`) or a matrix [from, to], (n, n).
        layer: of the Network.
        damping: in [0, 1).
        tol: L1 change.
        max_rounds: cap; reaching it is said.

    Raises:
        ValueRangeError: damping outside [0, 1).
    """
    if not 0 <= damping < 1:
        raise ValueRangeError(f"damping is {damping}", remedy="use a number in [0, 1)")
    matrix = layer_matrix(network, layer)
    n = matrix.shape[0]
    if n == 0:
        return Ranking(np.empty(0), Convergence(0, 0.0, converged=True))
    out = np.asarray(matrix.sum(axis=1)).ravel()
    inverse = np.divide(1.0, out, out=np.zeros(n), where=out > 0)
    pull = sparse.csr_array(matrix.T.tocsr())
    pull.data = pull.data * inverse[pull.indices]
    x = np.full(n, 1.0 / n)
    rounds, residual = 0, np.inf
    while rounds < max_rounds and residual > tol:
        rounds += rank_sweeps(
            pull.indptr, pull.indices, pull.data, x, damping, tol / 4, max(max_rounds - rounds - 1, 0)
        )
        rank = x / x.sum()
        step = damping * (pull @ rank)  # one plain step of the definition: its change is the residual that is told
        step += (1.0 - step.sum()) / n
        residual, rounds = float(np.abs(step - rank).sum()), rounds + 1
        x = step * x.sum()
        rank = step
    return Ranking(rank, Convergence(rounds, residual, residual <= tol))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _cores(indptr: Any, indices: Any) -> Any:
    """Peel shell by shell (Batagelj & Zaversnik 2003, without their sorted order): a tie costs one look at one degree.

    What is left is listed anew for each shell, in order of memory, and shells that hold nobody are passed over.
    """
    n = indptr.shape[0] - 1
    degree, left, queue = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    for v in range(n):
        degree[v] = indptr[v + 1] - indptr[v]
        left[v] = v
    many, shell = n, np.int32(0)
    while many:
        kept, end, least = 0, 0, np.int32(2147483647)
        for place in range(many):
            v = left[place]
            if degree[v] > shell:
                left[kept] = v
                kept += 1
                least = min(least, degree[v])
            elif degree[v] == shell:
                queue[end] = v
                end += 1
        # those peeled from an earlier shell have lower degrees: they are neither kept nor queued
        many = kept
        if not end:
            shell = least
            continue
        here = 0
        while here < end:
            v = queue[here]
            here += 1
            for e in range(indptr[v], indptr[v + 1]):
                u = indices[e]
                if degree[u] > shell:
                    degree[u] -= 1
                    if degree[u] == shell:
                        queue[end] = u
                        end += 1
        shell += np.int32(1)
    return degree


def core_numbers(network: Any, *, layer: str = "trade") -> npt.NDArray[np.int32]:
    """Core number of each party over undirected ties, (n,) (Seidman 1983)."""
    matrix = layer_matrix(network, layer)
    both = undirected(matrix)
    return np.asarray(_cores(both.indptr, both.indices))


def within_hops(network: Any, seeds: Any, *, hops: int = 2, layer: str = "trade") -> npt.NDArray[np.int64]:
    """How many parties lie within so many steps of each seed (positions), either way, itself counted, (seeds,).

    Raises:
        ValueRangeError: hops below 0, or a position outside the network.
    """
    matrix = layer_matrix(network, layer)
    chosen = np.atleast_1d(np.asarray(seeds, dtype=np.int64))
    if hops < 0 or (chosen < 0).any() or (chosen >= matrix.shape[0]).any():
        raise ValueRangeError("hops or positions are out of range", remedy=f"use positions 0 to {matrix.shape[0] - 1}")
    both = undirected(matrix)
    return np.asarray(within(both.indptr, both.indices, chosen, hops))


def undirected(matrix: sparse.csr_array) -> sparse.csr_array:
    """The ties either way, each once, as CSR with int32 indices; weights say only how many ways (int8)."""
    mark = sparse.csr_array((np.ones(matrix.nnz, np.int8), matrix.indices, matrix.indptr), shape=matrix.shape)
    both = sparse.csr_array(mark + mark.T.tocsr())
    both.indptr, both.indices = both.indptr.astype(np.int32, copy=False), both.indices.astype(np.int32, copy=False)
    return both


@dataclass(frozen=True)
class Centrality:
    """Per party, (n,): degrees, strengths, pagerank, core, weak and strong component (labels)."""

    in_degree: npt.NDArray[np.int64]
    out_degree: npt.NDArray[np.int64]
    in_strength: Floats
    out_strength: Floats
    pagerank: Floats
    core: npt.NDArray[np.int32]
    weak_component: npt.NDArray[np.int32]
    strong_component: npt.NDArray[np.int32]
    convergence: Convergence


def centrality(network: Any, *, layer: str = "trade", damping: float = 0.85) -> Centrality:
    """Every measure of standing over one layer of a Network, or over a matrix [from, to]."""
    matrix = layer_matrix(network, layer)
    into = sparse.csr_array(matrix.T.tocsr())
    rank = pagerank(matrix, damping=damping)
    return Centrality(
        in_degree=np.diff(into.indptr).astype(np.int64),
        out_degree=np.diff(matrix.indptr).astype(np.int64),
        in_strength=np.asarray(into.sum(axis=1)).ravel(),
        out_strength=np.asarray(matrix.sum(axis=1)).ravel(),
        pagerank=rank.scores,
        core=core_numbers(matrix),
        weak_component=connected_components(matrix, directed=True, connection="weak")[1],
        strong_component=connected_components(matrix, directed=True, connection="strong")[1],
        convergence=rank.convergence,
    )
