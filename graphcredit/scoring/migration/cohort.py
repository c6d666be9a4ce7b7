"""The cohort method: who was where at the beginning of a period, and where at its end."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.migration.result import percentiles, stay_where_unseen, wilson
from graphcredit.scoring.migration.spells import STILL, Ints, Spells, number_of


def pairs(found: Spells, start: date, end: date) -> tuple[Ints, Ints, Ints]:
    """Parties in a grade on `start`, their grade then, and their state on `end`; shape (m,) each.

    Whoever defaulted in between counts as in default, whatever came after; whoever has no rating on `end` and did not
    default counts as not rated.
    """
    a, b = number_of(start), number_of(end)
    begins = found.at_risk & (found.entered <= a) & (a < found.left)
    rows = np.flatnonzero(begins)
    party, first = found.party[rows], found.state[rows]
    last = np.full(found.parties, found.withdrawn, dtype=np.int64)
    there = (found.entered <= b) & ((b < found.left) | ((found.left == b) & (found.follows == STILL)))
    last[found.party[there]] = found.state[there]
    arrived = (found.left == b) & (found.follows != STILL)  # the spell that follows may have no length
    last[found.party[arrived]] = found.follows[arrived]
    fell = (found.state == found.default) & (found.entered > a) & (found.entered <= b)
    last[found.party[fell]] = found.default
    return party, first, last[party]


def cohort_counts(found: Spells, periods: Sequence[tuple[date, date]]) -> Floats:
    """Parties by state at the beginning and at the end, over all periods; shape (k, k), k states with NR."""
    k = len(found.states)
    counts = np.zeros((k, k))
    for start, end in periods:
        _, first, last = pairs(found, start, end)
        counts += np.bincount(first * k + last, minlength=k * k).reshape(k, k)
    return counts


def shares(counts: Floats, *, keep: bool) -> tuple[Floats, Floats]:
    """Counts (..., k, k) -> matrix and parties per row; without NR (its parties leave the count) unless kept."""
    seen = counts if keep else counts[..., :-1, :-1]
    n = seen.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix = seen / n[..., None]
    return stay_where_unseen(np.nan_to_num(matrix), n), n


def cohort_intervals(
    found: Spells,
    periods: Sequence[tuple[date, date]],
    *,
    keep: bool,
    confidence: float,
    draws: int,
    seed: int,
) -> tuple[Floats, Floats, str]:
    """Intervals of the entries: Wilson's where periods do not overlap, else by drawing parties anew with all their years."""
    matrix, n = shares(cohort_counts(found, periods), keep=keep)
    overlap = any(later[0] < earlier[1] for earlier, later in pairwise(periods))
    if not overlap or draws == 0:
        low, high = wilson(matrix, n[:, None], confidence)
        return low, high, "Wilson per entry"
    k = len(found.states)
    parts = [pairs(found, *period) for period in periods]
    party, cell = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] * k + p[2] for p in parts])
    rng = np.random.default_rng(seed)
    drawn = np.empty((draws, k, k))
    for b in range(draws):
        times = np.bincount(rng.integers(0, found.parties, found.parties), minlength=found.parties)
        drawn[b] = np.bincount(cell, weights=times[party], minlength=k * k).reshape(k, k)
    low, high = percentiles(shares(drawn, keep=keep)[0], confidence)
    return low, high, f"bootstrap of parties, {draws} draws"
