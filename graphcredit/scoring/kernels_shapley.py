"""Compiled exact Shapley values of trees on codes, tree path dependent: an absent column is followed by training shares.

In the game of a row, a coalition knows some columns; a split on an absent one goes both ways, by the shares of training rows
(Lundberg et al. 2020, Nature Machine Intelligence 2, TreeSHAP). A column's Shapley value is the integral over x in [0, 1] of
the derivative of the expected leaf by that column's chance to be known, where every column is known with chance x (Owen 1972,
Management Science 18). On a path of k distinct columns the integrand is a polynomial of degree k - 1, so that Gauss-Legendre
quadrature of k / 2 points gives the integral exactly (Wettenstein, Mitchell & Yu 2026, arXiv:2605.04497). At one x:

    one split n, where the row goes to h and not to o, r the share of n's training rows in o:
        miss(n)  = r (1 - known)                  chance to stray to o, given that n is reached
        reach(o) = reach(n) miss(n)               reach(h) = reach(n) - reach(o)
        mean(n)  = mean(h) - miss(n) (mean(h) - mean(o))
        value of n's column += reach(n) drop(n) (mean(h) - mean(o)),   drop = -d miss / dx
    known = x where n's column is met first. Below another split on it that kept the row, reaching n tells more:
        known = x / (x + z (1 - x)), z the training share that those splits together let through;
    below one that lost the row the column cannot be known: known = 0, drop = 0.
"""

import numpy as np
from numba import njit

from graphcredit.scoring.kernels import Floats, _down

LANES = 4
"""Points of the quadrature that are computed side by side; a tree has a multiple of them."""


def quadrature(most: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre points and weights on [0, 1], (most, most * LANES) each: row g - 1 is the rule of g * LANES points."""
    points, weights = np.zeros((2, most, most * LANES))
    for g in range(1, most + 1):
        size = g * LANES
        x, w = np.polynomial.legendre.leggauss(size)
        points[g - 1, :size], weights[g - 1, :size] = (x + 1) / 2, w / 2
    return points, weights


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def plan_splits(roots, words, cover):  # type: ignore[no-untyped-def]
    """What `shapley_sum` needs to know of trees packed by `pack_trees`; `cover` (nodes,) in the packed order.

    Returns:
        starts: first split of each tree, and the number of splits, shape (trees + 1,).
        at: node of each split counted from its tree's root, parents first, shape (splits,).
        above: the nearest split above on the same column, counted from the tree's first, or -1, shape (splits,).
        via: the child of `above` on the way here, shape (splits,).
        through: share of training rows that the splits above on the same column let through together, shape (splits,).
        shares: share of its parent's training rows in each node, halves where the parent had none, shape (nodes,).
        groups: groups of LANES points that each tree needs, none for a leaf alone, shape (trees,).
    """
    size, trees = words.shape[0], roots.shape[0]
    starts, groups = np.zeros(trees + 1, dtype=np.int64), np.zeros(trees, dtype=np.int64)
    at, above, via = np.zeros(size, dtype=np.int64), np.full(size, -1), np.zeros(size, dtype=np.int64)
    through, shares = np.ones(size), np.ones(size)
    parent, split, distinct = np.full(size, -1), np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    count = 0
    for t in range(trees):
        root, end = np.int64(roots[t]), np.int64(roots[t + 1]) if t + 1 < trees else size
        for node in range(root, end):
            left = np.int64(words[node] >> np.uint64(32))
            if left == node:
                continue
            total = cover[left] + cover[left + 1]
            shares[left] = cover[left] / total if total > 0 else 0.5
            shares[left + 1] = 1 - shares[left]
            parent[left] = parent[left + 1] = node
            child, up = node, parent[node]
            while up >= 0 and (words[up] ^ words[node]) & np.uint64(0xFFFF0000):
                child, up = up, parent[up]
            if up >= 0:
                above[count], via[count] = split[up] - starts[t], child - root
                through[count] = through[split[up]] * shares[child]
            distinct[left] = distinct[left + 1] = distinct[node] + (up < 0)
            groups[t] = max(groups[t], (distinct[left] + 2 * LANES - 1) // (2 * LANES))
            at[count], split[node] = node - root, count
            count += 1
        starts[t + 1] = count
    return starts, at[:count], above[:count], via[:count], through[:count], shares, groups


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def shapley_sum(codes, trees, plan, rule, out):  # type: ignore[no-untyped-def]
    """Add to `out` (n, p) the Shapley values of each row of `codes` (n, p), contiguous.

    `trees` are roots, words and values as packed, `plan` comes from `plan_splits`, `rule` from `quadrature`.
    """
    roots, words, values = trees
    starts, at, above, via, through, shares, groups = plan
    points, weights = rule
    n, p = codes.shape
    flat = codes.reshape(-1)
    most = 0
    for t in range(roots.shape[0]):
        most = max(most, starts[t + 1] - starts[t])
    here, there = np.empty(most, dtype=np.uint32), np.empty(most, dtype=np.uint32)
    kept = np.empty(most, dtype=np.uint8)
    miss, drop = np.empty((most, LANES)), np.empty((most, LANES))
    reach, mean = np.empty((LANES, 2 * most + 1)), np.empty((LANES, 2 * most + 1))
    one = np.uint64(1)
    for i in range(n):
        row = np.uint64(i * p)
        for t in range(roots.shape[0]):
            root, start = np.uint64(roots[t]), np.uint64(starts[t])
            splits = np.uint64(starts[t + 1] - starts[t])
            for g in range(groups[t]):
                x = points[groups[t] - 1, g * LANES : (g + 1) * LANES]
                for q in range(LANES):
                    reach[q, 0] = weights[groups[t] - 1, g * LANES + q]
                for s in range(splits):
                    node = np.uint64(at[start + s])
                    word = words[root + node]
                    h = _down(word, flat, row)
                    o = (word >> np.uint64(32)) * np.uint64(2) + one - h
                    r = shares[o]
                    h -= root
                    o -= root
                    here[s], there[s] = h, o
                    up = above[start + s]
                    kept[s] = 1
                    if up < 0:
                        for q in range(LANES):
                            miss[s, q], drop[s, q] = r * (1 - x[q]), r
                    elif kept[up] and here[up] == via[start + s]:
                        z = through[start + s]
                        for q in range(LANES):
                            f = x[q] + z * (1 - x[q])
                            miss[s, q], drop[s, q] = r * (1 - x[q] / f), r * z / (f * f)
                    else:
                        kept[s] = 0
                        for q in range(LANES):
                            miss[s, q], drop[s, q] = r, 0.0
                    for q in range(LANES):
                        strayed = reach[q, node] * miss[s, q]
                        reach[q, h] = reach[q, node] - strayed
                        reach[q, o] = strayed
                for q in range(LANES):
                    for k in range(np.uint64(2) * splits + one):
                        mean[q, k] = values[root + k]
                for back in range(splits):
                    last = splits - one - back
                    node, h, o = np.uint64(at[start + last]), here[last], there[last]
                    total = 0.0
                    for q in range(LANES):
                        gap = mean[q, h] - mean[q, o]
                        total += reach[q, node] * drop[last, q] * gap
                        mean[q, node] = mean[q, h] - miss[last, q] * gap
                    out[i, (words[root + node] >> np.uint64(16)) & np.uint64(0xFFFF)] += total
