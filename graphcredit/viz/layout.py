"""Where the parties of a picture stand: computed on the server, so that a browser draws 1,000 of them at once.

Force-directed placement (Fruchterman & Reingold 1991) from rings by distance; the same network gives the same picture.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
SPACING = 110.0
"""Ideal length of a tie in pixels."""
GRAVITY = 1.2
"""Pull to the middle; holds n parties without ties within about SPACING * sqrt(n) pixels."""


def place(
    sources: npt.NDArray[np.int64], targets: npt.NDArray[np.int64], distance: npt.NDArray[np.int32], *, rounds: int = 0
) -> Floats:
    """Positions of n parties, (n, 2), in pixels, the seed near the middle.

    Args:
        sources, targets: ends of the ties, (m,), positions in 0..n-1.
        distance: steps from the seed, (n,).
        rounds: steps of the forces; by size when 0.
    """
    n = len(distance)
    at = _rings(sources, targets, distance)
    if n < 3:
        return at
    rounds = rounds or int(np.clip(24_000 / n, 40, 200))
    pairs = np.unique(np.sort(np.stack([sources, targets], axis=1), axis=1), axis=0) if len(sources) else None
    busy = np.bincount(pairs.ravel(), minlength=n) if pairs is not None else np.zeros(n)
    strength = np.ones(0) if pairs is None else np.asarray(np.sqrt(2 / np.maximum(busy[pairs].max(axis=1), 2)))
    heat = SPACING * np.sqrt(n) / 8
    x, y = at[:, 0].copy(), at[:, 1].copy()
    for step in range(rounds):
        dx, dy = _push(x, y, SPACING**2)
        if pairs is not None:
            _pull(x, y, pairs, strength, dx, dy)
        dx -= GRAVITY * x
        dy -= GRAVITY * y
        length = np.maximum(np.hypot(dx, dy), 1e-3)
        limit = heat * (1 - step / rounds) + 0.5
        scale = np.minimum(length, limit) / length
        x, y = x + dx * scale, y + dy * scale
    return np.asarray(np.round(np.stack([x, y], axis=1), 1))


def _rings(sources: npt.NDArray[np.int64], targets: npt.NDArray[np.int64], distance: npt.NDArray[np.int32]) -> Floats:
    """Parties on a ring by distance, each near the one that it was reached from."""
    n = len(distance)
    parent = np.full(n, -1)
    for a, b in ((sources, targets), (targets, sources)):
        nearer = distance[a] < distance[b]
        parent[b[nearer]] = a[nearer]
    angle = np.zeros(n)
    for ring in range(1, int(distance.max(initial=0)) + 1):
        here = np.flatnonzero(distance == ring)
        order = here[np.lexsort((here, angle[parent[here]]))]
        angle[order] = np.arange(len(order)) * 2 * np.pi / max(len(order), 1)
    radius = SPACING * (0.9 + 0.12 * np.sqrt(n)) * distance
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


@njit(cache=True)  # type: ignore[untyped-decorator]  # numba has no types
def _push(x: Floats, y: Floats, strength: float) -> tuple[Floats, Floats]:
    """Each party pushes each other away by strength / distance."""
    n = len(x)
    across, down = np.zeros(n), np.zeros(n)
    for i in range(n):
        for j in range(i + 1, n):
            dx, dy = x[i] - x[j], y[i] - y[j]
            force = strength / max(dx * dx + dy * dy, 25.0)
            across[i] += dx * force
            down[i] += dy * force
            across[j] -= dx * force
            down[j] -= dy * force
    return across, down


def _pull(x: Floats, y: Floats, pairs: npt.NDArray[np.int64], strength: Floats, dx: Floats, dy: Floats) -> None:
    """Each tie pulls its ends together by distance^2 / SPACING, less where an end has many ties."""
    a, b = pairs[:, 0], pairs[:, 1]
    across, down = x[b] - x[a], y[b] - y[a]
    force = np.hypot(across, down) / SPACING * strength
    for total, part in ((dx, across * force), (dy, down * force)):
        total += np.bincount(a, part, len(x))
        total -= np.bincount(b, part, len(x))
