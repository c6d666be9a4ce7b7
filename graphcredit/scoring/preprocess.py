"""From a feature frame to codes: one preparation for every kind of model.

Each column is cut at its training quantiles into at most 254 bins. That is winsorising and ranking in one step: an
extreme or drifted value lands in the outermost bin it already knew. Missing keeps a code of its own. A category becomes
the smoothed log-odds of its level, out of fold for the rows it was learned from, so that a rare level cannot carry its
own label; a rare level, and one never seen, counts as average.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from graphcredit.exc import LabelError
from graphcredit.scoring.kernels import MISSING, Codes, Floats, encode_column
from graphcredit.scoring.matrix import require_columns, require_finite

MAX_EDGES = 253
SAMPLE_ROWS = 200_000
SMOOTHING = 20.0
RARE_LEVEL = 10
"""Levels of fewer rows count as average: out of fold, so few rows would tell the opposite of their own label."""
_RARE = "\x00"
_ID_WORDS = ("id", "code", "no", "number", "uuid", "编号", "代码", "号码")


class Column:
    """How one column becomes codes.

    Attributes:
        name: the feature.
        edges: sorted cut points, shape (k,), k <= 253; code = number of edges <= value.
        counts: training rows per code, shape (256,); the last entry counts missing values.
        levels: category level -> smoothed log-odds, or None for a number.
        prior: log-odds used for a level never seen.
        median: training median of a number (nan for a category).
        mode: most frequent level of a category ("" for a number).
    """

    def __init__(
        self, name: str, edges: Floats, levels: dict[str, float] | None = None, prior: float = 0.0, mode: str = ""
    ) -> None:
        self.name = name
        self.edges = edges
        self.levels = levels
        self.prior = prior
        self.mode = mode
        self.median = float("nan")
        self.counts = np.zeros(256, dtype=np.int64)

    def numbers(self, column: "pd.Series[float]") -> Floats:
        """The column as float64, categories encoded; shape (n,), nan where missing."""
        if self.levels is None:
            if column.dtype == np.float64:
                return np.asarray(column.to_numpy())
            return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        known = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("category")
        table = [self.levels.get(str(level), self.prior) for level in known.cat.categories]
        return np.asarray([*table, np.nan], dtype=np.float64)[known.cat.codes.to_numpy()]

    def unseen(self, column: "pd.Series[float]") -> list[str]:
        """Levels of `column` that training never saw, sorted."""
        if self.levels is None:
            return []
        present = column.dropna().astype(str).unique()
        return sorted(level for level in present if level not in self.levels)

    def interval(self, code: int) -> tuple[float, float]:
        """Lower (inclusive) and upper (exclusive) value of a code."""
        low = float(self.edges[code - 1]) if code > 0 else -np.inf
        high = float(self.edges[code]) if code < len(self.edges) else np.inf
        return low, high


@dataclass(frozen=True)
class Prepared:
    """Training rows as codes (n, p), with the preparation that made them."""

    preparation: "Preparation"
    codes: Codes

    def subset(self, names: Iterable[str]) -> "Prepared":
        """Only the named columns, those that the preparation dropped left out."""
        wanted = set(names)
        keep = [i for i, column in enumerate(self.preparation.columns_) if column.name in wanted]
        smaller = Preparation(seed=self.preparation.seed)
        smaller.columns_ = [self.preparation.columns_[i] for i in keep]
        smaller.dropped_ = {k: v for k, v in self.preparation.dropped_.items() if k in wanted}
        return Prepared(smaller, np.ascontiguousarray(self.codes[:, keep]))

    def rows(self, index: "np.typing.NDArray[np.int64]") -> "Prepared":
        """Only these rows."""
        return Prepared(self.preparation, self.codes[index])


class Preparation(TransformerMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Frame -> codes (n, p) uint8, by quantile bins learned on training rows.

    Fitted attributes: `columns_` (the columns kept, in order) and `dropped_` (name -> why a column is not used).
    """

    columns_: list[Column]
    dropped_: dict[str, str]

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    @property
    def names(self) -> list[str]:
        """Names of the columns kept, in the order of the codes."""
        return [column.name for column in self.columns_]

    def fit(self, X: pd.DataFrame, y: "np.typing.ArrayLike") -> "Preparation":
        """Learn bins and categories; see `prepare`."""
        self.prepare(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: "np.typing.ArrayLike") -> Codes:  # type: ignore[override, unused-ignore]
        """Codes of the training rows, categories encoded out of fold."""
        return self.prepare(X, y).codes

    def prepare(self, X: pd.DataFrame, y: "np.typing.ArrayLike") -> Prepared:
        """Learn from training rows and encode them.

        Args:
            X: frame (n, p): numbers with nan, or categories.
            y: labels (n,), 0 or 1.

        Raises:
            LabelError: no column is left that could tell anything.
            ValueRangeError: a value is infinite.
        """
        require_finite(X)
        target = np.asarray(y, dtype=np.float64)
        self.columns_, self.dropped_ = [], {}
        codes: list[Codes] = []
        seen: dict[bytes, str] = {}
        for name in map(str, X.columns):
            made = self._learn(name, X[name], target)
            if isinstance(made, str):
                self.dropped_[name] = made
                continue
            column, values = made
            code = _encode(values, column.edges)
            key = hashlib.sha256(code.tobytes()).digest()
            if key in seen and column.levels is None:
                self.dropped_[name] = f"tells the same as {seen[key]}"
                continue
            seen[key] = name
            column.counts = np.bincount(code, minlength=256)
            self.columns_.append(column)
            codes.append(code)
        if not codes:
            raise LabelError(
                "no feature can be used: all are missing or constant",
                remedy="load attributes, transactions or relations of the labelled parties, known by their dates",
                dropped=self.dropped_,
            )
        return Prepared(self, np.ascontiguousarray(np.stack(codes, axis=1)))

    def transform(self, X: pd.DataFrame) -> Codes:
        """Codes (n, p) of any rows; a column that is absent is an error, an unseen level is average.

        Raises:
            InputError: a column is absent.
            ValueRangeError: a value is infinite.
        """
        require_columns(X, self.names)
        out = np.empty((len(X), len(self.columns_)), dtype=np.uint8)
        if len(X) == 1:
            return self._one_row(X, out)
        for j, column in enumerate(self.columns_):
            values = column.numbers(X[column.name])
            if np.isinf(values).any():
                require_finite(X[self.names])
            encode_column(np.ascontiguousarray(values), column.edges, out, j)
        return out

    def _one_row(self, X: pd.DataFrame, out: Codes) -> Codes:
        """The same for one party: its row is taken out whole, since a frame's look-up per column would cost the most."""
        row = X.iloc[0].to_numpy(dtype=object)
        for j, at in enumerate(X.columns.get_indexer(pd.Index(self.names))):
            column = self.columns_[j]
            value = row[at]
            if pd.isna(value):
                out[0, j] = MISSING
                continue
            number = column.levels.get(str(value), column.prior) if column.levels is not None else float(value)
            if np.isinf(number):
                require_finite(X[self.names])
            out[0, j] = np.searchsorted(column.edges, number, side="right")
        return out

    def _learn(self, name: str, column: "pd.Series[float]", y: Floats) -> tuple[Column, Floats] | str:
        if not isinstance(column.dtype, pd.CategoricalDtype) and pd.api.types.is_numeric_dtype(column):
            values: Floats = np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
            why = _useless_number(name, values)
            if why:
                return why
            made = Column(name, _edges(values, self.seed))
            made.median = float(np.nanmedian(values))
            return made, values
        text = column.astype("string")
        why = _useless_category(text)
        if why:
            return why
        counts = text.value_counts()
        text = text.where(text.isna() | text.isin(counts.index[counts >= RARE_LEVEL]), _RARE)
        if text.nunique() == 1 and text.notna().all():
            return "no level is frequent"
        levels, prior, encoded = _encode_category(text, y, self.seed)
        made = Column(name, _edges(np.array(list(levels.values())), self.seed), levels, prior)
        levels |= {str(level): prior for level in counts.index[counts < RARE_LEVEL]}
        made.mode = str(counts.index[0])
        return made, encoded


