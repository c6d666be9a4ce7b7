"""Where a loss came from: paths of an attribution operator, largest first, summing to the loss.

Every model here can be written, at its result, as `loss = base + M loss` with a non-negative M (saturation is shared out
in proportion: a party that lost all it had passes its cap on to its sources pro rata). A loss is then the sum over walks
base_j M[k, j] ... M[i, l]; they are followed from the party back, best first; what is not followed is the remainder.
"""

import heapq
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.contagion.result import Contribution, Explanation

Floats = npt.NDArray[np.float64]
LayerOf = Callable[[int, int], str]  # (loser, source) -> layer of the tie
RowOf = Callable[[int], tuple[npt.NDArray[Any], Floats]]  # loser -> sources and what it loses for each unit of theirs


class PerNode(Protocol):
    """A number for each node: an array, or one worked out where it is asked for."""

    def __getitem__(self, node: int, /) -> Any: ...


def explain_paths(
    operator: sparse.csr_array | RowOf,
    base: PerNode,
    loss: PerNode,
    party: int,
    *,
    top: int = 10,
    layer_of: LayerOf | None = None,
    expansions: int = 2000,
    factor: Callable[[int], float] | None = None,
) -> Explanation:
    """The largest paths through which `party` lost `loss[party]`.

    Args:
        operator: M, shape (n, n): M[i, j] = what i loses for each unit that j loses; or what gives its row i, asked
            only for rows that are met.
        base: each party's own, first loss, shape (n,).
        loss: the result, shape (n,), equal to base + M loss.
        party: whose loss.
        top: paths returned.
        layer_of: names the tie behind an entry of M.
        expansions: bound on the work.
        factor: scale of a party's row of `operator`, asked only for rows that are met; default 1 (see `saturated`).
    """
    row_of = _rows(operator) if isinstance(operator, sparse.csr_array) else operator
    total = float(loss[party])
    queue: list[tuple[float, int, tuple[int, ...], float]] = [(-total, 0, (party,), 1.0)]
    found: list[tuple[float, tuple[int, ...]]] = []
    counter = 0
    floor = abs(total) * 1e-9
    while queue and counter < expansions:
        mass, _, path, weight = heapq.heappop(queue)
        if -mass <= floor or (len(found) >= top and -mass < min(amount for amount, _ in found[:top])):
            break
        node = path[-1]
        own = weight * float(base[node])
        if own > floor:
            found.append((own, path))
            found.sort(key=lambda entry: -entry[0])
        scaled = weight if factor is None else weight * factor(node)
        sources, shares = row_of(node)
        for source, share in zip(sources.tolist(), shares.tolist(), strict=True):
            passed = scaled * share
            lost = passed * float(loss[source])
            if lost > floor:
                counter += 1
                heapq.heappush(queue, (-lost, counter, (*path, source), passed))
    name = layer_of or (lambda _loser, _source: "")
    contributions = tuple(
        Contribution(
            path=tuple(reversed(path)),
            layers=tuple(name(path[k], path[k + 1]) for k in range(len(path) - 2, -1, -1)),
            amount=amount,
            share=amount / total if total else 0.0,
        )
        for amount, path in found[:top]
    )
    return Explanation(party, total, contributions, total - sum(part.amount for part in contributions))


def _rows(operator: sparse.csr_array) -> RowOf:
    def row_of(node: int) -> tuple[npt.NDArray[Any], Floats]:
        part = slice(operator.indptr[node], operator.indptr[node + 1])
        return operator.indices[part], operator.data[part]

    return row_of


def saturated(operator: sparse.csr_array, base: Floats, loss: Floats) -> sparse.csr_array:
    """`operator` with each row scaled so that loss = base + M loss holds where a cap cut a loss off."""
    received = operator @ loss
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(received > 0, np.maximum(loss - base, 0.0) / received, 0.0)
    scaled = operator.copy()
    scaled.data = scaled.data * np.repeat(factor, np.diff(operator.indptr))
    return scaled
