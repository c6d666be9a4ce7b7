"""Where parties stand: the same each time, apart from each other, ties short."""

import numpy as np
import pytest

from graphcredit.viz.layout import SPACING, place


@pytest.mark.parametrize("n", [1, 2, 40, 400])
def test_parties_stand_apart_and_within_bounds(n: int) -> None:
    random = np.random.default_rng(n)
    sources, targets = random.integers(0, n, 2 * n), random.integers(0, n, 2 * n)
    distance = np.minimum(np.arange(n), 2).astype(np.int32)
    at = place(sources, targets, distance)
    assert at.shape == (n, 2)
    assert np.array_equal(at, place(sources, targets, distance))
    assert len(np.unique(at, axis=0)) == n
    assert np.abs(at).max(initial=0) <= 6 * SPACING * np.sqrt(n + 1)


def test_tied_parties_stand_closer_than_others() -> None:
    groups = np.repeat(np.arange(4), 8)
    pairs = [(i, j) for i in range(32) for j in range(i + 1, 32) if groups[i] == groups[j]]
    sources, targets = (np.array(ends) for ends in zip(*pairs, strict=True))
    at = place(sources, targets, np.ones(32, np.int32))
    gap = np.linalg.norm(at[:, None] - at[None, :], axis=2)
    same = groups[:, None] == groups[None, :]
    np.fill_diagonal(same, False)
    assert gap[same].mean() < 0.7 * gap[groups[:, None] != groups[None, :]].mean()
