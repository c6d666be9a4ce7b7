"""Why a party scored as it did: points that add up, peers, paths, and what would help most; in English and Chinese."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd

from graphcredit import jsonable
from graphcredit.exc import NotFoundError
from graphcredit.features.units import unit_of
from graphcredit.scoring.base import STEP, expit
from graphcredit.scoring.counterfactual import Counterfactual, counterfactuals
from graphcredit.scoring.matrix import FeatureInfo, MatrixLike
from graphcredit.scoring.overlay import Outlook
from graphcredit.scoring.rows import Row, Rows
from graphcredit.scoring.texts import both, overlay_text, path_text, reason_text, rest_text, value_text

if TYPE_CHECKING:
    from graphcredit.scoring.model import CreditModel

Text = dict[str, str]


@dataclass(frozen=True)
class Reason:
    """One reason behind a score.

    Attributes:
        code: feature name, `industry_overlay` or `other_features`.
        family: tabular, graph, label, overlay or other.
        points: what it added (+ safer, - riskier); base points + all reasons' points = points, to the hundredth.
        label, text: {"en", "zh"}.
        value, peer_median: raw values (None where unknown), with `peers` saying whose median it is.
        path: for graph features, the ties behind the value: parties, layers, share, note.
        improvement: what changing this feature alone would do; only for features a party can change.
    """

    code: str
    family: str
    group: str
    points: float
    label: Text
    text: Text
    value: float | str | None = None
    peer_median: float | str | None = None
    unit: str = ""
    peers: str = ""
    path: tuple[dict[str, Any], ...] = ()
    improvement: Counterfactual | None = None

    def body(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "code": self.code,
            "family": self.family,
            "group": self.group,
            "points": self.points,
            "label": self.label,
            "text": self.text,
            "value": self.value,
            "peer_median": self.peer_median,
            "unit": self.unit,
            "peers": self.peers,
            "path": list(self.path),
            "improvement": None if self.improvement is None else self.improvement.body(),
        }


@dataclass(frozen=True)
class Score:
    """A party's score with its reasons, strongest first.

    `pd`, `grade` and `points` include the industry overlay; `model_pd` and `model_grade` are without it.
    """

    party_id: str
    as_of: date | None
    pd: float
    grade: str
    points: float
    base_points: float
    reasons: tuple[Reason, ...]
    model_id: str
    model_kind: str
    model_pd: float
    model_grade: str
    overlay_notches: float = 0.0
    improvements: tuple[Counterfactual, ...] = ()
    warnings: tuple[Text, ...] = ()
    store_version: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """JSON-able, as it is recorded in the store."""
        return {
            "party_id": self.party_id,
            "as_of": None if self.as_of is None else self.as_of.isoformat(),
            "pd": self.pd,
            "grade": self.grade,
            "points": self.points,
            "base_points": self.base_points,
            "model_id": self.model_id,
            "model_kind": self.model_kind,
            "model_pd": self.model_pd,
            "model_grade": self.model_grade,
            "overlay_notches": self.overlay_notches,
            "store_version": self.store_version,
            "reasons": [reason.body() for reason in self.reasons],
            "improvements": [each.body() for each in self.improvements],
            "warnings": list(self.warnings),
        }

    @cached_property
    def text(self) -> bytes:
        """The same as JSON, written once: it is answered and recorded."""
        return orjson.dumps(self.body(), default=jsonable.to_json, option=orjson.OPT_NON_STR_KEYS)


def explain(
    model: "CreditModel",
    matrix: MatrixLike,
    party_id: str,
    *,
    outlook: Outlook | None = None,
    evidence: Callable[[str, str], Any] | None = None,
    top: int = 12,
    rows: Rows | None = None,
) -> Score:
    """Score one party and say why.

    Args:
        model: a trained model.
        matrix: features that include the party.
        party_id: the party.
        outlook: for the industry overlay.
        evidence: (party_id, feature name) -> ties behind a graph feature; by default those of the matrix's network.
        top: how many reasons are told apart; the others are summed.
        rows: of this matrix for this model, where many parties are explained one after the other.

    Raises:
        NotFoundError: the party is not in the matrix.
    """
    row = (rows or _alone(matrix, party_id, model)).row(party_id)
    estimator, calibrator, codes = model.chosen.estimator, model.chosen.calibrator, row.codes
    why = estimator.attributions_codes(codes)
    base, raw = float(why.base[0]), float(estimator.log_odds_codes(codes)[0])
    log_odds, base_log_odds = map(float, calibrator.log_odds([raw, base]))
    # calibrated change over raw change carries attributions through the calibration, exactly
    ratio = (log_odds - base_log_odds) / (raw - base) if abs(raw - base) >= STEP else float(calibrator.gradient(base))
    pds, notches = model.with_overlay(np.array([log_odds]), row, outlook)
    points = model.point_scale.of_log_odds(log_odds)
    final = points if notches[0] == 0 else model.point_scale.of_pd(pds)[0]
    shares = np.append(-model.point_scale.factor * ratio * why.values[0], float(final) - float(points))
    total = round(float(final), 2)
    base_points = round(float(model.point_scale.of_log_odds(base_log_odds)), 2)
    order = np.argsort(-np.abs(shares[:-1]), kind="stable")
    shown = [int(j) for j in order[:top] if abs(shares[j]) >= 0.005]
    rest = float(np.delete(shares[:-1], shown).sum())
    parts = to_hundredths([*(shares[j] for j in shown), rest, shares[-1]], total - base_points)
    better = counterfactuals(model, row.number, codes, log_odds, shown)
    tell = _Teller(model, row, evidence, better)
    reasons = [tell.feature(why.names[j], points) for j, points in zip(shown, parts, strict=False) if points]
    reasons += tell.rest(len(why.names) - len(shown), parts[-2])
    reasons += tell.overlay(float(notches[0]), parts[-1], outlook)
    reasons.sort(key=lambda reason: (reason.code == "other_features", -abs(reason.points)))
    model_pd = float(expit(log_odds))
    return Score(
        party_id=party_id,
        as_of=matrix.as_of,
        pd=float(pds[0]),
        grade=model.scale.grade(float(pds[0])),
        points=total,
        base_points=base_points,
        reasons=tuple(reasons),
        model_id=model.model_id,
        model_kind=model.kind,
        model_pd=model_pd,
        model_grade=model.scale.grade(model_pd),
        overlay_notches=float(notches[0]),
        improvements=tuple(sorted(better.values(), key=lambda each: -each.points)[:3]),
        warnings=tuple(tell.warnings()),
        store_version=int(getattr(matrix, "store_version", 0) or 0),
    )


def to_hundredths(parts: Sequence[float], total: float) -> list[float]:
    """Parts rounded to hundredths so that they sum to `total` (itself in hundredths): largest remainders go up."""
    cents = np.asarray(parts, dtype=np.float64) * 100
    down = np.floor(cents)
    missing = round(total * 100) - int(down.sum())
    order = np.argsort(-(cents - down), kind="stable")
    if missing >= 0:
        np.add.at(down, order[np.arange(missing) % len(parts)], 1)
    else:
        np.subtract.at(down, order[::-1][np.arange(-missing) % len(parts)], 1)
    return [float(value) / 100 for value in down]


def _alone(matrix: MatrixLike, party_id: str, model: "CreditModel") -> Rows:
    """Rows of one party only."""
    if party_id not in matrix.frame.index:
        raise NotFoundError(
            f"party {party_id!r} has no features", remedy="check the id and the as-of date", party_id=party_id
        )
    found = matrix.frame.index.get_loc(party_id)
    at = found if isinstance(found, int) else int(np.argmax(np.asarray(found)))
    return Rows(_Some(matrix.frame.iloc[slice(at, at + 1)], matrix), model)


class _Some:
    """Some rows of a matrix, as a matrix."""

    def __init__(self, frame: pd.DataFrame, matrix: MatrixLike) -> None:
        self.frame, self.features, self.as_of = frame, matrix.features, matrix.as_of
        self.network: Any = getattr(matrix, "network", None)


class _Teller:
    """Turns shares of points into reasons."""

    def __init__(
        self,
        model: "CreditModel",
        row: Row,
        evidence: Callable[[str, str], Any] | None,
        better: dict[str, Counterfactual],
    ) -> None:
        self.model, self.row, self.better = model, row, better
        self.evidence = evidence or _network_evidence(row)
        self.told = 0

    def feature(self, name: str, points: float) -> Reason:
        info = self.model.feature(name)
        value = self.row.value(name)
        usual, industry, count = self.model.peers.usual(name, self.row.industry)
        path = self._path(info)
        text = reason_text(info, value, usual, industry, points)
        ties = path_text(info, path)
        if ties:
            text = both(lambda language: f"{text[language]} {ties[language]}")
        return Reason(
            code=name,
            family=info.family,
            group=info.group,
            points=points,
            label={"en": info.label("en"), "zh": info.label("zh")},
            text=text,
            value=value,
            peer_median=usual,
            unit=unit_of(name, info.unit),
            peers=f"{industry or 'all'} (n={count})",
            path=path,
            improvement=self.better.get(name),
        )

    def _path(self, info: FeatureInfo) -> tuple[dict[str, Any], ...]:
        if info.family == "tabular" or self.evidence is None or self.told >= 5:
            return ()
        self.told += 1
        return tuple(_tie(tie) for tie in self.evidence(self.row.party_id, info.name) or ())

    def rest(self, count: int, points: float) -> list[Reason]:
        if not points:
            return []
        label = {"en": "other features", "zh": "其他特征"}
        return [Reason("other_features", "other", "other", points, label, rest_text(count, points))]

    def overlay(self, notches: float, points: float, outlook: Outlook | None) -> list[Reason]:
        found = outlook.find(self.row.industry) if outlook is not None and self.model.overlay is not None else None
        if not points or found is None:
            return []
        label = {"en": "industry outlook", "zh": "行业展望"}
        return [
            Reason(
                "industry_overlay",
                "overlay",
                "industry",
                points,
                label,
                overlay_text(found[0], found[1], notches, points),
                value=notches,
                unit="notches",
            )
        ]

    def warnings(self) -> list[Text]:
        return [
            {
                "en": f"{self.model.feature(name).label('en')}: {level!r} was never seen in training and counts as average",
                "zh": f"{self.model.feature(name).label('zh')}：训练数据中没有“{level}”，按平均水平计",
            }
            for name, level in self.row.unseen(self.model.chosen.estimator.preparation_.columns_).items()
        ]


def _tie(tie: Any) -> dict[str, Any]:
    if isinstance(tie, dict):
        return tie
    return {name: getattr(tie, name) for name in ("path", "layers", "amount", "share", "note") if hasattr(tie, name)}


def _network_evidence(row: Row) -> Callable[[str, str], Any] | None:
    """Ties from the matrix's own network, through the feature's registered layer."""
    if row.network is None:
        return None
    known = row.rows.described
    from graphcredit.features import path_evidence

    def find(party_id: str, name: str) -> Any:
        feature = known.get(name)
        if feature is None or not getattr(feature, "layer", "") or party_id not in row.network.index:
            return ()
        return path_evidence(row.network, feature, party_id)

    return find


__all__ = ["Counterfactual", "Reason", "Score", "explain", "to_hundredths", "value_text"]
