"""Economic systemic risk index (Diem, Borsos, Reisch, Kertesz, Thurner 2022, Scientific Reports 12: 7719).

W[i, j] = sales of i to j; p = sector; e[k, l] says what an input of sector k is to a user of sector l: 2 essential (Leontief),
1 useful (linear), 0 not needed. Ld[i, j] = W[i, j] / (sales of i's sector to j) if e = 2, / (all sales to j) if e = 1.
Lu[i, j] = W[i, j] / max(out_i, revenue_i). sigma_i = min(1, out_i / what is left of i's market).
hd_j = max(0, min(min over essential k of 1 - sum sigma_i Ld[i, j] (1 - hd_i), 1 - the same sum over linear inputs, psi_j));
hu_i = max(0, min(psi_i, 1 - sum Lu[i, j] (1 - hu_j))); all rounds synchronous. ESRI = sum w_i (1 - min(hd_i, hu_i)) with w
the share of out-strength. Where nobody sells outside the network (revenue = out-strength for all) the spectral radius of Lu
is 1, upstream loss drifts to 1 and the tolerance decides the answer: the result then warns of missing leakage.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from graphcredit.contagion.attribution import explain_paths, saturated
from graphcredit.contagion.inputs import Floats, as_position, as_vector
from graphcredit.contagion.kernels_esri import downstream, each, each_by_rounds, upstream
from graphcredit.contagion.result import Diagnosed, Diagnostics, Explanation, Settled
from graphcredit.contagion.supply_inputs import Economy, economy
from graphcredit.exc import InputError, ValueRangeError
from graphcredit.network import Network
from graphcredit.settings import get_settings

CHUNK = 256


@dataclass(frozen=True)
class SupplyCascade(Settled):
    """What is left of production after closures.

    Attributes:
        index: ESRI, the share of output lost; upstream, downstream: the same for each direction alone; all in [0, 1].
        remaining_up, remaining_down: production left per firm, (n,) in [0, 1].
        weight: out-strength share, (n,).
        diagnostics: how the computation ended; its fields are also attributes.
    """

    index: float
    upstream: float
    downstream: float
    remaining_up: Floats
    remaining_down: Floats
    weight: Floats
    psi: Floats
    diagnostics: Diagnostics
    economy: Economy

    @property
    def loss(self) -> Floats:
        """Production lost per firm, the worse of both directions, (n,)."""
        return np.asarray(1.0 - np.minimum(self.remaining_up, self.remaining_down))

    def explain(self, party: int | str, top: int = 10) -> Explanation:
        """The paths through which a firm's loss came, in the direction that hit it harder."""
        position = as_position(party, len(self.weight), self.economy.network)
        lost_down, lost_up = 1 - self.remaining_down, 1 - self.remaining_up
        base = 1 - self.psi
        if lost_down[position] >= lost_up[position]:
            operator, loss, layer = self.economy.binding_inputs(lost_down), lost_down, "supply"
        else:
            operator, loss, layer = self.economy.lu, lost_up, "demand"
        return explain_paths(
            saturated(operator, base, loss), base, loss, position, top=top, layer_of=lambda _a, _b: layer
        )


def _caps(n: int, closed: Any, remaining: Any, network: Network | None) -> Floats:
    """psi, (n,): 0 where a firm is closed, `remaining` elsewhere.

    Raises:
        InputError: neither or both were given; ValueRangeError, NotFoundError: an unknown firm, a share outside [0, 1].
    """
    if (closed is None) == (remaining is None):
        raise InputError(
            "say what happens: closed or remaining, one of them", remedy="for all firms in turn use esri_all"
        )
    if remaining is not None:
        return as_vector(remaining, n, "remaining", low=0.0, high=1.0)
    psi = np.ones(n)
    several = [closed] if isinstance(closed, str | int | np.integer) else list(closed)
    if not several:
        raise InputError("closed names no firm", remedy="give at least one")
    for firm in several:
        psi[as_position(firm, n, network)] = 0.0
    return psi


