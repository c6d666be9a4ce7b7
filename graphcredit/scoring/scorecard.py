"""Scorecard: monotone weight-of-evidence bins (optbinning), a logistic regression on them, points one can add up."""

import contextlib
import io
import itertools
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from graphcredit.exc import LabelError
from graphcredit.scoring.base import TableModel
from graphcredit.scoring.boosting import as_floats
from graphcredit.scoring.kernels import MISSING, Codes, Floats
from graphcredit.scoring.preprocess import Column

MAX_CANDIDATES, CANDIDATES_OF_FEW, FEW_ROWS = 24, 14, 600
MAX_FEATURES = 12
MIN_IV = 0.02
BINNING_ROWS = 50_000
SMOOTHING = 2.0


@dataclass
class Bin:
    """One bin of one feature: codes first..last (inclusive), or the missing values (first = last = 255)."""

    first: int
    last: int
    count: int
    events: int
    woe: float


class Scorecard(TableModel):
    """WoE scorecard of at most twelve features.

    The best of them by information value are binned by optbinning (Navas-Palencia 2020, arXiv 2001.08025), monotone
    in the direction economics gives, else in the better one; those whose WoE tells the same as a better one's are left
    out; the regression keeps only positive weights, so that no feature's points run against its own bins.

    Fitted: `bins_` (feature -> its bins) and `weights_` (feature -> weight on WoE).
    """

    kind: ClassVar[str] = "scorecard"
    complexity: ClassVar[int] = 2
    bins_: dict[str, list[Bin]]
    weights_: dict[str, float]

    def __init__(
        self, *, seed: int = 0, signs: Mapping[str, int] | None = None, max_features: int = MAX_FEATURES
    ) -> None:
        super().__init__(seed=seed, signs=signs)
        self.max_features = max_features

    def _fit(self, codes: Codes, y: npt.NDArray[np.int64], weights: Floats | None) -> None:
        columns = self.preparation_.columns_
        rows = self._binning_rows(len(y))
        values = information_values(codes, y, weights)
        ranked = [j for j in np.argsort(-values, kind="stable") if values[j] >= MIN_IV]
        ranked = ranked[: CANDIDATES_OF_FEW if len(y) < FEW_ROWS else MAX_CANDIDATES]
        found: dict[int, list[Bin]] = {}
        for j in ranked or [int(np.argmax(values))]:
            sign = int((self.signs or {}).get(columns[j].name, 0))
            cuts = best_cuts(codes[rows, j], y[rows], sign, None if weights is None else weights[rows])
            found[int(j)] = count_bins(codes[:, j], y, cuts, weights)
        tables = {j: woe_table(bins) for j, bins in found.items()}
        kept = _uncorrelated(codes, tables, self.max_features)
        woe = np.column_stack([tables[j][codes[:, j]] for j in kept])
        slopes, intercept = _positive_weights(woe, y, weights)
        full = np.zeros((len(columns), 256))
        self.bins_, self.weights_ = {}, {}
        for j, weight in zip(kept, slopes, strict=True):
            if weight > 0:
                full[j] = weight * tables[j]
                self.bins_[columns[j].name] = found[j]
                self.weights_[columns[j].name] = float(weight)
        self._set_tables(intercept, full)

    def _binning_rows(self, n: int) -> npt.NDArray[np.int64]:
        if n <= BINNING_ROWS:
            return np.arange(n)
        return np.sort(np.random.default_rng(self.seed).choice(n, BINNING_ROWS, replace=False))

    def column(self, name: str) -> Column:
        """How a feature is coded.

        Raises:
            LabelError: the scorecard does not use it.
        """
        for column in self.preparation_.columns_:
            if column.name == name:
                return column
        raise LabelError(f"the scorecard does not use {name!r}", remedy="see its points table for the features it uses")

    def describe(self) -> dict[str, Any]:
        """Features with weight, information value and number of bins."""
        features = {
            name: {
                "weight": round(self.weights_[name], 4),
                "iv": round(information_value(bins), 4),
                "bins": len(bins),
            }
            for name, bins in self.bins_.items()
        }
        return {**super().describe(), "features": features}


