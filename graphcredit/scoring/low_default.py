"""Probabilities of default where hardly any default was seen: upper bounds of the most prudent estimation.

Source: Pluto & Tasche (2005), "Estimating probabilities of default for low default portfolios" (arXiv cond-mat/0411699;
shortened as "Thinking positively", Risk, August 2005). A grade's PD cannot be above that of any worse grade. The most
prudent estimate therefore pools a grade with every worse one, as if all of them shared its PD, and takes the largest PD
at which so few defaults, or fewer, still have a probability of 1 - confidence.

Defaults are independent, or driven by one factor (Vasicek): a borrower defaults in a year where
sqrt(rho) S_t + sqrt(1 - rho) e < quantile(p), with the factor correlated between years by theta ** |s - t|.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import betainc, betaincinv, ndtr, ndtri
from scipy.stats import norm, qmc

from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.scoring.kernels import Floats

if TYPE_CHECKING:
    from graphcredit.scoring.dataset import Dataset
    from graphcredit.scoring.model import CreditModel

CONFIDENCE, CORRELATION, YEAR_CORRELATION = 0.75, 0.12, 0.3
"""House choices: a moderate level, as the paper argues for; .12 is Basel II's lowest corporate correlation, .3 the
paper's correlation of the factor between years that follow each other."""
FEW_DEFAULTS = 10
_NODES = 2_001
_DRAWS_LOG2 = 14
_SEED = 2005
_LOWEST, _HIGHEST = 1e-12, 1 - 1e-12


@dataclass(frozen=True)
class GradeBound:
    """One grade's upper bound.

    Attributes:
        grade: its name.
        n, defaults: seen in the grade itself.
        pooled_n, pooled_defaults: with every worse grade.
        observed: default rate of the grade, nan where it is empty.
        upper: bound of its PD.
    """

    grade: str
    n: int
    defaults: int
    pooled_n: int
    pooled_defaults: int
    observed: float
    upper: float

    def body(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "grade": self.grade,
            "n": self.n,
            "defaults": self.defaults,
            "pooled_n": self.pooled_n,
            "pooled_defaults": self.pooled_defaults,
            "observed": None if np.isnan(self.observed) else self.observed,
            "upper": self.upper,
        }


def upper_bound(
    n: int,
    defaults: int,
    *,
    confidence: float = CONFIDENCE,
    correlation: float = 0.0,
    years: int = 1,
    year_correlation: float = YEAR_CORRELATION,
) -> float:
    """Largest yearly PD that `defaults` among `n` borrowers do not refute at this confidence.

    Independent and one year: the closed form by Clopper and Pearson, a quantile of a beta distribution. Correlated and
    one year: the integral over the factor on a fine grid. Several years: the factor's paths by 16,384 scrambled Sobol
    points of a fixed seed (repeatable; error about one percent of the bound).

    Args:
        n: borrowers at the beginning, all seen for `years` years or until default.
        defaults: of them, within those years.
        confidence: level, in (0, 1); .5 is about neutral, the higher the more prudent.
        correlation: rho of the one-factor model, in [0, 1).
        years: length of the period.
        year_correlation: theta, in [0, 1], between the factors of neighbouring years.

    Raises:
        ValueRangeError: an argument outside its range.
    """
    _check(n, defaults, confidence, correlation, years, year_correlation)
    if defaults >= n:
        return 1.0
    if correlation == 0:
        whole = float(betaincinv(defaults + 1, n - defaults, confidence))
        return whole if years == 1 else float(-np.expm1(np.log1p(-whole) / years))
    factors, weights = _factors(years, year_correlation)

    def above(quantile: float) -> float:
        return at_most(n, defaults, float(ndtr(quantile)), correlation, factors, weights) - (1 - confidence)

    low, high = ndtri(_LOWEST), ndtri(_HIGHEST)
    if above(low) <= 0:
        return _LOWEST
    return float(ndtr(brentq(above, low, high, xtol=1e-12)))


