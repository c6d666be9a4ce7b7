"""Points: log-odds on the scale that credit people read."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphcredit.exc import ValueRangeError
from graphcredit.scoring.base import logit
from graphcredit.scoring.kernels import Floats


@dataclass(frozen=True)
class PointScale:
    """`points` at good:bad odds of `odds` to 1, and `pdo` more for each doubling of them.

    The default (600 at 50:1, 20 to double) is the usual example of Siddiqi, "Credit Risk Scorecards" (2006).
    """

    points: float = 600.0
    odds: float = 50.0
    pdo: float = 20.0

    def __post_init__(self) -> None:
        if self.odds <= 0 or self.pdo <= 0:
            raise ValueRangeError("odds and pdo are above 0", remedy="for example 600 points at 50:1, 20 to double")

    @property
    def factor(self) -> float:
        """Points per unit of log-odds."""
        return float(self.pdo / np.log(2))

    @property
    def offset(self) -> float:
        """Points at odds of 1:1 (PD of one half)."""
        return float(self.points - self.factor * np.log(self.odds))

    def of_log_odds(self, log_odds: npt.ArrayLike) -> Floats:
        """Points for log-odds of default; fewer where default is likelier."""
        return self.offset - self.factor * np.asarray(log_odds, dtype=np.float64)

    def of_pd(self, pd: npt.ArrayLike) -> Floats:
        """Points for a probability of default."""
        return self.of_log_odds(logit(pd))
