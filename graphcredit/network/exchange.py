"""To and from networkx, for analysts and for oracles in tests."""

from typing import Any

import networkx as nx
import numpy as np

from graphcredit.network.network import Layer, Network, csr_from_edges


def to_networkx(network: Network) -> "nx.MultiDiGraph[str]":
    """A MultiDiGraph: nodes are party ids with their attributes, edge keys are layers, `weight` is the tie's."""
    graph: Any = nx.MultiDiGraph()
    columns = {name: values.tolist() for name, values in network.attributes.items()}
    for position, party in enumerate(network.ids.tolist()):
        graph.add_node(party, **{name: values[position] for name, values in columns.items()})
    for name, layer in network.layers.items():
        ties = layer.matrix.tocoo()
        for a, b, weight in zip(ties.coords[0].tolist(), ties.coords[1].tolist(), ties.data.tolist(), strict=True):
            graph.add_edge(network.ids[a], network.ids[b], key=name, weight=weight)
    return graph


def from_networkx(graph: Any) -> Network:
    """A network from a MultiDiGraph whose edge keys are layers, as `to_networkx` makes it."""
    ids = sorted(graph.nodes)
    where = {party: position for position, party in enumerate(ids)}
    edges: dict[str, list[tuple[int, int, float]]] = {}
    for a, b, key, data in graph.edges(keys=True, data=True):
        edges.setdefault(key, []).append((where[a], where[b], float(data.get("weight", 1.0))))
    layers = {
        name: Layer(name, csr_from_edges([t[0] for t in ties], [t[1] for t in ties], [t[2] for t in ties], len(ids)))
        for name, ties in edges.items()
    }
    names = sorted({name for _, data in graph.nodes(data=True) for name in data})
    attributes = {name: np.array([graph.nodes[party].get(name, "") for party in ids], dtype=object) for name in names}
    return Network(np.array(ids, dtype=object), layers, attributes)
