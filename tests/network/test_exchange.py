"""In and out of networkx and of frames, there and back."""

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest

from graphcredit.exc import NotFoundError, ShapeError, ValueRangeError
from graphcredit.network import (
    Layer,
    Network,
    csr_from_edges,
    from_edges,
    from_networkx,
    network_from_edges,
    same_network,
    to_edges,
    to_networkx,
)

SMALL = network_from_edges({"trade": [("a", "b", 1.5), ("b", "a", 2.0)], "guarantee": [("a", "b", 4.0)]}, ids=["z"])


def test_networkx_there_and_back() -> None:
    graph = to_networkx(SMALL)
    assert isinstance(graph, nx.MultiDiGraph)
    assert graph.edges["a", "b", "guarantee"]["weight"] == 4.0
    assert set(graph.nodes) == {"a", "b", "z"}
    assert same_network(from_networkx(graph), SMALL)


def test_attributes_travel_with_the_nodes() -> None:
    network = Network(np.array(["a", "b"], dtype=object), {"trade": Layer("trade", csr_from_edges([0], [1], [1.0], 2))},
                      {"region": np.array(["X", "Y"], dtype=object)})  # fmt: skip
    assert to_networkx(network).nodes["b"]["region"] == "Y"
    assert same_network(from_networkx(to_networkx(network)), network)


def test_frames_there_and_back() -> None:
    edges = to_edges(SMALL)
    assert edges.column_names == ["layer", "source_id", "target_id", "weight"]
    assert same_network(from_edges(edges, ids=SMALL.ids), SMALL)
    assert same_network(from_edges(edges.to_pandas(), ids=["z", "a", "b"]), SMALL)
    twice = from_edges(pa.concat_tables([edges, edges]), ids=SMALL.ids)
    assert twice.matrix("guarantee")[0, 1] == 8.0
    assert len(to_edges(Network(np.array(["a"], dtype=object), {}))) == 0


def test_wrong_frames_are_refused() -> None:
    edges = to_edges(SMALL)
    with pytest.raises(ShapeError, match="weight"):
        from_edges(edges.drop_columns("weight"))
    with pytest.raises(ShapeError, match="repeat"):
        from_edges(edges, ids=["a", "b", "a"])
    with pytest.raises(NotFoundError):
        from_edges(edges, ids=["a"])
    for value in (-1.0, np.nan):
        wrong = edges.set_column(3, "weight", pa.array([value] * len(edges)))
        with pytest.raises(ValueRangeError):
            from_edges(wrong)
