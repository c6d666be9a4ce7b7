"""The average of several kinds: what won most often."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from graphcredit.scoring.base import Attribution, ScoringModel
from graphcredit.scoring.boosting import Boosting
from graphcredit.scoring.forest import ExtraTrees, RandomForest
from graphcredit.scoring.kernels import Codes, Floats
from graphcredit.scoring.logistic import Logistic
from graphcredit.scoring.preprocess import Prepared
from graphcredit.scoring.scorecard import Scorecard

MEMBERS = ("boosting", "random_forest", "extra_trees", "scorecard", "logistic")


class Average(ScoringModel):
    """Mean log-odds of boosting, random forest, extra trees, scorecard and logistic; attributions are the members' mean.

    `of` builds it from members already fitted on the same preparation, so that they are not fitted twice.
    """

    kind: ClassVar[str] = "average"
    complexity: ClassVar[int] = 6
    members_: list[ScoringModel]

    def __init__(self, *, seed: int = 0, signs: Mapping[str, int] | None = None) -> None:
        super().__init__(seed=seed, signs=signs)

    @classmethod
    def of(cls, members: Sequence[ScoringModel]) -> "Average":
        """An average of fitted members that share one preparation."""
        made = cls(seed=members[0].seed, signs=members[0].signs)
        made.members_ = list(members)
        made.preparation_ = members[0].preparation_
        made.classes_ = np.array([0, 1])
        return made

    def fit_prepared(self, prepared: Prepared, y: npt.ArrayLike, weights: Floats | None = None) -> "Average":
        """Fit each member on the same codes."""
        self.members_ = [
            kind(seed=self.seed, signs=self.signs).fit_prepared(prepared, y, weights)
            for kind in (Boosting, RandomForest, ExtraTrees, Scorecard, Logistic)
        ]
        self.preparation_ = prepared.preparation
        self.classes_ = np.array([0, 1])
        return self

    def log_odds_codes(self, codes: Codes) -> Floats:
        """Mean of the members' log-odds."""
        return np.asarray(sum(member.log_odds_codes(codes) for member in self.members_) / len(self.members_))

    def attributions_codes(self, codes: Codes) -> Attribution:
        """Mean of the members' attributions; still adds up, as the mean is linear."""
        parts = [member.attributions_codes(codes) for member in self.members_]
        k = len(parts)
        return Attribution(
            parts[0].names,
            np.asarray(sum(part.base for part in parts) / k),
            np.asarray(sum(part.values for part in parts) / k),
        )

    def _importance(self) -> Floats:
        shares = [list(member.importance().values()) for member in self.members_]
        return np.asarray(np.mean(shares, axis=0))

    def describe(self) -> dict[str, Any]:
        """Its members, and the importance of columns in their mean."""
        return {**super().describe(), "members": [member.kind for member in self.members_]}
