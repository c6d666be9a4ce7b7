"""Checks shared by all models: what a matrix or vector of amounts must be, said once and clearly."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.network import Network

Floats = npt.NDArray[np.float64]


def as_matrix(given: Any, name: str, *, layers: Sequence[str] = (), diagonal: bool = False) -> sparse.csr_array:
    """A square, non-negative, finite CSR matrix from a Network (sum of `layers`), sparse or dense input.

    Raises:
        ShapeError: not two-dimensional and square.
        ValueRangeError: negative or not finite entries, or a claim on oneself (unless `diagonal`).
    """
    if isinstance(given, Network):
        matrix = given.matrix(layers[0]).copy()
        for layer in layers[1:]:
            matrix = matrix + given.matrix(layer)
        given = matrix
    if sparse.issparse(given):
        matrix = sparse.csr_array(given, dtype=np.float64)
    else:
        dense = np.asarray(given, dtype=np.float64)
        if dense.ndim != 2:
            raise ShapeError(f"{name} has {dense.ndim} dimensions", remedy="give a square matrix, dense or sparse")
        matrix = sparse.csr_array(dense)
    if matrix.shape[0] != matrix.shape[1]:
        raise ShapeError(f"{name} has shape {matrix.shape}", remedy="give a square matrix: one row and column a party")
    matrix.sum_duplicates()
    if not np.isfinite(matrix.data).all():
        raise ValueRangeError(f"{name} holds NaN or infinite amounts", remedy="leave out ties whose amount is unknown")
    if (matrix.data < 0).any():
        row = int(np.searchsorted(matrix.indptr, int(np.argmax(matrix.data < 0)), side="right")) - 1
        raise ValueRangeError(
            f"{name} holds a negative amount in row {row}", remedy="turn it round: j owes i instead", row=row
        )
    if not diagonal and matrix.diagonal().any():
        row = int(np.argmax(matrix.diagonal() != 0))
        raise ValueRangeError(f"{name}: party {row} has a tie to itself", remedy="remove the diagonal", row=row)
    matrix.eliminate_zeros()
    return matrix


def as_vector(given: Any, n: int, name: str, *, low: float = -np.inf, high: float = np.inf) -> Floats:
    """A finite vector of n numbers within [low, high]; one number stands for all.

    Raises:
        ShapeError: another length.
        ValueRangeError: not finite, or outside the range.
    """
    vector = np.asarray(given, dtype=np.float64)
    if vector.ndim == 0:
        vector = np.full(n, float(vector))
    if vector.shape != (n,):
        raise ShapeError(f"{name} has shape {vector.shape}, expected ({n},)", remedy="give one number a party")
    if not np.isfinite(vector).all():
        raise ValueRangeError(
            f"{name} holds NaN or infinite values", remedy="fill in or leave out parties without a value"
        )
    if (vector < low).any() or (vector > high).any():
        worst = int(np.argmax((vector < low) | (vector > high)))
        raise ValueRangeError(
            f"{name} is {vector[worst]:g} for party {worst}", remedy=f"it must lie in [{low:g}, {high:g}]", row=worst
        )
    return vector


def as_shock(given: Any, n: int, network: Any = None) -> Floats:
    """A shock in [0, 1] per party: a vector, one number for all, or {party: share} (ids with a Network)."""
    if isinstance(given, dict):
        shock = np.zeros(n)
        for party, share in given.items():
            shock[as_position(party, n, network)] = share
        given = shock
    return as_vector(given, n, "shock", low=0.0, high=1.0)


def as_position(party: Any, n: int, network: Any = None) -> int:
    """A party's index from its id (with a Network) or index.

    Raises:
        NotFoundError: unknown id.
        ValueRangeError: an index outside 0..n-1.
    """
    if isinstance(party, str) and isinstance(network, Network):
        return network.position(party)
    if isinstance(party, int | np.integer) and 0 <= int(party) < n:
        return int(party)
    raise ValueRangeError(
        f"there is no party {party!r}", remedy=f"give an index from 0 to {n - 1}, or an id with a Network"
    )
