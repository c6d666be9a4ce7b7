"""Gradient boosting with monotone constraints where economics gives a sign; exact tree attributions."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from graphcredit.scoring.base import Attribution, ScoringModel
from graphcredit.scoring.flat_trees import FlatTrees, from_boosting
from graphcredit.scoring.kernels import MISSING, Codes, Floats


def as_floats(codes: Codes) -> npt.NDArray[np.float32]:
    """Codes as float32 with nan for missing, for scikit-learn's trees."""
    return np.where(codes == MISSING, np.float32(np.nan), codes.astype(np.float32))


class Boosting(ScoringModel):
    """Histogram gradient boosting of log-odds (scikit-learn), small trees, shrunk; rounds grow with the data.

    Attributions are exact Shapley values of the trees (TreeSHAP: Lundberg et al. 2020, Nature Machine Intelligence 2).
    """

    kind: ClassVar[str] = "boosting"
    complexity: ClassVar[int] = 4
    trees_: FlatTrees

    def __init__(
        self,
        *,
        seed: int = 0,
        signs: Mapping[str, int] | None = None,
        rounds: int | None = None,
        learning_rate: float | None = None,
    ) -> None:
        super().__init__(seed=seed, signs=signs)
        self.rounds = rounds
        self.learning_rate = learning_rate

    def _fit(self, codes: Codes, y: npt.NDArray[np.int64], weights: Floats | None) -> None:
        n = len(y)
        rare = min(int(y.sum()), n - int(y.sum()))
        signs = self.signs or {}
        model = HistGradientBoostingClassifier(
            max_iter=self.rounds or (60 if n < 400 else 120 if n < 2000 else 250 if n < 20_000 else 400),
            learning_rate=self.learning_rate or (0.05 if n < 2000 else 0.03),
            max_leaf_nodes=4 if rare < 100 else 8 if rare < 2_000 else 16,
            min_samples_leaf=int(np.clip(n // 200, 5, 200)),
            l2_regularization=5.0,
            max_features=0.3,
            monotonic_cst=[int(signs.get(name, 0)) for name in self.preparation_.names],
            early_stopping=False,
            random_state=self.seed,
        )
        model.fit(as_floats(codes), y, sample_weight=weights)
        self.trees_ = from_boosting(model)

    def log_odds_codes(self, codes: Codes) -> Floats:
        """Sum of the trees' leaves."""
        return self.trees_.predict(codes)

    def log_odds_changed(self, codes: Codes, columns: npt.NDArray[np.int64], targets: Codes) -> Floats:
        """Only the trees that split on a changed column are walked again."""
        return self.trees_.changed(codes, columns, targets)

    def attributions_codes(self, codes: Codes) -> Attribution:
        """Exact Shapley values, tree path dependent."""
        values = self.trees_.shapley(codes)
        # the base takes up the last digits, so that the parts add up exactly
        return Attribution(self.preparation_.names, self.log_odds_codes(codes) - values.sum(axis=1), values)

    def _importance(self) -> Floats:
        return self.trees_.split_gain(len(self.preparation_.names))