def information_values(codes: Codes, y: npt.NDArray[np.int64], weights: Floats | None = None) -> Floats:
    """Information value of each column on about ten equal bins (and missing), shape (p,); smoothed."""
    bad = y == 1
    out = np.zeros(codes.shape[1])
    for j in range(codes.shape[1]):
        all_of = np.bincount(codes[:, j], weights, minlength=256)
        events = np.bincount(codes[bad, j], None if weights is None else weights[bad], minlength=256)
        known = all_of[:MISSING].sum()
        decile = np.minimum((np.cumsum(all_of[:MISSING]) - all_of[:MISSING] / 2) * 10 // max(1, known), 9).astype(int)
        slot = np.append(decile, 10)
        count, event = np.bincount(slot, all_of, 11), np.bincount(slot, events, 11)
        share_bad = (event + 0.5) / (event.sum() + 5.5)
        share_good = (count - event + 0.5) / ((count - event).sum() + 5.5)
        used = count > 0
        out[j] = ((share_bad - share_good) * np.log(share_bad / share_good))[used].sum()
    return out


def best_cuts(codes: Codes, y: npt.NDArray[np.int64], sign: int, weights: Floats | None = None) -> list[int]:
    """Codes at which a bin begins (without 0), by optbinning; none where the column cannot be cut."""
    from optbinning import OptimalBinning

    known = codes != MISSING
    if len(np.unique(codes[known])) < 2 or len(np.unique(y[known])) < 2:
        return []
    trend = {1: "ascending", -1: "descending"}.get(sign, "auto_asc_desc")
    binning = OptimalBinning(
        "x", max_n_prebins=20, min_prebin_size=0.05, max_n_bins=6, min_bin_size=0.05, monotonic_trend=trend,
        time_limit=2, min_bin_n_event=3,
    )  # fmt: skip
    # the library prints and warns (solver, numpy, pandas); none of it is for the user's terminal
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        weigh = None if weights is None else weights[known]
        binning.fit(as_floats(codes[known]).astype(np.float64), y[known], sample_weight=weigh)
    return sorted({int(np.ceil(cut)) for cut in np.asarray(binning.splits, dtype=np.float64)})


def count_bins(codes: Codes, y: npt.NDArray[np.int64], cuts: list[int], weights: Floats | None = None) -> list[Bin]:
    """Bins between cuts with counts and smoothed WoE (log of bad share over good share); missing last, if any."""
    each = np.ones(len(y)) if weights is None else weights
    prior = np.average(y, weights=each)
    edges = [0, *cuts, MISSING]
    spans = [(a, b - 1) for a, b in itertools.pairwise(edges)] + [(MISSING, MISSING)]
    bins = []
    for first, last in spans:
        inside = (codes >= first) & (codes <= last)
        count, events = float(each[inside].sum()), float((each * y)[inside].sum())
        if first == MISSING and count == 0:
            continue
        odds = (events + SMOOTHING * prior) / (count - events + SMOOTHING * (1 - prior))
        bins.append(Bin(first, last, round(count), round(events), float(np.log(odds) - np.log(prior / (1 - prior)))))
    return bins


def woe_table(bins: list[Bin]) -> Floats:
    """WoE per code, shape (256,); 0 for missing values that training never had."""
    table = np.zeros(256)
    for each in bins:
        table[each.first : each.last + 1] = each.woe
    return table


def information_value(bins: list[Bin]) -> float:
    """Sum over bins of (bad share - good share) * WoE."""
    bad = sum(each.events for each in bins)
    good = sum(each.count - each.events for each in bins)
    return float(sum((b.events / max(bad, 1) - (b.count - b.events) / max(good, 1)) * b.woe for b in bins))


def _uncorrelated(codes: Codes, tables: dict[int, Floats], limit: int) -> list[int]:
    """Columns in order of information, each less than .8 correlated (WoE) with those before it."""
    kept: list[int] = []
    seen: list[Floats] = []
    for j, table in tables.items():
        woe = table[codes[:, j]]
        spread = woe.std()
        if spread < 1e-9 and kept:
            continue
        scaled = (woe - woe.mean()) / max(float(spread), 1e-9)
        if all(abs(float(scaled @ other)) / len(woe) < 0.8 for other in seen):
            kept.append(j)
            seen.append(scaled)
        if len(kept) == limit:
            break
    return kept


def _positive_weights(woe: Floats, y: npt.NDArray[np.int64], rows: Floats | None = None) -> tuple[Floats, float]:
    """Weights >= 0 of a lightly ridged logistic regression: the most negative is left out until none is."""
    active = np.arange(woe.shape[1])
    while True:
        model = LogisticRegression(C=1.0, max_iter=1000).fit(woe[:, active], y, sample_weight=rows)
        weights = model.coef_[0]
        if len(active) == 1 or weights.min() > 0:
            full = np.zeros(woe.shape[1])
            full[active] = np.maximum(weights, 0)
            return full, float(model.intercept_[0])
        active = np.delete(active, int(np.argmin(weights)))
