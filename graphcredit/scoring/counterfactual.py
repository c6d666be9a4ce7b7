"""What would improve a score most: one changeable feature moved within what training has seen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from graphcredit.scoring.kernels import MISSING, Codes, Floats
from graphcredit.scoring.texts import better_text

if TYPE_CHECKING:
    from graphcredit.scoring.model import CreditModel
    from graphcredit.scoring.preprocess import Column

SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
MOST_FEATURES = 20
_ALLOWED: "WeakKeyDictionary[Any, tuple[Any, dict[int, None]]]" = WeakKeyDictionary()
_KEPT: "WeakKeyDictionary[Column, tuple[Codes, Floats]]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Counterfactual:
    """One change: feature from `value` to `target` would bring `points`, ending at `pd` and `grade` (before overlay)."""

    feature: str
    value: float | None
    target: float
    points: float
    pd: float
    grade: str
    text: dict[str, str]

    def body(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "feature": self.feature,
            "value": self.value,
            "target": self.target,
            "points": self.points,
            "pd": self.pd,
            "grade": self.grade,
            "text": self.text,
        }


def counterfactuals(
    model: "CreditModel", number: Callable[[str], float], codes: Codes, log_odds: float, told: list[int]
) -> dict[str, Counterfactual]:
    """Per changeable feature, the best of the training quantiles 10% to 90% (nearest to today's value on a tie).

    Args:
        model: scores the changed rows.
        number: value of one of the party's features, nan where missing.
        codes: of its features (1, p).
        log_odds: its calibrated log-odds.
        told: columns already among the reasons; they are tried first.
    """
    columns = model.chosen.estimator.preparation_.columns_
    allowed, first = _changeable(model), set(told)
    trial = [*(j for j in told if j in allowed), *(j for j in allowed if j not in first)][:MOST_FEATURES]
    if not trial:
        return {}
    reached = [_quantiles(columns[j]) for j in trial]
    targets = np.array([values for _, values in reached])
    changed = np.array([code for code, _ in reached])
    estimator, calibrator = model.chosen.estimator, model.chosen.calibrator
    after = calibrator.log_odds(estimator.log_odds_changed(codes, np.array(trial), changed))
    gains = model.point_scale.factor * (log_odds - after)
    found: dict[str, Counterfactual] = {}
    highest = gains.max(axis=1)
    for i in np.flatnonzero(~(highest < 0.5)).tolist():
        j, best = trial[i], highest[i]
        raw = number(columns[j].name)
        close = np.where(gains[i] >= best - 0.05, np.abs(targets[i] - (0 if np.isnan(raw) else raw)), np.inf)
        k = int(np.argmin(close))
        pd_after = float(1 / (1 + np.exp(-after[i, k])))
        grade = model.scale.grade(pd_after)
        info = model.feature(columns[j].name)
        value = None if np.isnan(raw) else raw
        gain = round(float(gains[i, k]), 2)
        text = better_text(info, value, float(targets[i, k]), gain, grade)
        found[info.name] = Counterfactual(info.name, value, float(targets[i, k]), gain, pd_after, grade, text)
    return found


def _changeable(model: "CreditModel") -> dict[int, None]:
    """Columns of numbers that a party can change, in order; kept while the model's preparation lives."""
    preparation = model.chosen.estimator.preparation_
    found = _ALLOWED.get(preparation)
    if found is None or found[0] is not model.features:
        names = {info.name for info in model.features if info.changeable}
        columns = enumerate(preparation.columns_)
        found = (model.features, {j: None for j, each in columns if each.name in names and each.levels is None})
        _ALLOWED[preparation] = found
    return found[1]


def _quantiles(column: "Column") -> tuple[Codes, Floats]:
    """Codes and values at the shares of the known training rows, kept while the column lives."""
    found = _KEPT.get(column)
    if found is None:
        pairs = [_quantile(column, share) for share in SHARES]
        found = _KEPT[column] = (
            np.array([code for code, _ in pairs], dtype=np.uint8),
            np.array([value for _, value in pairs], dtype=np.float64),
        )
    return found


def _quantile(column: "Column", share: float) -> tuple[int, float]:
    """Code and value at a share of the known training rows."""
    known = column.counts[:MISSING]
    total = known.sum()
    if total == 0:
        return MISSING, float("nan")
    code = int(np.searchsorted(np.cumsum(known), share * total))
    low, high = column.interval(code)
    if np.isinf(low) and np.isinf(high):
        return code, column.median
    return code, high if np.isinf(low) else low if np.isinf(high) else (low + high) / 2
