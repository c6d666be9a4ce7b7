"""Building the network of 1M parties and 5M ties from DuckDB, beside pandas + scipy and pandas + networkx.

    python -m benchmarks.network_build [--quick] [--parties 1000000] [--ties 5000000]

The store is filled through its port (not timed here). Parity: trade, lending, guarantee and ownership matrices equal those of
a pandas group-by over the same rows. networkx is built from a tenth of the ties and scaled.
"""

import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.harness import Measured, child, edges, measure, options, report, row
from graphcredit.network import LAYERS, build_network
from graphcredit.store import open_store

DAY = date(2026, 6, 30)
RECORDED = datetime(2026, 1, 31)
SHARES = {"transactions": 0.88, "facilities": 0.04, "guarantees": 0.04, "ownership": 0.04}


def names(prefix: str, codes: np.ndarray) -> pa.Array:
    """Padded text keys without a Python loop."""
    return pc.binary_join_element_wise(prefix, pc.utf8_lpad(pc.cast(pa.array(codes), pa.string()), 9, "0"), "")


def money(values: np.ndarray) -> pa.Array:
    return pc.cast(pc.round(pa.array(values), 2), pa.decimal128(24, 4), safe=False)


def fill(path: str, parties: int, ties: int) -> None:
    """Write the facts of a network of this size."""
    with open_store(f"duckdb:///{path}") as store:
        everybody = names("P", np.arange(parties))
        industry = pa.array(np.char.add("C", np.random.default_rng(1).integers(13, 43, parties).astype(str)))
        recorded = pa.array([RECORDED] * 1, pa.timestamp("us"))

        def table(columns: dict[str, Any], n: int) -> pa.Table:
            columns["recorded_at"] = pa.DictionaryArray.from_arrays(np.zeros(n, np.int8), recorded).dictionary_decode()
            return pa.table(columns)

        store.upsert("parties", table({"party_id": everybody, "kind": pa.array(["company"] * parties), "name": everybody,
                                       "industry": industry}, parties))  # fmt: skip
        for number, (name, share) in enumerate(SHARES.items()):
            a, b, w = edges(parties, int(ties * share), seed=number)
            m = len(a)
            ends, amount, keys = (
                (names("P", a), names("P", b)),
                money(1000 * w + 1),
                names(name[0].upper(), np.arange(m)),
            )
            day = pa.array(np.datetime64("2026-01-01") - np.arange(m) % 300)
            made = {
                "transactions": lambda: {"transaction_id": keys, "seller_id": ends[0], "buyer_id": ends[1],  # noqa: B023
                    "issued_on": day, "amount": amount, "status": pa.array(["valid"] * m),  # noqa: B023
                    "kind": pa.array(["invoice"] * m)},  # noqa: B023
                "facilities": lambda: {"facility_id": keys, "lender_id": ends[0], "borrower_id": ends[1],  # noqa: B023
                    "limit": amount, "valid_from": day},  # noqa: B023
                "guarantees": lambda: {"guarantee_id": keys, "guarantor_id": ends[0], "obligor_id": ends[1],  # noqa: B023
                    "amount": amount, "valid_from": day},  # noqa: B023
                "ownership": lambda: {"holder_id": ends[0], "held_id": ends[1], "relation": pa.array(["shareholder"] * m),  # noqa: B023
                    "share": pa.array(np.minimum(w / 10, 1.0)), "valid_from": day},  # noqa: B023
            }[name]()  # fmt: skip
            store.upsert(name, table(made, m))


def ours(path: str) -> Measured:
    """Build once from the closed file: (parties, ties by layer, total of each layer)."""
    with open_store(f"duckdb:///{path}") as store:
        made = measure(lambda: build_network(store, DAY))
    network = made.result
    found = {name: (network.layer(name).size, float(network.matrix(name).sum())) for name in LAYERS}
    return Measured((network.n, found), made.wall, made.cpu)


PEER_ENDS = {
    "transactions": ("trade", "seller_id", "buyer_id", "amount"),
    "facilities": ("lending", "lender_id", "borrower_id", "limit"),
    "guarantees": ("guarantee", "guarantor_id", "obligor_id", "amount"),
    "ownership": ("ownership", "holder_id", "held_id", "share"),
}


def pandas_scipy(path: str) -> Measured:
    """The usual way: frames out of DuckDB, group-by, a dict of ids, scipy."""
    import duckdb
    from scipy import sparse

    connection = duckdb.connect(path, read_only=True)

    def work() -> dict[str, tuple[int, float]]:
        ids = connection.execute("SELECT party_id, kind, name, industry FROM parties ORDER BY 1").df()
        where = {party: k for k, party in enumerate(ids["party_id"])}
        found = {}
        for table, (layer, a, b, weight) in PEER_ENDS.items():
            frame = connection.execute(f'SELECT {a}, {b}, CAST("{weight}" AS DOUBLE) AS w FROM {table}').df()
            grouped = frame.groupby([a, b], as_index=False)["w"].sum()
            rows, columns = grouped[a].map(where).to_numpy(), grouped[b].map(where).to_numpy()
            matrix = sparse.coo_array((grouped["w"].to_numpy(), (rows, columns)), shape=(len(ids), len(ids))).tocsr()
            found[layer] = (matrix.nnz, float(matrix.sum()))
        return found

    return measure(work)


def pandas_networkx(path: str, every: int) -> Measured:
    """Frames into one MultiDiGraph, from one tie in `every`."""
    import duckdb
    import networkx as nx

    connection = duckdb.connect(path, read_only=True)

    def work() -> int:
        graph: Any = nx.MultiDiGraph()
        for table, (layer, a, b, weight) in PEER_ENDS.items():
            frame = connection.execute(
                f'SELECT {a}, {b}, CAST("{weight}" AS DOUBLE) AS w FROM {table} USING SAMPLE {100 / every} PERCENT (system)'
            ).df()
            for source, target, value in zip(frame[a], frame[b], frame["w"], strict=True):
                graph.add_edge(source, target, key=layer, weight=value)
        return int(graph.number_of_edges())

    return measure(work)


def main() -> None:
    given = options(__doc__, ("parties", 1_000_000, "parties"), ("ties", 5_000_000, "ties"))
    parties, ties = (20_000, 100_000) if given.quick else (given.parties, given.ties)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "network.duckdb")
        child(fill, path, parties, ties)
        mine, scipy_way = child(ours, path), child(pandas_scipy, path)
        every = 1 if given.quick else 10
        graph_way = child(pandas_networkx, path, every)
    n, layers = mine.result
    for name, (size, total) in scipy_way.result.items():
        if layers[name][0] != size or abs(layers[name][1] - total) > 1e-6 * total:
            raise SystemExit(f"no parity in {name}: {layers[name]} and {(size, total)}")
    scale = sum(size for size, _ in scipy_way.result.values()) / graph_way.result
    whole = Measured(None, graph_way.wall * scale, graph_way.cpu * scale)
    note = f"{n:,} parties, {sum(size for size, _ in layers.values()):,} ties"
    report("Network from DuckDB (ours: six layers, attributes, dated rates; peers: four layers)", [
        row("build_network", mine, scipy_way, "pandas + scipy", note),
        row("build_network", mine, whole, "pandas + networkx", f"scaled from {graph_way.result:,} ties"),
    ])  # fmt: skip
    print(f"peak of pandas + scipy {scipy_way.peak_mb:,.0f} MB, of networkx at 1/{every} {graph_way.peak_mb:,.0f} MB")


if __name__ == "__main__":
    main()
