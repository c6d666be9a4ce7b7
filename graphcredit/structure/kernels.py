"""Compiled loops of this room; arrays in, arrays out. Callers check their inputs."""

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def rank_sweeps(indptr: Any, indices: Any, chances: Any, x: Any, damping: float, tol: float, most: int) -> Any:
    """Gauss-Seidel for x = 1/n + damping P^T x, in place; until the L1 change falls below tol times the sum of x."""
    n = len(x)
    for step in range(most):
        change, total = 0.0, 0.0
        for i in range(n):
            inside = 0.0
            for e in range(indptr[i], indptr[i + 1]):
                inside += chances[e] * x[indices[e]]
            fresh = 1.0 / n + damping * inside
            change += abs(fresh - x[i])
            total += fresh
            x[i] = fresh
        if change <= tol * total:
            return step + 1
    return most


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def articulation(indptr: Any, indices: Any) -> Any:
    """Which nodes of an undirected graph are articulation points (Tarjan 1972, without recursion)."""
    n = len(indptr) - 1
    order, low = np.zeros(n, np.int32), np.zeros(n, np.int32)
    parent, stack = np.full(n, -1, np.int32), np.empty(n, np.int32)
    place = indptr[:-1].copy()
    found = np.zeros(n, np.bool_)
    clock = 0
    for root in range(n):
        if order[root]:
            continue
        clock += 1
        order[root] = low[root] = clock
        stack[0], depth, children = root, 1, 0
        while depth:
            v = stack[depth - 1]
            if place[v] < indptr[v + 1]:
                u = indices[place[v]]
                place[v] += 1
                if not order[u]:
                    clock += 1
                    order[u] = low[u] = clock
                    parent[u] = v
                    stack[depth] = u
                    depth += 1
                elif u != parent[v] and order[u] < low[v]:
                    low[v] = order[u]
                continue
            depth -= 1
            above = parent[v]
            if above < 0:
                continue
            if low[v] < low[above]:
                low[above] = low[v]
            if above == root:
                children += 1
            elif low[v] >= order[above]:
                found[above] = True
        if children > 1:
            found[root] = True
    return found


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def triangles(indptr: Any, indices: Any, kinds: Any, closed: Any, wedge: Any, per_party: Any) -> None:
    """Add every triangle's motif to its three parties, and take away the wedges that it closes.

    The graph is symmetric with sorted indices; kinds[e] of tie (u, v): 1 = u to v only, 2 = v to u only, 3 = both.
    closed[a + 4 b + 16 c] = motif of kinds a = (u, v), b = (v, w), c = (u, w); wedge[p + 4 q] = motif of the two ties seen
    from a party in the middle. Each tie is turned from lower to higher degree, so a hub costs little.
    """
    n = len(indptr) - 1
    at = np.full(n, -1, np.int64)
    turned, corner = np.array([0, 2, 1, 3]), np.empty(3, np.int64)

    for u in range(n):
        du = indptr[u + 1] - indptr[u]
        for e in range(indptr[u], indptr[u + 1]):
            w = indices[e]
            dw = indptr[w + 1] - indptr[w]
            if dw > du or (dw == du and w > u):
                at[w] = e
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            dv = indptr[v + 1] - indptr[v]
            if not (dv > du or (dv == du and v > u)):
                continue
            for f in range(indptr[v], indptr[v + 1]):
                w = indices[f]
                dw = indptr[w + 1] - indptr[w]
                if at[w] < 0 or not (dw > dv or (dw == dv and w > v)):
                    continue
                a, b, c = kinds[e], kinds[f], kinds[at[w]]
                motif = closed[a + 4 * b + 16 * c]
                one, two, three = wedge[a + 4 * c], wedge[turned[a] + 4 * b], wedge[turned[b] + 4 * turned[c]]
                corner[0], corner[1], corner[2] = u, v, w
                for party in corner:
                    per_party[party, motif] += 1
                    per_party[party, one] -= 1
                    per_party[party, two] -= 1
                    per_party[party, three] -= 1
        for e in range(indptr[u], indptr[u + 1]):
            at[indices[e]] = -1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def within(indptr: Any, indices: Any, seeds: Any, hops: int) -> Any:
    """How many nodes lie within `hops` steps of each seed, the seed itself counted."""
    n = len(indptr) - 1
    seen, queue = np.full(n, -1, np.int32), np.empty(n, np.int32)
    sizes = np.empty(len(seeds), np.int64)
    for k in range(len(seeds)):
        seen[seeds[k]], queue[0] = k, seeds[k]
        start, end = 0, 1
        for _ in range(hops):
            stop = end
            for position in range(start, stop):
                v = queue[position]
                for e in range(indptr[v], indptr[v + 1]):
                    u = indices[e]
                    if seen[u] != k:
                        seen[u] = k
                        queue[end] = u
                        end += 1
            start = stop
        sizes[k] = end
    return sizes
