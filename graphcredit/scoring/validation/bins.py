"""Groups of about equal size that never part equal values."""

import numpy as np
import numpy.typing as npt

from graphcredit.scoring.kernels import Floats


def equal_count(values: Floats, groups: int) -> npt.NDArray[np.int64]:
    """Group of each value, 0 = lowest, numbered without gaps; shape of `values`.

    Each run of equal values goes where its middle rank falls, so that ties stay together and fewer groups may result.

    Args:
        values: shape (n,), no nan.
        groups: at most this many.
    """
    if len(values) == 0:
        return np.zeros(0, dtype=np.int64)
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    wanted = np.floor(middle / len(values) * groups).astype(np.int64)
    _, place = np.unique(wanted, return_inverse=True)
    return np.asarray(place[inverse], dtype=np.int64)


def group_sums(group: npt.NDArray[np.int64], *columns: npt.NDArray[np.float64]) -> list[Floats]:
    """Rows per group, then the sum of each column per group; each shape (groups,)."""
    k = int(group.max(initial=-1)) + 1
    made: list[Floats] = [np.bincount(group, minlength=k).astype(np.float64)]
    made += [np.asarray(np.bincount(group, weights=column, minlength=k), dtype=np.float64) for column in columns]
    return made
