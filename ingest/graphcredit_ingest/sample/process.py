"""The process that draws defaults, stated once.

A firm's default index is `a - b * health + c * industry + s * (g_t * T + g_g * G)` on the logit scale, where T is the
share of its sales that goes to firms in distress and G the guarantees it gave for firms in distress against its yearly
sales. In distress are the firms known to be in default at the observation date, and those that default within the
horizon: first on their own (T and G from the known ones), then by two rounds of contagion. s = 0 means no contagion.

The true PD of a firm is its probability over the worlds of this process, given everything at the observation date. It is
estimated without bias: a firm that survived a round fails in the next with (chance - earlier chance) / (1 - earlier
chance), which counts only in worlds where it survived; so a firm's own failure, coming back to it through a circle, never
raises its PD.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit_ingest.sample.firms import Firms, Floats

BASE, HEALTH, INDUSTRY = -4.2, 1.45, 0.7
TRADE, GUARANTEE = 4.0, 1.5
WORLDS, ROUNDS = 256, 2


@dataclass(frozen=True)
class Outcome:
    """Known defaults, outcomes within the horizon and true PDs, shape (n,)."""

    known: npt.NDArray[np.bool_]
    defaulted: npt.NDArray[np.bool_]
    true_pd: Floats
    own_pd: Floats  # without contagion


def _logistic(index: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-index)))


def draw_outcome(
    rng: np.random.Generator,
    firms: Firms,
    industry_effect: Floats,
    sales_share: sparse.csr_array,
    guaranteed: sparse.csr_array,
    strength: float,
) -> Outcome:
    """Draw who is in default already, who defaults within the horizon, and compute true PDs.

    Args:
        rng: the generator.
        firms: latent states.
        industry_effect: per industry, high = bad.
        sales_share: [i, j] = share of i's sales that goes to j.
        guaranteed: [i, j] = what i guarantees for j against i's yearly sales, at most 1 in total.
        strength: s of the module's text.
    """
    own = BASE - HEALTH * firms.health + INDUSTRY * industry_effect[firms.industry]
    known = rng.random(firms.n) < _logistic(own + 0.9)
    pressure = strength * (TRADE * sales_share + GUARANTEE * guaranteed)
    burden = np.asarray(pressure @ known.astype(float))
    first = _logistic(own + burden)
    pd_sum = np.zeros(firms.n)
    for _ in range(WORLDS if strength > 0 else 0):
        pd_sum += _world(rng.random(firms.n), own, first, known, pressure)[1]
    true_pd = pd_sum / WORLDS if strength > 0 else first
    distressed, _ = _world(rng.random(firms.n), own, first, known, pressure)
    return Outcome(known, distressed & ~known, true_pd, _logistic(own))


def _world(
    draws: Floats, own: Floats, first: Floats, known: npt.NDArray[np.bool_], pressure: sparse.csr_array
) -> tuple[npt.NDArray[np.bool_], Floats]:
    """One world: who is in distress at its end, and each firm's probability of it in this world, shape (n,)."""
    distressed = known | (draws < first)
    chance, probability = first, first.copy()
    for _ in range(ROUNDS):
        later = np.maximum(_logistic(own + np.asarray(pressure @ distressed.astype(float))), chance)
        probability += np.where(draws >= chance, (later - chance) / (1 - chance), 0.0)
        distressed = distressed | (draws < later)
        chance = later
    return distressed, probability
