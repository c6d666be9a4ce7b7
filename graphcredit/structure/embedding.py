"""A low-dimensional position in the network: leading singular vectors of the normalised adjacency, with fixed signs."""

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

Floats = npt.NDArray[np.float64]


def spectral_embedding(adjacency: sparse.csr_array, dimensions: int, *, seed: int = 0) -> Floats:
    """Axes scaled by their singular values, (n, dimensions); the same input gives the same axes.

    The symmetric adjacency is divided by the square roots of degrees; each axis is signed so that its largest entry is
    positive (Halko, Martinsson & Tropp 2011, randomised).
    """
    n = adjacency.shape[0]
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    scale = np.divide(1.0, np.sqrt(degree), out=np.zeros(n), where=degree > 0)
    normal = sparse.csr_array(sparse.diags_array(scale) @ adjacency @ sparse.diags_array(scale))
    k = min(dimensions, max(n - 1, 0))
    axes = np.zeros((n, dimensions))
    if k == 0 or normal.nnz == 0:
        return axes
    u, s, _ = randomized_svd(normal, n_components=k, n_iter=4, random_state=seed)
    peak = np.abs(u).argmax(axis=0)
    axes[:, :k] = u * np.sign(u[peak, np.arange(k)]) * s * np.sqrt(n)
    return axes
