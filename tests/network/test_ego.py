"""Surroundings: within reach, chosen by importance, the rest counted; networkx as oracle."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.exc import NotFoundError, ValueRangeError
from graphcredit.network import ego, network_from_edges, subnetwork, to_networkx

PARTIES = [f"p{k}" for k in range(9)]
TIES = st.lists(st.tuples(st.sampled_from(PARTIES), st.sampled_from(PARTIES), st.floats(0.5, 9)), max_size=25)


def _clean(ties: list) -> list:
    return [tie for tie in ties if tie[0] != tie[1]]


@settings(max_examples=40, deadline=None)
@given(TIES, TIES, st.integers(1, 3))
def test_without_a_limit_it_is_what_networkx_finds(trade: list, lending: list, depth: int) -> None:
    network = network_from_edges({"trade": _clean(trade), "lending": _clean(lending)}, ids=PARTIES)
    found = ego(network, "p0", depth=depth, limit=100)
    oracle = nx.single_source_shortest_path_length(to_networkx(network).to_undirected(), "p0", cutoff=depth)
    assert dict(zip(found.network.ids.tolist(), found.distance.tolist(), strict=True)) == oracle
    assert found.omitted == 0


def test_the_most_important_stay_and_the_rest_is_counted() -> None:
    ties = [("seed", f"c{k}", float(k)) for k in range(1, 8)] + [("c7", "far", 1.0)]
    network = network_from_edges({"trade": ties})
    found = ego(network, "seed", depth=1, limit=4)
    assert found.network.ids.tolist() == ["c5", "c6", "c7", "seed"]
    assert found.omitted == 4
    assert ego(network, "seed", depth=2, limit=4).network.ids.tolist() == ["c5", "c6", "c7", "seed"]
    assert ego(network, "seed", depth=2, limit=99).network.n == 9


def test_importance_is_handed_on() -> None:
    network = network_from_edges({"trade": [("seed", "a", 9.0), ("seed", "b", 1.0), ("a", "z", 1.0), ("b", "m", 1.0)]})
    assert ego(network, "seed", depth=2, limit=4).network.ids.tolist() == ["a", "b", "seed", "z"]


def test_weak_ties_and_other_layers_can_be_left_out() -> None:
    network = network_from_edges({"trade": [("a", "b", 1.0), ("a", "c", 9.0)], "ownership": [("d", "a", 0.1)]})
    assert ego(network, "a", min_amount=5).network.ids.tolist() == ["a", "c", "d"]
    assert ego(network, "a", layers=["trade"]).network.ids.tolist() == ["a", "b", "c"]
    assert set(ego(network, "a", layers=["trade"]).network.layers) == {"trade"}


def test_wrong_questions_are_refused() -> None:
    network = network_from_edges({"trade": [("a", "b", 1.0)]})
    with pytest.raises(NotFoundError, match="'x'"):
        ego(network, "x")
    for wrong in ({"depth": 0}, {"limit": 0}, {"layers": ["love"]}):
        with pytest.raises(ValueRangeError):
            ego(network, "a", **wrong)


def test_a_subnetwork_keeps_every_tie_between_its_parties() -> None:
    network = network_from_edges({"trade": [("a", "b", 1.0), ("b", "c", 2.0), ("c", "a", 3.0)]})
    cut = subnetwork(network, np.array([0, 2], dtype=np.int32))
    assert cut.ids.tolist() == ["a", "c"]
    assert cut.matrix("trade").toarray().tolist() == [[0, 0], [3, 0]]