def _encode(values: Floats, edges: Floats) -> Codes:
    out = np.empty((len(values), 1), dtype=np.uint8)
    encode_column(np.ascontiguousarray(values), edges, out, 0)
    return out[:, 0]


def _edges(values: Floats, seed: int) -> Floats:
    """Cut points between distinct values, or at quantiles where there are more than fit."""
    present = values[~np.isnan(values)]
    if len(present) > SAMPLE_ROWS:
        present = np.random.default_rng(seed).choice(present, SAMPLE_ROWS, replace=False)
    distinct = np.unique(present)
    if len(distinct) > MAX_EDGES + 1:
        quantiles = np.quantile(present, np.linspace(0, 1, MAX_EDGES + 1), method="lower")
        distinct = np.unique(quantiles)
    middle = distinct[:-1] + (distinct[1:] - distinct[:-1]) / 2
    return np.where((middle > distinct[:-1]) & (middle <= distinct[1:]), middle, distinct[1:])


def _useless_number(name: str, values: Floats) -> str:
    present = values[~np.isnan(values)]
    if len(present) == 0:
        return "always missing"
    low, high = present.min(), present.max()
    if low == high:
        return "constant" if len(present) == len(values) else ""
    word = name.lower().rsplit("_", 1)[-1]
    n = len(present)
    if n >= 50 and word in _ID_WORDS and (np.floor(present) == present).all() and len(np.unique(present)) > 0.9 * n:
        return "an identifier"
    return ""


