"""The process that draws defaults, stated once.

A firm's default index is `a - b * health + c * industry + s * (g_t * T + g_g * G)` on the logit scale, where T is the
share of its sales that goes to firms in distress and G the guarantees it gave for firms in distress against its yearly
sales. In distress are the firms known to be in default at the observation date, and those that default within the
horizon: first on their own (T and G from the known ones), then by two rounds of contagion. s = 0 means no contagion.
The true PD of a firm is its probability over the worlds of this process, given everything at the observation date.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit_ingest.sample.firms import Firms, Floats

BASE, HEALTH, INDUSTRY = -4.3, 1.15, 0.9
TRADE, GUARANTEE = 4.5, 1.6
WORLDS, ROUNDS = 64, 2


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
    worlds = rng.random((WORLDS + 1, firms.n)).astype(np.float32)
    pd_sum = np.zeros(firms.n)
    defaulted = np.zeros(firms.n, dtype=bool)
    for world in range(WORLDS + 1):
        distressed = known | (worlds[world] < first)
        chance = first
        if strength > 0:
            for _ in range(ROUNDS):
                chance = _logistic(own + np.asarray(pressure @ distressed.astype(float)))
                distressed = distressed | (worlds[world] < chance)
        if world == WORLDS:
            defaulted = distressed & ~known
        else:
            pd_sum += chance
    return Outcome(known, defaulted, pd_sum / WORLDS, _logistic(own))
