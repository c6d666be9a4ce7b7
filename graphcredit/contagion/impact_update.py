"""The loss that each party's failure causes, after facts changed: only parties that the change can reach are pushed anew.

Losses over what was lost before are g = min(r, shock + Lam g), r = 1 - base. Since min is 1-Lipschitz, a change of Lam by D
and of r moves the loss of seed s by at most z_s, (I - Lam^T) z = |v' - q v| + |D|^T y' + c y', with y' = v' + d' after the
change, q what rescales the weights, and c = |r' - r| / min(r, r'). z is found by a push from the changed ties backwards, so
it costs what they reach. Losses rescaled by q keep their interval, wider by z at both ends; where it grows past the
tolerance the party is pushed anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.contagion.adjoint import floored, reaching
from graphcredit.contagion.exposure_system import ExposureSystem, prepare
from graphcredit.contagion.impact import Impacts, certified, impact_of_each
from graphcredit.contagion.inputs import Floats
from graphcredit.contagion.kernels_linear import unsigned
from graphcredit.contagion.kernels_push import push_back
from graphcredit.contagion.linear_debtrank import DISTRESS_LAYERS
from graphcredit.exc import InputError

REST = 1e-3  # of the tolerance: added to every interval that a change reaches


@dataclass(frozen=True)
class ImpactUpdate:
    """Losses after a change.

    Attributes:
        impacts: as from `impact_of_each` on the new facts.
        renewed: indices of the parties that were pushed anew, (k,).
    """

    impacts: Impacts
    renewed: npt.NDArray[np.int32]


def impact_update(
    previous: Impacts,
    network: Any,
    equity: Any = None,
    *,
    layers: Sequence[str] = DISTRESS_LAYERS,
    tol: float = 1e-4,
    weights: Any = None,
    threads: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> ImpactUpdate:
    """Bring the losses of all parties up to date.

    Args:
        previous: of `impact_of_each` or `impact_update` over all parties, before the change. Parties are told apart by their
            ids where both are Networks, else by position.
        network, equity, layers, tol, weights, threads, progress: as in `impact_of_each`, after it.

    Raises:
        InputError: `previous` covers some parties only, or positions that no longer exist; otherwise as `impact_of_each`.
    """
    new = network if isinstance(network, ExposureSystem) else prepare(network, equity, layers=layers, weights=weights)
    old = previous.system
    if len(previous.parties) != old.n:
        raise InputError("previous covers some parties only", remedy="start from impact_of_each of all parties")
    place = _places(old, new)
    loss, bound = np.zeros(new.n), np.full(new.n, np.inf)
    loss[place], bound[place] = previous.loss, previous.bound
    scale, reach = _reach(old, new, place, REST * tol)
    low = np.maximum(scale * loss - reach, 0.0)
    width = scale * bound + 2 * reach
    width = np.where(np.isfinite(width), width, np.inf)
    renewed = np.flatnonzero(~(width <= tol * low) & ((width > 0) | (low > 0))).astype(np.int32)
    fresh = impact_of_each(new, tol=tol, parties=renewed.tolist(), threads=threads, progress=progress)
    low[renewed], width[renewed] = fresh.loss, fresh.bound
    told = certified(new, low, width, tol, fresh.diagnostics.rounds)
    return ImpactUpdate(Impacts(np.arange(new.n, dtype=np.int32), low, width, told, new), renewed)


def _places(old: ExposureSystem, new: ExposureSystem) -> npt.NDArray[np.int64]:
    """Where each old party is now."""
    if old.network is None or new.network is None:
        if new.n < old.n:
            raise InputError(f"{old.n} parties became {new.n}", remedy="keep ended parties, without ties")
        return np.arange(old.n)
    if old.n == new.n and np.array_equal(old.network.ids, new.network.ids):
        return np.arange(old.n)
    index = new.network.index
    found = np.array([index.get(party, -1) for party in old.network.ids], dtype=np.int64)
    if (found < 0).any():
        raise InputError(f"{int((found < 0).sum())} parties are gone", remedy="compute all losses afresh")
    return found


def _reach(old: ExposureSystem, new: ExposureSystem, place: npt.NDArray[np.int64], rest: float) -> tuple[float, Floats]:
    """q, and the most that each seed's loss can have moved, (n,); inf where nothing bounds it.

    Args:
        rest: what the push may leave, relative to what a unit of distress causes.
    """
    n = new.n
    before = old.lam if old.n == n and np.array_equal(place, np.arange(n)) else _moved(old.lam, place, n)
    weight, base, endless = np.zeros(n), np.zeros(n), new.unbounded.copy()
    weight[place], base[place] = old.weight, old.base
    endless[place] |= old.unbounded
    both = (weight > 0) & (new.weight > 0)
    scale = float(np.median(new.weight[both] / weight[both])) if both.any() else 1.0
    worth = np.where(new.unbounded, np.inf, floored(new.weight) + new.downstream)
    change = sparse.csr_array(abs(new.lam - before))
    change.eliminate_zeros()
    rows = np.repeat(np.arange(n), np.diff(change.indptr))
    moved = np.bincount(change.indices, change.data * worth[rows], n).astype(np.float64)  # whole numbers where empty
    room, was = 1.0 - new.base, 1.0 - base
    gap = np.abs(room - was)
    least = np.minimum(room, was)
    drift = np.divide(gap, least, out=np.where(gap > 0, np.inf, 0.0), where=least > 0)
    moved += np.multiply(drift, worth, out=np.zeros(n), where=drift > 0)
    moved += np.abs(new.weight - scale * weight)
    endless |= ~np.isfinite(moved)
    losers = sparse.csr_array(before.T.tocsr())
    endless = reaching(losers, endless) if endless.any() else endless
    moved[endless] = 0.0
    settled, queue, queued = np.zeros(n), np.zeros(max(n, 1), np.int64), np.zeros(n, np.bool_)
    left, touched = rest * floored(weight), bool(moved.any())
    push_back((unsigned(before.indptr), unsigned(before.indices), before.data), moved, left, endless,
              (settled, queue, queued))  # fmt: skip
    after = np.zeros(n)
    after[place] = old.downstream
    if touched:
        settled += left + rest * after
    return scale, np.where(endless, np.inf, settled)


def _moved(lam: sparse.csr_array, place: npt.NDArray[np.int64], n: int) -> sparse.csr_array:
    """The same ties between parties that are counted anew."""
    ties = lam.tocoo()
    rows, columns = ties.coords
    return sparse.csr_array(sparse.coo_array((ties.data, (place[rows], place[columns])), shape=(n, n)).tocsr())
