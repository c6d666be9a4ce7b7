"""Compiled loss of each party's failure, from both ends: a short push forward, a short walk back, the rest from the adjoint.

After a push, pending increments r_j still cause between sum r_j floor_j and sum r_j ceiling_j, where `ceiling` counts all
walks and `floor` those that meet no party that could be cut off at 1. Only returns to the failed party s, which can lose no
more, must be taken off: sum r_j u_j y_s, with u_j = stress of s for a unit at j. A push backwards from s gives
u_j <= p_j + eps N_j, where eps is the largest residual left and N_j bounds the total stress that a unit at j causes
(bidirectional estimate, in the manner of Lofgren, Banerjee, Goel 2016, with certified ends).
"""

from typing import Any

from numba import njit


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def walk_back(rows: Any, seed: int, eps: float, count: int, back: Any, barred: Any) -> tuple[float, int]:
    """Push the question "who makes `seed` lose" backwards until no residual exceeds eps; returns the largest, parties met.

    No walk passes through parties that are barred, (n,) bool, the seed itself among them; it may begin at one.
    """
    indptr, indices, data = rows
    reach, residual, met, queue, queued = back
    n = reach.shape[0]
    if count == 0:
        for k in range(indptr[seed], indptr[seed + 1]):
            met[count] = indices[k]
            count += 1
            if barred[indices[k]]:
                reach[indices[k]] = data[k]
            else:
                residual[indices[k]] = data[k]
    head, tail = 0, 0
    for k in range(count):
        if residual[met[k]] > eps:
            queue[tail] = met[k]
            tail += 1
            queued[met[k]] = True
    while head < tail:
        j = queue[head % n]
        head += 1
        queued[j] = False
        mass = residual[j]
        residual[j] = 0.0
        reach[j] += mass
        for k in range(indptr[j], indptr[j + 1]):
            i = indices[k]
            gain = mass * data[k]
            if gain <= 0.0:
                continue
            if reach[i] == 0.0 and residual[i] == 0.0:
                met[count] = i
                count += 1
            if barred[i]:
                reach[i] += gain
                continue
            residual[i] += gain
            if not queued[i] and residual[i] > eps:
                queue[tail % n] = i
                tail += 1
                queued[i] = True
    largest = 0.0
    for k in range(count):
        largest = max(largest, residual[met[k]])
    return largest, count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def push_on(columns: Any, parties: Any, threshold: float, count: int, work: Any) -> tuple[float, int, int]:
    """Push what exceeds the threshold; returns loss added, parties touched, pushes."""
    indptr, indices, data = columns
    weight, ceiling, _, base = parties
    stress, pending, touched, queue, queued = work
    n = stress.shape[0]
    loss, pushes, head, tail = 0.0, 0, 0, 0
    for k in range(count):
        j = touched[k]
        if pending[j] * ceiling[j] > threshold:
            queue[tail] = j
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
            gain = min(data[k] * step, 1.0 - base[i] - stress[i])
            if gain <= 0.0:
                continue
            if stress[i] == 0.0:
                touched[count] = i
                count += 1
            stress[i] += gain
            pending[i] += gain
            loss += weight[i] * gain
            if not queued[i] and pending[i] * ceiling[i] > threshold:
                queue[tail % n] = i
                tail += 1
                queued[i] = True
    return loss, count, pushes


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def impact_one(
    columns: Any, rows: Any, parties: Any, ends: Any, seed: int, tol: float, spaces: Any
) -> tuple[float, float, int]:
    """Lower end of the loss caused by the failure of `seed`, width of the certified interval, pushes.

    Args:
        columns, rows: CSC and CSR arrays of Lam.
        parties: (weight, ceiling, unbounded, base), (n,) each; none unbounded.
        ends: (floor, spread), (n,): see the module's text; `spread` is N.
        seed: who fails.
        tol: relative width to reach.
        spaces: forward and backward workspace and marks, (n,) bool, all zero and left zero.
    """
    weight, ceiling, _, base = parties
    floor, spread = ends
    work, back, barred = spaces
    stress, pending, touched, _, _ = work
    reach, residual, met, _, _ = back
    hit = 1.0 - base[seed]
    if hit <= 0.0 or columns[0][seed] == columns[0][seed + 1]:
        return 0.0, 0.0, 0
    stress[seed] = pending[seed] = hit
    barred[seed] = True
    touched[0] = seed
    count, known, pushes = 1, 0, 0
    threshold, eps = 0.99 * hit * ceiling[seed], 0.25
    whole = weight[seed] + ceiling[seed]
    loss = low = high = 0.0
    largest = 1.0
    while True:
        gained, count, done = push_on(columns, parties, threshold, count, work)
        loss, pushes = loss + gained, pushes + done
        carried = carried_low = into = mass = 0.0
        for k in range(count):
            j = touched[k]
            carried += pending[j] * ceiling[j]
            carried_low += pending[j] * floor[j]
            into += pending[j] * reach[j]
            mass += pending[j] * spread[j]
        high = loss + carried
        returned = whole * (into + largest * mass)
        low = loss + max(carried_low - returned, 0.0)
        gap = high - low
        if gap <= tol * low or threshold <= 1e-16 * low:
            break
        if returned > 0.5 * gap and whole * largest * mass > 0.3 * tol * low:
            eps = min(eps, largest) * 0.3
            largest, known = walk_back(rows, seed, eps, known, back, barred)
            if whole * into > 0.5 * tol * low or eps < 1e-9:
                threshold *= 0.3
        else:
            threshold *= 0.3
    barred[seed] = False
    for k in range(count):
        stress[touched[k]] = 0.0
        pending[touched[k]] = 0.0
    for k in range(known):
        reach[met[k]] = 0.0
        residual[met[k]] = 0.0
    return low, max(high - low, 0.0), pushes


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def impact_each(
    columns: Any, rows: Any, parties: Any, ends: Any, seeds: Any, tol: float, found: Any, spaces: Any
) -> int:
    """`impact_one` for each seed; fills found = (loss, bound), (len(seeds),) each; returns the pushes."""
    loss, bound = found
    total = 0
    for k in range(seeds.shape[0]):
        loss[k], bound[k], pushes = impact_one(columns, rows, parties, ends, seeds[k], tol, spaces)
        total += pushes
    return total
