"""What bounds the error of ESRI when small losses are not passed on; solved once for a whole network.

Upstream, closing k alone is linear: du = G e_k / G[k, k] with G = (I - Lu)^-1, since row sums of Lu do not exceed 1 and so
nothing but the closed firm meets a cap. Its total is exactly v_k / G[k, k], v = G^T w, solved once for all firms; a push
that leaves increments up to r finds G[k, k] to within r g_k, g = G 1.

Downstream, let d be a state in which no firm holds back more than s of its weighted loss. d + eta z lies above the fixed
point if z >= 1 + gamma Q(z), Q(z)_j = the worst slot's sum of Ld sigma z with the markets undisturbed, as long as no market
shrank by more than gamma, and s + eta kappa a <= eta, where a is the worst loss below 1 and kappa the largest ratio of a
market's sum of out_i z_i to what is left of it. So eta = s / (1 - kappa a), and the index is out by at most eta w^T z.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from graphcredit.contagion.inputs import Floats

GAMMAS = (2.0, 1.25, 1.02)
LARGEST_GROWTH = 50.0
TAIL = 1e-13


@dataclass(frozen=True)
class SupplyBounds:
    """`reach` = v, `row` = g, (n,); `linear` says whether they exist. `market_z`: sum of out_i z_i of each market, (markets,).

    `mean_z` = w^T z; `gamma` = how much a market may shrink for z to hold, 0 where there is no such z.
    """

    reach: Floats
    row: Floats
    linear: bool
    market_z: Floats
    mean_z: float
    gamma: float


def supply_bounds(lu: sparse.csr_array, weight: Floats, sellers: Any, firms: Any, *, trapped: bool) -> SupplyBounds:
    """Solve for v, g and z.

    Args:
        lu: Lu, (n, n); weight: w, (n,).
        sellers, firms: as in `supply_inputs.Economy`.
        trapped: whether some firms have no way out, so that G does not exist.
    """
    n = len(weight)
    nothing = np.zeros(n)
    reach = None if trapped else series(sparse.csr_array(lu.T.tocsr()), weight)
    row = None if reach is None else series(lu, np.ones(n))
    z, gamma = _growth(sellers, firms, n)
    _, market, out, market_out = firms
    return SupplyBounds(
        reach=nothing if reach is None else reach,
        row=nothing if row is None else row,
        linear=reach is not None and row is not None,
        market_z=np.asarray(np.bincount(market, out * z, len(market_out)), dtype=np.float64),
        mean_z=float(weight @ z),
        gamma=gamma,
    )


def series(operator: sparse.csr_array, start: Floats, most: int = 3000) -> Floats | None:
    """sum_m operator^m start, rounded up by its tail, (n,); None where it does not settle."""
    term, total = start.copy(), start.copy()
    first = float(start.sum())
    for _ in range(most):
        term = operator @ term
        total += term
        size = float(term.sum())
        if size <= TAIL * first:
            return total * (1 + TAIL)
        if not np.isfinite(size) or size > 1e12 * first:
            break
    return None


def _growth(sellers: Any, firms: Any, n: int) -> tuple[Floats, float]:
    """z >= 1 + gamma Q(z) for the largest of GAMMAS that has one; ones and 0 if none has."""
    indptr, customer, share, slot = sellers
    slot_ptr, market, out, market_out = firms
    sigma = out / np.where(market_out > 0, market_out, 1.0)[market]
    seller = np.repeat(np.arange(n), np.diff(indptr))
    passed = share * sigma[seller]
    linear, slots = slot < 0, max(int(slot_ptr[-1]), 1)
    owner = np.repeat(np.arange(n), np.diff(slot_ptr))
    for gamma in GAMMAS:
        z: Floats = np.ones(n)
        for _ in range(300):
            amount = passed * z[seller]
            worst = np.bincount(customer[linear], amount[linear], n)
            if len(owner):
                np.maximum.at(worst, owner, np.bincount(slot[~linear], amount[~linear], slots)[: len(owner)])
            grown = 1.0 + gamma * worst
            change = float(np.abs(grown - z).max(initial=0.0))
            z = np.asarray(grown)
            if change < 1e-6 or float(z.max(initial=0.0)) > LARGEST_GROWTH:
                break
        if change < 1e-6 and float(z.max(initial=0.0)) <= LARGEST_GROWTH:
            return z * (1 + 2 * change + 1e-12), gamma
    return np.ones(n), 0.0
