"""Compiled loops of ESRI: synchronous rounds that visit only firms whose inputs or customers changed.

Arrays in, arrays out; they release the GIL. Loss that a firm has not passed on is kept (`sent` lags behind) until it grows
past `skip`, so nothing is dropped for good; with skip = 0 the rounds are exactly the equations'.
"""

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _move(waiting: int, slot_ptr: Any, market: Any, out: Any, work: Any) -> tuple[int, float]:
    """Move the firms whose inputs changed to this round: number that lost more, and the largest change."""
    loss, cap, _, linear, slots, missing, _, active, dirty, _, flag = work
    residual = 0.0
    moving = 0
    for k in range(waiting):
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
    return moving, residual


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def downstream(  # noqa: PLR0913  (arrays of one kernel)
    indptr: Any, customer: Any, share: Any, slot: Any, slot_ptr: Any, market: Any, out: Any, market_out: Any,
    psi_at: Any, psi: Any, tol: float, skip: float, max_rounds: int, count: int, work: Any
) -> tuple[int, int, float]:  # fmt: skip
    """Loss of production for want of inputs; goes on from a former state if `count` firms were touched before.

    Args:
        indptr, customer, share, slot: CSR by seller: buyer, Ld, and the buyer's slot of that essential input (-1 = linear).
        slot_ptr: slots of firm j are slot_ptr[j]:slot_ptr[j + 1].
        market, out, market_out: market of each firm, out-strength, out-strength of each market.
        psi_at, psi: firms whose production is capped from outside, and the cap.
        count: 0, or what the former call on the same `work` returned: further caps then join those before.
        work: loss, cap, sent, linear, (n,) floats; slots (S,); missing (markets,); touched, active, dirty (n,) ints; mark,
            flag (n,) bool; all zero before, cap = 1.

    Returns:
        touched firms, rounds, residual: the largest change of the last round (0 with skip > 0, which goes on until nobody
        holds back more than `skip`).
    """
    loss, cap, sent, linear, slots, missing, touched, active, dirty, mark, flag = work
    residual = 0.0
    moving = 0
    for k in range(psi_at.shape[0]):
        j = psi_at[k]
        cap[j] = min(cap[j], psi[k])
        if not mark[j]:
            mark[j] = True
            touched[count] = j
            count += 1
        change = max(1.0 - cap[j] - loss[j], 0.0)
        active[moving] = j
        moving += 1
        loss[j] += change
        missing[market[j]] += out[j] * change
        residual = max(residual, change)
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
        moving, residual = _move(waiting, slot_ptr, market, out, work)  # all right-hand sides used the previous round
        if whole and (residual <= tol if skip == 0.0 else waiting == 0):
            break
        whole = skip == 0.0 or moving == 0 or rounds % 6 == 0
    return count, rounds, residual


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def upstream(  # noqa: PLR0913  (arrays of one kernel)
    indptr: Any,
    supplier: Any,
    share: Any,
    psi_at: Any,
    psi: Any,
    tol: float,
    skip: float,
    max_rounds: int,
    count: int,
    work: Any,
) -> tuple[int, int, float]:
    """Loss of production for want of customers; CSC by buyer: supplier and Lu. `work` as in `downstream`, without slots."""
    loss, cap, sent, linear, touched, active, dirty, mark, flag = work
    residual = 0.0
    moving = 0
    for k in range(psi_at.shape[0]):
        j = psi_at[k]
        cap[j] = min(cap[j], psi[k])
        if not mark[j]:
            mark[j] = True
            touched[count] = j
            count += 1
        change = max(1.0 - cap[j] - loss[j], 0.0)
        active[moving] = j
        moving += 1
        loss[j] += change
        residual = max(residual, change)
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
def green(indptr: Any, supplier: Any, share: Any, firm: int, limit: float, most: int, work: Any) -> tuple[int, int]:
    """Column `firm` of (I - Lu)^-1 by pushing increments, first come first served, until none exceeds `limit`.

    Args:
        indptr, supplier, share: CSC by buyer: supplier and Lu.
        most: cap on the pushes.
        work: found, (n,): lower bound of the column without `held`; held, (n,): increments not pushed; touched, queue (n,)
            ints; mark, queued (n,) bool; all zero before.

    Returns:
        touched firms, pushes.
    """
    found, held, touched, queue, mark, queued = work
    n = found.shape[0]
    held[firm] = 1.0
    mark[firm] = queued[firm] = True
    touched[0] = queue[0] = firm
    count = waiting = 1
    head = pushes = 0
    while waiting > 0 and pushes < most:
        j = queue[head]
        head = head + 1 if head + 1 < n else 0
        waiting -= 1
        queued[j] = False
        step = held[j]
        held[j] = 0.0
        found[j] += step
        pushes += 1
        for e in range(indptr[j], indptr[j + 1]):
            i = supplier[e]
            held[i] += share[e] * step
            if not mark[i]:
                mark[i] = True
                touched[count] = i
                count += 1
            if held[i] > limit and not queued[i]:
                queued[i] = True
                place = head + waiting
                queue[place if place < n else place - n] = i
                waiting += 1
    return count, pushes


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def bound_downstream(skip: float, touched: Any, count: int, loss: Any, missing: Any, firms: Any, bounds: Any) -> float:
    """Certified bound on what `downstream` left out of its total, see supply_bounds.py; -1 where there is none."""
    _, market, out, market_out = firms
    market_z, mean_z, gamma = bounds
    worst, ratio = 0.0, 0.0
    for k in range(count):
        i = touched[k]
        m = market[i]
        left = market_out[m] - missing[m]
        if loss[i] > 0.0 and out[i] < market_out[m] * (
            1.0 - 1e-12
        ):  # one alone in its market has sigma = 1 in any case
            if market_out[m] > 0.99 * gamma * left:
                return -1.0
            ratio = max(ratio, market_z[m] / left)
        if loss[i] < 1.0:
            worst = max(worst, loss[i])
    room = 1.0 - 1.02 * ratio * worst
    if room < 0.05:
        return -1.0
    eta = 1.02 * skip / room
    if eta * ratio > 0.01:
        return -1.0
    total: float = eta * mean_z
    return total


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def join_linear(
    buyers: Any, bounds: Any, weight: Any, firm: int, tol: float, down: Any, n_down: int, work: Any
) -> tuple[float, float, float, int]:
    """Upstream total of one closed firm, and what losses downstream add to it.

    Returns:
        upstream, added, certified bound on the error of their sum, touched firms of `work`.
    """
    indptr, supplier, share = buyers
    reach, row = bounds
    loss, touched = down
    found, held, _, _, _, _ = work
    spread = 0.0
    for k in range(n_down):
        i = touched[k]
        if loss[i] > 0.0 and i != firm:
            spread += weight[i] * row[i]
    limit = 1e-3 / row[firm]
    limit = min(limit, tol / (4.0 * max(reach[firm] * row[firm], 1e-300)), tol / (4.0 * max(spread, 1e-300)))
    count, _ = green(indptr, supplier, share, firm, limit, 1_000_000_000, work)
    least, most = found[firm] + held[firm], found[firm] + limit * row[firm]
    up = reach[firm] / least
    error = up - reach[firm] / most
    added = 0.0
    for k in range(n_down):
        i = touched[k]
        if i == firm:
            continue
        low, high = (found[i] + held[i]) / most, (found[i] + limit * row[i]) / least
        if loss[i] > low:
            added += weight[i] * max(loss[i] - (found[i] + held[i]) / least, 0.0)
            error += weight[i] * (min(high, loss[i]) - low)
    return up, added, error, count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def each(
    sellers: Any, buyers: Any, firms: Any, weight: Any, chosen: Any, settings: Any, bounds: Any, work: Any, result: Any
) -> None:
    """Close each firm alone, where (I - Lu)^-1 exists; fills result (k, 5): index, upstream, downstream, bound, rounds.

    Args:
        sellers, buyers, firms, weight: see `supply_inputs.Economy`.
        settings: tol, skip, max_rounds; bounds: reach, row, market_z, mean_z, gamma of supply_bounds.py.
        work: workspaces of `downstream` and `green`.
    """
    indptr, customer, share, slot = sellers
    slot_ptr, market, out, market_out = firms
    tol, skip, max_rounds = settings
    reach, row, market_z, mean_z, gamma = bounds
    down_work, up_work = work
    loss, cap, sent, linear, slots, missing, touched, _, _, mark, _ = down_work
    found, held, up_touched, _, up_mark, queued = up_work
    one, zero = np.empty(1, dtype=np.int32), np.zeros(1)
    for f in range(chosen.shape[0]):
        firm = chosen[f]
        one[0] = firm
        n_down, rounds, _ = downstream(
            indptr, customer, share, slot, slot_ptr, market, out, market_out, one, zero, tol, skip, max_rounds, 0, down_work
        )  # fmt: skip
        left = bound_downstream(skip, touched, n_down, loss, missing, firms, (market_z, mean_z, gamma))
        up, added, error, n_up = join_linear(
            buyers, (reach, row), weight, firm, tol, (loss, touched), n_down, up_work
        )  # fmt: skip
        down = 0.0
        for k in range(n_down):
            down += weight[touched[k]] * loss[touched[k]]
        result[f, 0], result[f, 1], result[f, 2], result[f, 4] = up + added, up, down, rounds
        result[f, 3] = error + left if left >= 0.0 and rounds < max_rounds else 1.0 - min(down, up)
        clear_down(touched, n_down, market, slot_ptr, (loss, cap, sent, linear, slots, missing, mark))
        for k in range(n_up):
            i = up_touched[k]
            found[i] = held[i] = 0.0
            up_mark[i] = queued[i] = False


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def clear_down(touched: Any, count: int, market: Any, slot_ptr: Any, work: Any) -> None:
    """Zero what `downstream` touched, and nothing else."""
    loss, cap, sent, linear, slots, missing, mark = work
    for k in range(count):
        i = touched[k]
        loss[i] = sent[i] = linear[i] = 0.0
        cap[i] = 1.0
        mark[i] = False
        missing[market[i]] = 0.0
        for s in range(slot_ptr[i], slot_ptr[i + 1]):
            slots[s] = 0.0


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def each_by_rounds(
    sellers: Any, buyers: Any, firms: Any, weight: Any, chosen: Any, settings: Any, work: Any, result: Any
) -> None:
    """As `each`, by synchronous rounds in both directions, for networks without leakage; the bound is the trivial one."""
    indptr, customer, share, slot = sellers
    up_indptr, supplier, up_share = buyers
    slot_ptr, market, out, market_out = firms
    tol, max_rounds = settings
    down_work, up_work = work
    loss, cap, sent, linear, slots, missing, touched, _, _, mark, _ = down_work
    up_loss, up_cap, up_sent, up_linear, up_touched, _, _, up_mark, _ = up_work
    one, zero = np.empty(1, dtype=np.int32), np.zeros(1)
    for f in range(chosen.shape[0]):
        one[0] = chosen[f]
        n_down, rounds, left = downstream(
            indptr, customer, share, slot, slot_ptr, market, out, market_out, one, zero, tol, 0.0, max_rounds, 0, down_work
        )  # fmt: skip
        n_up, up_rounds, up_left = upstream(up_indptr, supplier, up_share, one, zero, tol, 0.0, max_rounds, 0, up_work)
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
        result[f, 3], result[f, 4] = max(left, up_left), max(rounds, up_rounds)
        clear_down(touched, n_down, market, slot_ptr, (loss, cap, sent, linear, slots, missing, mark))
        for k in range(n_up):
            i = up_touched[k]
            up_loss[i] = up_sent[i] = up_linear[i] = 0.0
            up_cap[i] = 1.0
            up_mark[i] = False
