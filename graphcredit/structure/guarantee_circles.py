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
    for c in np.flatnonzero(size > 1).tolist():
        members = order[bounds[c] : bounds[c + 1]]
        inside = matrix[members][:, members]
        graph = nx.from_scipy_sparse_array(inside, create_using=nx.DiGraph)
        cycles = list(islice(nx.simple_cycles(graph, length_bound=max_length), left + 1))
        if len(cycles) > left:
            cycles, truncated = cycles[:left], True
        left -= len(cycles)
        named = sorted(
            (tuple(names[members[k]] for k in _canonical(cycle)) for cycle in cycles), key=lambda t: (len(t), t)
        )
        found.append((members, GuaranteeCircle(
            tuple(names[k] for k in members.tolist()), float(inside.sum()), tuple(named), _pattern(inside))))  # fmt: skip
    found.sort(key=lambda entry: (-entry[1].amount, entry[1].members))
    member_of = np.full(matrix.shape[0], -1, dtype=np.int64)
    for position, (members, _) in enumerate(found):
        member_of[members] = position
    return GuaranteeCircles(tuple(circle for _, circle in found), member_of, truncated)


def _canonical(cycle: list[int]) -> list[int]:
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]


def _pattern(inside: Any) -> str:
    n, ties = inside.shape[0], inside.nnz
    if n == 2:
        return "mutual"
    if ties == n * (n - 1):
        return "joint"
    return "ring" if ties == n else "mixed"
