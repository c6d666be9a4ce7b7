"""Cut-offs and what they earn: approve every party whose PD lies below.

Each party is lent one unit for one period. A sound one earns margin - cost, a defaulted one -lgd - cost; so a party is
worth lending to below the break-even PD (margin - cost) / (margin + lgd).
Source: Thomas, Edelman & Crook (2002), Credit Scoring and Its Applications, chapter 9.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from graphcredit.exc import ValueRangeError
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import Labels01

STEPS = 20


@dataclass(frozen=True)
class ProfitTerms:
    """What one unit lent earns and loses within the labels' horizon.

    Attributes:
        lgd: share lost where a party defaults, 0..1.
        margin: interest and fees earned on a sound party, above the cost of funds, share of exposure.
        cost: of handling any loan, share of exposure.
        source: where the three come from.

    Raises:
        ValueRangeError: one is negative or no number, or lgd is above 1.
    """

    lgd: float = 0.45
    margin: float = 0.05
    cost: float = 0.008
    source: str = "lgd: Basel CRE32.6, senior unsecured in the foundation approach; margin and cost: house choice"

    def __post_init__(self) -> None:
        for name, value, most in (("lgd", self.lgd, 1.0), ("margin", self.margin, np.inf), ("cost", self.cost, np.inf)):
            if not 0 <= value <= most:
                raise ValueRangeError(f"{name} is {value}", remedy="give a share of exposure, such as 0.45 for 45%")

    @property
    def break_even(self) -> float | None:
        """PD at which a loan earns nothing, None where nothing is ever earned or lost."""
        if self.margin + self.lgd == 0:
            return None
        return float(np.clip((self.margin - self.cost) / (self.margin + self.lgd), 0, 1))

    def expected(self, pd: Floats) -> Floats:
        """Expected profit per unit lent, shape of `pd`."""
        return np.asarray((1 - pd) * self.margin - pd * self.lgd - self.cost)

    def realised(self, y: Labels01) -> Floats:
        """Profit per unit lent once outcomes are known, shape of `y`."""
        return np.asarray(np.where(y == 1, -self.lgd, self.margin) - self.cost)


def cutoff_table(y: Labels01, pd: Floats, terms: ProfitTerms, *, own: float | None = None) -> dict[str, Any]:
    """What approving below each cut-off gives; JSON-able.

    Args:
        y, pd: outcomes and predictions, shape (n,).
        terms: profit and loss per unit.
        own: the model's own cut-off, added to the table.

    Returns:
        `rows` (by twentieths of approved parties, the break-even PD and `own`, lowest cut-off first), `terms`,
        `break_even`, `best_expected` and `best_realised` (the best row over every possible cut-off; hindsight for the
        latter).
    """
    order = np.argsort(pd, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(pd[order]) != 0, True)) + 1
    sums = {
        "defaults": np.append(0, np.cumsum(y[order])),
        "expected_defaults": np.append(0.0, np.cumsum(pd[order])),
        "expected_profit": np.append(0.0, np.cumsum(terms.expected(pd)[order])),
        "realised_profit": np.append(0.0, np.cumsum(terms.realised(y)[order])),
    }
    total = int(y.sum())

    def row(approved: int, cutoff: float, kind: str = "step") -> dict[str, Any]:
        bad = int(sums["defaults"][approved])
        return {
            "kind": kind,
            "cutoff": cutoff,
            "approved": approved,
            "approval_rate": approved / len(y),
            "defaults": bad,
            "default_rate": bad / approved if approved else None,
            "mean_pd": float(sums["expected_defaults"][approved]) / approved if approved else None,
            "defaults_declined": (total - bad) / total if total else None,
            "expected_profit": float(sums["expected_profit"][approved]) / len(y),
            "realised_profit": float(sums["realised_profit"][approved]) / len(y),
        }

    def below(cutoff: float, kind: str) -> dict[str, Any]:
        return row(int(np.searchsorted(pd[order], cutoff, side="left")), cutoff, kind)

    def after(approved: int) -> float:
        return float(pd[order][approved]) if approved < len(y) else 1.0

    wanted = np.linspace(0, len(y), STEPS + 1)[1:]
    steps = sorted({int(ends[min(np.searchsorted(ends, w - 1e-9), len(ends) - 1)]) for w in wanted})
    rows = [row(k, after(k)) for k in steps]
    if terms.break_even is not None:
        rows.append(below(terms.break_even, "break_even"))
    if own is not None:
        rows.append(below(own, "model"))
    choices = np.append(0, ends)
    best = {name: int(choices[int(np.argmax(sums[name][choices]))]) for name in ("expected_profit", "realised_profit")}
    return {
        "rows": sorted(rows, key=lambda each: (each["cutoff"], each["kind"])),
        "terms": asdict(terms),
        "break_even": terms.break_even,
        "best_expected": row(best["expected_profit"], after(best["expected_profit"]), "best"),
        "best_realised": row(best["realised_profit"], after(best["realised_profit"]), "best"),
    }
