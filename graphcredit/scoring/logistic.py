"""Ridge logistic regression on rank positions: hard to beat where rows are few."""

import warnings
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from graphcredit.scoring.base import TableModel
from graphcredit.scoring.kernels import MISSING, Codes, Floats
from graphcredit.scoring.preprocess import Column, missing_share

STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)
TUNING_ROWS = 3_000
FEW_ROWS = 500


def rank_table(column: Column) -> Floats:
    """Standardised mid-rank of each code among training rows, shape (256,); 0 (average) where missing.

    Codes that no training row has take the rank between their neighbours.
    """
    counts = column.counts[:MISSING].astype(np.float64)
    total = counts.sum()
    if total == 0:
        return np.zeros(256)
    rank = (np.cumsum(counts) - counts / 2) / total - 0.5
    spread = np.sqrt((counts * rank**2).sum() / total)
    return np.append(rank / spread if spread > 1e-12 else np.zeros(MISSING), 0.0)


class Logistic(TableModel):
    """Logistic regression with an L2 penalty, on standardised ranks and flags of missing values.

    Ranks make it immune to heavy tails and to levels that drift; the penalty's strength is chosen by cross-validated
    log loss on the training rows.

    Fitted: `strength_` (scikit-learn's C) and `coefficients_` (column -> weight per standard deviation of rank).
    """

    kind: ClassVar[str] = "logistic"
    complexity: ClassVar[int] = 1
    strength_: float
    coefficients_: dict[str, float]

    def __init__(self, *, seed: int = 0, signs: Mapping[str, int] | None = None, strength: float | None = None) -> None:
        super().__init__(seed=seed, signs=signs)
        self.strength = strength

    def _fit(self, codes: Codes, y: npt.NDArray[np.int64]) -> None:
        columns = self.preparation_.columns_
        ranks = np.stack([rank_table(column) for column in columns])
        share = missing_share(columns)
        flagged = np.flatnonzero((share >= 0.02) & (share <= 0.98))
        design = np.column_stack([ranks[np.arange(len(columns)), codes], codes[:, flagged] == MISSING])
        self.strength_ = self.strength or self._choose(design, y)
        model = _ridge(self.strength_).fit(design, y)
        weights = model.coef_[0]
        tables = ranks * weights[: len(columns), None]
        tables[flagged, MISSING] += weights[len(columns) :]
        self.coefficients_ = dict(zip(self.preparation_.names, map(float, weights[: len(columns)]), strict=True))
        self._set_tables(float(model.intercept_[0]), tables)

    def _choose(self, design: Floats, y: npt.NDArray[np.int64]) -> float:
        rows = np.arange(len(y))
        if len(y) > TUNING_ROWS:
            rows = np.random.default_rng(self.seed).choice(len(y), TUNING_ROWS, replace=False)
        x, target = design[rows], y[rows]
        splits = min(5 if len(target) <= FEW_ROWS else 3, int(target.sum()), int(len(target) - target.sum()))
        if splits < 2:
            return STRENGTHS[2]
        folds = list(StratifiedKFold(splits, shuffle=True, random_state=self.seed).split(x, target))
        losses = []
        for strength in STRENGTHS:
            loss = [
                log_loss(target[out], _ridge(strength).fit(x[into], target[into]).predict_proba(x[out]), labels=[0, 1])
                for into, out in folds
            ]
            losses.append(float(np.mean(loss)))
        return STRENGTHS[int(np.argmin(losses))]


class _Quiet(LogisticRegression):  # type: ignore[misc, unused-ignore]
    """The penalty keeps the optimum finite; the last digits that lbfgs would warn about do not matter here."""

    def fit(self, X: Floats, y: npt.NDArray[np.int64]) -> "_Quiet":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            super().fit(X, y)
        return self


def _ridge(strength: float) -> LogisticRegression:
    return _Quiet(C=strength, max_iter=500, tol=1e-6)
