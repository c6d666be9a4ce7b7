"""Guarantee circles (互保, 联保, 担保圈): strongly connected components and their elementary cycles."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

from graphcredit.exc import ValueRangeError
from graphcredit.structure.inputs import layer_matrix, names_of


@dataclass(frozen=True)
class GuaranteeCircle:
    """One circle: its members (sorted), amount guaranteed inside, elementary cycles found, and its pattern.

    `pattern` is mutual (a pair), joint (everybody for everybody), ring (one cycle through all), or mixed.
    """

    members: tuple[Any, ...]
    amount: float
    cycles: tuple[tuple[Any, ...], ...]
    pattern: str


@dataclass(frozen=True)
class GuaranteeCircles:
    """All circles, largest amount first; `truncated` where the cap on cycles was reached."""

    circles: tuple[GuaranteeCircle, ...]
    member_of: npt.NDArray[np.int64]  # (n,): position in `circles`, -1 = in none
    truncated: bool


def guarantee_circles(network: Any, *, max_length: int = 6, max_cycles: int = 10_000) -> GuaranteeCircles:
    """Circles of the guarantee layer.

    Args:
        network: a Network, or guarantees[i, j] = amount i guarantees for j, (n, n).
        max_length: longest elementary cycle listed.
        max_cycles: cap on all cycles listed; reaching it is said.

    Raises:
        ValueRangeError: a length below 2 or a cap below 1.
    """
    if max_length < 2 or max_cycles < 1:
        raise ValueRangeError(f"max_length {max_length}, max_cycles {max_cycles}", remedy="use at least 2 and 1")
    matrix = layer_matrix(network, "guarantee")
    names = names_of(network, matrix.shape[0])
    _, component = connected_components(matrix, directed=True, connection="strong")
    size = np.bincount(component)
    found, left, truncated = [], max_cycles, False
    order = np.argsort(component, kind="stable")
    bounds = np.searchsorted(component[order], np.arange(len(size) + 1))
    place = np.empty(len(order), dtype=np.int64)  # of each party among the members of its component
    place[order] = np.arange(len(order)) - bounds[component[order]]
    giver, taker, amount, edges = _inside(matrix, component, len(size))
    for c in np.flatnonzero(size > 1).tolist():
        members = order[bounds[c] : bounds[c + 1]]
        ties = slice(edges[c], edges[c + 1])
        pairs = list(zip(place[giver[ties]].tolist(), place[taker[ties]].tolist(), strict=True))
        cycles = _cycles(len(members), pairs, max_length, left + 1)
        if len(cycles) > left:
            cycles, truncated = cycles[:left], True
        left -= len(cycles)
        named = sorted(
            (tuple(names[members[k]] for k in _canonical(cycle)) for cycle in cycles), key=lambda t: (len(t), t)
        )
        found.append((members, GuaranteeCircle(
            tuple(names[k] for k in members.tolist()), float(amount[ties].sum()), tuple(named),
            _pattern(len(members), len(pairs)))))  # fmt: skip
    found.sort(key=lambda entry: (-entry[1].amount, entry[1].members))
    member_of = np.full(matrix.shape[0], -1, dtype=np.int64)
    for position, (members, _) in enumerate(found):
        member_of[members] = position
    return GuaranteeCircles(tuple(circle for _, circle in found), member_of, truncated)


def in_circles(network: Any) -> npt.NDArray[np.bool_]:
    """Who is in a circle of the guarantee layer, (n,), without listing circles.

    Args:
        network: see `guarantee_circles`.
    """
    _, component = connected_components(layer_matrix(network, "guarantee"), directed=True, connection="strong")
    return np.asarray(np.bincount(component)[component] > 1)


def _inside(matrix: Any, component: npt.NDArray[np.int32], count: int) -> tuple[Any, Any, Any, npt.NDArray[np.int64]]:
    """Ties within components: ends and amounts by component, then in the matrix's order; where each component begins."""
    ties = matrix.tocoo()
    giver, taker = ties.coords
    within = np.flatnonzero(component[giver] == component[taker])
    within = within[np.argsort(component[giver[within]], kind="stable")]
    starts = np.searchsorted(component[giver[within]], np.arange(count + 1))
    return giver[within], taker[within], ties.data[within], starts


def _cycles(n: int, pairs: list[tuple[int, int]], max_length: int, most: int) -> list[list[int]]:
    """Elementary cycles of one component, `most` at most."""
    if n == 2 and len(pairs) == 2:  # most circles are two that guarantee each other
        return [[0, 1]]
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(pairs)
    return list(islice(nx.simple_cycles(graph, length_bound=max_length), most))


def _canonical(cycle: list[int]) -> list[int]:
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]


def _pattern(n: int, ties: int) -> str:
    if n == 2:
        return "mutual"
    if ties == n * (n - 1):
        return "joint"
    return "ring" if ties == n else "mixed"