def _useless_category(text: "pd.Series[str]") -> str:
    present = text.dropna()
    if len(present) == 0:
        return "always missing"
    levels = present.nunique()
    if levels == 1 and len(present) == len(text):
        return "constant"
    if levels > 30 and levels > 0.5 * len(present):
        return "an identifier"
    return ""


def _encode_category(text: "pd.Series[str]", y: Floats, seed: int) -> tuple[dict[str, float], float, Floats]:
    """Level -> smoothed log-odds, the prior's log-odds, and the rows' own values learned without their fold."""
    codes, names = pd.factorize(text)  # -1 = missing
    prior = float(np.clip(y.mean(), 1e-4, 1 - 1e-4))

    def smoothed(rows: "np.typing.NDArray[np.bool_]") -> Floats:
        at = codes[rows]
        count = np.bincount(at[at >= 0], minlength=len(names))
        bad = np.bincount(at[at >= 0], weights=y[rows][at >= 0], minlength=len(names))
        rate = (bad + SMOOTHING * prior) / (count + SMOOTHING)
        return np.asarray(np.log(rate / (1 - rate)))

    table = smoothed(np.ones(len(y), dtype=bool))
    rare = np.asarray(names == _RARE)
    fold = np.random.default_rng(seed).permutation(len(y)) % 5
    values = np.full(len(y), np.nan)
    for k in range(5):
        mine = (fold == k) & (codes >= 0)
        values[mine] = smoothed(fold != k)[codes[mine]]
    middle = float(np.log(prior / (1 - prior)))
    table[rare] = middle
    values[(codes >= 0) & rare[codes]] = middle
    levels = {str(name): float(value) for name, value in zip(names, table, strict=True)}
    return levels, middle, values


def missing_share(columns: Sequence[Column]) -> Floats:
    """Share of training rows where each column is missing, shape (p,)."""
    return np.array([column.counts[MISSING] / max(1, column.counts.sum()) for column in columns])
