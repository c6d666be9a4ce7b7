"""Random forest and extremely randomised trees."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from graphcredit.scoring.base import EPSILON, Attribution, ScoringModel, logit, secant
from graphcredit.scoring.boosting import as_floats
from graphcredit.scoring.flat_trees import FlatTrees, from_forest
from graphcredit.scoring.kernels import Codes, Floats

SMALL, LARGE = 3_000, 50_000


def forest_size(n: int) -> int:
    """Trees grown for n rows: many where rows are few and cheap."""
    return 300 if n <= SMALL else 120


class Forest(ScoringModel):
    """Average of many deep trees; the score is the log-odds of their mean probability.

    Attributions follow the rows' paths through the trees (Saabas 2014) and are carried from probability to log-odds by
    the ratio of both changes, so they add up exactly.
    """

    complexity: ClassVar[int] = 5
    trees_: FlatTrees

    def __init__(self, *, seed: int = 0, signs: Mapping[str, int] | None = None, trees: int | None = None) -> None:
        super().__init__(seed=seed, signs=signs)
        self.trees = trees

    def _fit(self, codes: Codes, y: npt.NDArray[np.int64], weights: Floats | None) -> None:
        model = self._grower(len(y))
        model.fit(as_floats(codes), y, sample_weight=weights)
        self.trees_ = from_forest(model.estimators_)

    @abstractmethod
    def _grower(self, n: int) -> Any: ...

    def log_odds_codes(self, codes: Codes) -> Floats:
        """Log-odds of the mean probability, which is kept one half row away from 0 and 1."""
        return logit(np.clip(self.trees_.predict(codes), 1e-3, 1 - 1e-3))

    def attributions_codes(self, codes: Codes) -> Attribution:
        """Path attribution in probability, rescaled to log-odds."""
        base, values = self.trees_.path_attribution(codes)
        log_odds = self.log_odds_codes(codes)
        start = float(logit(base))
        slope = 1 / max(base * (1 - base), EPSILON)
        ratio = secant(log_odds - start, values.sum(axis=1), slope)
        values *= ratio[:, None]
        return Attribution(self.preparation_.names, log_odds - values.sum(axis=1), values)

    def _importance(self) -> Floats:
        return self.trees_.split_gain(len(self.preparation_.names))


def _shape(n: int, seed: int, trees: int | None) -> dict[str, Any]:
    """Growth that forests share: leaves of a few rows, wider where there are many."""
    return {
        "n_estimators": trees or forest_size(n),
        "min_samples_leaf": int(np.clip(n // 1000, 3, 20)),
        "n_jobs": -1 if n > 1_000 else 1,
        "random_state": seed,
    }


class RandomForest(Forest):
    """Random forest (Breiman 2001): bootstrap rows, the best cut among sqrt(p) columns a split."""

    kind: ClassVar[str] = "random_forest"

    def _grower(self, n: int) -> Any:
        share = None if n <= SMALL else float(np.clip(10_000 / n, 0.05, 0.5))
        return RandomForestClassifier(
            max_features="sqrt", bootstrap=True, max_samples=share, **_shape(n, self.seed, self.trees)
        )


class ExtraTrees(Forest):
    """Extremely randomised trees (Geurts, Ernst & Wehenkel 2006): cuts drawn at random, the best of them kept."""

    kind: ClassVar[str] = "extra_trees"

    def _grower(self, n: int) -> Any:
        sampled = n > LARGE
        return ExtraTreesClassifier(
            max_features="sqrt",
            bootstrap=sampled,
            max_samples=float(np.clip(LARGE / n, 0.02, 1.0)) if sampled else None,
            **_shape(n, self.seed, self.trees),
        )
