"""The chapters of a report, each from the judged rows; what cannot be said is a note, never a crash."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from graphcredit.exc import GraphCreditError
from graphcredit.scoring.base import expit
from graphcredit.scoring.dataset import Build, Dataset
from graphcredit.scoring.evaluate import with_label_columns
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.matrix import with_columns
from graphcredit.scoring.model import CreditModel
from graphcredit.scoring.peers import row_prints
from graphcredit.scoring.validation.brier import brier_parts
from graphcredit.scoring.validation.curves import discrimination
from graphcredit.scoring.validation.drift import feature_drift, periods_of, quantile_counts, score_drift, shifted
from graphcredit.scoring.validation.feature_sets import compare_scores, feature_sets
from graphcredit.scoring.validation.grades import grade_tests
from graphcredit.scoring.validation.hosmer_lemeshow import hosmer_lemeshow
from graphcredit.scoring.validation.migration import migration
from graphcredit.scoring.validation.reliability import calibration_curve, calibration_line, expected_calibration_error
from graphcredit.scoring.validation.rows import Judged, divisions, out_of_fold_rows
from graphcredit.scoring.validation.segments import segments
from graphcredit.scoring.validation.sources import say
from graphcredit.scoring.validation.spiegelhalter import spiegelhalter
from graphcredit.scoring.validation.swaps import swap_sets
from graphcredit.store.base import CreditStore


def discrimination_section(rows: Judged) -> dict[str, Any]:
    """Ranking: AUC, Gini, KS, average precision and their curves; see `curves.discrimination`."""
    return discrimination(rows.data.y, rows.pd)


def calibration_section(rows: Judged) -> dict[str, Any]:
    """Brier parts, curve, line, Hosmer-Lemeshow and Spiegelhalter."""
    y, pd_ = rows.data.y, rows.pd
    curve = calibration_curve(y, pd_)
    return {
        "mean_pd": float(pd_.mean()),
        "default_rate": float(y.mean()),
        "brier": brier_parts(y, pd_),
        "curve": curve,
        "expected_calibration_error": expected_calibration_error(curve),
        "line": calibration_line(y, pd_),
        "hosmer_lemeshow": hosmer_lemeshow(y, pd_, fitted=rows.out_of_fold),
        "spiegelhalter": spiegelhalter(y, pd_),
    }


def grades_section(model: CreditModel, rows: Judged) -> dict[str, Any]:
    """Each grade's PD against its defaults; grades by the model's PD, before the industry overlay."""
    return grade_tests(rows.data.y, rows.pd, model.scale.index(rows.pd), model.scale.grades)


def segments_section(rows: Judged) -> dict[str, Any]:
    """Industry, region, size."""
    levels, size_rule = divisions(rows.data)
    return {"divisions": segments(rows.data.y, rows.pd, levels), "size_rule": size_rule}


def feature_sets_section(model: CreditModel, rows: Judged, *, repeats: int, seed: int) -> dict[str, Any]:
    """Tabular, graph, all: the chosen kind on each."""
    by_set = {key.split("|")[1]: score for key, score in rows.scores.items() if key.startswith(f"{model.kind}|")}
    return feature_sets(rows.data.y, by_set, kind=model.kind, repeats=repeats, seed=seed)


def drift_section(model: CreditModel, rows: Judged, reference: Dataset | None) -> dict[str, Any]:
    """PSI of the score and CSI of each feature, per period, against the rows that the model learned from.

    The score's reference are the model's own PDs of its training rows: fitted PDs are a little more extreme than those of
    new parties, so some shift shows without any drift. Without training rows among the labels, numbers are compared with the
    counts that the model file keeps, and categories are left out.
    """
    estimator = model.chosen.estimator
    period = periods_of(rows.data.labels.observed_on)
    made: dict[str, Any] = {
        "score": [],
        "features": [],
        "periods": sorted(set(period)),
        "reference_n": None,
        "note": None,
    }
    preparation = estimator.preparation_
    past = None if reference is None else with_label_columns(model, reference)
    made["features"] = feature_drift(
        preparation.columns_,
        preparation.transform(with_columns(rows.frame, preparation.names)),
        period,
        estimator.importance(),
        None if past is None else preparation.transform(with_columns(past, preparation.names)),
    )
    made["features"] = _labelled(model, made["features"])
    if rows.out_of_fold:
        made["note"] = say(
            "these rows are the training rows: the score has nothing else to be compared with",
            "这些样本即训练样本，评分分布没有其他参照",
        )
    elif reference is None or past is None:
        made["note"] = say(
            "the labels given hold no training rows: the score's drift is left out",
            "所给标签不含训练样本，未计算评分的群体稳定性",
        )
    else:
        before = expit(model.chosen.log_odds(past))
        made["score"] = score_drift(before, rows.pd, period)
        made["reference_n"] = len(before)
        made["reference_days"] = [day.isoformat() for day in reference.labels.dates][:24]
    return made


def _labelled(model: CreditModel, features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    labels = {info.name: {"en": info.label("en"), "zh": info.label("zh")} for info in model.features}
    return [{**row, "label": labels.get(row["feature"], say(row["feature"], row["feature"]))} for row in features]


def _moved(
    model: CreditModel, then: pd.DataFrame, now: pd.DataFrame, pd_then: Floats, pd_now: Floats, day: str
) -> dict[str, Any]:
    """PSI of the score and CSI of each feature between two days, of the same parties (rows in the same order)."""
    estimator = model.chosen.estimator
    preparation = estimator.preparation_
    codes = [preparation.transform(with_columns(frame, preparation.names)) for frame in (then, now)]
    period = np.full(len(now), day, dtype=object)
    features = feature_drift(preparation.columns_, codes[1], period, estimator.importance(), codes[0])
    return {"score": shifted(*quantile_counts(pd_then, pd_now)), "features": _labelled(model, features)}


def migration_section(
    model: CreditModel, rows: Judged, store: CreditStore, build: Build | None, earlier: date | None
) -> dict[str, Any]:
    """Grades of the newest day's parties now and on an earlier day (a year before when not said), and what has moved."""
    if build is None:
        from graphcredit.features import build_features

        build = build_features
    labels = rows.data.labels
    day = labels.dates[-1]
    before_day = earlier or (pd.Timestamp(day) - pd.DateOffset(years=1)).date()
    now = np.flatnonzero(labels.observed_on == day)
    parties = [str(party) for party in labels.party_id[now]]
    made: dict[str, Any] = {"from": before_day.isoformat(), "to": day.isoformat(), "n": 0, "note": None}
    try:
        matrix = build(store, before_day, parties=parties)
        frame = matrix.frame.reindex([party for party in parties if party in set(matrix.frame.index)])
        known = frame.notna().any(axis=1).to_numpy()
        columns = model.columns(matrix).reindex(frame.index)
        scored = model.chosen.log_odds(columns) if len(frame) else np.zeros(0)
    except GraphCreditError as error:
        made["note"] = say(
            f"no scores of {before_day}: {error.message}", f"无法得到 {before_day} 的评分：{error.message}"
        )
        return made
    if not known.any():
        made["note"] = say(
            f"nothing was known of these parties on {before_day}", f"{before_day} 时尚无这些主体的任何信息"
        )
        return made
    row_then = dict(zip(frame.index[known], np.flatnonzero(known), strict=True))
    both = [(row_then[party], i) for party, i in zip(parties, now, strict=True) if party in row_then]
    first, last = np.array([row for row, _ in both]), np.array([i for _, i in both])
    own = expit(model.chosen.log_odds(rows.frame)) if rows.out_of_fold else rows.pd  # the same scores on both days
    pd_then, pd_now = expit(scored[first]), own[last]
    before, after = model.scale.index(pd_then), model.scale.index(pd_now)
    moved = _moved(model, columns.iloc[first], rows.frame.iloc[last], pd_then, pd_now, day.isoformat())
    return {**made, **migration(before, after, model.scale.grades), "parties": len(parties), "moved": moved}


