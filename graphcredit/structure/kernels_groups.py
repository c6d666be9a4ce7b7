"""Compiled walks over ties of connection: one group in full, or only the sums over each of many."""

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def reach(indptr: Any, target: Any, start: int, n: int) -> Any:
    """Breadth first from `start` over CSR ties: nodes in order, place of each one's predecessor, tie it came over (-1)."""
    seen = np.zeros(n, np.bool_)
    order, before, over = np.empty(64, np.int32), np.empty(64, np.int32), np.empty(64, np.int64)
    order[0], before[0], over[0] = start, -1, -1
    seen[start] = True
    here, end = 0, 1
    while here < end:
        v = order[here]
        for e in range(indptr[v], indptr[v + 1]):
            u = target[e]
            if not seen[u]:
                seen[u] = True
                if end == len(order):
                    longer, behind, through = (
                        np.empty(2 * end, np.int32),
                        np.empty(2 * end, np.int32),
                        np.empty(2 * end, np.int64),
                    )
                    longer[:end], behind[:end], through[:end] = order, before, over
                    order, before, over = longer, behind, through
                order[end], before[end], over[end] = u, here, e
                end += 1
        here += 1
    return order[:end].copy(), before[:end].copy(), over[:end].copy()


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def reach_sums(indptr: Any, target: Any, roots: Any, units: Any) -> Any:
    """Sum of `units` over everybody reached from each root; two arrays of n, however many the groups and members."""
    n = len(indptr) - 1
    seen, queue = np.full(n, -1, np.int32), np.empty(n, np.int32)
    sums = np.zeros(len(roots), np.int64)
    for k in range(len(roots)):
        seen[roots[k]], queue[0] = k, roots[k]
        here, end, total = 0, 1, 0
        while here < end:
            v = queue[here]
            here += 1
            total += units[v]
            for e in range(indptr[v], indptr[v + 1]):
                u = target[e]
                if seen[u] != k:
                    seen[u] = k
                    queue[end] = u
                    end += 1
        sums[k] = total
    return sums
