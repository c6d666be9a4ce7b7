"""Reject inference: learning, with care, from applicants that were declined and whose outcome nobody saw.

Both methods guess the outcome of rejects from a model of the accepted, so both assume what cannot be tested on the data:
that a reject and an accepted party with the same features default equally often (fuzzy augmentation), or in a stated
proportion (parcelling). They add no information about rejects; Crook & Banasik (2004), "Does reject inference really
improve the performance of application scoring models?", Journal of Banking & Finance 28, found little gain. The figures of
every report are on accepted parties only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.exc import InputError, LabelError, ValueRangeError
from graphcredit.scoring.base import expit
from graphcredit.scoring.dataset import Build, Dataset, join_features, stack
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.labels import Labels, read_labels
from graphcredit.scoring.logistic import Logistic
from graphcredit.scoring.preprocess import Preparation, Prepared
from graphcredit.store.base import CreditStore

METHODS = ("fuzzy", "parcelling")
BANDS, SMOOTHING = 20, 5.0
PRUDENCE = 1.25
"""House choice: in the same band of scores, rejects are taken to default a quarter more often than the accepted."""
ASSUMES = {
    "fuzzy": {
        "en": "Reject inference by fuzzy augmentation assumes that a rejected and an accepted party with the same features "
        "default equally often (missing at random). The data cannot show whether that holds; if declined parties were "
        "worse than their features say, PDs are too low. All figures are on accepted parties only.",
        "zh": "模糊增广法的拒绝推断假定：特征相同的被拒主体与获批主体违约概率相同（随机缺失）。数据无法检验该假定；"
        "若被拒主体的实际风险高于其特征所示，违约概率会被低估。所有指标仅基于获批主体。",
    },
    "parcelling": {
        "en": "Reject inference by parcelling assumes that, in the same band of scores, rejected parties default "
        "{factor:g} times as often as accepted ones. This factor is an assumption, not an estimate; labels of rejects are "
        "drawn, not observed. All figures are on accepted parties only.",
        "zh": "分箱法的拒绝推断假定：在同一分数段内，被拒主体的违约率是获批主体的 {factor:g} 倍。该倍数是假设而非估计；"
        "被拒主体的标签为抽样所得，并非观测。所有指标仅基于获批主体。",
    },
}


@dataclass(frozen=True)
class Learned:
    """Rows to fit on: codes (n, p), outcomes (n,) and the weight of each row (n,), None where all weigh the same."""

    prepared: Prepared
    y: npt.NDArray[np.int64]
    weights: Floats | None = None


@dataclass(frozen=True)
class Rejects:
    """Parties declined, with the features known when they were.

    Attributes:
        X: their features, shape (m, p).
        method: fuzzy or parcelling.
        accepted: accepted parties in all; where fewer are learned from (a fold, a sample), so are rejects.
        prudence: parcelling's factor on the default rate of accepted parties in the same band.
        seed: of parcelling's draws and of samples.

    Raises:
        InputError: an unknown method; ValueRangeError: a factor that is not above 0.
    """

    X: pd.DataFrame
    method: str
    accepted: int
    prudence: float = PRUDENCE
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"unknown reject inference {self.method!r}", remedy=f"one of {', '.join(METHODS)}")
        if not 0 < self.prudence <= 10:
            raise ValueRangeError(f"a factor of {self.prudence}", remedy="give a factor above 0, up to 10")

    @property
    def warning(self) -> dict[str, str]:
        """What the method assumes, English and Chinese."""
        return {language: text.format(factor=self.prudence) for language, text in ASSUMES[self.method].items()}

    def learn(self, X: pd.DataFrame, y: npt.NDArray[np.int64], *, signs: Mapping[str, int] | None = None) -> Learned:
        """Accepted rows and rejects with inferred outcomes, coded by bins of both.

        Args:
            X, y: accepted rows to learn from and their outcomes; nothing else of the accepted is looked at.
            signs: see `Logistic`.
        """
        rejects = self._part(len(X)).reindex(columns=X.columns)
        whole = stack([X.reset_index(drop=True), rejects.reset_index(drop=True)])
        first = Preparation(seed=self.seed).prepare(whole.iloc[: len(X)], y)
        model = Logistic(seed=self.seed, signs=signs).fit_prepared(first, y)
        inferred = infer(
            self.method, expit(model.log_odds(whole.iloc[: len(X)])), y, expit(model.log_odds(whole.iloc[len(X) :])),
            prudence=self.prudence, seed=self.seed,
        )  # fmt: skip
        made = Preparation(seed=self.seed).prepare(whole, np.concatenate([y, inferred]))
        rows, outcomes, weights = augment(y, inferred)
        return Learned(made.rows(rows), outcomes, weights)

    def _part(self, learned: int) -> pd.DataFrame:
        share = min(1.0, learned / max(self.accepted, 1))
        count = max(1, round(share * len(self.X)))
        if count == len(self.X):
            return self.X
        return self.X.iloc[np.sort(np.random.default_rng(self.seed).choice(len(self.X), count, replace=False))]

    def body(self) -> dict[str, Any]:
        """For reports, JSON-able."""
        return {
            "method": self.method,
            "rejects": len(self.X),
            "prudence": self.prudence if self.method == "parcelling" else None,
            "assumes": self.warning,
        }


def learn(
    X: pd.DataFrame,
    y: npt.NDArray[np.int64],
    *,
    seed: int,
    rejects: Rejects | None = None,
    signs: Mapping[str, int] | None = None,
) -> Learned:
    """Rows to fit on: the accepted alone, or with rejects."""
    if rejects is None:
        return Learned(Preparation(seed=seed).prepare(X, y), y)
    return rejects.learn(X, y, signs=signs)


def infer(
    method: str,
    accepted: Floats,
    y: npt.NDArray[np.int64],
    rejected: Floats,
    *,
    prudence: float = PRUDENCE,
    seed: int = 0,
) -> Floats:
    """Outcomes of rejects: their PD (fuzzy), or 0 and 1 drawn within bands of score (parcelling); shape (m,).

    A band's share of defaults is what its accepted parties showed, moved to where in the band its rejects lie (they lie
    at its worse end), times the factor.

    Args:
        method: fuzzy or parcelling.
        accepted, y: PDs and outcomes of accepted parties, shape (n,).
        rejected: PDs of rejects, shape (m,).
        prudence: see `Rejects`.
        seed: of the draws.
    """
    if method == "fuzzy":
        return rejected
    edges = np.unique(np.quantile(np.concatenate([accepted, rejected]), np.linspace(0, 1, BANDS + 1)[1:-1]))
    band, mine = np.searchsorted(edges, accepted, side="right"), np.searchsorted(edges, rejected, side="right")
    drawn = np.zeros(len(rejected))
    generator = np.random.default_rng(seed)
    for each in np.unique(mine):
        here, rows = band == each, np.flatnonzero(mine == each)
        seen = (y[here].sum() + SMOOTHING) / (accepted[here].sum() + SMOOTHING)  # defaults seen over expected
        rate = min(float(rejected[rows].mean() * seen * prudence), 0.99)
        drawn[generator.permutation(rows)[: round(rate * len(rows))]] = 1.0
    return drawn


def augment(y: npt.NDArray[np.int64], inferred: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """Rows, outcomes and weights: a reject of PD p is there as a default of weight p and as sound of weight 1 - p.

    Args:
        y: outcomes of the accepted, shape (n,), rows 0..n-1.
        inferred: of rejects, shape (m,), rows n..n+m-1.
    """
    n = len(y)
    bad, good = np.flatnonzero(inferred > 0), np.flatnonzero(inferred < 1)
    rows = np.concatenate([np.arange(n), n + bad, n + good])
    outcomes = np.concatenate([y, np.ones(len(bad), dtype=np.int64), np.zeros(len(good), dtype=np.int64)])
    return rows, outcomes, np.concatenate([np.ones(n), inferred[bad], 1 - inferred[good]])


def read_rejects(source: pd.DataFrame | str | Path, *, observed_on: date | None = None) -> Labels:
    """Rejects from a frame or a file: party_id and observed_on (the day of the decision); outcomes are left as 0.

    Raises:
        LabelError: a column is absent, or nothing is left.
    """
    table = source
    if not isinstance(table, pd.DataFrame):
        path = Path(table)
        if not path.is_file():
            raise LabelError(f"no file {path}", remedy="give a CSV file of rejects with party_id,observed_on")
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    return read_labels(table.assign(default=0).drop(columns="split", errors="ignore"), observed_on=observed_on)


def join_rejects(
    store: CreditStore, rejects: Labels, data: Dataset, method: str, *, seed: int = 0, build: Build | None = None
) -> Rejects:
    """Rejects with their features as of the day they were declined.

    Raises:
        LabelError: a reject is labelled, too, or has no features; InputError: an unknown method.
    """
    both = sorted(set(map(str, rejects.party_id)) & set(map(str, data.labels.party_id)))
    if both:
        raise LabelError(
            f"{len(both)} parties are rejects and labelled, too, first {both[0]}",
            remedy="a party whose outcome was seen is no reject: leave it out of one of the files",
            parties=both[:1000],
        )
    checked = Rejects(data.X.iloc[:0], method, len(data.y), seed=seed)
    joined = join_features(store, rejects, build=build)
    return Rejects(joined.X.reindex(columns=data.X.columns), checked.method, checked.accepted, seed=seed)
