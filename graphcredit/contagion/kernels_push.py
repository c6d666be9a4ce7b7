"""Compiled loop of the sparse frontier push. Arrays in, arrays out; releases the GIL; one workspace a thread.

All that a push asks of a party lies in one line of memory: its row of `state`, (n, 8), holds stress, pending, room (1 - what it
has lost), downstream (what a unit there still causes at most; inf = no bound exists), weight, whether it is queued, floor (what
a unit there causes at least) and spread (total stress that a unit there causes at most).
"""

from typing import Any

import numpy as np
from numba import njit

ATOM = 1e-15  # an increment below this changes no stress of an unbounded party
STRESS, PENDING, ROOM, DOWNSTREAM, WEIGHT, QUEUED, FLOOR, SPREAD, WIDTH = 0, 1, 2, 3, 4, 5, 6, 7, 8


def packed(weight: Any, downstream: Any, unbounded: Any, base: Any, ends: Any) -> Any:
    """Parties as `push` wants them, nothing lost yet but `base`; ends = (floor, spread)."""
    state = np.zeros((len(weight), WIDTH))
    state[:, ROOM], state[:, WEIGHT] = 1.0 - base, weight
    state[:, DOWNSTREAM] = np.where(unbounded, np.inf, downstream)
    state[:, FLOOR], state[:, SPREAD] = ends
    return state


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def push(
    columns: Any, state: Any, seeds: Any, shocks: Any, tol: float, lists: Any, already: float
) -> tuple[float, float, int, int]:
    """Spread one shock with linear DebtRank, carrying every increment that is not pushed.

    Args:
        columns: (indptr, indices, data), CSC of Lam: column j lists who loses when j does, and how much.
        state: of `packed`; afterwards what the shock added to each, until `clear`.
        seeds, shocks: where the shock hits, and how hard.
        tol: stop when the carried increments can add at most tol times the loss found.
        lists: (touched, queue), (n,) int; the first `count` of touched are who lost.
        already: loss known before, which tol counts too.

    Returns:
        loss (without the shock itself), bound on what is missing, number of parties touched, pushes.
    """
    indptr, indices, data = columns
    touched, queue = lists
    n = state.shape[0]
    count, loss, pushes = 0, 0.0, 0
    for k in range(seeds.shape[0]):
        j = seeds[k]
        hit = min(shocks[k], state[j, ROOM])
        if hit <= 0.0 or state[j, STRESS] > 0.0:
            continue
        touched[count] = j
        count += 1
        state[j, STRESS] = state[j, PENDING] = hit
        state[j, ROOM] -= hit
    threshold = 0.0
    for k in range(count):
        j = touched[k]
        if state[j, DOWNSTREAM] < np.inf:
            threshold += 0.25 * state[j, PENDING] * state[j, DOWNSTREAM]
    while True:
        head, tail = 0, 0
        for k in range(count):
            j = touched[k]
            if exceeds(state, j, threshold):
                queue[tail % n] = j
                tail += 1
                state[j, QUEUED] = 1.0
        while head < tail:
            j = queue[head % n]
            head += 1
            state[j, QUEUED] = 0.0
            step = state[j, PENDING]
            state[j, PENDING] = 0.0
            pushes += 1
            for k in range(indptr[j], indptr[j + 1]):
                i = indices[k]
                gain = min(data[k] * step, state[i, ROOM])
                if gain <= 0.0:
                    continue
                if state[i, STRESS] == 0.0:
                    touched[count] = i
                    count += 1
                state[i, STRESS] += gain
                state[i, ROOM] -= gain
                state[i, PENDING] += gain
                loss += state[i, WEIGHT] * gain
                if state[i, QUEUED] == 0.0 and exceeds(state, i, threshold):
                    queue[tail % n] = i
                    tail += 1
                    state[i, QUEUED] = 1.0
        bound, loose = 0.0, False
        for k in range(count):
            j = touched[k]
            if state[j, DOWNSTREAM] < np.inf:
                bound += state[j, PENDING] * state[j, DOWNSTREAM]
            else:
                loose = loose or (state[j, PENDING] > 0.0 and indptr[j + 1] > indptr[j])
        if loose and bound <= tol * (already + loss):
            bound = max(state[:, WEIGHT].sum() - loss, 0.0)  # all that can still be lost
            break
        if bound <= tol * (already + loss) or threshold < 1e-300:
            break
        smaller = tol * (already + loss) / (2.0 * count) if already + loss > 0.0 else threshold * 0.1
        threshold = min(threshold * 0.1, smaller)
    return loss, bound, count, pushes


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def exceeds(state: Any, j: int, threshold: float) -> bool:
    """Whether what is pending at j is worth a push."""
    pending = state[j, PENDING]
    if state[j, DOWNSTREAM] < np.inf:
        return pending * state[j, DOWNSTREAM] > threshold  # type: ignore[no-any-return]
    return pending > ATOM  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def clear(state: Any, touched: Any, count: int, base: Any) -> None:
    """Parties as they were before a push."""
    for k in range(count):
        j = touched[k]
        state[j, STRESS] = state[j, PENDING] = state[j, QUEUED] = 0.0
        state[j, ROOM] = 1.0 - base[j]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def carried(state: Any, touched: Any, count: int) -> tuple[float, float, float]:
    """What is pending after a push causes at most and at least, and the total stress that it causes at most."""
    most = least = mass = 0.0
    for k in range(count):
        j = touched[k]
        pending = state[j, PENDING]
        if pending > 0.0:
            most += pending * state[j, DOWNSTREAM]
            least += pending * state[j, FLOOR]
            mass += pending * state[j, SPREAD]
    return most, least, mass


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def arriving(state: Any, touched: Any, count: int, reach: Any) -> float:
    """Stress that what is pending causes at a party, `reach` being what a unit at each party causes there, (n,)."""
    into = 0.0
    for k in range(count):
        into += state[touched[k], PENDING] * reach[touched[k]]
    return into


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def push_each(columns: Any, state: Any, base: Any, seeds: Any, tol: float, found: Any, lists: Any) -> int:
    """`push` with full failure of each seed alone; found = (loss, bound), (len(seeds),) each: losses known before, and at
    most missing in them, are raised by what is found; returns the pushes."""
    loss, bound = found
    seed = np.empty(1, dtype=np.int32)
    full = np.ones(1)
    total = 0
    for k in range(seeds.shape[0]):
        seed[0] = seeds[k]
        more, missing, count, pushes = push(columns, state, seed, full, tol, lists, loss[k])
        loss[k] += more
        bound[k] += missing
        total += pushes
        clear(state, lists[0], count, base)
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
