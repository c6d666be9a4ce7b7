"""The interface that every kind of model shares, scikit-learn's verbs on a feature frame."""

from abc import abstractmethod
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from threadpoolctl import threadpool_limits

from graphcredit.exc import LabelError
from graphcredit.scoring.kernels import Codes, Floats
from graphcredit.scoring.preprocess import Preparation, Prepared

ONE_THREAD_ROWS = 25_000
"""Below this, threads of BLAS and OpenMP wait for each other longer than they work, badly so on a busy machine."""
EPSILON = 1e-6
"""Probabilities are kept this far from 0 and 1 before their odds are taken."""


def logit(probability: npt.ArrayLike) -> Floats:
    """log(p / (1 - p)), p clipped to [EPSILON, 1 - EPSILON]."""
    p = np.clip(np.asarray(probability, dtype=np.float64), EPSILON, 1 - EPSILON)
    return np.asarray(np.log(p / (1 - p)))


def expit(log_odds: npt.ArrayLike) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    x = np.asarray(log_odds, dtype=np.float64)
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


STEP = 1e-9
"""A change of log-odds that is too small to divide by."""


def secant(change: Floats, step: Floats, slope: npt.ArrayLike) -> Floats:
    """change / step, or `slope` where the step is too small to divide by; shape of `step`."""
    small = np.abs(step) < STEP
    return np.where(small, slope, change / np.where(small, 1.0, step))


@dataclass(frozen=True)
class Attribution:
    """Why rows scored as they did: `base` + row sum of `values` = log-odds of default, exactly.

    Attributes:
        names: columns, length p.
        base: log-odds of the average party, shape (n,) (the same for all rows of most models).
        values: shape (n, p), log-odds added by each column.
    """

    names: list[str]
    base: Floats
    values: Floats


class ScoringModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """A model of default on codes. Subclasses fit codes, give log-odds and attribute them to columns.

    Args:
        seed: of everything drawn; the same seed and data give the same model.
        signs: feature -> +1 (higher is riskier), -1 or 0; models that can hold to it do.
    """

    kind: ClassVar[str]
    complexity: ClassVar[int]
    """Rank by how hard the model is to read; ties in quality go to the lower one."""

    preparation_: Preparation
    classes_: npt.NDArray[np.int64]

    def __init__(self, *, seed: int = 0, signs: Mapping[str, int] | None = None) -> None:
        self.seed = seed
        self.signs = signs

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike) -> Self:
        """Learn from a frame of features (n, p) and labels (n,), 0 or 1.

        Raises:
            LabelError: one class only, or no usable feature.
        """
        return self.fit_prepared(Preparation(seed=self.seed).prepare(X, y), y)

    def fit_prepared(self, prepared: Prepared, y: npt.ArrayLike, weights: Floats | None = None) -> Self:
        """Learn from rows already coded, each of its weight (1 when None); kinds that are compared share a preparation."""
        target = np.asarray(y, dtype=np.int64)
        if len(np.unique(target)) != 2:
            raise LabelError("a model needs labels of both classes", remedy="add defaulted and sound parties")
        self.preparation_ = prepared.preparation
        self.classes_ = np.array([0, 1])
        with threadpool_limits(limits=1 if len(target) <= ONE_THREAD_ROWS else None):
            self._fit(prepared.codes, target, weights)
        return self

    def log_odds(self, X: pd.DataFrame) -> Floats:
        """Uncalibrated log-odds of default, shape (n,)."""
        return self.log_odds_codes(self.preparation_.transform(X))

    def decision_function(self, X: pd.DataFrame) -> Floats:
        """Log-odds, by scikit-learn's name."""
        return self.log_odds(X)

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Uncalibrated probabilities (n, 2): sound, default."""
        p = expit(self.log_odds(X))
        return np.column_stack([1 - p, p])

    def predict(self, X: pd.DataFrame) -> npt.NDArray[np.int64]:
        """1 where default is likelier than not."""
        return (self.log_odds(X) > 0).astype(np.int64)

    def attributions(self, X: pd.DataFrame) -> Attribution:
        """Log-odds of each row as a base and one term per column."""
        return self.attributions_codes(self.preparation_.transform(X))

    @abstractmethod
    def _fit(self, codes: Codes, y: npt.NDArray[np.int64], weights: Floats | None) -> None: ...

    @abstractmethod
    def log_odds_codes(self, codes: Codes) -> Floats:
        """Log-odds of rows coded by `preparation_`."""

    def log_odds_changed(self, codes: Codes, columns: npt.NDArray[np.int64], targets: Codes) -> Floats:
        """Log-odds of one row (1, p) where `columns[i]` (m,) is each of `targets[i]` (m, q) instead; shape (m, q)."""
        variants = np.repeat(codes, targets.size, axis=0)
        variants[np.arange(targets.size), np.repeat(columns, targets.shape[1])] = targets.ravel()
        return self.log_odds_codes(variants).reshape(targets.shape)

    @abstractmethod
    def attributions_codes(self, codes: Codes) -> Attribution:
        """Attribution of rows coded by `preparation_`."""

    def importance(self) -> dict[str, float]:
        """Column -> share of what moves the score, summing to 1 (0 for unused columns)."""
        raw = self._importance()
        total = raw.sum()
        shares = raw / total if total > 0 else raw
        return dict(zip(self.preparation_.names, map(float, shares), strict=True))

    @abstractmethod
    def _importance(self) -> Floats: ...

    def pruned(self) -> Self:
        """The model without columns that it does not look at; itself where it looks at all."""
        return self

    def describe(self) -> dict[str, Any]:
        """What a reader can see of it, JSON-able."""
        ranked = sorted(self.importance().items(), key=lambda item: -item[1])
        return {"kind": self.kind, "importance": {name: round(share, 6) for name, share in ranked if share > 0}}

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "preparation_")


class TableModel(ScoringModel):
    """A model that is a sum of one table per column: scorecard and logistic regression.

    Fitted: `intercept_`, `tables_` (p, 256) log-odds per code, and `centre_` (p,), the training mean of each table,
    so that the base is the average party.
    """

    intercept_: float
    tables_: Floats
    centre_: Floats

    def log_odds_codes(self, codes: Codes) -> Floats:
        """Intercept plus one look-up per column."""
        from graphcredit.scoring.kernels import table_sum

        out = np.full(len(codes), self.intercept_)
        table_sum(codes, self.tables_, out)
        return out

    def attributions_codes(self, codes: Codes) -> Attribution:
        """Each column's entry against its training mean."""
        values = self.tables_[np.arange(codes.shape[1]), codes] - self.centre_
        return Attribution(self.preparation_.names, np.full(len(codes), self.intercept_ + self.centre_.sum()), values)

    def pruned(self) -> Self:
        """A copy without the columns whose table is flat."""
        keep = np.flatnonzero(np.ptp(self.tables_, axis=1) > 0)
        if len(keep) in (0, len(self.tables_)):
            return self
        made = copy(self)
        names = [self.preparation_.names[j] for j in keep]
        made.preparation_ = (
            Prepared(self.preparation_, np.empty((0, len(self.tables_)), np.uint8)).subset(names).preparation
        )
        made._set_tables(self.intercept_ + float(np.delete(self.tables_[:, 0], keep).sum()), self.tables_[keep])
        return made

    def _set_tables(self, intercept: float, tables: Floats) -> None:
        self.intercept_ = float(intercept)
        self.tables_ = np.ascontiguousarray(tables)
        counts = np.stack([column.counts for column in self.preparation_.columns_]).astype(np.float64)
        self.centre_ = (counts * tables).sum(axis=1) / counts.sum(axis=1)

    def _importance(self) -> Floats:
        counts = np.stack([column.counts for column in self.preparation_.columns_]).astype(np.float64)
        spread = np.abs(self.tables_ - self.centre_[:, None])
        return np.asarray((counts * spread).sum(axis=1) / counts.sum(axis=1))
