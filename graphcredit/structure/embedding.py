"""A low-dimensional position in the network, and values spread over its ties: inputs of models."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from graphcredit.exc import ShapeError, ValueRangeError

Floats = npt.NDArray[np.float64]
POWERS, OVERSAMPLING = 4, 10
LARGE = 50_000  # parties above which single precision is used


def spectral_embedding(adjacency: sparse.csr_array, dimensions: int, *, seed: int = 0) -> Floats:
    """Axes scaled by their singular values, (n, dimensions); the same input gives the same axes.

    The symmetric adjacency is divided by the square roots of degrees; each axis is signed so that its largest entry is
    positive (Halko, Martinsson & Tropp 2011, randomised).
    """
    n = adjacency.shape[0]
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    scale = np.divide(1.0, np.sqrt(degree), out=np.zeros(n), where=degree > 0)
    k = min(dimensions, max(n - 1, 0))
    axes = np.zeros((n, dimensions))
    if k == 0 or adjacency.nnz == 0:
        return axes
    if n > LARGE:
        u, s = leading_axes(adjacency, scale, k, seed=seed)
    else:
        normal = sparse.csr_array(sparse.diags_array(scale) @ adjacency @ sparse.diags_array(scale))
        u, s, _ = randomized_svd(normal, n_components=k, n_iter=POWERS, random_state=seed)
    k = len(s)
    peak = np.abs(u).argmax(axis=0)
    axes[:, :k] = u * (np.sign(u[peak, np.arange(k)]) * s * np.sqrt(n))
    return axes


def leading_axes(adjacency: sparse.csr_array, scale: Floats, k: int, *, seed: int) -> tuple[Floats, Floats]:
    """Leading singular vectors (n, k) and values (k,) of the symmetric scale * adjacency * scale, in single precision.

    As many products as `randomized_svd` makes, on one float32 operator that is shared by both sides since it is symmetric;
    the basis is made orthonormal after every second product through its small Gram matrix, which costs less than a product.
    """
    n, counts = adjacency.shape[0], np.diff(adjacency.indptr)
    small = scale.astype(np.float32)
    data = adjacency.data.astype(np.float32) * small[adjacency.indices]
    data *= np.repeat(small, counts)
    normal = sparse.csr_array(
        (data, adjacency.indices.astype(np.int32, copy=False), adjacency.indptr.astype(np.int32)), shape=adjacency.shape
    )
    basis = np.random.default_rng(seed).standard_normal((n, min(k + OVERSAMPLING, n)), dtype=np.float32)
    for _ in range(POWERS):
        basis = _orthonormal(normal @ (normal @ basis))
    basis = _orthonormal(normal @ basis)
    across = normal @ basis
    values, turn = np.linalg.eigh((across.T @ across).astype(np.float64))
    top = np.argsort(-values)[: min(k, len(values))]
    return np.asarray(basis @ turn[:, top].astype(np.float32), np.float64), np.sqrt(np.maximum(values[top], 0.0))


def _orthonormal(block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """An orthonormal basis of the columns, directions that are lost in rounding left out."""
    values, turn = np.linalg.eigh((block.T @ block).astype(np.float64))
    kept = values > values[-1] * 1e-6
    return np.ascontiguousarray(block @ (turn[:, kept] / np.sqrt(values[kept])).astype(np.float32))


def neighbour_mean(matrix: sparse.csr_array, values: Any) -> Floats:
    """Mean of values at the ends of each row's ties, weighted by the ties; nan values do not count, (n,) or (n, k).

    nan where no neighbour has a value.

    Raises:
        ShapeError: values of another length than the matrix has columns.
    """
    given = np.asarray(values, dtype=np.float64)
    if given.ndim not in (1, 2) or len(given) != matrix.shape[1]:
        raise ShapeError(f"values {given.shape} do not fit a matrix {matrix.shape}", remedy="give one row a party")
    known = np.isfinite(given)
    weight = np.asarray(matrix @ known.astype(np.float64))
    total = np.asarray(matrix @ np.where(known, given, 0.0))
    return np.asarray(np.divide(total, weight, out=np.full(total.shape, np.nan), where=weight > 0))


def diffuse(matrix: sparse.csr_array, values: Any, hops: int) -> Floats:
    """Values spread over walks of exactly `hops` ties: the power of the row-normalised matrix, nan ignored at each step.

    Raises:
        ValueRangeError: hops below 1; ShapeError: as `neighbour_mean`.
    """
    if hops < 1:
        raise ValueRangeError(f"hops is {hops}", remedy="use 1 or more")
    spread = np.asarray(values, dtype=np.float64)
    for _ in range(hops):
        spread = neighbour_mean(matrix, spread)
    return spread
