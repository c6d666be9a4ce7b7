"""A layer's matrix from a Network or an array, checked."""

from typing import Any

import numpy as np
from scipy import sparse

from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.network import Network


def layer_matrix(given: Any, layer: str) -> sparse.csr_array:
    """A square, finite, non-negative CSR matrix without diagonal.

    Raises:
        ShapeError: not square; ValueRangeError: negative, NaN or infinite weights.
    """
    if isinstance(given, Network):
        return given.matrix(layer)
    matrix = sparse.csr_array(given, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ShapeError(f"the {layer} matrix has shape {matrix.shape}", remedy="give a square matrix")
    matrix.sum_duplicates()
    if not np.isfinite(matrix.data).all() or (matrix.data < 0).any():
        raise ValueRangeError(f"the {layer} matrix holds negative or NaN weights", remedy="leave out what is unknown")
    if matrix.diagonal().any():
        matrix = sparse.csr_array(matrix - sparse.diags_array(matrix.diagonal()).tocsr())
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return matrix


def names_of(given: Any, n: int) -> list[Any]:
    """Party ids of a Network, else indices."""
    return [str(party) for party in given.ids] if isinstance(given, Network) else list(range(n))
