"""Compiled loop of the sparse frontier push. Arrays in, arrays out; releases the GIL; one workspace a thread."""

from typing import Any

import numpy as np
from numba import njit

ATOM = 1e-15  # an increment below this changes no stress of an unbounded party


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def push(
    columns: Any, parties: Any, seeds: Any, shocks: Any, tol: float, work: Any, already: float
) -> tuple[float, float, int, int]:
    """Spread one shock with linear DebtRank, carrying every increment that is not pushed.

    Args:
        columns: (indptr, indices, data), CSC of Lam: column j lists who loses when j does, and how much.
        parties: (weight v, downstream, unbounded, base), (n,) each: `downstream` = loss in v that a unit increment still
            causes at most; `unbounded` = no such bound exists; `base` = stress before the shock.
        seeds, shocks: where the shock hits, and how hard.
        tol: stop when the carried increments can add at most tol times the loss found.
        work: (stress, pending, touched, queue, queued): (n,), (n,), (n,) int, (n,) int, (n,) bool; all zero, and left zero
            except the first `count` entries of touched with the stress that the shock added to them.
        already: loss known before, which tol counts too.

    Returns:
        loss (without the shock itself), bound on what is missing, number of parties touched, pushes.
    """
    indptr, indices, data = columns
    weight, downstream, unbounded, base = parties
    stress, pending, touched, queue, queued = work
    n = stress.shape[0]
    count, loss, pushes = 0, 0.0, 0
    for k in range(seeds.shape[0]):
        j = seeds[k]
        hit = min(shocks[k], 1.0 - base[j])
        if hit <= 0.0:
            continue
        if stress[j] == 0.0:
            touched[count] = j
            count += 1
        stress[j] = hit
        pending[j] = hit
    threshold = 0.0
    for k in range(count):
        threshold += 0.25 * pending[touched[k]] * downstream[touched[k]]
    while True:
        head, tail = 0, 0
        for k in range(count):
            j = touched[k]
            if pending[j] * downstream[j] > threshold or (unbounded[j] and pending[j] > ATOM):
                queue[tail % n] = j
                tail += 1
                queued[j] = True
        while head < tail:
            j = queue[head % n]
            head += 1
            queued[j] = False
            step = pending[j]
            pending[j] = 0.0
            pushes += 1
            for k in range(indptr[j], indptr[j + 1]):
                i = indices[k]
                room = 1.0 - base[i] - stress[i]
                gain = min(data[k] * step, room)
                if gain <= 0.0:
                    continue
                if stress[i] == 0.0:
                    touched[count] = i
                    count += 1
                stress[i] += gain
                pending[i] += gain
                loss += weight[i] * gain
                if not queued[i] and (pending[i] * downstream[i] > threshold or (unbounded[i] and pending[i] > ATOM)):
                    queue[tail % n] = i
                    tail += 1
                    queued[i] = True
        bound, loose = 0.0, False
        for k in range(count):
            j = touched[k]
            bound += pending[j] * downstream[j]
            loose = loose or (unbounded[j] and pending[j] > 0.0 and indptr[j + 1] > indptr[j])
        if loose and bound <= tol * (already + loss):
            bound = max(weight.sum() - loss, 0.0)  # all that can still be lost
            break
        if bound <= tol * (already + loss) or threshold < 1e-300:
            break
        smaller = tol * (already + loss) / (2.0 * count) if already + loss > 0.0 else threshold * 0.1
        threshold = min(threshold * 0.1, smaller)
    return loss, bound, count, pushes


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def push_each(columns: Any, parties: Any, seeds: Any, tol: float, found: Any, work: Any) -> int:
    """`push` with full failure of each seed alone; found = (loss, bound), (len(seeds),) each: losses known before, and at
    most missing in them, are raised by what is found; returns the pushes."""
    stress, pending, touched, _, _ = work
    loss, bound = found
    seed = np.empty(1, dtype=np.int32)
    full = np.ones(1)
    total = 0
    for k in range(seeds.shape[0]):
        seed[0] = seeds[k]
        more, missing, count, pushes = push(columns, parties, seed, full, tol, work, loss[k])
        loss[k] += more
        bound[k] += missing
        total += pushes
        for m in range(count):
            stress[touched[m]] = 0.0
            pending[touched[m]] = 0.0
    return total


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def push_back(rows: Any, pending: Any, cut: Any, out: Any, found: Any) -> None:
    """Add up z = pending + Lam^T z from behind, leaving at most `cut` unpushed at each party.

    Args:
        rows: CSR of Lam, indices `unsigned`.
        pending: (n,), used up.
        cut: what may stay, (n,).
        out: parties that take no part, (n,).
        found: (z, queue, queued): (n,), (n,) int, (n,) bool, all zero; z is filled.
    """
    indptr, indices, data = rows
    settled, queue, queued = found
    n = settled.shape[0]
    head, tail = 0, 0
    for i in range(n):
        if pending[i] > cut[i] and not out[i]:
            queue[tail] = i
            tail += 1
            queued[i] = True
    while head < tail:
        i = queue[head % n]
        head += 1
        queued[i] = False
        step = pending[i]
        pending[i] = 0.0
        settled[i] += step
        for k in range(indptr[i], indptr[i + 1]):
            j = indices[k]
            if out[j]:
                continue
            pending[j] += data[k] * step
            if not queued[j] and pending[j] > cut[j]:
                queue[tail % n] = j
                tail += 1
                queued[j] = True
