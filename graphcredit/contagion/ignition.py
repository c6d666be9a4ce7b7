"""Circles whose losses amplify until parties are used up, answered once for all whose failure sets them off.

Stress after a shock is the least h = min(1, shock + Lam h). Let a strongly connected circle hold some 0 < g <= min(1, Lam g),
and let Q be the parties with g = 1. A shock anywhere that reaches the circle, however small on arrival, ends at or above g:
the map is concave, and where the cap binds strictly no multiple t g with t < 1 can be the end (Krasnoselskii 1964). So Q is
used up, and shocking Q as well changes nothing: f(shock) = f(shock + Q). The second form starts from f(Q), which is computed
once for all parties that set off the same circles; what is left amplifies no more, for the rows of Q are out of play.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.contagion.adjoint import downstream_bound, members_of_circles
from graphcredit.contagion.inputs import Floats

CALM = -1  # the group of a party that sets off no circle: its losses are bounded as they are
STRICT = 1e-9  # growth that a circle must show on each of its parties; rounding is far below
STEPS = 3000
FILL = 200
WORK = 500_000_000  # products at most in the search for one circle's growth

Indices = npt.NDArray[np.int64]


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
    used: list[Indices] = []
    starts: list[Indices] = []  # the parties of each circle
    for inside in members_of_circles(inner):
        spent = _spent(sparse.csr_array(inner[inside][:, inside]))
        if len(spent):
            used.append(members[inside[spent]])
            starts.append(inside)
    group = np.full(n, CALM, dtype=np.int64)
    circles: tuple[Indices, ...] = ()
    out = np.zeros(n, dtype=bool)
    for spent in used:
        out[spent] = True
    downstream, loose = downstream_bound(sparse.csr_array(_without(lam, out).T.tocsr()), weight)
    if used:
        group[members], circles = _groups(inner, starts)
    return Ignition(tuple(used), group, circles, downstream, loose)


def _spent(circle: sparse.csr_array) -> Indices:
    """Who of a strongly connected circle is used up by any shock that reaches it; nobody where no growth is certain.

    Stress that grows of itself is filled up, again with what still grows once those are out of play; the greater of two
    stresses with h <= min(1, Lam h) is one again. Stopping early only finds fewer.
    """
    h, quiet = np.zeros(circle.shape[0]), circle
    while (growing := _growing(quiet)) is not None:
        h = np.maximum(h, growing)
        for _ in range(FILL):
            higher = np.maximum(h, np.minimum(circle @ h, 1.0))
            rise, h = float((higher - h).max()), higher
            if rise <= 1e-13:
                break
        quiet = _without(circle, h >= 1.0)
    return np.flatnonzero(h >= 1.0)


def _growing(ties: sparse.csr_array) -> Floats | None:
    """x >= 0 with largest entry 1 and ties x > x where x > 0; None where no growth is certain."""
    found = np.zeros(ties.shape[0])
    for inside in members_of_circles(ties):
        block = sparse.csr_array(ties[inside][:, inside])
        x = np.ones(len(inside))
        for _ in range(min(STEPS, WORK // block.nnz + 1)):
            y = np.asarray(block @ x)
            ratio = y / x
            if float(ratio.min()) > 1.0 + STRICT:
                found[inside] = x / x.max()
                break
            if float(ratio.max()) < 1.0:  # Collatz: the radius is below 1
                break
            x = np.maximum((x + y) / float((x + y).max()), 1e-200)
    return found if found.any() else None


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
