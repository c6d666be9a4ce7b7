"""Spectral radius of a non-negative matrix, or a bound that is sure (Collatz 1942, Wielandt 1950)."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

EXACT_UP_TO = 20_000


@dataclass(frozen=True, slots=True)
class SpectralRadius:
    """`value` is the radius to ten digits, or an upper bound where `is_bound`."""

    value: float
    is_bound: bool


def spectral_radius(matrix: sparse.csr_array, *, steps: int = 2000, tolerance: float = 1e-12) -> SpectralRadius:
    """Power iteration on M + I, which also converges for cycles; every step gives an upper bound max (Mx)_i / x_i."""
    n = matrix.shape[0]
    if n == 0 or matrix.nnz == 0:
        return SpectralRadius(0.0, is_bound=False)
    most = steps if n <= EXACT_UP_TO else 8
    x = np.ones(n)
    bound = np.inf
    previous = np.inf
    for _ in range(most):
        y = matrix @ x + x
        bound = min(bound, float((y / x).max()) - 1.0)
        grown = float(y.sum() / x.sum()) - 1.0
        x = np.maximum(y / y.max(), 1e-200)
        if abs(grown - previous) <= tolerance * max(grown, 1e-12):
            if n <= EXACT_UP_TO:
                return SpectralRadius(min(grown, bound), is_bound=False)
            break
        previous = grown
    return SpectralRadius(bound, is_bound=True)
