"""Where parties of each grade were a while later: counts and shares, by the cohort method."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.integer[Any]]


def migration(before: Positions, after: Positions, names: Sequence[str]) -> dict[str, Any]:
    """Grades of the same parties on two days, as a matrix; JSON-able.

    Args:
        before, after: position of each party's grade in `names`, shape (n,) each, 0 = best.
        names: grades, best first, length k.

    Returns:
        `grades`, `counts` (k, k) from row to column, `shares` (rows sum to 1, None where a grade was empty), `n`,
        `stable`, `better`, `worse` (shares of parties), `mean_notches` (+ = worse), `moved_far` (share beyond two
        notches).
    """
    k, n = len(names), len(before)
    counts = np.zeros((k, k), dtype=np.int64)
    np.add.at(counts, (before, after), 1)
    totals = counts.sum(axis=1)
    step = after.astype(np.int64) - before.astype(np.int64)

    def share(rows: npt.NDArray[np.bool_]) -> float | None:
        return float(rows.mean()) if n else None

    return {
        "grades": list(names),
        "n": n,
        "counts": counts.tolist(),
        "shares": [(row / total).tolist() if total else None for row, total in zip(counts, totals, strict=True)],
        "stable": share(step == 0),
        "better": share(step < 0),
        "worse": share(step > 0),
        "mean_notches": float(step.mean()) if n else None,
        "moved_far": share(np.abs(step) > 2),
    }