def esri(
    sales: Any,
    sector: Any = None,
    essentiality: Any = 1,
    *,
    market: Any = None,
    revenue: Any = None,
    closed: Any = None,
    remaining: Any = None,
    tol: float = 1e-8,
    max_rounds: int = 10_000,
) -> SupplyCascade:
    """What the closure of firms does to everybody's production.

    Args:
        sales: sales[i, j] = sales of i to j, (n, n), sparse, dense or a Network (trade layer).
        sector: any labels, (n,); a Network's industries when absent.
        essentiality: one number for all, a DataFrame indexed by sector label (row = input's sector, column = user's), or a
            matrix whose rows and columns follow the sorted distinct labels; entries 0, 1, 2.
        market: any labels, (n,): who can take over whose sales; default the sector.
        revenue: total sales in the period of `sales`, final demand included, (n,); out-strength where it is less. Default: a
            Network's attribute `revenue` where known, else out-strength (then nothing leaks: see above).
        closed: one firm or several, closed together (indices, or ids with a Network).
        remaining: psi instead, (n,) in [0, 1].
        tol: stop when no firm's production changes by more.
        max_rounds: cap; reaching it is said in the result.

    Raises:
        ShapeError, ValueRangeError, InputError: malformed inputs, or a sector that the essentiality does not know.
    """
    eco = economy(sales, sector, essentiality, market=market, revenue=revenue)
    _positive(tol, max_rounds)
    psi = _caps(eco.n, closed, remaining, eco.network)
    at = np.flatnonzero(psi < 1).astype(np.int32)
    down, up = eco.down_work(), eco.up_work()
    d = downstream(*eco.sellers, *eco.firms, at, psi[at], tol, 0.0, max_rounds, 0, down)
    u = upstream(*eco.buyers, at, psi[at], tol, 0.0, max_rounds, 0, up)
    hd, hu = 1 - down[0], 1 - up[0]
    residual, rounds = max(d[2], u[2]), max(d[1], u[1])
    return SupplyCascade(
        index=float(eco.weight @ (1 - np.minimum(hd, hu))),
        upstream=float(eco.weight @ (1 - hu)),
        downstream=float(eco.weight @ (1 - hd)),
        remaining_up=hu,
        remaining_down=hd,
        weight=eco.weight,
        psi=psi,
        diagnostics=_diagnostics(eco, rounds, residual, tol),
        economy=eco,
    )


def _positive(tol: float, max_rounds: int) -> None:
    if not tol > 0 or max_rounds < 1:
        raise ValueRangeError(f"tol {tol}, max_rounds {max_rounds}", remedy="both must be positive")


def _diagnostics(eco: Economy, rounds: int, residual: float, tol: float) -> Diagnostics:
    warnings = list(eco.warnings)
    if residual > tol:
        warnings.append(f"not converged after {rounds} rounds: residual {residual:.3g}")
    radius = eco.radius
    return Diagnostics(
        rounds,
        residual,
        residual <= tol,
        spectral_radius=radius.value,
        spectral_is_bound=radius.is_bound,
        warnings=tuple(warnings),
    )


@dataclass(frozen=True)
class SupplyRisks(Diagnosed):
    """ESRI of each firm, closed alone.

    Attributes:
        firms: indices, (k,); index, upstream, downstream: in [0, 1], (k,).
        residual: certified bound on the error of each index, (k,); without leakage, the largest change of the last round.
        certified: whether `residual` is such a bound.
        diagnostics: rounds and residual are the largest of all firms.
    """

    firms: npt.NDArray[np.int32]
    index: Floats
    upstream: Floats
    downstream: Floats
    residual: Floats
    certified: bool
    diagnostics: Diagnostics
    economy: Economy = field(repr=False)


