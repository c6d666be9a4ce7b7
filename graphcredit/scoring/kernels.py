"""Compiled loops of scoring: values to codes, codes through trees and tables. Arrays in, arrays out; all release the GIL.

A *code* is a small integer: 0..254 counts the bin edges at or below a value, 255 means missing. Trees compare codes,
so a million rows of a hundred features are 100 MB, and an unbounded value cannot do more than reach the last bin.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

MISSING = 255
"""The code of a missing value."""

Codes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def encode_column(values, edges, out, column):  # type: ignore[no-untyped-def]
    """Write the codes of `values` (n,) into `out[:, column]`: number of `edges` (sorted) <= value, 255 where nan."""
    k = edges.shape[0]
    for i in range(values.shape[0]):
        x = values[i]
        if np.isnan(x):
            out[i, column] = 255
            continue
        low, high = 0, k
        while low < high:
            middle = (low + high) >> 1
            if edges[middle] <= x:
                low = middle + 1
            else:
                high = middle
        out[i, column] = low


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def table_sum(codes, tables, out):  # type: ignore[no-untyped-def]
    """Add to `out` (n,) the sum over columns j of `tables[j, codes[i, j]]` (p, 256)."""
    n, p = codes.shape
    for i in range(n):
        total = 0.0
        for j in range(p):
            total += tables[j, codes[i, j]]
        out[i] += total


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def tree_sum(codes, roots, feature, threshold, left, right, missing_left, value, out):  # type: ignore[no-untyped-def]
    """Add to `out` (n,) the sum of the leaf values that each row reaches; `feature` is -1 in a leaf.

    Trees are the outer loop: one tree stays in the cache while the block's rows pass through it.
    """
    n = codes.shape[0]
    for t in range(roots.shape[0]):
        root = roots[t]
        for i in range(n):
            node = root
            j = feature[node]
            while j >= 0:
                code = codes[i, j]
                go_left = missing_left[node] if code == 255 else code <= threshold[node]
                node = left[node] if go_left else right[node]
                j = feature[node]
            out[i] += value[node]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def tree_paths(codes, roots, feature, threshold, left, right, missing_left, value, out):  # type: ignore[no-untyped-def]
    """Add to `out` (n, p) what each split on a row's way changed, credited to the split's feature.

    `value` holds the expected value in every node, inner ones too, so sums over features plus the roots' values give
    the prediction exactly.
    """
    n = codes.shape[0]
    for t in range(roots.shape[0]):
        for i in range(n):
            node = roots[t]
            j = feature[node]
            while j >= 0:
                code = codes[i, j]
                go_left = missing_left[node] if code == 255 else code <= threshold[node]
                following = left[node] if go_left else right[node]
                out[i, j] += value[following] - value[node]
                node = following
                j = feature[node]
