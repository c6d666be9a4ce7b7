"""Compiled loop of the sparse frontier push. Arrays in, arrays out; releases the GIL; one workspace a thread."""

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def push(
    indptr: Any, indices: Any, data: Any, weight: Any, downstream: Any, seeds: Any, shocks: Any, tol: float, work: Any
) -> tuple[float, float, int, int]:
    """Spread one shock with linear DebtRank, carrying every increment that is not pushed.

    Args:
        indptr, indices, data: CSC of Lam: column j lists who loses when j does, and how much.
        weight: economic weight v, (n,).
        downstream: loss that a unit increment at j still causes at most, in v, (n,).
        seeds, shocks: where the shock hits, and how hard.
        tol: stop when the carried increments can add at most tol times the loss found.
        work: (stress, pending, touched, queue, queued): (n,), (n,), (n,) int, (n,) int, (n,) bool; all zero, and left zero
            except the first `count` entries of touched with their stress.

    Returns:
        loss (without the shock itself), bound on what is missing, number of parties touched, pushes.
    """
    stress, pending, touched, queue, queued = work
    n = stress.shape[0]
    count, loss, pushes = 0, 0.0, 0
    for k in range(seeds.shape[0]):
        j = seeds[k]
        if stress[j] == 0.0 and pending[j] == 0.0:
            touched[count] = j
            count += 1
        stress[j] = shocks[k]
        pending[j] = shocks[k]
    carried = 0.0
    for k in range(count):
        carried += pending[touched[k]] * downstream[touched[k]]
    threshold = carried * 0.25
    while True:
        head, tail = 0, 0
        for k in range(count):
            j = touched[k]
            if pending[j] * downstream[j] > threshold:
                queue[tail % n] = j
                tail += 1
                queued[j] = True
        while head < tail:
            j = queue[head % n]
            head += 1
            queued[j] = False
            step = pending[j]
            pending[j] = 0.0
            carried -= step * downstream[j]
            pushes += 1
            for k in range(indptr[j], indptr[j + 1]):
                i = indices[k]
                room = 1.0 - stress[i]
                if room <= 0.0:
                    continue
                gain = data[k] * step
                if gain > room:
                    gain = room
                if stress[i] == 0.0 and pending[i] == 0.0:
                    touched[count] = i
                    count += 1
                stress[i] += gain
                pending[i] += gain
                loss += weight[i] * gain
                carried += gain * downstream[i]
                if not queued[i] and pending[i] * downstream[i] > threshold:
                    queue[tail % n] = i
                    tail += 1
                    queued[i] = True
        bound = 0.0
        for k in range(count):
            bound += pending[touched[k]] * downstream[touched[k]]
        carried = bound
        if bound <= tol * loss or bound <= 1e-15 or threshold < 1e-18:
            break
        smaller = tol * loss / (2.0 * count) if loss > 0.0 else threshold * 0.1
        threshold = min(threshold * 0.1, max(smaller, 1e-18))
    return loss, bound, count, pushes


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def push_each(
    indptr: Any,
    indices: Any,
    data: Any,
    weight: Any,
    downstream: Any,
    seeds: Any,
    tol: float,
    loss: Any,
    bound: Any,
    work: Any,
) -> int:
    """`push` with full failure of each seed alone; fills loss and bound, (len(seeds),); returns the pushes."""
    stress, pending, touched, _, _ = work
    seed = np.empty(1, dtype=np.int32)
    full = np.ones(1)
    total = 0
    for k in range(seeds.shape[0]):
        seed[0] = seeds[k]
        loss[k], bound[k], count, pushes = push(indptr, indices, data, weight, downstream, seed, full, tol, work)
        total += pushes
        for m in range(count):
            stress[touched[m]] = 0.0
            pending[touched[m]] = 0.0
    return total
