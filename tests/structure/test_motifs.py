"""The 15 motifs against networkx's triad census and a count over every triple."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.network import network_from_edges
from graphcredit.structure import motifs
from graphcredit.structure.motifs import EVIDENCE, MOTIFS, TRIADS
from tests.structure.graphs import digraph, weighted


@settings(max_examples=60, deadline=None)
@given(weighted())
def test_counts_equal_the_triad_census_and_every_party_its_own_triples(dense: np.ndarray) -> None:
    found = motifs(dense)
    graph = digraph(dense)
    census = nx.triadic_census(graph)
    assert {name: found.counts[name] for name in TRIADS} == {name: census[name] for name in TRIADS}
    mine = np.zeros((len(dense), len(MOTIFS)), dtype=int)
    for pair in combinations(range(len(dense)), 2):
        ties = graph.subgraph(pair).number_of_edges()
        if ties:
            mine[list(pair), ties - 1] += 1
    for triple in combinations(range(len(dense)), 3):
        name = nx.triad_type(graph.subgraph(triple))
        if name in MOTIFS:
            mine[list(triple), MOTIFS.index(name)] += 1
    assert np.array_equal(found.per_party, mine)
    assert (found.counts["single"], found.counts["mutual"]) == tuple(mine[:, :2].sum(axis=0) // 2)


@pytest.mark.parametrize(
    ("ties", "motif", "sign"),
    [
        ("ab ac", "021D", -1),
        ("ab bc ca", "030C", -1),
        ("ab ba", "mutual", 1),
        ("ab ba bc ca", "120C", 1),
        ("ab ba bc cb ac ca", "300", -1),
    ],
)
def test_the_published_signs(ties: str, motif: str, sign: int) -> None:
    network = network_from_edges({"guarantee": [(tie[0], tie[1], 1.0) for tie in ties.split()]})
    found = motifs(network)
    assert found.counts[motif] == 1
    assert EVIDENCE[motif] == sign
    assert found.party_scores.shape == (network.n,)
    assert (np.abs(found.party_scores) <= 1).all()


def test_no_guarantees_give_no_motifs_and_wrong_ones_an_error() -> None:
    assert motifs(np.zeros((3, 3))).score == 0
    assert not motifs(np.zeros((3, 3))).party_scores.any()
    with pytest.raises(ShapeError):
        motifs(np.zeros((2, 3)))
    with pytest.raises(ValueRangeError):
        motifs(np.array([[0, -1.0], [0, 0]]))