def esri_all(  # noqa: PLR0913  (the public interface)
    sales: Any,
    sector: Any = None,
    essentiality: Any = 1,
    *,
    market: Any = None,
    revenue: Any = None,
    tol: float = 1e-6,
    max_rounds: int = 10_000,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    firms: Sequence[int | str] | None = None,
) -> SupplyRisks:
    """ESRI of every firm, each closed alone; memory for one workspace a thread.

    Downstream loss spreads only while it still matters; upstream loss is linear and comes from one solution for all firms and
    a local correction each (supply_bounds.py). Without leakage both directions go by the rounds of `esri`.

    Args:
        sales, sector, essentiality, market, revenue, max_rounds: as in `esri`; or an `Economy` prepared before.
        tol: aim for the error of each index; what was reached is in `residual`. Without leakage as in `esri`.
        threads: default the setting `threads`; the result does not depend on it.
        progress: called with (firms done, firms) in the caller's thread; may raise to cancel.
        firms: some only, as indices, or ids with a Network.

    Raises:
        ShapeError, ValueRangeError, InputError, NotFoundError: as in `esri`.
    """
    eco = economy(sales, sector, essentiality, market=market, revenue=revenue)
    _positive(tol, max_rounds)
    chosen = np.arange(eco.n, dtype=np.int32)
    if firms is not None:
        chosen = np.array([as_position(firm, eco.n, eco.network) for firm in firms], dtype=np.int32)
    table = np.zeros((len(chosen), 5))
    _sweep(_closer(eco, tol, max_rounds), eco, chosen, table, threads, progress)
    rounds, residual = int(table[:, 4].max(initial=0)), table[:, 3].copy()
    if not eco.bounds.linear:
        found = _diagnostics(eco, rounds, float(residual.max(initial=0.0)), tol)
        return SupplyRisks(chosen, table[:, 0], table[:, 1], table[:, 2], residual, False, found, eco)
    warnings = list(eco.warnings)
    if loose := int((residual > tol * 2).sum()):
        warnings.append(
            f"{loose} firms have a bound above {2 * tol:.3g}: see residual, the largest is {residual.max():.3g}"
        )
    found = Diagnostics(
        rounds,
        float(residual.max(initial=0.0)),
        rounds < max_rounds,
        "certified bound on each index",
        eco.radius.value,
        eco.radius.is_bound,
        float(residual.max(initial=0.0)),
        tuple(warnings),
    )
    return SupplyRisks(chosen, table[:, 0], table[:, 1], table[:, 2], residual, True, found, eco)


Closer = Callable[[npt.NDArray[np.int32], Floats, Any], None]


def _closer(eco: Economy, tol: float, max_rounds: int) -> Closer:
    """Closes each of some firms alone and fills their rows: index, upstream, downstream, residual, rounds."""
    bounds = eco.bounds
    if not bounds.linear:
        settings: tuple[Any, ...] = (tol, max_rounds)
        return lambda chosen, rows, work: each_by_rounds(
            eco.sellers, eco.buyers, eco.firms, eco.weight, chosen, settings, work, rows
        )
    settings = (tol, tol / (4.0 * max(bounds.mean_z, 1.0)), max_rounds)
    arrays = (bounds.reach, bounds.row, bounds.market_z, bounds.mean_z, bounds.gamma)
    return lambda chosen, rows, work: each(
        eco.sellers, eco.buyers, eco.firms, eco.weight, chosen, settings, arrays, work, rows
    )


def _sweep(
    closer: Closer,
    eco: Economy,
    chosen: npt.NDArray[np.int32],
    table: Floats,
    threads: int | None,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Chunks of firms over threads; each row depends on its firm only, so the result does not depend on who ran it."""
    workers = max(threads or get_settings().threads or os.cpu_count() or 1, 1)
    up_work = eco.green_work if eco.bounds.linear else eco.up_work
    free = [(eco.down_work(), up_work()) for _ in range(workers)]

    def run(start: int) -> int:
        work = free.pop()
        part = slice(start, min(start + CHUNK, len(chosen)))
        closer(chosen[part], table[part], work)
        free.append(work)
        return part.stop - part.start

    done = 0
    pool = ThreadPoolExecutor(workers)
    try:
        for size in pool.map(run, range(0, len(chosen), CHUNK)):
            done += size
            if progress:
                progress(done, len(chosen))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
