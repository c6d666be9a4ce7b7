"""Who changes sides when one model replaces another at the same approval rate.

Source: Siddiqi (2006), Credit Risk Scorecards; the two sets that swap are compared by Fisher's exact test.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import fisher_exact

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import Labels01

RATES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def approved_first(score: Floats, count: int) -> npt.NDArray[np.bool_]:
    """The `count` parties of least risk, ties by order of rows; mask of shape (n,)."""
    made = np.zeros(len(score), dtype=bool)
    made[np.argsort(score, kind="stable")[:count]] = True
    return made


def swap_set(y: Labels01, new: Floats, old: Floats, approval_rate: float) -> dict[str, Any]:
    """Both models approve the same share of parties; who is in one's share and not in the other's? JSON-able.

    Args:
        y: outcomes, shape (n,).
        new, old: scores of the two models, higher is riskier, shape (n,).
        approval_rate: share of parties approved, 0..1.

    Returns:
        Four sets with n, defaults and rate: `both`, `swapped_in` (only the new one approves), `swapped_out` (only the
        old one did), `neither`; `defaults_avoided` (by changing to the new one) and `p` of equal rates in the two sets
        that swap, None where nobody does.
    """
    count = round(approval_rate * len(y))
    a, b = approved_first(new, count), approved_first(old, count)
    sets = {"both": a & b, "swapped_in": a & ~b, "swapped_out": ~a & b, "neither": ~a & ~b}
    made: dict[str, Any] = {"approval_rate": approval_rate, "approved": count}
    for name, rows in sets.items():
        n, bad = int(rows.sum()), int(y[rows].sum())
        made[name] = {"n": n, "defaults": bad, "rate": bad / n if n else None}
    came, left = made["swapped_in"], made["swapped_out"]
    made["defaults_avoided"] = left["defaults"] - came["defaults"]
    made["p"] = None
    if came["n"] and left["n"]:
        table = [[each["defaults"], each["n"] - each["defaults"]] for each in (came, left)]
        made["p"] = float(fisher_exact(table).pvalue)
    return made


def swap_sets(y: Labels01, new: Floats, old: Floats, rates: Sequence[float] = RATES) -> list[dict[str, Any]]:
    """`swap_set` at several approval rates."""
    return [swap_set(y, new, old, rate) for rate in rates]
