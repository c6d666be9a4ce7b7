"""One shock answered sparsely: the loss to a certified bound, who loses it by name, and along which paths.

A push names the parties that lose. What it still carries when all but a share of the loss has names is closed from behind:
pending increments p_j cause between sum p_j floor_j and sum p_j d_j (see `ExposureSystem`), less what returns to the shocked
parties, who may have nothing left to lose. For a party s that is y_s (v_s + d_s), y_s = sum p_j u_j, with u_j the stress of s
for a unit at j, from a short walk back. So the total is known to a bound that naming its last cents would take millions
of pushes for.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graphcredit.contagion.attribution import explain_paths
from graphcredit.contagion.exposure_system import ExposureSystem
from graphcredit.contagion.ignition import CALM, Ignition
from graphcredit.contagion.inputs import Floats, as_position, as_shock, as_vector
from graphcredit.contagion.kernels_impact import walk_back
from graphcredit.contagion.kernels_push import FLOOR, ROOM, STRESS, WEIGHT, arriving, carried, clear, push
from graphcredit.contagion.result import Explanation
from graphcredit.exc import ValueRangeError

NAMED = 100.0  # loss that may stay without names, in tolerances of the total
WALKS = 8  # shocked parties at most whose returns are walked back from; for more, the push goes on
NEAREST = 1e-7  # residual at least that a walk back leaves


@dataclass(frozen=True)
class ShockAnswer:
    """One shock: who is touched and by how much.

    Attributes:
        parties: indices touched, (k,); stress: what the shock added to each, (k,) in [0, 1].
        loss: weighted, without the shock itself; bound: certified, loss <= true loss <= loss + bound.
        unnamed: part of `loss` that falls on parties in shares too small to be followed: loss = weight of `stress` + unnamed.
    """

    parties: npt.NDArray[np.int32]
    stress: Floats
    loss: float
    bound: float
    unnamed: float
    pushes: int
    system: ExposureSystem
    shock: Floats

    def explain(self, party: int | str, top: int = 10) -> Explanation:
        """The paths through which a party's stress came."""
        system = self.system
        position = as_position(party, system.n, system.network)
        if not (self.parties == position).any():
            return Explanation(position, 0.0, (), 0.0)
        lam = system.lam
        with system.vectors() as (stress, first):
            stress[self.parties], first[self.parties] = self.stress, self.shock

            def factor(loser: int) -> float:
                """Share of what arrived that was still lost; less than 1 where the cap at 1 cut it off."""
                row = slice(lam.indptr[loser], lam.indptr[loser + 1])
                arrived = float(lam.data[row] @ stress[lam.indices[row]])
                return max(float(stress[loser] - first[loser]), 0.0) / arrived if arrived > 0 else 0.0

            told = explain_paths(lam, first, stress, position, top=top, factor=factor)
            stress[self.parties] = first[self.parties] = 0.0
        return told


def shock_one(system: ExposureSystem, shock: Any, *, tol: float = 1e-6, named: float | None = None) -> ShockAnswer:
    """Answer one shock on a prepared system, touching only what it reaches.

    Args:
        system: from `prepare`.
        shock: {party: share}, or (n,) in [0, 1].
        tol: relative bound on the loss.
        named: share of the loss at most that need not be named party by party; default 100 tol, and never less than tol.

    Raises:
        NotFoundError, ValueRangeError: an unknown party, a share outside [0, 1], a tolerance outside (0, 1).
    """
    if not 0 < tol < 1:
        raise ValueRangeError(f"tol is {tol}", remedy="use a relative bound between 0 and 1, such as 1e-6")
    found = _shares(system, shock)
    seeds = np.array([party for party, share in found if share > 0], dtype=np.int32)
    spent, lit = _set_off(system, seeds)
    hits = {party: share for party, share in found if share > 0} | dict.fromkeys(spent.tolist(), 1.0)
    starts, sizes = np.array(list(hits), dtype=np.int32), np.array(list(hits.values()), dtype=np.float64)
    closable = lit is None and len(starts) <= WALKS
    share = max(tol, min(NAMED * tol if named is None else named, 0.5)) if closable else tol
    with system.pushing(lit) as (state, lists):
        pushes = 0
        while True:
            named_loss, bound, count, more = push(system.columns, state, starts, sizes, share, lists, 0.0)
            loss, pushes = named_loss, pushes + more
            if bound > tol * loss and share > tol:
                loss, bound = _closed(system, starts, (state, lists[0], count), loss, tol)
            if bound <= tol * loss or share <= tol:
                break
            clear(state, lists[0], count, system.base)
            share = max(share * min(0.5 * tol * loss / bound, 0.1), tol)
        reached = lists[0][:count].copy()
        stress = state[reached, STRESS]
        clear(state, reached, count, system.base)
    first = np.zeros(count)
    for party, size in found:
        first[reached == party] = min(size, 1.0 - system.base[party])
    by_name = max(float(system.weight[reached] @ (stress - first)), 0.0)  # of circles set off too
    return ShockAnswer(
        reached, stress, by_name + (loss - named_loss), float(bound), loss - named_loss, int(pushes), system, first
    )


def _shares(system: ExposureSystem, shock: Any) -> list[tuple[int, float]]:
    """Positions shocked and how hard, in order."""
    if isinstance(shock, dict):
        given = {as_position(party, system.n, system.network): share for party, share in shock.items()}
        as_vector(list(given.values()), len(given), "shock", low=0.0, high=1.0)
        return sorted((party, float(share)) for party, share in given.items())
    vector = as_shock(shock, system.n)
    return [(int(k), float(vector[k])) for k in np.flatnonzero(vector)]


def _set_off(system: ExposureSystem, seeds: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], Ignition | None]:
    """Who is used up by circles that the seeds set off, and what holds once they are."""
    if not system.unbounded[seeds].any():
        return np.zeros(0, dtype=np.int32), None
    lit = system.ignition
    spent = [lit.seeds(int(group)) for group in np.unique(lit.group[seeds]) if group != CALM]
    return np.concatenate([np.zeros(0, dtype=np.int32), *spent]), lit


def _closed(
    system: ExposureSystem, starts: npt.NDArray[np.int32], pushed: tuple[Any, Any, int], loss: float, tol: float
) -> tuple[float, float]:
    """Lower end of the loss with what a push left pending, and the width of its certified interval."""
    state, touched, count = pushed
    most, least, mass = carried(state, touched, count)
    if most - least > tol * (loss + least):
        return loss, most
    whole = system.weight[starts] + system.downstream[starts]
    eps = 0.3 * tol * loss / max(float(whole.sum()) * mass, 1e-300)
    if eps < NEAREST:
        return loss, most
    barred = np.zeros(system.n, dtype=np.bool_)
    barred[starts] = True
    cut_off = bool(system.saturable.any())  # some walk may lose part of what it carries
    for seed, value in zip(starts.tolist(), whole.tolist(), strict=True):
        back = system.workspace()
        residual, _ = walk_back(system.calm_rows, seed, min(eps, 1.0), 0, back, barred)
        into = arriving(state, touched, count, back[0])
        least -= value * (into + residual * mass)
        if state[seed, ROOM] <= 0.0 and not cut_off:
            most -= float(state[seed, WEIGHT] + state[seed, FLOOR]) * into
    least = max(least, 0.0)
    return loss + least, max(most - least, 0.0)