def at_most(n: int, defaults: int, pd: float, correlation: float, factors: Floats, weights: Floats) -> float:
    """Probability of at most `defaults` defaults among `n`, given PD and correlation.

    Args:
        n, defaults, pd, correlation: of the one-factor model.
        factors: paths of the factor, shape (m, years).
        weights: of each path, shape (m,), summing to 1.
    """
    share = ndtr((ndtri(pd) - np.sqrt(correlation) * factors) / np.sqrt(1 - correlation))
    within = -np.expm1(np.log1p(-np.minimum(share, _HIGHEST)).sum(axis=1))  # defaults in one of the years
    return float(weights @ betainc(n - defaults, defaults + 1, 1 - within))


def most_prudent(
    n: Sequence[int],
    defaults: Sequence[int],
    *,
    grades: Sequence[str] | None = None,
    confidence: float = CONFIDENCE,
    correlation: float = 0.0,
    years: int = 1,
    year_correlation: float = YEAR_CORRELATION,
) -> list[GradeBound]:
    """Upper bounds of every grade, best first, each pooled with all worse grades; they never fall towards worse grades.

    Args:
        n, defaults: per grade, best first.
        grades: names; "1", "2", ... when None.
        confidence, correlation, years, year_correlation: see `upper_bound`.

    Raises:
        ShapeError: lengths differ, or there is no grade.
        ValueRangeError: a number outside its range, or nobody in all grades.
    """
    names = [str(name) for name in grades] if grades is not None else [str(i + 1) for i in range(len(n))]
    if not n or not len(n) == len(defaults) == len(names):
        raise ShapeError(
            f"{len(n)} counts, {len(defaults)} numbers of defaults and {len(names)} grades do not fit each other",
            remedy="give one of each per grade, best grade first",
        )
    for name, count, bad in zip(names, n, defaults, strict=True):
        if count < 0 or not 0 <= bad <= count:
            raise ValueRangeError(f"grade {name}: {bad} defaults of {count}", remedy="defaults lie between 0 and n")
    if sum(n) == 0:
        raise ValueRangeError("no borrower in any grade", remedy="give the number of borrowers per grade")
    pooled_n, pooled_bad = (np.cumsum(np.asarray(x, dtype=np.int64)[::-1])[::-1] for x in (n, defaults))
    found: list[GradeBound] = []
    highest = 0.0
    for i, name in enumerate(names):
        bound = 1.0  # an empty grade below all others: nothing is known of it
        if pooled_n[i] > 0:
            bound = upper_bound(
                int(pooled_n[i]), int(pooled_bad[i]), confidence=confidence, correlation=correlation,
                years=years, year_correlation=year_correlation,
            )  # fmt: skip
        highest = max(highest, bound)
        observed = defaults[i] / n[i] if n[i] else float("nan")
        found.append(
            GradeBound(name, int(n[i]), int(defaults[i]), int(pooled_n[i]), int(pooled_bad[i]), observed, highest)
        )
    return found


def scaled(bounds: Sequence[GradeBound], central_tendency: float) -> list[float]:
    """The bounds, all multiplied so that the portfolio's mean PD is the central tendency (section 5 of the paper).

    The paper proposes the whole portfolio's observed default rate, or its own upper bound, as the tendency.

    Raises:
        ValueRangeError: a tendency outside (0, 1).
    """
    if not 0 < central_tendency < 1:
        raise ValueRangeError(f"central tendency {central_tendency} is not between 0 and 1", remedy="give 0.01 for 1%")
    n = np.array([each.n for each in bounds], dtype=np.float64)
    upper = np.array([each.upper for each in bounds])
    return [float(value) for value in np.minimum(upper * central_tendency * n.sum() / (n @ upper), 1.0)]


