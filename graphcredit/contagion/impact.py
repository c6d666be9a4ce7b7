"""Who causes how much loss: one shock answered sparsely, or the failure of each party in turn, with certified bounds.

The push carries every increment that it has not passed on. A unit increment at j can still cause at most d_j = y_j - v_j,
where (I - Lam^T) y = v is solved once for all parties (capping losses at 1 only lowers them); so the sum of carried
increments times d is a bound on the error of the reported total, and the stopping rule.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.contagion.attribution import explain_paths, saturated
from graphcredit.contagion.inputs import Floats, as_matrix, as_position, as_shock, as_vector
from graphcredit.contagion.kernels_push import push, push_each
from graphcredit.contagion.linear_debtrank import DISTRESS_LAYERS, economic_weights, leverage
from graphcredit.contagion.result import Diagnostics, Explanation
from graphcredit.contagion.spectral import spectral_radius
from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.network import Network

CHUNK = 4096


@dataclass(frozen=True)
class ExposureSystem:
    """Leverage matrix prepared once for many shocks.

    Attributes:
        lam: CSR, Lam[i, j] = exposure of i to j / equity of i; lost_to: the same by columns.
        equity, weight, downstream: (n,); see the module's text.
        warnings: of the preparation.
    """

    lam: sparse.csr_array
    lost_to: sparse.csr_array
    equity: Floats
    weight: Floats
    downstream: Floats
    spectral_radius: float
    warnings: tuple[str, ...]
    network: Network | None = None

    @property
    def n(self) -> int:
        """Number of parties."""
        return len(self.equity)

    def workspace(self) -> tuple[Any, ...]:
        """Zeroed arrays for one thread's pushes."""
        n = self.n
        return np.zeros(n), np.zeros(n), np.zeros(n, np.int32), np.zeros(max(n, 1), np.int32), np.zeros(n, np.bool_)


def prepare(
    exposures: Any, equity: Any = None, *, layers: Sequence[str] = DISTRESS_LAYERS, weights: Any = None
) -> ExposureSystem:
    """Prepare a network or matrix for `impact_of_each` and `shock_one`.

    Args:
        exposures: a Network (its `layers` are summed), or exposures[i, j] = claim of i on j, (n, n).
        equity: (n,); a Network's attribute `equity` when absent.
        layers: of the Network.
        weights: economic weight v, (n,); default share of equity.

    Raises:
        ShapeError, ValueRangeError: malformed inputs, or a Network without equity.
    """
    network = exposures if isinstance(exposures, Network) else None
    claims = as_matrix(exposures, "exposures", layers=tuple(layers))
    if equity is None:
        if network is None or "equity" not in network.attributes:
            raise ShapeError("equity is missing", remedy="give equity, or a network with the attribute `equity`")
        equity = network.attributes["equity"]
    own = as_vector(equity, claims.shape[0], "equity")
    lam = leverage(claims, own)
    lam.indices = lam.indices.astype(np.int32)
    radius = spectral_radius(lam)
    v = economic_weights(weights, own)
    downstream, solved = _downstream(lam, v)
    warnings = []
    if (own <= 0).any():
        warnings.append(
            f"{int((own <= 0).sum())} parties have no equity: they count as defaulted and take no further loss"
        )
    if not solved:
        warnings.append(
            f"spectral radius {radius.value:.4f}: no linear bound exists; the total weight bounds what is dropped"
        )
    columns = lam.tocsc()
    lost_to = sparse.csr_array((columns.data, columns.indices.astype(np.int32), columns.indptr), shape=lam.shape)
    return ExposureSystem(lam, lost_to, own, v, downstream, radius.value, tuple(warnings), network)


def _downstream(lam: sparse.csr_array, v: Floats, *, most: int = 2000) -> tuple[Floats, bool]:
    """d = (I - Lam^T)^-1 v - v, an upper bound by construction; where it does not exist, the total weight."""
    transposed = sparse.csr_array(lam.T.tocsr())
    term, total = v.copy(), np.zeros_like(v)
    scale = max(float(v.sum()), 1e-300)
    previous, ratio = scale, 1.0
    for _ in range(most):
        term = transposed @ term
        total += term
        size = float(term.max(initial=0.0))
        ratio = size / previous if previous > 0 else 0.0
        previous = size
        if size <= 1e-13 * float(v.max(initial=0.0)) or size == 0.0:
            tail = size * ratio / max(1 - ratio, 0.05) if ratio < 1 else size
            return np.minimum(total + tail, scale * 1e6), True
        if float(total.max()) > 1e6 * scale:
            break
    return np.full(len(v), scale), False


