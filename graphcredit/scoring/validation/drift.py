"""Has the population moved? PSI of the score and CSI of each feature, per period.

Source: Siddiqi (2006) for the index and its thresholds; Yurdakul & Naranjo (2020) for what chance alone gives: with B bins
and samples of n and m, PSI is about (1/n + 1/m) times a chi-square with B - 1 degrees of freedom.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2

from graphcredit.scoring.kernels import MISSING, Codes, Floats
from graphcredit.scoring.preprocess import Column

MODERATE, LARGE = 0.10, 0.25
LEAST_SHARE = 1e-4
"""An empty bin counts as this share, so that its logarithm exists."""
GROUPS = 10
MOST_PERIODS = 12


def psi(expected: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Population stability index of two sets of counts over the same bins, shape (k,) each; nan where one is empty.

    sum (a - e) ln(a / e) over shares: 0 for equal shares, never negative, the same either way round.
    """
    e, a = np.asarray(expected, np.float64), np.asarray(actual, np.float64)
    if e.sum() <= 0 or a.sum() <= 0:
        return float("nan")
    e, a = np.maximum(e / e.sum(), LEAST_SHARE), np.maximum(a / a.sum(), LEAST_SHARE)
    return float(((a - e) * np.log(a / e)).sum())


def noise(expected: npt.ArrayLike, actual: npt.ArrayLike, level: float = 0.95) -> float:
    """PSI that two samples of one population stay below with this probability."""
    e, a = np.asarray(expected, np.float64), np.asarray(actual, np.float64)
    used = int(((e + a) > 0).sum())
    if used < 2 or e.sum() <= 0 or a.sum() <= 0:
        return 0.0
    return float(chi2.ppf(level, used - 1) * (1 / e.sum() + 1 / a.sum()))


def shifted(expected: npt.ArrayLike, actual: npt.ArrayLike) -> dict[str, Any]:
    """psi, noise (95%), n and light: yellow from .10 and red from .25, but green where chance alone explains it."""
    value, floor = psi(expected, actual), noise(expected, actual)
    n = int(np.asarray(actual).sum())
    if not np.isfinite(value):
        return {"psi": None, "noise": None, "n": n, "light": "grey"}
    colour = "red" if value >= LARGE else "yellow" if value >= MODERATE else "green"
    return {"psi": value, "noise": floor, "n": n, "light": colour if value > floor else "green"}


def quantile_counts(reference: Floats, *others: Floats, groups: int = GROUPS) -> list[npt.NDArray[np.int64]]:
    """Counts of the reference, then of others, over the reference's quantile bins (ties together, ends open)."""
    cuts = np.unique(np.quantile(reference, np.linspace(0, 1, groups + 1)[1:-1])) if len(reference) else np.array([])
    return [
        np.bincount(np.searchsorted(cuts, each, side="right"), minlength=len(cuts) + 1) for each in (reference, *others)
    ]


def score_drift(reference: Floats, score: Floats, period: npt.NDArray[np.object_]) -> list[dict[str, Any]]:
    """PSI of the score in each period, and in all together (period None), against the reference; JSON-able."""
    parts: list[tuple[str | None, Floats]] = [(None, score)]
    parts += [(name, score[period == name]) for name in sorted(set(period))]
    counts = quantile_counts(reference, *(part for _, part in parts))
    return [{"period": name, **shifted(counts[0], mine)} for (name, _), mine in zip(parts, counts[1:], strict=True)]


def merged_codes(counts: npt.NDArray[np.int64], groups: int = GROUPS) -> npt.NDArray[np.int64]:
    """A group for each of a column's 256 codes: neighbours joined to about equal training shares, missing apart."""
    present = counts[:MISSING].astype(np.float64)
    total = present.sum()
    middle = np.cumsum(present) - present / 2
    group = np.floor(middle / total * groups).astype(np.int64) if total else np.zeros(MISSING, dtype=np.int64)
    _, group = np.unique(np.clip(group, 0, groups - 1), return_inverse=True)
    return np.append(group, group.max() + 1)


def feature_drift(
    columns: Sequence[Column],
    codes: Codes,
    period: npt.NDArray[np.object_],
    importance: Mapping[str, float],
    reference: Codes | None = None,
) -> list[dict[str, Any]]:
    """CSI of each feature that a model reads, most shifted first; JSON-able.

    Args:
        columns: the model's columns, with their training counts per code.
        codes: rows to judge, coded by the model's own preparation, shape (n, p).
        period: of each row, shape (n,).
        importance: column -> share of what moves the score.
        reference: training rows, coded the same way, shape (m, p). Without them the columns' own counts stand in, and
            categories (which were coded out of fold in training) get no index.

    Returns:
        Per feature: csi, noise, light, missing share then and now, importance, and `periods` (period -> csi).
    """
    names = sorted(set(period))
    rows = []
    for j, column in enumerate(columns):
        before = column.counts if reference is None else np.bincount(reference[:, j], minlength=MISSING + 1)
        if reference is None and column.levels is not None:
            before = np.zeros_like(before)
        group = merged_codes(before)
        k = int(group[-1]) + 1
        expected = np.bincount(group, weights=before, minlength=k)
        mine = group[codes[:, j]]
        found = shifted(expected, np.bincount(mine, minlength=k))
        by_period = {name: shifted(expected, np.bincount(mine[period == name], minlength=k))["psi"] for name in names}
        rows.append(
            {
                "feature": column.name,
                "csi": found["psi"],
                "noise": found["noise"],
                "light": found["light"],
                "missing_then": float(before[MISSING] / before.sum()) if before.sum() else None,
                "missing_now": float((codes[:, j] == MISSING).mean()) if len(codes) else None,
                "importance": float(importance.get(column.name, 0.0)),
                "periods": by_period,
            }
        )
    return sorted(rows, key=lambda row: (-(row["csi"] or 0.0), row["feature"]))


def periods_of(days: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """A period for each date: the date itself while there are at most twelve, else its quarter, else its year."""
    distinct: list[date] = sorted(set(days))
    names = {day: day.isoformat() for day in distinct}
    if len(distinct) > MOST_PERIODS:
        names = {day: f"{day.year}-Q{(day.month + 2) // 3}" for day in distinct}
        if len(set(names.values())) > MOST_PERIODS:
            names = {day: str(day.year) for day in distinct}
    return np.asarray(pd.Series(days, dtype=object).map(names).to_numpy(dtype=object), dtype=object)
