"""A scorecard as SQL and as a points table: what a core system or a clerk computes with."""

from typing import Any

import numpy as np
import pandas as pd

from graphcredit.exc import InputError
from graphcredit.scoring.kernels import MISSING
from graphcredit.scoring.model import CreditModel
from graphcredit.scoring.preprocess import Column
from graphcredit.scoring.scorecard import Bin, Scorecard


def _scorecard(model: CreditModel) -> Scorecard:
    if not isinstance(model.chosen.estimator, Scorecard):
        raise InputError(
            f"a {model.kind} has no points table", remedy="train with models=['scorecard'] to get a scorecard"
        )
    return model.chosen.estimator


def scorecard_candidate(model: CreditModel) -> CreditModel:
    """The same model with its best scorecard as the one that scores, whichever kind was chosen.

    Raises:
        InputError: no scorecard was trained.
    """
    from dataclasses import replace

    for feature_set in (model.feature_set, "all", "tabular", "graph"):
        found = model.candidates.get(f"scorecard|{feature_set}")
        if found is not None:
            known = {info.name: info for info in model.features}
            from graphcredit.scoring.matrix import FeatureInfo

            features = tuple(
                known.get(name, FeatureInfo(name, label_en=name, label_zh=name)) for name in found.features
            )
            return replace(model, chosen=found, features=features)
    raise InputError("no scorecard was trained", remedy="train with models=['scorecard']")


def _line(model: CreditModel) -> tuple[float, float]:
    """Calibrated log-odds = a + b * raw; a scorecard's calibration is one line."""
    at = model.chosen.calibrator.log_odds(np.array([0.0, 1.0]))
    return float(at[0]), float(at[1] - at[0])


def points_table(model: CreditModel) -> pd.DataFrame:
    """One row a bin: feature, bin (text), count, events, bad_rate, woe, points; plus the row of base points.

    A party's points are the base points plus one row per feature, to the last digit.

    Raises:
        InputError: the model is no scorecard.
    """
    card = _scorecard(model)
    a, b = _line(model)
    factor = model.point_scale.factor
    rows: list[dict[str, Any]] = [
        {"feature": "(base)", "bin": "", "count": None, "events": None, "bad_rate": None, "woe": None,
         "points": float(model.point_scale.of_log_odds(a + b * card.intercept_))}
    ]  # fmt: skip
    for name, bins in card.bins_.items():
        column = card.column(name)
        rows += [
            {
                "feature": name,
                "bin": bin_text(column, each),
                "count": each.count,
                "events": each.events,
                "bad_rate": each.events / each.count if each.count else None,
                "woe": each.woe,
                "points": -factor * b * card.weights_[name] * each.woe,
            }
            for each in bins
        ]
    return pd.DataFrame(rows)


def bin_text(column: Column, each: Bin) -> str:
    """A bin as readers write it: [1.5, 3), missing, or {C31, C33}."""
    if each.first == MISSING:
        return "missing"
    low, high = column.interval(each.first)[0], column.interval(min(each.last, len(column.edges)))[1]
    if column.levels is not None:
        inside = sorted(level for level, value in column.levels.items() if low <= value < high)
        return "{" + ", ".join(inside) + "}"
    left = "(-inf" if np.isinf(low) else f"[{low:.6g}"
    return f"{left}, {'inf' if np.isinf(high) else f'{high:.6g}'})"


def to_sql(model: CreditModel, *, table: str = "features", party: str = "party_id") -> str:
    """A SELECT of party, points and PD from a table with the features' columns; standard SQL, tried on DuckDB.

    Raises:
        InputError: the model is no scorecard.
    """
    card = _scorecard(model)
    a, b = _line(model)
    terms = [_real(card.intercept_)]
    for name, bins in card.bins_.items():
        terms.append(_case(card.column(name), bins, card.weights_[name]))
    raw = "\n    + ".join(terms)
    scale = model.point_scale
    return (
        f"-- {model.model_id}: scorecard, PD {model.chosen.calibrator.philosophy}\n"
        f"WITH raw AS (\n  SELECT {_name(party)} AS party_id,\n    {raw} AS log_odds\n  FROM {_name(table)}\n),\n"
        f"calibrated AS (SELECT party_id, {_real(a)} + {_real(b)} * log_odds AS log_odds FROM raw)\n"
        f"SELECT party_id, {_real(scale.offset)} - {_real(scale.factor)} * log_odds AS points, "
        "1e0 / (1e0 + exp(-log_odds)) AS pd\nFROM calibrated"
    )


def _case(column: Column, bins: list[Bin], weight: float) -> str:
    name = _name(column.name)
    missing = next((each.woe for each in bins if each.first == MISSING), 0.0)
    whens = [f"WHEN {name} IS NULL THEN {_real(weight * missing)}"]
    if column.levels is None:
        whens[0] = f"WHEN {name} IS NULL OR {name} <> {name} THEN {_real(weight * missing)}"
    known = [each for each in bins if each.first != MISSING]
    for each in known[:-1]:
        bound = float(column.edges[each.last])
        if column.levels is None:
            whens.append(f"WHEN {name} < {_real(bound)} THEN {_real(weight * each.woe)}")
            continue
        low = column.interval(each.first)[0]
        levels = [level for level, value in column.levels.items() if low <= value < bound]
        if levels:
            shown = ", ".join("'" + level.replace("'", "''") + "'" for level in sorted(levels))
            whens.append(f"WHEN {name} IN ({shown}) THEN {_real(weight * each.woe)}")
    rest = known[-1].woe if known else 0.0
    if column.levels is not None and len(known) > 1:
        low = column.interval(known[-1].first)[0]
        levels = [level for level, value in column.levels.items() if value >= low]
        if levels:
            shown = ", ".join("'" + level.replace("'", "''") + "'" for level in sorted(levels))
            whens.append(f"WHEN {name} IN ({shown}) THEN {_real(weight * rest)}")
        prior = int(np.searchsorted(column.edges, column.prior, side="right"))
        rest = next((each.woe for each in known if each.first <= prior <= each.last), 0.0)
    return f"CASE {' '.join(whens)} ELSE {_real(weight * rest)} END"


def _real(value: float) -> str:
    """A literal that SQL reads as double precision, not as a decimal; digits enough to come back the same."""
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
