"""Strongest exposure paths between two parties: the product of shares along the way."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphcredit.exc import ValueRangeError
from graphcredit.network import LAYERS, Network


@dataclass(frozen=True)
class ExposurePath:
    """parties from source to target, the layer of each step, each step's amount, and `strength` = product of shares."""

    parties: tuple[str, ...]
    layers: tuple[str, ...]
    amounts: tuple[float, ...]
    strength: float

    def explain(self) -> list[dict[str, Any]]:
        """Step by step: from, to, layer and amount."""
        steps = zip(self.parties, self.parties[1:], self.layers, self.amounts, strict=False)
        return [{"from": a, "to": b, "layer": layer, "amount": amount} for a, b, layer, amount in steps]


class Paths(list[ExposurePath]):
    """Paths found, strongest first.

    Attributes:
        truncated: the budget ended the search: those listed are the strongest, weaker ones may be missing.
        warnings: the same, as a sentence.
    """

    def __init__(self, found: Iterable[ExposurePath] = (), *, looked_at: int = 0, truncated: bool = False) -> None:
        super().__init__(found)
        self.truncated = truncated
        self.warnings: tuple[str, ...] = ()
        if truncated:
            self.warnings = (
                f"the search ended after {looked_at:,} partial paths: the {len(self)} paths listed are the strongest, weaker "
                "ones may be missing; ask for shorter paths, fewer layers or a larger budget",
            )


def paths(
    network: Network,
    source: str,
    target: str,
    *,
    layers: Sequence[str] | None = None,
    max_length: int = 4,
    top: int = 5,
    directed: bool = False,
    budget: int = 200_000,
) -> Paths:
    """The strongest simple paths, strongest first; ties are followed either way unless `directed`.

    A step's share is the tie's amount over all amounts of the party it leaves, in that layer and direction. Best-first search:
    the paths come out in order of strength; `budget` bounds the partial paths looked at, and where it ends the search the
    result is `truncated`.

    Raises:
        NotFoundError: an unknown party; ValueRangeError: lengths or numbers below 1, or an unknown layer.
    """
    chosen = tuple(layers) if layers else LAYERS
    if min(max_length, top, budget) < 1 or not set(chosen) <= set(LAYERS):
        raise ValueRangeError(
            f"max_length {max_length}, top {top}, budget {budget}, layers {chosen}",
            remedy=f"layers are {', '.join(LAYERS)}",
        )
    start, goal = network.position(source), network.position(target)
    views: list[tuple[str, Any]] = []
    for name in chosen:
        views.append((name, network.layer(name).matrix))
        if not directed:
            views.append((name, network.layer(name).transposed))
    backwards = [network.layer(name).transposed for name in chosen] if directed else [matrix for _, matrix in views]
    near = np.unique(np.concatenate([m.indices[m.indptr[goal] : m.indptr[goal + 1]] for m in backwards] + [[goal]]))
    queue: list[tuple[float, int, tuple[int, ...], tuple[str, ...], tuple[float, ...]]] = [(-1.0, 0, (start,), (), ())]
    found: list[ExposurePath] = []
    counter = 0
    while queue and len(found) < top and counter < budget:
        strength, _, nodes, names, amounts = heapq.heappop(queue)
        if nodes[-1] == goal and len(nodes) > 1:
            ids = tuple(str(network.ids[k]) for k in nodes)
            found.append(ExposurePath(ids, names, amounts, -strength))
            continue
        if len(names) == max_length:
            continue
        for name, matrix in views:
            begin, end = matrix.indptr[nodes[-1]], matrix.indptr[nodes[-1] + 1]
            data = matrix.data[begin:end]
            total = float(np.sum(data))
            nearby = matrix.indices[begin:end]
            if len(names) == max_length - 1:  # only a tie to the goal still matters
                here = int(np.searchsorted(nearby, goal))
                nearby, data = (nearby[here : here + 1], data[here : here + 1])
                data = data[nearby == goal]
                nearby = nearby[nearby == goal]
            elif len(names) == max_length - 2:  # and one step before, only the goal and its neighbours
                place = np.minimum(np.searchsorted(near, nearby), len(near) - 1)
                data, nearby = data[near[place] == nearby], nearby[near[place] == nearby]
            for node, amount in zip(nearby.tolist(), data.tolist(), strict=True):
                if node in nodes or amount <= 0:
                    continue
                counter += 1
                heapq.heappush(
                    queue, (strength * amount / total, counter, (*nodes, node), (*names, name), (*amounts, amount))
                )
    truncated = len(found) < top and bool(queue)
    return Paths(found, looked_at=counter, truncated=truncated)
