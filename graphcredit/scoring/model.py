"""A trained credit model: everything needed to score, explain and defend it, frozen."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.exc import InputError, NotFoundError
from graphcredit.scoring.base import ScoringModel
from graphcredit.scoring.calibration import Calibrator
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.label_aware import KnownLabels, with_known_labels
from graphcredit.scoring.master_scale import MasterScale
from graphcredit.scoring.matrix import FeatureInfo, MatrixLike, with_columns
from graphcredit.scoring.overlay import Outlook, OverlayRule
from graphcredit.scoring.peers import Peers, industries_of
from graphcredit.scoring.points import PointScale
from graphcredit.settings import get_settings

if TYPE_CHECKING:
    from graphcredit.scoring.reasons import Score
    from graphcredit.scoring.rows import Rows

CHUNK = 32_768


@dataclass
class Candidate:
    """One fitted kind on one feature set, calibrated.

    Attributes:
        kind, feature_set: what it is.
        estimator: the model; its preparation knows which columns it reads.
        calibrator: raw log-odds to PD.
        cutoff: PD from which it calls a party risky (best F1 out of fold).
    """

    kind: str
    feature_set: str
    estimator: ScoringModel
    calibrator: Calibrator
    cutoff: float

    @property
    def key(self) -> str:
        """kind|feature_set."""
        return f"{self.kind}|{self.feature_set}"

    @property
    def features(self) -> list[str]:
        """Columns it reads, in the order of its codes."""
        return self.estimator.preparation_.names

    def log_odds(self, frame: pd.DataFrame) -> Floats:
        """Calibrated log-odds of default, shape (n,), computed in blocks on all cores."""
        raw = in_blocks(frame, self.estimator.log_odds, self.features)
        return self.calibrator.log_odds(raw)

    def pd(self, frame: pd.DataFrame) -> Floats:
        """Probability of default, shape (n,)."""
        from graphcredit.scoring.base import expit

        return expit(self.log_odds(frame))


def in_blocks(frame: pd.DataFrame, score: Callable[[pd.DataFrame], Floats], names: list[str]) -> Floats:
    """`score` over blocks of rows, several at a time (the kernels release the GIL); memory stays flat."""
    frame = with_columns(frame, names)
    if len(frame) <= CHUNK:
        return score(frame)
    narrow = frame if len(names) > 0.5 * frame.shape[1] else frame[names]
    starts = range(0, len(narrow), CHUNK)
    threads = get_settings().threads or os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(lambda a: score(narrow.iloc[a : a + CHUNK]), starts)))


@dataclass(frozen=True)
class CreditModel:
    """A frozen model with its calibration, scale and provenance.

    Attributes:
        model_id: names it in scores and decisions.
        chosen: the candidate that scores.
        candidates: every kind on every feature set that was compared, by `kind|feature_set`.
        features: what each column of the chosen candidate means.
        scale, point_scale: PD to grade, log-odds to points.
        overlay: the industry rule, or None where switched off.
        peers: training medians.
        known_labels: outcomes that label-aware features look at; None where the model uses none.
        prints: hashes of the training rows, sorted; a test row among them is no test.
        meta: provenance and results, JSON-able: trained_at, as_of, labels, recipe, seed, data_fingerprint,
            code_version, metrics, report, leakage, overlay_backtest.
    """

    model_id: str
    chosen: Candidate
    candidates: Mapping[str, Candidate]
    features: tuple[FeatureInfo, ...]
    scale: MasterScale
    point_scale: PointScale
    overlay: OverlayRule | None
    peers: Peers
    prints: npt.NDArray[np.uint64]
    meta: Mapping[str, Any] = field(default_factory=dict)
    known_labels: KnownLabels | None = None

    @property
    def kind(self) -> str:
        """Kind of the chosen candidate."""
        return self.chosen.kind

    @property
    def feature_set(self) -> str:
        """Feature set of the chosen candidate."""
        return self.chosen.feature_set

    @property
    def as_of(self) -> date:
        """Newest observation date it learned from."""
        return date.fromisoformat(str(self.meta["as_of"]))

    @property
    def trained_at(self) -> datetime:
        """When it was trained (UTC)."""
        return datetime.fromisoformat(str(self.meta["trained_at"]))

    @property
    def metrics(self) -> dict[str, Any]:
        """Cross-validated figures of the chosen candidate."""
        return dict(self.meta.get("metrics", {}))

    def feature(self, name: str) -> FeatureInfo:
        """What a column means.

        Raises:
            NotFoundError: the model has no such feature.
        """
        found = self._described.get(name)
        if found is not None:
            return found
        raise NotFoundError(f"the model has no feature {name!r}", remedy="see its features in the model card")

    @cached_property
    def _described(self) -> dict[str, FeatureInfo]:
        return {info.name: info for info in reversed(self.features)}  # the first of a name counts

    def predict(self, matrix: MatrixLike, *, outlook: Outlook | None = None) -> pd.DataFrame:
        """Score every row of a matrix.

        Args:
            matrix: features as of a date.
            outlook: industries' outlook of that date, for the overlay; None leaves grades as the model gives them.

        Returns:
            One row a party: party_id, pd, grade (ordered from best), points, overlay_notches, model_id.

        Raises:
            InputError: the matrix lacks a feature; ValueRangeError: a value is infinite.
        """
        frame = self.columns(matrix)
        if len(frame) == 0:
            raise InputError("no party to score", remedy="load parties, or name some that exist as of the date")
        log_odds = self.chosen.log_odds(frame)
        pds, notches = self.with_overlay(log_odds, matrix, outlook)
        points = self.point_scale.of_log_odds(log_odds)
        if notches.any():
            points = np.where(notches == 0, points, self.point_scale.of_pd(pds))
        return pd.DataFrame(
            {
                "party_id": np.asarray(frame.index, dtype=object),
                "pd": pds,
                "grade": self.scale.assign(pds),
                "points": np.round(points, 2),
                "overlay_notches": notches,
                "model_id": pd.Categorical.from_codes(np.zeros(len(frame), dtype=np.int8), pd.Index([self.model_id])),
            }
        )

    def columns(self, matrix: MatrixLike) -> pd.DataFrame:
        """The matrix's frame, completed by label-aware columns where the model uses them."""
        known = with_known_labels(matrix, self.known_labels, dict.fromkeys(self.chosen.features))
        return with_columns(known, self.chosen.features)

    def with_overlay(self, log_odds: Floats, matrix: MatrixLike, outlook: Outlook | None) -> tuple[Floats, Floats]:
        """PDs after the industry overlay, and its notches; shape (n,) each."""
        from graphcredit.scoring.base import expit

        pds = expit(log_odds)
        if self.overlay is None or outlook is None or not outlook.by_industry:
            return pds, np.zeros(len(pds))
        notches = outlook.notches(industries_of(matrix), self.overlay)
        return self.scale.notch(pds, notches), notches

    def explain(
        self,
        matrix: MatrixLike,
        party_id: str,
        *,
        outlook: Outlook | None = None,
        evidence: Callable[[str, str], Any] | None = None,
        top: int = 12,
        rows: "Rows | None" = None,
    ) -> "Score":
        """Score one party with its reasons; see `reasons.explain`."""
        from graphcredit.scoring.reasons import explain

        return explain(self, matrix, party_id, outlook=outlook, evidence=evidence, top=top, rows=rows)

    def unseen(self, matrix: MatrixLike) -> dict[str, list[str]]:
        """Category levels of a matrix that training never saw: feature -> levels; they score as average."""
        found = {}
        for column in self.chosen.estimator.preparation_.columns_:
            if column.levels is None or column.name not in matrix.frame.columns:
                continue
            levels = column.unseen(matrix.frame[column.name])
            if levels:
                found[column.name] = levels
        return found

    def summary(self) -> dict[str, Any]:
        """Identity and quality, JSON-able; the body of its record in the store."""
        return {
            "model_id": self.model_id,
            "kind": self.kind,
            "feature_set": self.feature_set,
            "features": [info.name for info in self.features],
            "calibration": self.chosen.calibrator.describe(),
            "scale": self.scale.table(),
            "overlay": None if self.overlay is None else self.overlay.body(),
            **{key: value for key, value in self.meta.items() if key != "report"},
        }
