"""Circles against networkx: components, elementary cycles, patterns, a cap that is told."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from graphcredit.exc import ValueRangeError
from graphcredit.network import network_from_edges
from graphcredit.structure import guarantee_circles
from graphcredit.structure.guarantee_circles import in_circles
from tests.structure.graphs import digraph, weighted


@settings(max_examples=40, deadline=None)
@given(weighted(most=7))
def test_circles_equal_networkx(dense: np.ndarray) -> None:
    found = guarantee_circles(dense, max_length=7)
    graph = digraph(dense)
    components = {tuple(sorted(c)) for c in nx.strongly_connected_components(graph) if len(c) > 1}
    assert {circle.members for circle in found.circles} == components
    cycles = {tuple(c[c.index(min(c)) :] + c[: c.index(min(c))]) for c in nx.simple_cycles(graph)}
    assert {cycle for circle in found.circles for cycle in circle.cycles} == cycles
    assert not found.truncated
    for circle in found.circles:
        place = np.ix_(circle.members, circle.members)
        assert circle.amount == pytest.approx(dense[place].sum())
    inside = {k for c in components for k in c}
    assert set(np.flatnonzero(found.member_of >= 0).tolist()) == inside
    assert set(np.flatnonzero(in_circles(dense)).tolist()) == inside
    amounts = [circle.amount for circle in found.circles]
    assert amounts == sorted(amounts, reverse=True)


@pytest.mark.parametrize(
    ("ties", "pattern", "cycles"),
    [
        ("ab ba", "mutual", 1),
        ("ab bc ca", "ring", 1),
        ("ab ba bc cb ac ca", "joint", 5),
        ("ab bc ca ba", "mixed", 2),
    ],
)
def test_patterns(ties: str, pattern: str, cycles: int) -> None:
    network = network_from_edges({"guarantee": [(tie[0], tie[1], 2.0) for tie in ties.split()] + [("a", "z", 9.0)]})
    (circle,) = guarantee_circles(network).circles
    assert (circle.pattern, len(circle.cycles)) == (pattern, cycles)
    assert "z" not in circle.members


def test_length_and_cap_bound_what_is_listed_and_the_cap_is_told() -> None:
    full = np.ones((6, 6)) - np.eye(6)
    short = guarantee_circles(full, max_length=2)
    assert {len(cycle) for cycle in short.circles[0].cycles} == {2}
    assert len(short.circles[0].cycles) == 15
    capped = guarantee_circles(full, max_cycles=10)
    assert capped.truncated
    assert len(capped.circles[0].cycles) == 10
    assert guarantee_circles(full, max_cycles=10).circles == capped.circles
    for wrong in ({"max_length": 1}, {"max_cycles": 0}):
        with pytest.raises(ValueRangeError):
            guarantee_circles(full, **wrong)
