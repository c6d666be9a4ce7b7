"""Spectral radius of a non-negative matrix, or a bound that is sure (Collatz 1942, Wielandt 1950)."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

EXACT_UP_TO = 20_000


@dataclass(frozen=True, slots=True)
class SpectralRadius:
    """`value` is the radius to ten digits, or an upper bound where `is_bound`."""

    value: float
    is_bound: bool


def spectral_radius(matrix: sparse.csr_array, *, steps: int = 2000, tolerance: float = 1e-11) -> SpectralRadius:
    """The radius by power iteration on the circles of a small matrix; a sure upper bound of a large one.

    A large matrix whose rows all sum to less than 1 is answered by its largest row sum. Otherwise only ties within strongly
    connected components count (no walk along the others comes back); power iteration on M + I also converges on
    periodic circles, and each of its steps gives the upper bound max (Mx)_i / x_i for any x > 0.
    """
    n = matrix.shape[0]
    if n == 0 or matrix.nnz == 0:
        return SpectralRadius(0.0, is_bound=False)
    most = float(np.asarray(matrix.sum(axis=1)).max())
    if n > EXACT_UP_TO and most < 1.0:
        return SpectralRadius(most, is_bound=True)
    circles = _within_circles(matrix)
    if circles.nnz == 0:
        return SpectralRadius(0.0, is_bound=False)
    x = np.ones(circles.shape[0])
    bound = most
    for _ in range(steps if len(x) <= EXACT_UP_TO else 12):
        y = circles @ x + x
        bound = min(bound, float((y / x).max()) - 1.0)
        grown = float(y.sum() / x.sum()) - 1.0
        if bound - grown <= tolerance * max(bound, 1e-300):
            return SpectralRadius(bound, is_bound=False)
        x = np.maximum(y / y.max(), 1e-150)
    return SpectralRadius(bound, is_bound=True)


def _within_circles(matrix: sparse.csr_array) -> sparse.csr_array:
    """The parties that lie on circles, and the ties within their strongly connected components."""
    count, label = csgraph.connected_components(matrix, directed=True, connection="strong")
    on_circle = (np.bincount(label, minlength=count)[label] > 1) | (matrix.diagonal() > 0)
    kept = np.flatnonzero(on_circle)
    block = sparse.csr_array(matrix[kept][:, kept])
    circle = label[kept]
    block.data = block.data * (np.repeat(circle, np.diff(block.indptr)) == circle[block.indices])
    block.eliminate_zeros()
    return block
