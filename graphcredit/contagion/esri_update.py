"""ESRI of every firm after facts changed: only firms whose cascades the change can reach are closed anew.

How far a change reaches is bounded for all firms at once, by linear solutions that overstate every cascade. With B[i, j] =
sigma_i Ld[i, j] the greater of before and after, gamma the most that a market shrinks (supply_bounds.py), D = (I - gamma B)^-1:
closing k costs i at most D[k, i]; a change of i's row costs the index at most beta_i = gamma sigma_i sum_j u_j (|dLd[i, j]| +
rho_i Ld[i, j]) for each unit lost by i, with u = D w and rho_i the relative change of sigma_i; losses that shrink a market
further add a factor 1 / (1 - K_k). Upstream, G[k, k] moves by at most g_k sum_ij |dLu[i, j]| G[j, k], and the total is
v_k / G[k, k] with the new v. What is kept carries its bound in `residual`; a firm with more than the tolerance is closed anew.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.contagion.esri import SupplyRisks, esri_all
from graphcredit.contagion.inputs import Floats
from graphcredit.contagion.supply_bounds import series
from graphcredit.contagion.supply_inputs import Economy, economy
from graphcredit.exc import InputError

MOST_COUPLING = 0.5


@dataclass(frozen=True)
class SupplyUpdate:
    """ESRI after a change.

    Attributes:
        risks: as from `esri_all` on the new facts, each index within its `residual`.
        renewed: indices of the firms that were closed anew, (k,).
    """

    risks: SupplyRisks
    renewed: npt.NDArray[np.int32]


def esri_update(
    previous: SupplyRisks,
    sales: Any,
    sector: Any = None,
    essentiality: Any = 1,
    *,
    market: Any = None,
    revenue: Any = None,
    tol: float = 1e-6,
    threads: int | None = None,
) -> SupplyUpdate:
    """Bring the indices of all firms up to date.

    Args:
        previous: of `esri_all` or `esri_update` over all firms, before the change.
        sales, sector, essentiality, market, revenue: as in `esri`, after it.
        tol: error added to an index that is kept; further changes add up in `residual`, until a firm is closed anew.
        threads: as in `esri_all`.

    Raises:
        InputError: `previous` covers some firms only; ShapeError, ValueRangeError: as in `esri`.
    """
    new, old = economy(sales, sector, essentiality, market=market, revenue=revenue), previous.economy
    if len(previous.firms) != old.n:
        raise InputError("previous covers some firms only", remedy="start from esri_all of all firms")
    if not _comparable(old, new):
        fresh = esri_all(new, tol=tol, threads=threads)
        return SupplyUpdate(fresh, fresh.firms)
    scale = float(old.firms[2].sum() / new.firms[2].sum())
    reach_old, reach_new = old.bounds.reach, new.bounds.reach
    known = (previous.upstream > 0) & (reach_old > 0)
    returns = np.where(known, reach_old / np.where(known, previous.upstream, 1.0), 1.0)
    up = reach_new / returns
    bound = _downstream_reach(old, new) + _upstream_reach(old, new, returns, up)
    bound += np.where(known | (reach_new <= 0), 0.0, np.inf)
    carried = previous.residual * max(scale, 1.0) + bound
    renewed = np.flatnonzero((bound > tol) | (carried > 4 * tol)).astype(np.int32)
    index = up + (previous.index - previous.upstream) * scale
    downstream, residual = previous.downstream * scale, carried
    fresh = esri_all(new, tol=tol, threads=threads, firms=renewed.tolist())
    index[renewed], up[renewed] = fresh.index, fresh.upstream
    downstream[renewed], residual[renewed] = fresh.downstream, fresh.residual
    worst = float(residual.max(initial=0.0))
    told = replace(fresh.diagnostics, residual=worst, dropped=worst)
    firms = np.arange(new.n, dtype=np.int32)
    return SupplyUpdate(SupplyRisks(firms, index, up, downstream, residual, True, told, new), renewed)


def _comparable(old: Economy, new: Economy) -> bool:
    """Whether bounds exist and sectors, markets and needs are the same, so that only amounts differ."""
    same = old.n == new.n and old.sectors == new.sectors and np.array_equal(old.firms[1], new.firms[1])
    if not same or not (old.bounds.linear and new.bounds.linear) or min(old.bounds.gamma, new.bounds.gamma) <= 0:
        return False
    kinds = [_rows(eco, np.where(eco.sellers[3] >= 0, 2.0, 1.0)) for eco in (old, new)]
    common = (kinds[0] != 0).multiply(kinds[1] != 0)
    return not (abs(kinds[0] - kinds[1]).multiply(common)).nnz and bool(new.firms[2].sum() > 0)


def _rows(eco: Economy, values: Floats) -> sparse.csr_array:
    return sparse.csr_array((values, eco.sellers[1], eco.sellers[0]), shape=(eco.n, eco.n))


def _downstream_reach(old: Economy, new: Economy) -> Floats:
    """Bound on the change of each firm's downstream total, and of what it adds to the index, (n,)."""
    gamma = max(old.bounds.gamma, new.bounds.gamma)
    market, total = old.firms[1], float(new.firms[2].sum())
    moved = np.abs(new.firms[2] - old.firms[2])
    smaller = np.minimum(old.firms[3], new.firms[3])[market]
    per_market = np.bincount(market, moved, len(old.firms[3]))[market]
    sigma = np.maximum(*(eco.firms[2] / np.where(eco.firms[3] > 0, eco.firms[3], 1.0)[market] for eco in (old, new)))
    shares = [_rows(eco, eco.sellers[2]) for eco in (old, new)]
    passed = sparse.csr_array(shares[0].maximum(shares[1]))
    passed.data = passed.data * np.repeat(gamma * sigma, np.diff(passed.indptr))
    weight = np.maximum(old.firms[2], new.firms[2]) / total
    effect = series(passed, weight)
    none = np.full(old.n, np.inf)
    if effect is None:
        return none
    out = old.firms[2]
    drift = np.where(
        smaller > 0, 2 * gamma * per_market / np.where(smaller > 0, smaller, 1.0), (per_market > 0) * 1e300
    )
    drift = drift + np.where(out > 0, moved / np.where(out > 0, out, 1.0), 0.0)
    alone = (old.firms[2] >= old.firms[3][market]) & (new.firms[2] >= new.firms[3][market])
    drift[alone] = 0.0  # alone in its market before and after: sigma = 1
    forced = gamma * sigma * (abs(shares[1] - shares[0]) @ effect + drift * (shares[0] @ effect))
    coupling = np.where(alone, 0.0, gamma * (passed @ effect) * total / np.where(smaller > 0, smaller, 1e-300))
    change, coupled = series(passed, forced + moved / total), series(passed, coupling)
    if change is None or coupled is None:
        return none
    return np.where(coupled < MOST_COUPLING, change / (1 - np.minimum(coupled, MOST_COUPLING)), np.inf)


def _upstream_reach(old: Economy, new: Economy, returns: Floats, up: Floats) -> Floats:
    """Bound on the change of each firm's upstream total if 1 / G[k, k] is kept, and of upstream losses it shares, (n,)."""
    moved = sparse.csr_array(abs(new.lu - old.lu).T.tocsr())
    transposed = sparse.csr_array(old.lu.T.tocsr())
    entries, weighted = (series(transposed, moved @ factor) for factor in (np.ones(old.n), new.bounds.reach))
    if entries is None or weighted is None:
        return np.full(old.n, np.inf)
    change = new.bounds.row * entries / returns
    return np.where(change < 0.5, 2 * up * change + 2 * weighted, np.inf)
