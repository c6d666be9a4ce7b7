"""Who causes how much loss: the failure of each party in turn, with certified bounds.

The push carries every increment that it has not passed on. A unit increment at j can still cause at most d_j = y_j - v_j,
where (I - Lam^T) y = v is solved once for all parties (capping losses at 1 only lowers them); so the sum of carried
increments times d is a bound on the error of the reported total, and the stopping rule. Where no such d exists, because a
circle amplifies losses until parties are used up, `ignition` says who they are, and d holds for what is left.
"""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graphcredit.contagion.exposure_system import ExposureSystem, prepare
from graphcredit.contagion.ignition import CALM
from graphcredit.contagion.inputs import Floats, as_position
from graphcredit.contagion.kernels_impact import impact_each
from graphcredit.contagion.kernels_push import STRESS, clear, push, push_each
from graphcredit.contagion.linear_debtrank import DISTRESS_LAYERS
from graphcredit.contagion.result import Diagnosed, Diagnostics
from graphcredit.exc import ValueRangeError
from graphcredit.network import Network

CHUNK = 4096
LOOSE = -2  # parties about whose circles nothing is certain


@dataclass(frozen=True)
class Impacts(Diagnosed):
    """Loss that each party's failure causes to all others.

    Attributes:
        parties: indices, (k,); loss: weighted (see `economic_weights`), (k,); bound: certified, true loss <= loss + bound.
        diagnostics: rounds = pushes done. system: what was asked.
    """

    parties: npt.NDArray[np.int32]
    loss: Floats
    bound: Floats
    diagnostics: Diagnostics
    system: ExposureSystem

    @property
    def network(self) -> Network | None:
        """The network asked, where it was one."""
        return self.system.network

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
    parties: Sequence[int | str] | None = None,
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
        parties: some indices (ids with a Network) only; default all.
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
    chosen = np.arange(system.n, dtype=np.int32) if parties is None else _positions(system, parties)
    order, parts = _parts(system, chosen)
    seeds, loss, bound = chosen[order], np.zeros(len(chosen)), np.zeros(len(chosen))
    free = [(system.workspace(), system.workspace(), np.zeros(system.n, np.bool_)) for _ in range(max(threads, 1))]

    def run(given: tuple[int, slice]) -> tuple[int, int]:
        group, part = given
        spaces = free.pop()
        found = loss[part], bound[part]
        done = _losses(system, group, seeds[part], tol, found, spaces)
        free.append(spaces)
        return part.stop - part.start, done

    finished = pushes = 0
    pool = ThreadPoolExecutor(max(threads, 1))
    try:
        for size, done in pool.map(run, parts):
            finished, pushes = finished + size, pushes + done
            if progress:
                progress(finished, len(chosen))
    finally:
        pool.shutdown(cancel_futures=True)  # a cancelled run ends with the chunks under way
    back = np.argsort(order)
    loss, bound = loss[back], bound[back]
    diagnostics = certified(system, loss, bound, tol, pushes)
    return Impacts(chosen, loss, bound, diagnostics, system)


def certified(system: ExposureSystem, loss: Floats, bound: Floats, tol: float, pushes: int) -> Diagnostics:
    """How losses with bounds ended."""
    fine = bound <= tol * loss
    warnings = system.warnings
    if not fine.all():
        warnings = (*warnings, f"{int((~fine).sum())} losses are not certified to the tolerance: see their bounds")
    return Diagnostics(
        pushes,
        float(np.divide(bound, loss, out=np.where(bound > 0, np.inf, 0.0), where=loss > 0).max(initial=0.0)),
        bool(fine.all()),
        norm="certified bound relative to each loss",
        spectral_radius=system.spectral_radius,
        spectral_is_bound=system.spectral_is_bound,
        dropped=float(bound.max(initial=0.0)),
        warnings=warnings,
    )


def _parts(
    system: ExposureSystem, chosen: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], list[tuple[int, slice]]]:
    """An order of the chosen that puts those together who set off the same circles, and its chunks with their group."""
    if not system.unbounded.any():
        order, group = np.arange(len(chosen)), np.full(len(chosen), CALM)
    else:
        lit = system.ignition
        group = np.where(lit.loose[chosen], LOOSE, lit.group[chosen])
        group = np.where(system.unbounded[chosen] & (group == CALM), LOOSE, group)
        order = np.argsort(group, kind="stable")
        group = group[order]
    parts = []
    starts = [0, *(np.flatnonzero(np.diff(group)) + 1), len(group)]
    for start, stop in itertools.pairwise(starts):
        parts += [
            (int(group[start]), slice(at, min(at + CHUNK, int(stop)))) for at in range(int(start), int(stop), CHUNK)
        ]
    return order, parts


def _losses(
    system: ExposureSystem,
    group: int,
    seeds: npt.NDArray[np.int32],
    tol: float,
    found: tuple[Floats, Floats],
    spaces: Any,
) -> int:
    """Fill the losses and bounds of parties of one group; returns the pushes."""
    if group == CALM:
        return int(
            impact_each(system.columns, system.calm_rows, system.parties, system.ends, seeds, tol, found, spaces)
        )
    lit = system.ignition
    with system.pushing(lit if group != LOOSE else None) as (state, lists):
        if group == LOOSE:
            return int(push_each(system.columns, state, system.base, seeds, tol, found, lists))
        spent = lit.seeds(group)
        _, missing, count, pushes = push(system.columns, state, spent, np.ones(len(spent)), tol / 4, lists, 0.0)
        touched = lists[0][:count].copy()
        weight, stress = system.weight, state[:, STRESS]
        found[0][:] = np.maximum(float(weight[touched] @ stress[touched]) - weight[seeds] * stress[seeds], 0.0)
        found[1][:] = missing
        base = system.base.copy()
        base[touched] = np.minimum(base[touched] + stress[touched], 1.0)
        clear(state, touched, count, base)
        pushes += push_each(system.columns, state, base, seeds, tol / 2, found, lists)
        clear(state, touched, count, system.base)
    return int(pushes)


def _positions(system: ExposureSystem, parties: Sequence[int | str]) -> npt.NDArray[np.int32]:
    """Indices of the parties named."""
    return np.array([as_position(party, system.n, system.network) for party in parties], dtype=np.int32)
