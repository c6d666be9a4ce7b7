"""One shock, a picture for each round: the same network side by side, parties filled by what they have lost by then."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup, escape
from scipy import sparse
from scipy.sparse.csgraph import shortest_path

from graphcredit.exc import InputError
from graphcredit.viz.layout import place

SIDE, MARGIN, HEAD, RADIUS = 340.0, 34.0, 30.0, 15.0
CALM, LOST = (246, 247, 249), (178, 24, 43)  # fill of nothing lost and of all lost
MOST = 60
"""Parties in one picture at most; past that, names no longer fit."""


def rounds_svg(
    ties: Any,
    losses: Sequence[npt.NDArray[np.float64]],
    names: Sequence[str],
    *,
    titles: Sequence[str] | None = None,
    start: int = 0,
    columns: int = 2,
) -> Markup:
    """Small multiples of a network as one SVG.

    Args:
        ties: ties[i, j] > 0: an arrow from i to j, (n, n).
        losses: per round what each party has lost by then, (n,) in [0, 1].
        names: of the parties, (n,).
        titles: of the rounds; default "round 1", ...
        start: the party in the middle, as a rule the one that failed.
        columns: pictures side by side.

    Raises:
        InputError: no rounds, more than MOST parties, or shapes that differ.
    """
    matrix = sparse.coo_array(ties)
    n = matrix.shape[0]
    if not losses or n > MOST or len(names) != n or any(len(loss) != n for loss in losses):
        raise InputError(
            f"{len(losses)} rounds of {n} parties and {len(names)} names cannot be drawn",
            remedy=f"give at least one round, one loss and one name a party, and at most {MOST} parties",
        )
    sources, targets = (np.asarray(end, dtype=np.int64) for end in matrix.coords)
    at = _positions(matrix, sources, targets, start)
    heads = list(titles or (f"round {k}" for k in range(1, len(losses) + 1)))
    made = []
    before = np.zeros(n)
    for k, (loss, head) in enumerate(zip(losses, heads, strict=True)):
        corner = (k % columns) * SIDE, (k // columns) * (SIDE + HEAD)
        made.append(_picture(corner, head, at, (sources, targets), loss, before, names))
        before = loss
    width, height = min(columns, len(losses)) * SIDE, -(-len(losses) // columns) * (SIDE + HEAD)
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{escape(", ".join(heads))}" font-family="sans-serif">'
        '<defs><marker id="end" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="6" markerHeight="6" orient="auto">'
        '<path d="M0 0 L6 3 L0 6 z" fill="#8d99a6"/></marker></defs>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(made)}</svg>'
    )


def _positions(matrix: Any, sources: Any, targets: Any, start: int) -> npt.NDArray[np.float64]:
    """Pixels inside a picture, (n, 2)."""
    steps = shortest_path(sparse.csr_array(matrix), directed=False, unweighted=True, indices=start)
    far = steps[np.isfinite(steps)].max(initial=0.0) + 1
    at = place(sources, targets, np.where(np.isfinite(steps), steps, far).astype(np.int32))
    low, size = at.min(axis=0), np.maximum(np.ptp(at, axis=0), 1.0)
    return np.asarray(MARGIN + (at - low) / size * (SIDE - 2 * MARGIN))


def _picture(
    corner: tuple[float, float],
    head: str,
    at: npt.NDArray[np.float64],
    ties: tuple[Any, Any],
    loss: npt.NDArray[np.float64],
    before: npt.NDArray[np.float64],
    names: Sequence[str],
) -> str:
    """One round; parties that lose more than a round before have a dark rim."""
    made = [
        f'<g transform="translate({corner[0]:.0f} {corner[1]:.0f})">'
        f'<text x="{SIDE / 2:.0f}" y="20" text-anchor="middle" font-size="14" font-weight="bold">{escape(head)}</text>'
        f'<g transform="translate(0 {HEAD:.0f})">'
    ]
    for a, b in zip(*ties, strict=True):
        along = at[b] - at[a]
        length = max(float(np.hypot(*along)), 1e-9)
        (x1, y1), (x2, y2) = at[a] + along * (RADIUS / length), at[b] - along * (RADIUS / length)
        made.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#8d99a6" marker-end="url(#end)"/>'
        )
    for k, name in enumerate(names):
        share = float(np.clip(loss[k], 0.0, 1.0))
        fill = ",".join(f"{calm + (lost - calm) * share:.0f}" for calm, lost in zip(CALM, LOST, strict=True))
        newly = loss[k] > before[k] + 1e-9
        made.append(
            f'<circle cx="{at[k, 0]:.1f}" cy="{at[k, 1]:.1f}" r="{RADIUS:.0f}" fill="rgb({fill})" '
            f'stroke="{"#1b1f24" if newly else "#b8c0c8"}" stroke-width="{2.5 if newly else 1}">'
            f"<title>{escape(name)}: {share:.1%}</title></circle>"
            f'<text x="{at[k, 0]:.1f}" y="{at[k, 1] + 4:.1f}" text-anchor="middle" font-size="11" '
            f'fill="{"#ffffff" if share > 0.55 else "#1b1f24"}">{escape(name)}</text>'
        )
        if share > 0:
            made.append(
                f'<text x="{at[k, 0]:.1f}" y="{at[k, 1] + RADIUS + 12:.1f}" text-anchor="middle" font-size="10" '
                f'fill="#4b535c" paint-order="stroke" stroke="#ffffff" stroke-width="3">{share:.0%}</text>'
            )
    return "".join(made) + "</g></g>"
