"""Checks shared by all models: what a matrix or vector of amounts must be, said once and clearly."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.exc import InputError, ShapeError, ValueRangeError
from graphcredit.network import LAYERS, Network

Floats = npt.NDArray[np.float64]


def as_matrix(given: Any, name: str, *, layers: Sequence[str] = (), diagonal: bool = False) -> sparse.csr_array:
    """A square, non-negative, finite CSR matrix from a Network (sum of `layers`), sparse or dense input.

    Raises:
        ShapeError: not two-dimensional and square.
        ValueRangeError: negative or not finite entries, or a claim on oneself (unless `diagonal`).
    """
    if isinstance(given, Network):
        given = _summed(given, layers)
    if sparse.issparse(given):
        if given.ndim != 2:
            raise ShapeError(f"{name} has {given.ndim} dimensions", remedy="give a square matrix, dense or sparse")
        matrix = sparse.csr_array(given, dtype=np.float64, copy=True)  # never the caller's own arrays
    else:
        dense = _numbers(given, name)
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


def _summed(network: Network, layers: Sequence[str]) -> sparse.csr_array:
    """The sum of a network's layers.

    Raises:
        InputError: a layer that does not exist.
    """
    if unknown := sorted(set(layers) - {*LAYERS, *network.layers}):
        raise InputError(f"unknown layers {unknown}", remedy=f"choose from {', '.join(LAYERS)}")
    matrix = sparse.csr_array((network.n, network.n), dtype=np.float64)
    for layer in layers:
        matrix = sparse.csr_array(matrix + network.matrix(layer))
    return matrix


def _numbers(given: Any, name: str) -> Floats:
    """An array of float64.

    Raises:
        ShapeError: rows of different lengths; ValueRangeError: something that is not a number.
    """
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        if "inhomogeneous" in str(error):
            raise ShapeError(f"{name} has rows of different lengths", remedy="give as many columns as rows") from error
        raise ValueRangeError(f"{name} holds something that is not a number: {error}", remedy="give numbers") from error


def as_vector(given: Any, n: int, name: str, *, low: float = -np.inf, high: float = np.inf) -> Floats:
    """A finite vector of n numbers within [low, high]; one number stands for all.

    Raises:
        ShapeError: another length.
        ValueRangeError: not finite, or outside the range.
    """
    vector = _numbers(given, name)
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
    """A shock in [0, 1] per party: a vector, one number for all, or {party: share} (ids with a Network).

    Raises:
        NotFoundError: unknown id; ShapeError, ValueRangeError: another length, a share outside [0, 1].
    """
    if isinstance(given, Mapping):
        shock = np.zeros(n)
        for party, share in given.items():
            shock[as_position(party, n, network)] = as_vector(share, 1, f"shock of {party!r}", low=0.0, high=1.0)[0]
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
