"""The duration method: rates of moving per year spent, and what they make of any horizon.

Source: Lando & Skoedeberg (2002), "Analyzing rating transitions and rating drift with continuous observations", Journal
of Banking & Finance 26; intervals by drawing parties anew as in Hanson & Schuermann (2006), "Confidence intervals for
probabilities of default", same journal, 30. A time-homogeneous Markov chain is assumed.
"""

from datetime import date

import numpy as np
from scipy.linalg import expm

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.migration.result import percentiles
from graphcredit.scoring.migration.spells import DAYS_A_YEAR, STILL, Ints, Spells, number_of


def moves_and_years(found: Spells, since: date | None = None, *, keep: bool) -> tuple[Ints, Ints, Ints, Floats]:
    """Moves and time of spells in a grade after `since`.

    Returns:
        party of each move, its cell (from * k + to), row of each spell, years spent in it. k counts NR where it is kept.
    """
    begin = -np.inf if since is None else number_of(since)
    used = found.at_risk & (found.left > begin)
    k = len(found.states) if keep else len(found.states) - 1
    goes = used & (found.follows != STILL) & (found.follows != found.state)
    if not keep:
        goes &= found.follows != found.withdrawn
    years = np.where(used, found.left - np.maximum(found.entered, begin), 0.0) / DAYS_A_YEAR
    rows = np.flatnonzero(goes)
    return found.party[rows], found.state[rows] * k + found.follows[rows], rows, years


def generator(moves: Floats, years: Floats) -> Floats:
    """Rates: moves over party-years, rows summing to 0; no time spent, no rate. Shapes (..., k, k) and (..., k)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = np.nan_to_num(moves / np.asarray(years)[..., None], posinf=0.0)
    k = rates.shape[-1]
    diagonal = np.arange(k)
    rates[..., diagonal, diagonal] = 0.0
    rates[..., diagonal, diagonal] = -rates.sum(axis=-1)
    return rates


def counted(found: Spells, since: date | None = None, *, keep: bool) -> tuple[Floats, Floats]:
    """Moves (k, k) and party-years (k,)."""
    k = len(found.states) if keep else len(found.states) - 1
    _, cell, _, years = moves_and_years(found, since, keep=keep)
    moves = np.bincount(cell, minlength=k * k).reshape(k, k).astype(np.float64)
    spent = np.bincount(found.state, weights=years, minlength=len(found.states))[:k]
    return moves, np.asarray(spent, dtype=np.float64)


def after(rates: Floats, years: float) -> Floats:
    """exp(rates * years): probabilities of moving within so many years, rows made to sum to 1 exactly."""
    made = np.maximum(np.asarray(expm(rates * years)), 0.0)
    return np.asarray(made / made.sum(axis=-1, keepdims=True))


def duration_intervals(
    found: Spells,
    since: date | None,
    *,
    keep: bool,
    years: float,
    confidence: float,
    draws: int,
    seed: int,
) -> tuple[Floats, Floats, str]:
    """Percentile intervals of exp(rates * years), drawing parties anew."""
    k = len(found.states) if keep else len(found.states) - 1
    party, cell, _, spent = moves_and_years(found, since, keep=keep)
    inside = found.state < k
    owner, state, spent = found.party[inside], found.state[inside], spent[inside]
    rng = np.random.default_rng(seed)
    moves, time = np.empty((draws, k, k)), np.empty((draws, k))
    for b in range(draws):
        times = np.bincount(rng.integers(0, found.parties, found.parties), minlength=found.parties)
        moves[b] = np.bincount(cell, weights=times[party], minlength=k * k).reshape(k, k)
        time[b] = np.bincount(state, weights=times[owner] * spent, minlength=k)
    low, high = percentiles(after(generator(moves, time), years), confidence)
    return low, high, f"bootstrap of parties, {draws} draws"
