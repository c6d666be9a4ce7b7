"""From a model's log-odds to a probability of default with a stated central tendency."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from graphcredit.exc import LabelError, ValueRangeError
from graphcredit.scoring.base import expit, logit
from graphcredit.scoring.kernels import Floats

ISOTONIC_EVENTS = 400
POINT_IN_TIME = "point-in-time"
THROUGH_THE_CYCLE = "through-the-cycle"


class Calibrator:
    """An increasing, piecewise linear map from raw to calibrated log-odds: strictly so, ranks are kept.

    Attributes:
        method: sigmoid (one line) or isotonic (blocks joined by lines between their centres).
        x, y: knots, raw and calibrated log-odds, shape (k,), k >= 2; beyond them the line goes on with `slope`.
        slope: of the sigmoid fit, used outside the knots.
        shift: added to meet the central tendency.
        central_tendency: mean PD of the reference rows after the shift.
        philosophy: point-in-time (the labels' own default rate) or through-the-cycle (a long-run rate was given).
    """

    def __init__(
        self,
        method: str,
        knots: tuple[Floats, Floats],
        slope: float,
        shift: float,
        central_tendency: float,
        philosophy: str,
    ) -> None:
        self.method = method
        self.x, self.y = knots
        self.slope = slope
        self.shift = shift
        self.central_tendency = central_tendency
        self.philosophy = philosophy

    def log_odds(self, raw: npt.ArrayLike) -> Floats:
        """Calibrated log-odds, shape of `raw`."""
        s = np.asarray(raw, dtype=np.float64)
        inside = np.interp(s, self.x, self.y)
        below, above = np.minimum(s - self.x[0], 0.0), np.maximum(s - self.x[-1], 0.0)
        return np.asarray(inside + self.slope * (below + above) + self.shift)

    def pd(self, raw: npt.ArrayLike) -> Floats:
        """Probability of default, shape of `raw`."""
        return expit(self.log_odds(raw))

    def gradient(self, raw: npt.ArrayLike) -> Floats:
        """Slope of the map at `raw`, one-sided from above."""
        step = 1e-4
        s = np.asarray(raw, dtype=np.float64)
        return np.asarray((self.log_odds(s + step) - self.log_odds(s)) / step)

    def describe(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "method": self.method,
            "slope": round(self.slope, 6),
            "shift": round(self.shift, 6),
            "knots": len(self.x),
            "central_tendency": self.central_tendency,
            "philosophy": self.philosophy,
        }


def calibrate(
    raw: Floats,
    y: npt.NDArray[np.int64],
    *,
    central_tendency: float | None = None,
    method: str = "auto",
    weights: Floats | None = None,
) -> Calibrator:
    """Fit a calibrator on out-of-fold log-odds.

    Args:
        raw: log-odds that the model gave rows it had not learned from, shape (n,).
        y: their labels.
        central_tendency: long-run default rate to meet on average (through-the-cycle); the labels' own rate when None
            (point-in-time).
        method: sigmoid, isotonic, or auto: isotonic from 400 defaults and 400 others on (below that it overfits:
            Niculescu-Mizil & Caruana 2005, "Predicting good probabilities with supervised learning"), else sigmoid.
        weights: rows each stands for, shape (n,), where defaults were sampled more densely than others; None = 1.

    Raises:
        ValueRangeError: a central tendency outside (0, 1).
        LabelError: one class only.
    """
    if central_tendency is not None and not 0 < central_tendency < 1:
        raise ValueRangeError(
            f"central tendency {central_tendency} is not between 0 and 1", remedy="give a rate, such as 0.02 for 2%"
        )
    events = int(y.sum())
    if events == 0 or events == len(y):
        raise LabelError("calibration needs labels of both classes", remedy="add defaulted and sound parties")
    w = np.ones(len(y)) if weights is None else weights
    slope, intercept = _line(raw, y, w)
    if method == "auto":
        method = "isotonic" if min(events, len(y) - events) >= ISOTONIC_EVENTS else "sigmoid"
    ends = np.array([raw.min(), max(float(raw.max()), float(raw.min()) + 1e-6)])
    knots = (ends, intercept + slope * ends)
    if method == "isotonic":
        found = _blocks(raw, y, w, slope)
        if len(found[0]) >= 3:
            knots = found
        else:
            method = "sigmoid"
    philosophy = POINT_IN_TIME if central_tendency is None else THROUGH_THE_CYCLE
    target = float(np.average(y, weights=w)) if central_tendency is None else central_tendency
    made = Calibrator(method, knots, slope, 0.0, target, philosophy)
    plain = made.log_odds(raw)
    made.shift = float(brentq(lambda shift: np.average(expit(plain + shift), weights=w) - target, -30, 30, xtol=1e-10))
    return made


def _line(raw: Floats, y: npt.NDArray[np.int64], w: Floats) -> tuple[float, float]:
    """Slope (kept above .05, so ranks survive a model that learned nothing) and intercept of Platt's sigmoid."""
    centre, spread = float(raw.mean()), max(float(raw.std()), 1e-9)
    model = LogisticRegression(C=100.0, max_iter=1000).fit(((raw - centre) / spread).reshape(-1, 1), y, sample_weight=w)
    slope = max(float(model.coef_[0, 0]) / spread, 0.05)
    return slope, float(model.intercept_[0]) - slope * centre


def _blocks(raw: Floats, y: npt.NDArray[np.int64], w: Floats, slope: float) -> tuple[Floats, Floats]:
    """Centres and log-odds of isotonic blocks over at most forty equal bins, made strictly increasing."""
    bins = int(np.clip(min(y.sum(), len(y) - y.sum()) // 25, 5, 40))
    parts = np.array_split(np.argsort(raw, kind="stable"), bins)
    x = np.array([np.average(raw[part], weights=w[part]) for part in parts])
    count = np.array([w[part].sum() for part in parts])
    mean = np.average(y, weights=w)
    rate = np.array([((w[part] * y[part]).sum() + mean) / (w[part].sum() + 1) for part in parts])
    fitted = IsotonicRegression().fit_transform(x, rate, sample_weight=count)
    starts = np.flatnonzero(np.append(True, np.diff(fitted) > 1e-12))
    weight = np.add.reduceat(count, starts)
    centres = np.add.reduceat(x * count, starts) / weight
    values = logit(fitted[starts])
    keep = np.append(True, np.diff(centres) > 1e-9)
    centres, values = centres[keep], values[keep]
    tilt = 1e-3 * slope
    return centres, np.maximum.accumulate(values + tilt * (centres - centres[0]))