@dataclass(frozen=True)
class Impacts:
    """Loss that each party's failure causes to all others.

    Attributes:
        parties: indices, (k,); loss: weighted (see `economic_weights`), (k,); bound: certified, true loss <= loss + bound.
        diagnostics: rounds = pushes done.
    """

    parties: npt.NDArray[np.int32]
    loss: Floats
    bound: Floats
    diagnostics: Diagnostics
    network: Network | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know."""
        return self.diagnostics.warnings

    @property
    def converged(self) -> bool:
        """Whether every bound is within the tolerance."""
        return self.diagnostics.converged

    def worst(self, top: int = 10) -> list[tuple[int | str, float, float]]:
        """The parties that cause most, with loss and bound; ids where they came from a Network."""
        order = np.lexsort((self.parties, -self.loss))[:top]
        names = self.network.ids if self.network is not None else None
        return [
            (
                names[self.parties[k]] if names is not None else int(self.parties[k]),
                float(self.loss[k]),
                float(self.bound[k]),
            )
            for k in order
        ]


def impact_of_each(
    network: Any,
    equity: Any = None,
    *,
    layers: Sequence[str] = DISTRESS_LAYERS,
    tol: float = 1e-4,
    weights: Any = None,
    parties: Sequence[int] | None = None,
    threads: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Impacts:
    """The loss that the failure of each party alone would cause to the others (linear DebtRank).

    Args:
        network: a Network, an ExposureSystem, or exposures (n, n).
        equity: (n,), where it is not in the network.
        layers: whose claims count.
        tol: relative bound on each loss.
        weights: economic weight v, (n,).
        parties: some indices only; default all.
        threads: chunks run side by side; the result does not depend on their number.
        progress: called with (parties done, parties); may raise to cancel.

    Raises:
        ShapeError, ValueRangeError: malformed inputs.
    """
    system = (
        network if isinstance(network, ExposureSystem) else prepare(network, equity, layers=layers, weights=weights)
    )
    if not 0 < tol < 1:
        raise ValueRangeError(f"tol is {tol}", remedy="use a relative bound between 0 and 1, such as 1e-4")
    chosen = np.arange(system.n, dtype=np.int32) if parties is None else np.asarray(parties, dtype=np.int32)
    loss, bound = np.zeros(len(chosen)), np.zeros(len(chosen))
    free: list[tuple[Any, ...]] = [system.workspace() for _ in range(max(threads, 1))]

    def run(start: int) -> tuple[int, int]:
        work = free.pop()
        try:
            part = slice(start, min(start + CHUNK, len(chosen)))
            m = system.lost_to
            done = push_each(
                m.indptr,
                m.indices,
                m.data,
                system.weight,
                system.downstream,
                chosen[part],
                tol,
                loss[part],
                bound[part],
                work,
            )
        finally:
            free.append(work)
        return part.stop - part.start, int(done)

    finished = pushes = 0
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        for size, done in pool.map(run, range(0, len(chosen), CHUNK)):
            finished, pushes = finished + size, pushes + done
            if progress:
                progress(finished, len(chosen))
    fine = bool((bound <= tol * loss + 1e-14).all())
    diagnostics = Diagnostics(
        pushes,
        float(bound.max(initial=0.0)),
        fine,
        norm="certified bound on each loss",
        spectral_radius=system.spectral_radius,
        dropped=float(bound.max(initial=0.0)),
        warnings=system.warnings,
    )
    return Impacts(chosen, loss, bound, diagnostics, system.network)


@dataclass(frozen=True)
class ShockAnswer:
    """One shock: who is touched and by how much.

    Attributes:
        parties: indices touched, (k,); stress: of each, (k,) in [0, 1].
        loss: weighted, without the shock itself; bound: certified, true loss <= loss + bound.
    """

    parties: npt.NDArray[np.int32]
    stress: Floats
    loss: float
    bound: float
    pushes: int
    system: ExposureSystem
    shock: Floats

    def explain(self, party: int | str, top: int = 10) -> Explanation:
        """The paths through which a party's stress came."""
        position = as_position(party, self.system.n, self.system.network)
        where = np.flatnonzero(self.parties == position)
        if not len(where):
            return Explanation(position, 0.0, (), 0.0)
        order = np.argsort(self.parties)
        chosen = self.parties[order]
        local = sparse.csr_array(self.system.lam[chosen][:, chosen])
        stress = self.stress[order]
        first = self.shock[order]
        found = explain_paths(
            saturated(local, first, stress), first, stress, int(np.searchsorted(chosen, position)), top=top
        )
        paths = tuple(
            type(part)(tuple(int(chosen[k]) for k in part.path), part.layers, part.amount, part.share)
            for part in found.contributions
        )
        return Explanation(position, found.total, paths, found.remainder)


def shock_one(system: ExposureSystem, shock: Any, *, tol: float = 1e-6) -> ShockAnswer:
    """Answer one shock on a prepared system, touching only what it reaches.

    Args:
        system: from `prepare`.
        shock: {party: share}, or (n,) in [0, 1].
        tol: relative bound on the loss.

    Raises:
        NotFoundError, ValueRangeError: an unknown party, a share outside [0, 1].
    """
    if isinstance(shock, dict):
        found = sorted((as_position(party, system.n, system.network), float(share)) for party, share in shock.items())
        as_vector([share for _, share in found], len(found), "shock", low=0.0, high=1.0)
    else:
        vector = as_shock(shock, system.n)
        found = [(int(k), float(vector[k])) for k in np.flatnonzero(vector)]
    seeds = np.array([party for party, share in found if share > 0], dtype=np.int32)
    shares = np.array([share for _, share in found if share > 0])
    work = system.workspace()
    stress, touched = work[0], work[2]
    m = system.lost_to
    loss, bound, count, pushes = push(
        m.indptr, m.indices, m.data, system.weight, system.downstream, seeds, shares, tol, work
    )
    parties = touched[:count].copy()
    first = np.zeros(count)
    for party, share in found:
        first[parties == party] = share
    return ShockAnswer(parties, stress[parties].copy(), float(loss), float(bound), int(pushes), system, first)
