"""The model within industries, regions and sizes: does it rank there, are its PDs right there?"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import Labels01, auc, auc_interval
from graphcredit.scoring.validation.grades import FEW, tested
from graphcredit.scoring.validation.sources import Text, say

MOST_LEVELS = 15
UNKNOWN, OTHER = "", "*"
"""Names of parties without a value, and of those in segments too small to be shown."""
_FEW_CLASS = 5


def segment_table(y: Labels01, pd: Floats, level: npt.NDArray[np.object_]) -> list[dict[str, Any]]:
    """One row a segment, largest first, small ones joined; JSON-able.

    Args:
        y, pd: outcomes and predictions, shape (n,).
        level: segment of each party, "" where unknown, shape (n,).

    Returns:
        segment, the figures of `grades.tested`, auc and auc_ci (None with fewer than five of a class), and `note`,
        which says why a figure is missing or weak.
    """
    names, inverse, counts = np.unique(level.astype(str), return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    known = [i for i in order if names[i] != UNKNOWN]
    shown = known if len(known) <= MOST_LEVELS else known[: MOST_LEVELS - 1]
    groups: list[tuple[str, npt.NDArray[np.bool_]]] = [(str(names[i]), inverse == i) for i in shown]
    rest = np.isin(inverse, [i for i in known if i not in set(shown)])
    groups += [(OTHER, rest)] if rest.any() else []
    missing = level.astype(str) == UNKNOWN
    groups += [(UNKNOWN, missing)] if missing.any() else []
    return [{"segment": name, **_segment(y[rows], pd[rows])} for name, rows in groups]


def _segment(y: Labels01, pd: Floats) -> dict[str, Any]:
    made = tested(y, pd)
    bad = made["defaults"]
    rare = min(bad, made["n"] - bad)
    area: float | None = None
    interval: list[float | None] = [None, None]
    note: Text | None = None
    if rare == 0:
        note = say(
            f"all {made['n']} parties have outcome {int(y[0])}: nothing to rank",
            f"{made['n']} 个主体结果均为 {int(y[0])}，无法检验排序能力",
        )
    elif rare < _FEW_CLASS:
        note = say(f"only {rare} of one outcome: no AUC", f"某一结果仅 {rare} 个，不计算 AUC")
    else:
        area, (low, high) = auc(y, pd), auc_interval(y, pd)
        interval = [low, high]
        if made["n"] < FEW:
            note = say(f"only {made['n']} parties: read with care", f"仅 {made['n']} 个主体，谨慎解读")
    return {**made, "auc": area, "auc_ci": interval, "note": note}


def segments(y: Labels01, pd: Floats, levels: Mapping[str, npt.NDArray[np.object_]]) -> dict[str, Any]:
    """`segment_table` of each division (industry, region, size), by name; one without two known levels is left out."""
    found = {}
    for name, level in levels.items():
        if len(set(level.astype(str)) - {UNKNOWN}) >= 2:
            found[name] = segment_table(y, pd, level)
    return found