def against_section(model: CreditModel, other: CreditModel, rows: Judged, *, repeats: int, seed: int) -> dict[str, Any]:
    """This model beside another on the same rows: AUC by paired tests, Brier score, and who changes sides."""
    y = rows.data.y
    theirs, repeated = _pds_of(other, rows)
    note = None
    if repeated:
        note = say(
            f"{repeated} of {len(y)} rows were learned from by {other.model_id}: its figures are too kind",
            f"{len(y)} 个样本中有 {repeated} 个曾用于训练 {other.model_id}，其结果偏好",
        )
    compared = compare_scores(y, {"this": rows.pd, "other": theirs}, [("this", "other")], repeats=repeats, seed=seed)
    return {
        "model_id": other.model_id,
        "kind": other.kind,
        "feature_set": other.feature_set,
        "scores": compared["scores"],
        "comparison": compared["pairs"][0],
        "brier": {"this": float(((rows.pd - y) ** 2).mean()), "other": float(((theirs - y) ** 2).mean())},
        "rank_correlation": float(pd.Series(rows.pd).corr(pd.Series(theirs), method="spearman")),
        "same_grade": float((model.scale.index(rows.pd) == other.scale.index(theirs)).mean()),
        "swaps": swap_sets(y, rows.pd, theirs),
        "note": note,
    }


def _pds_of(other: CreditModel, rows: Judged) -> tuple[Floats, int]:
    """Another model's PDs of the same rows, and how many of them it learned from; out of fold where ours are."""
    data = rows.data
    if rows.out_of_fold and other.meta.get("labels", {}).get("split") == "cv":
        theirs = out_of_fold_rows(other, data)
        if len(theirs.pd) == len(rows.pd):
            return theirs.pd, 0
    names = [str(name) for name in data.X.columns]
    repeated = int(np.isin(row_prints(data.X, names), other.prints).sum())
    return expit(other.chosen.log_odds(with_label_columns(other, data))), repeated
