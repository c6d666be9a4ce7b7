"""Each grade's PD against its defaults: exact binomial, Jeffreys, and with correlated defaults; as traffic lights.

Sources: Basel Committee Working Paper 14 (2005) for the binomial test; ECB (2019), Instructions for reporting the
validation results of internal models, for Jeffreys; Vasicek's one factor for correlation; Tasche (2003) for the lights.
The PD tested is the mean of the grade's parties. All tests are one-sided: a PD too low is what endangers a lender; a PD
too high is told as `prudent`.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.polynomial.hermite_e import hermegauss
from scipy.stats import beta, binom, norm

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import Labels01
from graphcredit.scoring.validation.reliability import jeffreys_interval

YELLOW, RED = 0.05, 0.001
"""p-values below which a light is yellow, and red (Tasche 2003: 95% and 99.9%)."""
FEW = 30
CORRELATION = 0.12
"""Asset correlation for correlated defaults: the lower end of Basel's corporate range (CRE31.5), for high PDs."""
NODES = 64


def light(p: float | None, *, yellow: float = YELLOW, red: float = RED) -> str:
    """green, yellow or red by a p-value; grey where there is none."""
    if p is None:
        return "grey"
    return "red" if p < red else "yellow" if p < yellow else "green"


def binomial_p(defaults: int, n: int, pd: float) -> float:
    """P(at least so many defaults) if the PD is right and defaults are independent."""
    return float(binom.sf(defaults - 1, n, pd))


def jeffreys_p(defaults: int, n: int, pd: float) -> float:
    """Posterior probability that the true PD is at most `pd`, from Beta(1/2, 1/2); small = PD too low."""
    return float(beta.cdf(pd, defaults + 0.5, n - defaults + 0.5))


def correlated_p(defaults: int, n: int, pd: float, correlation: float = CORRELATION) -> float:
    """P(at least so many defaults) if the PD is right and all share one factor (Vasicek), by Gauss-Hermite quadrature.

    Args:
        correlation: of assets, in [0, 1); 0 is the binomial test.
    """
    if pd <= 0 or pd >= 1:
        return binomial_p(defaults, n, min(max(pd, 0.0), 1.0))
    factor, weight = hermegauss(NODES)
    given = norm.cdf((norm.ppf(pd) - np.sqrt(correlation) * factor) / np.sqrt(1 - correlation))
    return float(min(1.0, (weight * binom.sf(defaults - 1, n, given)).sum() / np.sqrt(2 * np.pi)))


def tested(y: Labels01, pd: Floats) -> dict[str, Any]:
    """One group of parties: n, defaults, mean PD, expected defaults, rate with interval, three p-values, two lights."""
    n, defaults, mean = len(y), int(y.sum()), float(pd.mean())
    low, high = jeffreys_interval(defaults, n)
    p_binomial, p_jeffreys = binomial_p(defaults, n, mean), jeffreys_p(defaults, n, mean)
    return {
        "n": n,
        "defaults": defaults,
        "mean_pd": mean,
        "expected": float(pd.sum()),
        "rate": defaults / n,
        "rate_ci": [low, high],
        "binomial_p": p_binomial,
        "jeffreys_p": p_jeffreys,
        "correlated_p": correlated_p(defaults, n, mean),
        "binomial_light": light(p_binomial),
        "light": light(p_jeffreys),
        "prudent": bool(1 - p_jeffreys < YELLOW),
        "few": n < FEW,
    }


def grade_tests(y: Labels01, pd: Floats, grade: npt.NDArray[np.integer[Any]], names: Sequence[str]) -> dict[str, Any]:
    """Tests of each grade that holds parties, and of all together; JSON-able.

    Args:
        y, pd: outcomes and predictions, shape (n,).
        grade: position of each party's grade in `names`, shape (n,).
        names: grades, best first.

    Returns:
        `grades` (one row each, best first), `all`, `red` and `yellow` (counts by Jeffreys), `false_alarms` (yellows to
        expect if every PD is right), `inversions` (neighbours where the better grade defaulted more often),
        `concentration` (Herfindahl index of parties by grade), `correlation` (used in `correlated_p`).
    """
    rows = [
        {"grade": name, **tested(y[grade == g], pd[grade == g])} for g, name in enumerate(names) if (grade == g).any()
    ]
    lights = [row["light"] for row in rows]
    shares = np.array([row["n"] for row in rows]) / len(y)
    return {
        "grades": rows,
        "all": {"grade": None, **tested(y, pd)},
        "red": lights.count("red"),
        "yellow": lights.count("yellow"),
        "false_alarms": round(YELLOW * len(rows), 2),
        "inversions": [
            [better["grade"], worse["grade"]] for better, worse in pairwise(rows) if better["rate"] > worse["rate"]
        ],
        "concentration": float((shares**2).sum()),
        "correlation": CORRELATION,
        "thresholds": {"yellow": YELLOW, "red": RED},
    }
