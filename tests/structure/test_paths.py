"""Strongest paths against every simple path of networkx."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.exc import NotFoundError, ValueRangeError
from graphcredit.network import Layer, Network, network_from_edges
from graphcredit.structure import paths
from tests.structure.graphs import csr, digraph, weighted


def of(dense: np.ndarray) -> Network:
    ids = np.array([f"p{k}" for k in range(len(dense))], dtype=object)
    return Network(ids, {"trade": Layer("trade", csr(dense))})


@settings(max_examples=40, deadline=None)
@given(weighted(most=6), st.integers(1, 4))
def test_they_are_the_strongest_of_all_simple_paths(dense: np.ndarray, longest: int) -> None:
    if len(dense) < 2:
        dense = np.array([[0.0, 1.0], [0.0, 0.0]])
    share = dense / np.maximum(dense.sum(axis=1, keepdims=True), 1e-300)
    every = sorted(
        (float(np.prod([share[a, b] for a, b in pairwise(p)])) for p in
         nx.all_simple_paths(digraph(dense), 0, 1, cutoff=longest)),
        reverse=True,
    )  # fmt: skip
    found = paths(of(dense), "p0", "p1", max_length=longest, top=4, directed=True)
    assert [path.strength for path in found] == pytest.approx(every[:4])
    for path in found:
        assert path.parties[0] == "p0"
        assert path.parties[-1] == "p1"
        assert len(set(path.parties)) == len(path.parties) == len(path.layers) + 1


def test_layers_are_named_and_followed_either_way_unless_directed() -> None:
    network = network_from_edges({"trade": [("b", "a", 5.0)], "guarantee": [("b", "c", 7.0)]})
    (path,) = paths(network, "a", "c")
    assert path.layers == ("trade", "guarantee")
    assert path.explain() == [
        {"from": "a", "to": "b", "layer": "trade", "amount": 5.0},
        {"from": "b", "to": "c", "layer": "guarantee", "amount": 7.0},
    ]
    assert paths(network, "a", "c", directed=True) == []
    assert paths(network, "a", "c", layers=["trade"]) == []


def test_wrong_questions_are_refused() -> None:
    network = network_from_edges({"trade": [("a", "b", 1.0)]})
    with pytest.raises(NotFoundError):
        paths(network, "a", "x")
    for wrong in ({"max_length": 0}, {"top": 0}, {"budget": 0}, {"layers": ["love"]}):
        with pytest.raises(ValueRangeError):
            paths(network, "a", "b", **wrong)


@settings(max_examples=30, deadline=None)
@given(weighted(most=7), st.integers(1, 60))
def test_a_search_that_its_budget_ends_says_so_and_lists_the_strongest(dense: np.ndarray, budget: int) -> None:
    if len(dense) < 2:
        dense = np.array([[0.0, 1.0], [0.0, 0.0]])
    whole = paths(of(dense), "p0", "p1", top=10_000)
    found = paths(of(dense), "p0", "p1", top=10_000, budget=budget)
    assert (whole.truncated, whole.warnings) == (False, ())
    assert [path.strength for path in found] == pytest.approx([path.strength for path in whole[: len(found)]])
    assert found.truncated or len(found) == len(whole)
    assert bool(found.warnings) == found.truncated
    assert all("weaker ones may be missing" in warning for warning in found.warnings)
