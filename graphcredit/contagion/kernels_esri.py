"""Compiled loops of ESRI: synchronous rounds that visit only firms whose inputs or customers changed.

Arrays in, arrays out; they release the GIL. Loss that a firm has not passed on is kept (`sent` lags behind) until it grows
past `skip`, so nothing is dropped for good; with skip = 0 the rounds are exactly the equations'.
"""

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def downstream(
    indptr: Any, customer: Any, share: Any, slot: Any, slot_ptr: Any, market: Any, out: Any, market_out: Any,
    psi_at: Any, psi: Any, tol: float, skip: float, max_rounds: int, work: Any
) -> tuple[int, int, float]:  # fmt: skip
    """Loss of production for want of inputs.

    Args:
        indptr, customer, share, slot: CSR by seller: buyer, Ld, and the buyer's slot of that essential input (-1 = linear).
        slot_ptr: slots of firm j are slot_ptr[j]:slot_ptr[j + 1].
        market, out, market_out: market of each firm, out-strength, out-strength of each market.
        psi_at, psi: firms whose production is capped from outside, and the cap.
        work: loss, cap, sent, linear, (n,) floats; slots (S,); missing (markets,); touched, active, dirty (n,) ints; mark,
            flag (n,) bool; all zero before, cap = 1.

    Returns:
        touched firms, rounds, residual.
    """
    loss, cap, sent, linear, slots, missing, touched, active, dirty, mark, flag = work
    count = 0
    residual = 0.0
    for k in range(psi_at.shape[0]):
        j = psi_at[k]
        cap[j] = psi[k]
        touched[count] = j
        active[count] = j
        count += 1
        mark[j] = True
        loss[j] = 1.0 - psi[k]
        missing[market[j]] += out[j] * loss[j]
        residual = max(residual, loss[j])
    moving = count
    rounds = 0
    whole = True  # market shares move with every loss, so all touched firms are looked at again now and then
    while rounds < max_rounds:
        rounds += 1
        looked = count if whole else moving
        waiting = 0
        for k in range(looked):
            i = touched[k] if whole else active[k]
            left = market_out[market[i]] - missing[market[i]]
            sigma = 1.0
            if left > 1e-12 * market_out[market[i]] and out[i] < left:
                sigma = out[i] / left
            now = sigma * loss[i]
            step = now - sent[i]
            if step == 0.0 or abs(step) <= skip:
                continue
            sent[i] = now
            for e in range(indptr[i], indptr[i + 1]):
                j = customer[e]
                if slot[e] >= 0:
                    slots[slot[e]] += share[e] * step
                else:
                    linear[j] += share[e] * step
                if not flag[j]:
                    flag[j] = True
                    dirty[waiting] = j
                    waiting += 1
                if not mark[j]:
                    mark[j] = True
                    touched[count] = j
                    count += 1
        residual = 0.0
        moving = 0
        for k in range(waiting):  # all right-hand sides used the previous round: now move to this one
            j = dirty[k]
            flag[j] = False
            worst = linear[j]
            for s in range(slot_ptr[j], slot_ptr[j + 1]):
                worst = max(worst, slots[s])
            worst = min(max(worst, 1.0 - cap[j]), 1.0)
            change = worst - loss[j]
            if change != 0.0:
                active[moving] = j
                moving += 1
                missing[market[j]] += out[j] * change
                loss[j] = worst
                residual = max(residual, abs(change))
        if residual <= tol and whole:
            break
        whole = skip == 0.0 or residual <= tol or rounds % 6 == 0
    return count, rounds, residual


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def upstream(
    indptr: Any, supplier: Any, share: Any, psi_at: Any, psi: Any, tol: float, skip: float, max_rounds: int, work: Any
) -> tuple[int, int, float]:
    """Loss of production for want of customers; CSC by buyer: supplier and Lu. `work` as in `downstream`, without slots."""
    loss, cap, sent, linear, touched, active, dirty, mark, flag = work
    count = 0
    residual = 0.0
    for k in range(psi_at.shape[0]):
        j = psi_at[k]
        cap[j] = psi[k]
        touched[count] = j
        active[count] = j
        count += 1
        mark[j] = True
        loss[j] = 1.0 - psi[k]
        residual = max(residual, loss[j])
    moving = count
    rounds = 0
    while rounds < max_rounds:
        rounds += 1
        waiting = 0
        for k in range(moving):
            j = active[k]
            step = loss[j] - sent[j]
            if step == 0.0 or abs(step) <= skip:
                continue
            sent[j] = loss[j]
            for e in range(indptr[j], indptr[j + 1]):
                i = supplier[e]
                linear[i] += share[e] * step
                if not flag[i]:
                    flag[i] = True
                    dirty[waiting] = i
                    waiting += 1
                if not mark[i]:
                    mark[i] = True
                    touched[count] = i
                    count += 1
        residual = 0.0
        moving = 0
        for k in range(waiting):
            i = dirty[k]
            flag[i] = False
            worst = min(max(linear[i], 1.0 - cap[i]), 1.0)
            change = abs(worst - loss[i])
            if change != 0.0:
                active[moving] = i
                moving += 1
                residual = max(residual, change)
                loss[i] = worst
        if residual <= tol:
            break
    return count, rounds, residual


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def each(
    sellers: Any, buyers: Any, slot_ptr: Any, market: Any, out: Any, market_out: Any, weight: Any, firms: Any,
    tol: float, skip: float, max_rounds: int, down_work: Any, up_work: Any, result: Any
) -> None:  # fmt: skip
    """Close each firm alone; fills result (k, 5): index, upstream, downstream, residual, rounds."""
    indptr, customer, share, slot = sellers
    up_indptr, supplier, up_share = buyers
    loss, cap, sent, linear, slots, missing, touched, _, _, mark, _ = down_work
    up_loss, up_cap, up_sent, up_linear, up_touched, _, _, up_mark, _ = up_work
    one = np.empty(1, dtype=np.int32)
    zero = np.zeros(1)
    for f in range(firms.shape[0]):
        one[0] = firms[f]
        n_down, rounds_down, left_down = downstream(
            indptr,
            customer,
            share,
            slot,
            slot_ptr,
            market,
            out,
            market_out,
            one,
            zero,
            tol,
            skip,
            max_rounds,
            down_work,
        )
        n_up, rounds_up, left_up = upstream(up_indptr, supplier, up_share, one, zero, tol, skip, max_rounds, up_work)
        total = down = up = 0.0
        for k in range(n_down):
            i = touched[k]
            down += weight[i] * loss[i]
            total += weight[i] * max(loss[i], up_loss[i])
        for k in range(n_up):
            i = up_touched[k]
            up += weight[i] * up_loss[i]
            if not mark[i]:
                total += weight[i] * up_loss[i]
        result[f, 0], result[f, 1], result[f, 2] = total, up, down
        result[f, 3], result[f, 4] = max(left_down, left_up), max(rounds_down, rounds_up)
        for k in range(n_down):
            i = touched[k]
            loss[i] = sent[i] = linear[i] = 0.0
            cap[i] = 1.0
            mark[i] = False
            missing[market[i]] = 0.0
            for s in range(slot_ptr[i], slot_ptr[i + 1]):
                slots[s] = 0.0
        for k in range(n_up):
            i = up_touched[k]
            up_loss[i] = up_sent[i] = up_linear[i] = 0.0
            up_cap[i] = 1.0
            up_mark[i] = False
