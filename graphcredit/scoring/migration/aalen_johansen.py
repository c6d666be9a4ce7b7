"""The estimator of Aalen and Johansen: a product over the days on which somebody moved; no homogeneity in time assumed.

Source: Aalen & Johansen (1978), Scandinavian Journal of Statistics 5; for ratings Lando & Skoedeberg (2002).
P(s, t) = product over days u in (s, t] of (I + dA(u)), dA_ij(u) = moves i to j on u over parties in i just before u.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.migration.result import percentiles, stay_where_unseen
from graphcredit.scoring.migration.spells import DAYS_A_YEAR, STILL, Spells, number_of


def aalen_johansen(found: Spells, start: date, end: date, *, keep: bool, weights: Floats | None = None) -> Floats:
    """P(start, end), shape (..., k, k).

    Args:
        found: spells.
        start, end: the period (start, end].
        keep: whether not rated is a state; else a withdrawal ends the observation of a party.
        weights: of parties, shape (b, parties) for b answers at once; one each when None.
    """
    whole = np.ones((1, found.parties)) if weights is None else weights
    k = len(found.states) if keep else len(found.states) - 1
    a, b = number_of(start), number_of(end)
    used = np.flatnonzero(found.at_risk & (found.left > a) & (found.entered < b))
    party, state = found.party[used], found.state[used]
    entered, left, follows = found.entered[used], found.left[used], found.follows[used]
    moved = (left <= b) & (follows != STILL) & (follows != state) & (follows < k)
    days = np.unique(left[moved])
    made = np.broadcast_to(np.eye(k), (len(whole), k, k)).copy()
    for day in days:
        present = np.flatnonzero((entered < day) & (left >= day))
        now = np.flatnonzero(moved & (left == day))
        step = np.zeros((len(whole), k, k))
        for i in np.unique(state[now]):
            at_risk = whole[:, party[present[state[present] == i]]].sum(axis=1)
            for j in np.unique(follows[now[state[now] == i]]):
                going = now[(state[now] == i) & (follows[now] == j)]
                step[:, i, j] = whole[:, party[going]].sum(axis=1) / np.maximum(at_risk, 1e-300)
        step[:, np.arange(k), np.arange(k)] = -step.sum(axis=2)
        made += made @ step
    made = np.maximum(made, 0.0)
    made /= made.sum(axis=2, keepdims=True)
    return made[0] if weights is None else made


def years_within(found: Spells, start: date, end: date, *, keep: bool) -> Floats:
    """Party-years spent in each state within (start, end], shape (k,)."""
    k = len(found.states) if keep else len(found.states) - 1
    spent = np.minimum(found.left, number_of(end)) - np.maximum(found.entered, number_of(start))
    used = found.at_risk & (spent > 0)
    return np.bincount(found.state[used], weights=spent[used], minlength=len(found.states))[:k] / DAYS_A_YEAR


def averaged(
    found: Spells, periods: Sequence[tuple[date, date]], *, keep: bool, weights: Floats | None = None
) -> Floats:
    """The mean over periods, each row weighed by the party-years in it; one period alone is P(s, t) itself."""
    spent = np.stack([years_within(found, *period, keep=keep) for period in periods])
    each = np.stack([aalen_johansen(found, *period, keep=keep, weights=weights) for period in periods])
    total = spent.sum(axis=0)
    share = spent / np.where(total > 0, total, 1.0)
    shape = (len(periods), *([1] * (each.ndim - 3)), len(total), 1)
    made = (each * share.reshape(shape)).sum(axis=0)
    return stay_where_unseen(made, np.broadcast_to(total, made.shape[:-1]))


def aalen_johansen_intervals(
    found: Spells,
    periods: Sequence[tuple[date, date]],
    *,
    keep: bool,
    confidence: float,
    draws: int,
    seed: int,
) -> tuple[Floats, Floats, str]:
    """Percentile intervals, drawing parties anew."""
    rng = np.random.default_rng(seed)
    n = found.parties
    block = max(1, min(draws, 20_000_000 // max(n, 1)))
    drawn = []
    for first in range(0, draws, block):
        size = min(block, draws - first)
        times = np.stack([np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(size)]).astype(np.float64)
        drawn.append(averaged(found, periods, keep=keep, weights=times))
    low, high = percentiles(np.concatenate(drawn), confidence)
    return low, high, f"bootstrap of parties, {draws} draws"
