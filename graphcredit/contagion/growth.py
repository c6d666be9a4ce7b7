"""Which circles of ties amplify what enters them: certain growth, certain decay, or neither.

A strongly connected circle of ties M has a spectral radius below 1 if M x < x for some x > 0 (Collatz 1942), and above 1 if
M x > x wherever x > 0 for some x >= 0 that is not 0: so parts that grow of themselves tell of the whole. All circles of a
matrix are looked at together.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from graphcredit.contagion.inputs import Floats

STRICT = 1e-9  # growth that a circle must show on each of its parties; rounding is far below
STEPS = 3000
LOOK = 25  # steps between two looks at who grows
WORK = 500_000_000  # products at most in a search

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Circles:
    """Strongly connected circles of two parties and more.

    Attributes:
        members: indices of the parties on circles, those of one circle side by side, (k,).
        starts: where each circle begins in `members`, (circles,).
        sizes: parties of each, (circles,).
        ties: between members of the same circle, CSR, (k, k).
    """

    members: Indices
    starts: Indices
    sizes: Indices
    ties: sparse.csr_array

    def of(self, circle: int) -> slice:
        """Where a circle's parties are in `members`."""
        return slice(int(self.starts[circle]), int(self.starts[circle] + self.sizes[circle]))


def circles_of(ties: sparse.csr_array) -> Circles:
    """The circles of a square matrix of ties without diagonal."""
    count, label = csgraph.connected_components(ties, directed=True, connection="strong")
    size = np.bincount(label, minlength=count)
    members = np.flatnonzero(size[label] > 1)
    members = members[np.argsort(label[members], kind="stable")]
    block, circle = sparse.csr_array(ties[members][:, members]), label[members]
    block.data = block.data * (np.repeat(circle, np.diff(block.indptr)) == circle[block.indices])
    block.eliminate_zeros()
    sizes = size[size > 1].astype(np.int64)
    return Circles(members, np.cumsum(sizes) - sizes, sizes, block)


def growth(ties: sparse.csr_array) -> tuple[Floats, Circles, npt.NDArray[np.bool_]]:
    """x >= 0 with ties x > x where x > 0, largest entry 1 in each connected part; the circles; which are certain to decay.

    Circles with neither x > 0 nor certain decay have a radius of 1 as nearly as can be told.
    """
    found, all_of = np.zeros(ties.shape[0]), circles_of(ties)
    calm = np.zeros(len(all_of.sizes), dtype=bool)
    if not len(calm):
        return found, all_of, calm
    places, numbers, block, sizes = np.arange(len(all_of.members)), np.arange(len(calm)), all_of.ties, all_of.sizes
    x = np.ones(len(places))
    for step in range(min(STEPS, WORK // block.nnz + 1)):
        y = np.asarray(block @ x)
        starts = np.cumsum(sizes) - sizes
        fading = np.maximum.reduceat(y / x, starts) < 1.0
        if step % LOOK == 0 or fading.all():
            grows = _feeding_itself(block, x)
            found[all_of.members[places]] = grows
            calm[numbers[fading]] = True
            undecided = ~fading & ~(np.maximum.reduceat(grows, starts) > 0)
            if not undecided.any():
                break
            kept = np.repeat(undecided, sizes)
            places, numbers, sizes, x, y = places[kept], numbers[undecided], sizes[undecided], x[kept], y[kept]
            block, starts = sparse.csr_array(block[kept][:, kept]), np.cumsum(sizes) - sizes
        x = x + y
        x = np.maximum(x / np.repeat(np.maximum.reduceat(x, starts), sizes), 1e-200)
    return found, all_of, calm


def _feeding_itself(ties: sparse.csr_array, x: Floats) -> Floats:
    """x where it grows by what the rest of it passes on, 0 elsewhere; each connected part has 1 as its largest entry.

    In a large circle stress multiplies in a few places, and the parties behind them take as many steps as they are away
    to grow as fast: nobody need wait for those.
    """
    kept = np.arange(len(x))
    while len(kept):
        stays = np.asarray(ties @ x[kept]) > (1.0 + STRICT) * x[kept]
        if stays.all():
            break
        kept, ties = kept[stays], sparse.csr_array(ties[stays][:, stays])
    found = np.zeros(len(x))
    if len(kept):
        count, part = csgraph.connected_components(ties, directed=False)
        most = np.zeros(count)
        np.maximum.at(most, part, x[kept])
        found[kept] = x[kept] / most[part]
    return found
