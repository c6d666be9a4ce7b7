"""Industry overlay: the outlook of a party's industry moves its grade by a stated rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.master_scale import MasterScale
from graphcredit.scoring.metrics import auc, brier
from graphcredit.store.base import AsOf, CreditStore


@dataclass(frozen=True)
class OverlayRule:
    """Notches = -`span` * (trend_weight trend + policy_weight policy + competition_weight (1 - 2 competition)).

    Rounded to whole `step`s; + is worse. Trend and policy run from -1 to 1, competition from 0 to 1 (fierce); what is
    missing counts as neutral. Weights and span are a house choice: a sound outlook lifts by one notch at most.
    """

    trend_weight: float = 0.4
    policy_weight: float = 0.4
    competition_weight: float = 0.2
    span: float = 1.0
    step: float = 0.5

    def notches(self, trend: npt.ArrayLike, policy: npt.ArrayLike, competition: npt.ArrayLike) -> Floats:
        """Notches for outlooks, shape of the arguments."""
        t = np.nan_to_num(np.asarray(trend, dtype=np.float64))
        p = np.nan_to_num(np.asarray(policy, dtype=np.float64))
        c = np.nan_to_num(np.asarray(competition, dtype=np.float64), nan=0.5)
        view = self.trend_weight * t + self.policy_weight * p + self.competition_weight * (1 - 2 * c)
        return np.asarray(np.round(-self.span * view / self.step) * self.step + 0.0)

    def body(self) -> dict[str, float]:
        """JSON-able."""
        return {
            "trend_weight": self.trend_weight,
            "policy_weight": self.policy_weight,
            "competition_weight": self.competition_weight,
            "span": self.span,
            "step": self.step,
        }


@dataclass(frozen=True)
class Outlook:
    """Industry -> (trend, policy, competition) as of a date; a finer code falls back on the longest prefix known."""

    by_industry: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    _notches: dict[tuple[str, OverlayRule], float] = field(default_factory=dict, repr=False, compare=False)

    def find(self, industry: str) -> tuple[str, tuple[float, float, float]] | None:
        """The outlook for an industry, with the code it was found under."""
        for length in range(len(industry), 0, -1):
            found = self.by_industry.get(industry[:length])
            if found is not None:
                return industry[:length], found
        return None

    def notches(self, industries: npt.ArrayLike, rule: OverlayRule) -> Floats:
        """Notches per party, 0 where its industry has no outlook; shape (n,)."""
        given = np.asarray(industries, dtype=object)
        if len(given) == 1:
            return np.array([self._notch(str(given[0]), rule)])
        names, inverse = np.unique(given.astype(str), return_inverse=True)
        return np.array([self._notch(str(name), rule) for name in names])[inverse]

    def _notch(self, industry: str, rule: OverlayRule) -> float:
        """Notches of one industry, kept."""
        kept = self._notches.get((industry, rule))
        if kept is None:
            found = self.find(industry)
            kept = self._notches[industry, rule] = 0.0 if found is None else float(rule.notches(*found[1]))
        return kept


def read_outlook(store: CreditStore, as_of: AsOf = None) -> Outlook:
    """The newest outlook of each industry known as of a date."""
    table = store.read("industry_outlook", as_of=as_of)
    found: dict[str, tuple[float, float, float]] = {}
    rows = sorted(table.to_pylist(), key=lambda row: (row["industry"], row["valid_from"]))
    for row in rows:
        if as_of is not None and str(row["valid_from"])[:10] > str(as_of)[:10]:
            continue
        found[row["industry"]] = tuple(  # type: ignore[assignment]
            float("nan") if row[name] is None else float(row[name]) for name in ("trend", "policy", "competition")
        )
    return Outlook(found)


def backtest(pd: Floats, notches: Floats, y: npt.NDArray[np.int64], scale: MasterScale) -> dict[str, Any]:
    """What the overlay did to predictions whose outcome is known: AUC and Brier score without and with it."""
    moved = scale.notch(pd, notches)
    return {
        "parties_moved": int((notches != 0).sum()),
        "auc_without": auc(y, pd),
        "auc_with": auc(y, moved),
        "brier_without": brier(y, pd),
        "brier_with": brier(y, moved),
        "helps": bool(auc(y, moved) >= auc(y, pd) and brier(y, moved) <= brier(y, pd)),
    }
