"""What every estimate of migration gives."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from scipy.stats import norm

from graphcredit.scoring.kernels import Floats

Text = dict[str, str]


@dataclass(frozen=True)
class Migration:
    """Probabilities of moving from a grade (row) to a grade (column) within the horizon; every row sums to 1.

    Attributes:
        method: cohort, duration or aalen-johansen.
        states: rows and columns: grades best first, default, and not rated where withdrawals are a state.
        matrix: shape (k, k); a state nobody was seen in keeps everyone (and is in `unseen`).
        lower, upper: interval of each entry at `confidence`, shape (k, k).
        moves: moves seen (cohort: parties by first and last state), shape (k, k).
        exposure: parties at the beginning (cohort) or party-years (others), shape (k,).
        horizon_months, since, until, parties: what was observed.
        withdrawn: how ratings withdrawn were taken: drop or keep.
        generator: yearly rates of moving, shape (k, k), rows summing to 0; duration only.
        unseen: states without exposure.
        notes: what a reader must know, English and Chinese.
    """

    method: str
    states: tuple[str, ...]
    matrix: Floats
    lower: Floats
    upper: Floats
    moves: Floats
    exposure: Floats
    horizon_months: int
    since: date
    until: date
    parties: int
    withdrawn: str
    confidence: float
    interval: str
    generator: Floats | None = None
    unseen: tuple[str, ...] = ()
    notes: tuple[Text, ...] = field(default_factory=tuple)

    @property
    def default(self) -> str:
        """Name of the default state."""
        return self.states[-2] if self.withdrawn == "keep" else self.states[-1]

    @property
    def pds(self) -> dict[str, float]:
        """Grade -> probability of default within the horizon."""
        at = self.states.index(self.default)
        return {grade: float(self.matrix[i, at]) for i, grade in enumerate(self.states[:at])}

    def body(self) -> dict[str, Any]:
        """JSON-able."""
        at = self.states.index(self.default)
        return {
            "method": self.method,
            "states": list(self.states),
            "matrix": self.matrix.tolist(),
            "lower": self.lower.tolist(),
            "upper": self.upper.tolist(),
            "moves": self.moves.tolist(),
            "exposure": self.exposure.tolist(),
            "pd": {
                grade: {"pd": pd, "lower": float(self.lower[i, at]), "upper": float(self.upper[i, at])}
                for i, (grade, pd) in enumerate(self.pds.items())
            },
            "horizon_months": self.horizon_months,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "parties": self.parties,
            "withdrawn": self.withdrawn,
            "confidence": self.confidence,
            "interval": self.interval,
            "generator": None if self.generator is None else self.generator.tolist(),
            "unseen": list(self.unseen),
            "notes": list(self.notes),
        }


def wilson(share: Floats, n: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Wilson's score interval (1927) of shares of n; [0, 1] where n is 0."""
    z = float(norm.ppf(0.5 + confidence / 2))
    count = np.maximum(n, 1e-9)
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    low = np.where(share == 0, 0.0, np.maximum(centre - half, 0.0))
    high = np.where(share == 1, 1.0, np.minimum(centre + half, 1.0))
    return np.where(n > 0, low, 0.0), np.where(n > 0, high, 1.0)


def percentiles(draws: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Lower and upper percentiles over the first axis."""
    tail = (1 - confidence) / 2
    found = np.quantile(draws, [tail, 1 - tail], axis=0)
    return found[0], found[1]


def stay_where_unseen(matrix: Floats, exposure: Floats) -> Floats:
    """Rows without exposure become rows of the identity (the last axes are k, k)."""
    k = matrix.shape[-1]
    return np.where(np.asarray(exposure)[..., None] > 0, matrix, np.eye(k))
