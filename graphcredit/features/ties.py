"""Small things done to matrices of ties."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]


def row_sums(matrix: sparse.csr_array) -> Floats:
    """Sum of each row, (n,)."""
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()


def row_counts(matrix: sparse.csr_array) -> Floats:
    """Number of ties of each row, (n,)."""
    return np.asarray(np.diff(matrix.indptr), dtype=np.float64)


def row_max(matrix: sparse.csr_array) -> Floats:
    """Largest tie of each row, 0 for an empty one, (n,); weights are not negative."""
    if matrix.nnz == 0:
        return np.zeros(matrix.shape[0])
    filled = np.diff(matrix.indptr) > 0
    made = np.zeros(matrix.shape[0])
    made[filled] = np.maximum.reduceat(matrix.data, matrix.indptr[:-1][filled])
    return made


def ones(matrix: sparse.csr_array) -> sparse.csr_array:
    """The same ties, each of weight 1; shares the index arrays."""
    return sparse.csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)


def row_share(matrix: sparse.csr_array) -> sparse.csr_array:
    """Rows divided by their sums; shares the index arrays."""
    total = row_sums(matrix)
    data = matrix.data / np.repeat(np.where(total > 0, total, 1.0), np.diff(matrix.indptr))
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def both_ways(matrix: sparse.csr_array) -> sparse.csr_array:
    """Ties either way, weights added."""
    return sparse.csr_array(matrix + sparse.csr_array(matrix.T.tocsr()))


def weighted_mean(matrix: sparse.csr_array, values: Floats) -> Floats:
    """Per row the mean of the values at its ends, weighted by the ties; nan where none has a value."""
    known = np.isfinite(values)
    both = np.asarray(matrix @ np.column_stack([known.astype(np.float64), np.where(known, values, 0.0)]))
    return np.asarray(np.divide(both[:, 1], both[:, 0], out=np.full(len(values), np.nan), where=both[:, 0] > 0))
