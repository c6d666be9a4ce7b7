"""Ridge logistic regression on rank positions: hard to beat where rows are few."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from graphcredit.scoring.base import TableModel, expit, logit
from graphcredit.scoring.kernels import MISSING, Codes, Floats
from graphcredit.scoring.preprocess import Column, missing_share

STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)
TUNING_ROWS = 3_000
FEW_ROWS, MANY_ROWS = 500, 1_500


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

    def _fit(self, codes: Codes, y: npt.NDArray[np.int64], weights: Floats | None) -> None:
        columns = self.preparation_.columns_
        ranks = np.stack([rank_table(column) for column in columns])
        share = missing_share(columns)
        flagged = _distinct(codes, np.flatnonzero((share >= 0.02) & (share <= 0.98)))
        design = np.column_stack([ranks[np.arange(len(columns)), codes], codes[:, flagged] == MISSING]).astype(
            np.float64
        )
        self.strength_ = self.strength or self._choose(design, y, weights)
        found = ridge(design, y, self.strength_, weights=weights)
        slopes, intercept = found[:-1], float(found[-1])
        tables = ranks * slopes[: len(columns), None]
        tables[flagged, MISSING] += slopes[len(columns) :]
        self.coefficients_ = dict(zip(self.preparation_.names, map(float, slopes[: len(columns)]), strict=True))
        self._set_tables(intercept, tables)

    def _choose(self, design: Floats, y: npt.NDArray[np.int64], weights: Floats | None) -> float:
        rows = np.arange(len(y))
        if len(y) > TUNING_ROWS:
            rows = np.random.default_rng(self.seed).choice(len(y), TUNING_ROWS, replace=False)
        x, target = design[rows], y[rows]
        given = np.ones(len(y)) if weights is None else weights
        weigh = given[rows]
        splits = min(5 if len(target) <= FEW_ROWS else 3, int(target.sum()), int(len(target) - target.sum()))
        if splits < 2:
            return STRENGTHS[2]
        folds = list(StratifiedKFold(splits, shuffle=True, random_state=self.seed).split(x, target))
        losses = np.zeros(len(STRENGTHS))
        for into, out in folds if len(target) <= MANY_ROWS else folds[:1]:
            w: Floats | None = None  # each strength begins where the stronger penalty ended
            for i, strength in enumerate(STRENGTHS):
                w = ridge(x[into], target[into], strength, w, weights=None if weights is None else weigh[into])
                pds = expit(x[out] @ w[:-1] + w[-1])
                losses[i] += log_loss(target[out], pds, sample_weight=weigh[out], labels=[0, 1])
        return STRENGTHS[int(np.argmin(losses))]


def _distinct(codes: Codes, flagged: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Of the columns whose absence may tell something, one of each pattern of absence."""
    seen: dict[bytes, int] = {}
    for j in flagged:
        seen.setdefault(np.packbits(codes[:, j] == MISSING).tobytes(), int(j))
    return np.array(sorted(seen.values()), dtype=np.int64)


def ridge(
    x: Floats,
    y: npt.NDArray[np.int64],
    strength: float,
    start: Floats | None = None,
    *,
    weights: Floats | None = None,
) -> Floats:
    """Weights (p + 1,), the intercept last, that minimise sum log loss + |w|^2 / (2 strength), the intercept free.

    Newton steps, halved while they do not descend; ends when the gradient is below 1e-6 of the number of rows.

    Args:
        x: design (n, p).
        y: labels (n,).
        strength: inverse of the penalty, scikit-learn's C.
        start: weights to begin from.
        weights: of the rows, shape (n,), on their log loss; 1 when None.
    """
    n, p = x.shape
    design = np.column_stack([x, np.ones(n)])
    penalty = np.append(np.full(p, 1 / strength), 0.0)
    w = np.zeros(p + 1) if start is None else start.copy()
    each = np.ones(n) if weights is None else weights
    if start is None:
        w[p] = logit(np.average(y, weights=each))

    def loss(at: Floats) -> float:
        z = design @ at
        return float((each * (np.logaddexp(0, z) - y * z)).sum() + 0.5 * (penalty * at**2).sum())

    now = loss(w)
    for _ in range(50):
        probability = expit(design @ w)
        gradient = design.T @ (each * (probability - y)) + penalty * w
        if np.abs(gradient).max() < 1e-6 * n:
            break
        spread = each * probability * (1 - probability)
        hessian = (design.T * spread) @ design + np.diag(penalty + 1e-9)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while size > 1e-6:
            following = loss(w - size * step)
            if following <= now:
                break
            size /= 2
        w, now = w - size * step, min(now, following)
    return w
