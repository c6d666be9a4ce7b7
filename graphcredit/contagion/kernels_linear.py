"""Compiled sweeps of linear DebtRank: one pass a round, each party at once with what is known by then (Gauss-Seidel)."""

from typing import Any

import numpy as np
from numba import njit


def unsigned(indices: Any) -> Any:
    """The same indices seen as unsigned: compiled gathers then skip the test for negative ones, dearer than they are."""
    return indices.view(np.uint32 if indices.dtype.itemsize == 4 else np.uint64)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def settle(indptr: Any, indices: Any, data: Any, first: Any, tol: float, max_rounds: int) -> tuple[Any, float, int]:
    """Least solution of h = min(1, first + Lam h), reached from below; the order of visits changes rounds, not the solution.

    Args:
        indptr, indices, data: CSR of Lam, indices `unsigned`.
        first: the shock, (n,) in [0, 1].
        tol: stop when no stress rose by more in a round.
        max_rounds: cap.

    Returns:
        stress, (n,); largest rise in the last round; rounds.
    """
    h = first.copy()
    rise = 0.0
    for rounds in range(1, max_rounds + 1):
        rise = 0.0
        for i in range(h.shape[0]):
            total = first[i]
            for k in range(indptr[i], indptr[i + 1]):
                total += data[k] * h[indices[k]]
            total = min(total, 1.0)
            rise = max(rise, total - h[i])
            h[i] = max(total, h[i])
        if rise <= tol:
            return h, rise, rounds
    return h, rise, max_rounds
