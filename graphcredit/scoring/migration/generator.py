"""From a matrix over a period to rates in continuous time, and from either to a term structure of PD.

Not every matrix is the exponential of a generator (the embedding problem). Israel, Rosenthal & Wei (2001), "Finding
generators for Markov chains via empirical transition matrices", Mathematical Finance 11, give conditions that exclude
one; the repairs are those of Israel et al. and of Kreinin & Sidelnikova (2001), "Regularization algorithms for
transition matrices", Algo Research Quarterly 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import logm

from graphcredit.exc import InputError, ShapeError, ValueRangeError
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.migration.duration import after

REPAIRS = ("quasi-optimal", "diagonal", "weighted")
_CLOSE = 1e-9


@dataclass(frozen=True)
class Embedding:
    """A generator for a matrix, and how true it is to it.

    Attributes:
        generator: yearly rates, rows summing to 0, nothing negative off the diagonal.
        exact: whether the matrix's logarithm was a generator as it stood.
        most_negative: the lowest rate off the diagonal before the repair (0 where exact).
        repair: how negative rates were mended, "" where there were none.
        distance: largest absolute difference of exp(generator) and the matrix.
        excluded_by: conditions met under which no exact generator exists.
    """

    generator: Floats
    exact: bool
    most_negative: float
    repair: str
    distance: float
    excluded_by: tuple[str, ...]

    def body(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "generator": self.generator.tolist(),
            "exact": self.exact,
            "most_negative": self.most_negative,
            "repair": self.repair,
            "distance": self.distance,
            "excluded_by": list(self.excluded_by),
        }


def generator_of(matrix: Floats, *, years: float = 1.0, repair: str = "quasi-optimal") -> Embedding:
    """A generator whose exponential over `years` is the matrix, or near it.

    Negative rates of the logarithm are mended: `quasi-optimal` takes the generator nearest to it, row by row (Kreinin &
    Sidelnikova); `diagonal` sets them to 0 and lets the diagonal answer; `weighted` spreads them over the row.

    Raises:
        ShapeError: not a square matrix; ValueRangeError: rows that are no probabilities, or a logarithm that does not
            exist in real numbers; InputError: an unknown repair.
    """
    given = np.asarray(matrix, dtype=np.float64)
    if given.ndim != 2 or given.shape[0] != given.shape[1]:
        raise ShapeError(f"a matrix of shape {given.shape} is not square", remedy="give one row and column per state")
    if (given < 0).any() or not np.allclose(given.sum(axis=1), 1, atol=1e-8):
        raise ValueRangeError("rows of the matrix are not probabilities", remedy="each row is >= 0 and sums to 1")
    if repair not in REPAIRS:
        raise InputError(f"unknown repair {repair!r}", remedy=f"one of {', '.join(REPAIRS)}")
    reasons = excluded_by(given)
    if np.linalg.det(given) <= 1e-14:
        raise ValueRangeError(
            "the matrix has no real logarithm: its determinant is not positive",
            remedy="join thin grades, or estimate rates from durations instead",
        )
    raw = np.asarray(logm(given))
    if np.abs(np.imag(raw)).max() > 1e-8:
        raise ValueRangeError(
            "the matrix has no real logarithm", remedy="join thin grades, or estimate rates from durations instead"
        )
    rates = np.real(raw) / years
    off = rates - np.diag(np.diag(rates))
    lowest = float(min(off.min(), 0.0))
    exact = lowest > -_CLOSE
    mended = _clean(rates) if exact else _REPAIR[repair](rates)
    distance = float(np.abs(after(mended, years) - given).max())
    return Embedding(mended, exact, 0.0 if exact else lowest, "" if exact else repair, distance, reasons)


def excluded_by(matrix: Floats) -> tuple[str, ...]:
    """Conditions of Israel, Rosenthal & Wei met by a matrix, each of which excludes an exact generator."""
    found = []
    determinant = float(np.linalg.det(matrix))
    if determinant <= 0:
        found.append("det(P) <= 0")
    elif determinant > float(np.prod(np.diag(matrix))) * (1 + 1e-9):
        found.append("det(P) > product of the diagonal")
    k = len(matrix)
    reach = np.linalg.matrix_power((matrix > 0).astype(np.float64) + np.eye(k), k) > 0
    if (reach & (matrix <= 0)).any():
        found.append("a state that can be reached is not reached within the period")
    return tuple(found)


def _clean(rates: Floats) -> Floats:
    made = np.maximum(rates, 0.0)
    np.fill_diagonal(made, 0.0)
    np.fill_diagonal(made, -made.sum(axis=1))
    return made


def _weighted(rates: Floats) -> Floats:
    """Negative rates go, their sum is taken from all others of the row (the diagonal, too) in proportion to their size."""
    made = rates.copy()
    for i, row in enumerate(made):
        off = np.arange(len(row)) != i
        bad = -np.minimum(row[off], 0).sum()
        good = abs(row[i]) + np.maximum(row[off], 0).sum()
        if good > 0:
            row[:] = np.where((row < 0) & off, 0.0, row - bad * np.abs(row) / good)
    return _clean(made)


def _quasi_optimal(rates: Floats) -> Floats:
    """The point of {sum 0, off-diagonal >= 0} nearest to each row, by sorting (projection on a cone)."""
    made = np.zeros_like(rates)
    for i, row in enumerate(rates):
        k = len(row)
        off = np.delete(row, i)
        order = np.argsort(off)  # smallest first: these are set to 0 one after the other
        b = off[order]
        for gone in range(k):
            shift = (row[i] + b[gone:].sum()) / (k - gone)
            if gone == k - 1 or b[gone] - shift >= 0:
                break
        kept = np.maximum(off - shift, 0.0)
        kept[order[:gone]] = 0.0
        made[i] = np.insert(kept, i, -kept.sum())
    return made


_REPAIR = {"diagonal": _clean, "weighted": _weighted, "quasi-optimal": _quasi_optimal}


def pd_term_structure(
    states: Sequence[str], rates: Floats, years: Sequence[float], *, default: str
) -> list[dict[str, Any]]:
    """Cumulative PD per grade after each time, and the yearly rate of default of those who survived until then.

    Args:
        states: rows of the generator.
        rates: yearly rates, shape (k, k).
        years: times, ascending from above 0.
        default: name of the default state, which nobody leaves.

    Returns:
        One row per time: `years`, `cumulative` (grade -> PD) and `forward` (grade -> conditional yearly PD since the
        time before).

    Raises:
        ValueRangeError: times not ascending from above 0.
    """
    if not years or any(b <= a for a, b in zip((0.0, *years), years, strict=False)):
        raise ValueRangeError(f"times {list(years)} do not ascend from above 0", remedy="give years such as 1,2,3,5")
    at = list(states).index(default)
    grades = [state for i, state in enumerate(states) if i != at and state != "NR"]
    before, earlier = dict.fromkeys(grades, 0.0), 0.0
    made = []
    for year in years:
        reached = after(rates, year)
        now = {grade: float(reached[list(states).index(grade), at]) for grade in grades}
        forward = {
            grade: 1 - ((1 - now[grade]) / (1 - before[grade])) ** (1 / (year - earlier)) if before[grade] < 1 else 1.0
            for grade in grades
        }
        made.append({"years": float(year), "cumulative": now, "forward": forward})
        before, earlier = now, year
    return made