def count_by_grade(
    grades: Sequence[str], names: Sequence[str], y: npt.NDArray[np.int64]
) -> tuple[list[int], list[int]]:
    """Borrowers and defaults per grade in the order of `grades`."""
    given = np.asarray(names, dtype=object)
    return [int((given == grade).sum()) for grade in grades], [int(y[given == grade].sum()) for grade in grades]


def grade_counts(model: "CreditModel", data: "Dataset") -> tuple[list[str], list[int], list[int], dict[str, float]]:
    """Labelled parties by the grade that a model gives them: grades, parties, defaults, and the mean PD of each grade."""
    from graphcredit.scoring.evaluate import with_label_columns

    pds = model.chosen.pd(with_label_columns(model, data))
    names = np.asarray(model.scale.assign(pds).astype(str))
    n, bad = count_by_grade(model.scale.grades, list(names), data.y)
    means = {
        grade: float(pds[names == grade].mean()) for grade, count in zip(model.scale.grades, n, strict=True) if count
    }
    return list(model.scale.grades), n, bad, means


def prudent_pds(
    pds: Mapping[str, float], bounds: Sequence[GradeBound], *, few: int = FEW_DEFAULTS
) -> dict[str, dict[str, Any]]:
    """What to use per grade: the calibrated PD, or the bound where the grade and all worse ones saw too few defaults.

    A grade whose pool holds `few` defaults keeps its calibrated PD: there the data speak. Elsewhere the PD is not below
    the bound. PDs never fall towards worse grades.

    Args:
        pds: calibrated PD per grade (of its scale, or the mean of its borrowers).
        bounds: of the same grades, best first.
        few: defaults in the pool below which the bound holds.

    Returns:
        grade -> calibrated, upper, used, and `bounded` (whether the bound decided).
    """
    made: dict[str, dict[str, Any]] = {}
    highest = 0.0
    for each in bounds:
        calibrated = float(pds.get(each.grade, float("nan")))
        thin = each.pooled_defaults < few
        used = each.upper if np.isnan(calibrated) else max(calibrated, each.upper) if thin else calibrated
        highest = max(highest, used)
        made[each.grade] = {
            "calibrated": None if np.isnan(calibrated) else calibrated,
            "upper": each.upper,
            "used": highest,
            "bounded": bool(np.isnan(calibrated) or (thin and each.upper > calibrated)),
        }
    return made


def _factors(years: int, theta: float) -> tuple[Floats, Floats]:
    """Paths of the factor and their weights: a grid for one year, Sobol points for several."""
    if years == 1:
        x = np.linspace(-10, 10, _NODES)
        weight = norm.pdf(x)
        return x[:, None], np.asarray(weight / weight.sum())
    uniform = qmc.Sobol(years, scramble=True, rng=np.random.default_rng(_SEED)).random_base2(_DRAWS_LOG2)
    lag = np.abs(np.subtract.outer(np.arange(years), np.arange(years)))
    values, vectors = np.linalg.eigh(np.power(float(theta), lag))  # also where theta is 1 and the matrix singular
    normal = ndtri(np.clip(uniform, 1e-12, 1 - 1e-12))
    paths = normal @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
    return np.asarray(paths), np.full(len(paths), 1 / len(paths))


def _check(n: int, defaults: int, confidence: float, correlation: float, years: int, theta: float) -> None:
    for wrong, says, remedy in (
        (n < 1, f"{n} borrowers", "give at least one"),
        (not 0 <= defaults <= n, f"{defaults} defaults of {n}", "defaults lie between 0 and n"),
        (not 0 < confidence < 1, f"confidence {confidence}", "give a level between 0 and 1, such as 0.75"),
        (not 0 <= correlation < 1, f"correlation {correlation}", "give 0 (independent) up to below 1, such as 0.12"),
        (not 1 <= years <= 50, f"{years} years", "give 1 to 50"),
        (not 0 <= theta <= 1, f"correlation between years {theta}", "give 0 to 1"),
    ):
        if wrong:
            raise ValueRangeError(f"{says} is outside its range", remedy=remedy)
