"""Circles whose losses amplify until parties are used up, answered once for all whose failure sets them off.

Stress after a shock is the least h = min(1, shock + Lam h). Let part of a strongly connected circle hold some 0 < g <= 1 with
g < Lam g, both over that part. A shock anywhere that reaches the circle, however small on arrival, ends at or above g: at the
party where h / g is least, h = min(1, shock + Lam h) would exceed h / g times g if that were below 1 (as in Krasnoselskii
1964). What follows from g by h <- min(1, Lam h) is reached as well. Let Q be the parties that arrive at 1. So Q is
used up, and shocking Q as well changes nothing: f(shock) = f(shock + Q). The second form starts from f(Q), which is computed
once for all parties that set off the same circles; what is left amplifies no more, for the rows of Q are out of play.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.contagion.adjoint import downstream_bound
from graphcredit.contagion.growth import Indices, circles_of, growth
from graphcredit.contagion.inputs import Floats

CALM = -1  # the group of a party that sets off no circle: its losses are bounded as they are
FILL = 200


@dataclass(frozen=True)
class Ignition:
    """What the failure of each party sets off.

    Attributes:
        used_up: parties of each circle that its ignition uses up, one array a circle.
        group: which of `circles` a party sets off, (n,); CALM = none.
        circles: numbers of the circles that each group sets off.
        downstream: as `downstream_bound`, once all of `used_up` are out of play, (n,).
        loose: parties that reach a circle about which nothing could be certified, (n,).
    """

    used_up: tuple[Indices, ...]
    group: npt.NDArray[np.int64]
    circles: tuple[Indices, ...]
    downstream: Floats
    loose: npt.NDArray[np.bool_]

    def seeds(self, group: int) -> npt.NDArray[np.int32]:
        """All parties that are used up once `group` is set off."""
        return np.unique(np.concatenate([self.used_up[k] for k in self.circles[group]])).astype(np.int32)


def ignition(lam: sparse.csr_array, weight: Floats, unbounded: npt.NDArray[np.bool_]) -> Ignition:
    """Find the circles that amplify, and who sets them off.

    Args:
        lam: Lam[i, j] = exposure of i to j / equity of i, CSR.
        weight: economic weight, (n,).
        unbounded: parties without a finite downstream bound, (n,).
    """
    n = lam.shape[0]
    members = np.flatnonzero(unbounded)
    inner = sparse.csr_array(lam[members][:, members])
    all_of = circles_of(inner)
    spent = _spent(all_of.ties)
    used: list[Indices] = []
    starts: list[Indices] = []  # the parties of each circle
    lit = np.logical_or.reduceat(spent, all_of.starts) if len(spent) else spent
    for number in np.flatnonzero(lit).tolist():
        inside = all_of.members[all_of.of(number)]
        used.append(members[inside[spent[all_of.of(number)]]])
        starts.append(inside)
    group = np.full(n, CALM, dtype=np.int64)
    circles: tuple[Indices, ...] = ()
    out = np.zeros(n, dtype=bool)
    out[members[all_of.members[spent]]] = True
    downstream, loose = downstream_bound(sparse.csr_array(_without(lam, out).T.tocsr()), weight)
    if used:
        group[members], circles = _groups(inner, starts)
    return Ignition(tuple(used), group, circles, downstream, loose)


def _spent(ties: sparse.csr_array) -> npt.NDArray[np.bool_]:
    """Who of strongly connected circles is used up by any shock that reaches theirs; nobody where no growth is certain.

    Stress that grows of itself is filled up, again with what still grows once those are out of play; the greater of two
    stresses with h <= min(1, Lam h) is one again. Stopping early only finds fewer.
    """
    h, quiet = np.zeros(ties.shape[0]), ties
    while True:
        growing, _, _ = growth(quiet)
        if not growing.any():
            return np.asarray(h >= 1.0)
        h = np.maximum(h, growing)
        for _ in range(FILL):
            higher = np.maximum(h, np.minimum(ties @ h, 1.0))
            rise, h = float((higher - h).max()), higher
            if rise <= 1e-13:
                break
        quiet = _without(ties, h >= 1.0)


def _without(ties: sparse.csr_array, out: npt.NDArray[np.bool_]) -> sparse.csr_array:
    """The ties left where some parties lose no more."""
    left = sparse.csr_array(sparse.diags_array(np.where(out, 0.0, 1.0)) @ ties)
    left.eliminate_zeros()
    return left


def _groups(inner: sparse.csr_array, starts: list[Indices]) -> tuple[Indices, tuple[Indices, ...]]:
    """Parties by the set of circles that they reach, and those sets; sets are bits of 64-bit words."""
    words = np.zeros((inner.shape[0], (len(starts) + 63) // 64), dtype=np.uint64)
    for k, inside in enumerate(starts):
        words[inside, k // 64] |= np.uint64(1) << np.uint64(k % 64)
    losers = sparse.csr_array(inner.T.tocsr())  # row j: who loses when j does
    filled = np.flatnonzero(np.diff(losers.indptr))
    while True:
        grown = words.copy()
        grown[filled] |= np.bitwise_or.reduceat(words[losers.indices], losers.indptr[filled], axis=0)
        if np.array_equal(grown, words):
            break
        words = grown
    sets, group = np.unique(words, axis=0, return_inverse=True)
    bits = np.unpackbits(sets.view(np.uint8), axis=1, bitorder="little")
    circles = tuple(np.flatnonzero(row) for row in bits)
    group = group.ravel()
    none = np.array([len(found) == 0 for found in circles])
    return np.where(none[group], CALM, group), circles
