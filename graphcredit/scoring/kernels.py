"""Compiled loops of scoring: values to codes, codes through trees and tables. Arrays in, arrays out; all free the GIL.

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
    """Write the codes of `values` (n,) into `out[:, column]`: number of `edges` (sorted, < 256) <= value, 255 where nan.

    A binary search written out without branches or signed indices: six times the speed of a loop.
    """
    padded = np.full(256, np.inf)
    padded[: edges.shape[0]] = edges
    one = np.uint64(1)
    for i in range(values.shape[0]):
        x = values[i]
        low = np.uint64(128) * np.uint64(padded[127] <= x)
        low += np.uint64(64) * np.uint64(padded[low + np.uint64(63)] <= x)
        low += np.uint64(32) * np.uint64(padded[low + np.uint64(31)] <= x)
        low += np.uint64(16) * np.uint64(padded[low + np.uint64(15)] <= x)
        low += np.uint64(8) * np.uint64(padded[low + np.uint64(7)] <= x)
        low += np.uint64(4) * np.uint64(padded[low + np.uint64(3)] <= x)
        low += np.uint64(2) * np.uint64(padded[low + one] <= x)
        low += np.uint64(padded[low] <= x)
        out[i, column] = np.uint64(255) if np.isnan(x) else low


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
def pack_trees(roots, feature, threshold, left, right, missing_left, value):  # type: ignore[no-untyped-def]
    """Trees as one 64-bit word a node, siblings side by side, for `packed_sum`.

    A word holds, from the low end: threshold (8 bits), whether missing goes left (1 of 8), column (16), left child (32);
    the right child follows it. Where missing goes left, threshold and code are both one higher modulo 256, so that 255
    becomes 0. A leaf points to itself.

    Returns:
        words (nodes,), values (nodes,), the depth of each tree (trees,), and where each node came from (nodes,).
    """
    size = feature.shape[0]
    words = np.zeros(size, dtype=np.uint64)
    values = np.zeros(size, dtype=np.float64)
    depths = np.zeros(roots.shape[0], dtype=np.int64)
    old = np.zeros(size, dtype=np.int64)
    level = np.zeros(size, dtype=np.int64)
    for t in range(roots.shape[0]):
        at = np.int64(roots[t])
        old[at], level[at] = at, 0
        free = at + 1
        while at < free:
            node = old[at]
            values[at] = value[node]
            if feature[node] < 0:
                words[at] = np.uint64((at << 32) | 255)
                depths[t] = max(depths[t], level[at])
            else:
                old[free], old[free + 1] = left[node], right[node]
                level[free] = level[free + 1] = level[at] + 1
                flag = np.int64(missing_left[node])
                bound = np.int64(threshold[node]) + flag
                words[at] = np.uint64((free << 32) | (np.int64(feature[node]) << 16) | (flag << 8) | bound)
                free += 2
            at += 1
    return words, values, depths, old


@njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def _down(word, codes, row):  # type: ignore[no-untyped-def]
    """The child that a row goes to: the left one, plus one where its code is above the bound (the borrow's sign bit)."""
    code = np.uint64(codes[row + ((word >> np.uint64(16)) & np.uint64(0xFFFF))])
    code = (code + ((word >> np.uint64(8)) & np.uint64(1))) & np.uint64(255)
    return (word >> np.uint64(32)) + (((word & np.uint64(255)) - code) >> np.uint64(63))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def packed_sum(codes, roots, depths, words, values, out):  # type: ignore[no-untyped-def]
    """Add to `out` (n,) the leaf values that each row of `codes` (n, p), contiguous, reaches.

    Eight rows go down a tree together without branches, so that their loads overlap; one tree stays in the cache for all.
    """
    n, p = codes.shape
    flat = codes.reshape(-1)
    width = np.uint64(p)
    whole = n - n % 8
    for t in range(roots.shape[0]):
        root, depth = np.uint64(roots[t]), depths[t]
        for i in range(0, whole, 8):
            r0 = np.uint64(i) * width
            r1, r2, r3 = r0 + width, r0 + np.uint64(2) * width, r0 + np.uint64(3) * width
            r4, r5, r6 = r0 + np.uint64(4) * width, r0 + np.uint64(5) * width, r0 + np.uint64(6) * width
            r7 = r0 + np.uint64(7) * width
            a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = root
            for _ in range(depth):
                a0, a1 = _down(words[a0], flat, r0), _down(words[a1], flat, r1)
                a2, a3 = _down(words[a2], flat, r2), _down(words[a3], flat, r3)
                a4, a5 = _down(words[a4], flat, r4), _down(words[a5], flat, r5)
                a6, a7 = _down(words[a6], flat, r6), _down(words[a7], flat, r7)
            out[i] += values[a0]
            out[i + 1] += values[a1]
            out[i + 2] += values[a2]
            out[i + 3] += values[a3]
            out[i + 4] += values[a4]
            out[i + 5] += values[a5]
            out[i + 6] += values[a6]
            out[i + 7] += values[a7]
        for i in range(whole, n):
            a0 = root
            for _ in range(depth):
                a0 = _down(words[a0], flat, np.uint64(i) * width)
            out[i] += values[a0]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def changed_sum(row, trees, users, starts, columns, targets, out):  # type: ignore[no-untyped-def]
    """Add to `out` (m, q) what the trees say otherwise where `columns[i]` of `row` (p,) is `targets[i, k]` instead.

    `trees` are roots, depths, words and values; `users[starts[j] : starts[j + 1]]` are those that split on column j, all others
    say the same.
    """
    roots, depths, words, values = trees
    none = np.uint64(0)
    changed = row.copy()
    for i in range(columns.shape[0]):
        j = columns[i]
        for u in range(starts[j], starts[j + 1]):
            t = users[u]
            before = np.uint64(roots[t])
            for _ in range(depths[t]):
                before = _down(words[before], row, none)
            for k in range(targets.shape[1]):
                changed[j] = targets[i, k]
                after = np.uint64(roots[t])
                for _ in range(depths[t]):
                    after = _down(words[after], changed, none)
                out[i, k] += values[after] - values[before]
        changed[j] = row[j]


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
