"""To and from networkx, for analysts and for oracles in tests."""

from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.exc import NotFoundError, ShapeError, ValueRangeError
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


EDGE_COLUMNS = ("layer", "source_id", "target_id", "weight")


def to_edges(network: Network) -> pa.Table:
    """Every tie as a row of (layer, source_id, target_id, weight); `.to_pandas()` gives a frame."""
    ids = pa.array(network.ids, pa.string())
    made = []
    for name, layer in network.layers.items():
        ties = layer.matrix.tocoo()
        columns = [pa.array(np.full(ties.nnz, name, dtype=object), pa.string()),
                   ids.take(pa.array(ties.coords[0])), ids.take(pa.array(ties.coords[1])), pa.array(ties.data)]  # fmt: skip
        made.append(pa.table(columns, names=list(EDGE_COLUMNS)))
    empty = pa.schema(list(zip(EDGE_COLUMNS, (pa.string(), pa.string(), pa.string(), pa.float64()), strict=True)))
    return pa.concat_tables(made) if made else empty.empty_table()


def from_edges(edges: Any, *, ids: Any = None) -> Network:
    """A network from a frame (Arrow or pandas) of (layer, source_id, target_id, weight); parallel ties are summed.

    Args:
        edges: as `to_edges` gives.
        ids: all parties, (n,); those named by the ties when absent.

    Raises:
        ShapeError: a column is missing or ids repeat; NotFoundError: a tie names a party not in `ids`;
        ValueRangeError: a negative or NaN weight, or a tie with itself.
    """
    table = edges if isinstance(edges, pa.Table) else pa.Table.from_pandas(edges, preserve_index=False)
    if missing := [name for name in EDGE_COLUMNS if name not in table.column_names]:
        raise ShapeError(f"columns {missing} are missing", remedy=f"give {', '.join(EDGE_COLUMNS)}")
    ends = [table[name].combine_chunks().cast(pa.string()) for name in ("source_id", "target_id")]
    named = pa.chunked_array(ends) if ids is None else pa.chunked_array([pa.array(list(ids), pa.string())])
    parties = pc.unique(named)
    if ids is not None and len(parties) != len(named):
        raise ShapeError("party ids repeat", remedy="give each party once")
    parties = parties.take(pc.sort_indices(parties))
    places = [pc.index_in(end, value_set=parties) for end in ends]
    if any(place.null_count for place in places):
        raise NotFoundError("a tie names a party that is not among the ids", remedy="add it to the ids")
    rows, columns = (place.to_numpy(zero_copy_only=False) for place in places)
    weight = pc.fill_null(table["weight"].cast(pa.float64()), np.nan).to_numpy()
    if not np.isfinite(weight).all() or (weight < 0).any() or (rows == columns).any():
        raise ValueRangeError("a weight is negative or NaN, or a party is tied to itself", remedy="leave such ties out")
    of = np.asarray(table["layer"].to_pylist(), dtype=object)
    layers = {
        str(name): Layer(
            str(name), csr_from_edges(rows[of == name], columns[of == name], weight[of == name], len(parties))
        )
        for name in dict.fromkeys(of.tolist())
    }
    return Network(np.asarray(parties.to_pylist(), dtype=object), layers)
