"""PageRank's published numbers, and networkx as oracle for every measure."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.structure import centrality, core_numbers, pagerank, within_hops
from tests.structure.graphs import csr, digraph, weighted

PUBLISHED = [0.03721197, 0.05395735, 0.04150565, 0.37508082, 0.20599833, 0.28624589]


def test_published_pagerank() -> None:
    links = {1: [2, 3], 3: [1, 2, 5], 4: [5, 6], 5: [4, 6], 6: [4]}
    dense = np.zeros((6, 6))
    for source, targets in links.items():
        dense[source - 1, np.array(targets) - 1] = 1
    found = pagerank(dense, damping=0.9)
    assert found.scores == pytest.approx(PUBLISHED, abs=5e-9)
    assert found.convergence.converged


@settings(max_examples=40, deadline=None)
@given(weighted(most=12))
def test_everything_equals_networkx(dense: np.ndarray) -> None:
    graph = digraph(dense)
    found = centrality(dense)
    ranks = nx.pagerank(graph, tol=1e-13, max_iter=1000)
    assert found.pagerank == pytest.approx([ranks[k] for k in range(len(dense))], abs=1e-9)
    cores = nx.core_number(graph.to_undirected())
    assert found.core.tolist() == [cores[k] for k in range(len(dense))]
    assert found.out_degree.tolist() == [d for _, d in sorted(graph.out_degree())]
    assert found.in_degree.tolist() == [d for _, d in sorted(graph.in_degree())]
    assert found.in_strength == pytest.approx(dense.sum(axis=0))
    assert found.out_strength == pytest.approx(dense.sum(axis=1))
    for labels, groups in (
        (found.weak_component, nx.weakly_connected_components(graph)),
        (found.strong_component, nx.strongly_connected_components(graph)),
    ):
        mine = {frozenset(np.flatnonzero(labels == label).tolist()) for label in set(labels.tolist())}
        assert mine == {frozenset(group) for group in groups}
    both = graph.to_undirected()
    sizes = [len(nx.single_source_shortest_path_length(both, k, cutoff=2)) for k in range(len(dense))]
    assert within_hops(dense, np.arange(len(dense))).tolist() == sizes


def test_the_stop_does_not_grow_with_the_network() -> None:
    rng = np.random.default_rng(3)
    n = 20_000
    dense_rows, columns = rng.integers(0, n, 60_000), rng.integers(0, 50, 60_000)
    matrix = csr(np.zeros((1, 1)))
    matrix = type(matrix)((np.ones(60_000), (dense_rows, columns)), shape=(n, n))
    found = pagerank(matrix, tol=1e-6)
    exact = pagerank(matrix, tol=1e-13)
    assert np.abs(found.scores - exact.scores).sum() < 1e-5
    assert found.scores.max() > 100 / n  # a tolerance multiplied by n returns the uniform vector


def test_a_cap_reached_is_said_and_wrong_inputs_are_refused() -> None:
    ring = np.roll(np.eye(5), 1, axis=1)
    ring[0, 2] = 3
    capped = pagerank(ring, max_rounds=2, tol=1e-15)
    assert not capped.convergence.converged
    assert capped.convergence.residual > 0
    assert capped.convergence.rounds == 2
    assert len(pagerank(np.zeros((0, 0))).scores) == 0
    with pytest.raises(ValueRangeError, match="damping"):
        pagerank(ring, damping=1.0)
    with pytest.raises(ValueRangeError):
        pagerank(-ring)
    with pytest.raises(ShapeError):
        core_numbers(np.zeros((2, 3)))
    with pytest.raises(ValueRangeError):
        within_hops(ring, [9])
