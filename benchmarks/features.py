"""Features: all graph features of 1M parties and 5M ties, label-aware ones, all features of 100k sample firms.

The peer of graph features is the plain way: a pandas merge of ties with what the ends have, grouped by party (one mean of one
figure, one share of bad ends), its result compared with ours before any time is told. Goals: graph features of 1M / 5M in
60 s and 4 GB; label-aware ones in about a minute; features of 100k firms in 30 s.
"""

import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.harness import Measured, child, edges, measure, options, parity, report, row
from graphcredit.features import GROUPS, LabelTies, build_features
from graphcredit.network import Layer, Network, build_network, csr_from_edges
from graphcredit.store import open_store
from graphcredit_ingest import load
from graphcredit_ingest.sample import generate

AS_OF = date(2026, 6, 30)
SHARES = {"trade": 0.5, "receivable": 0.1, "guarantee": 0.05, "lending": 0.1, "ownership": 0.15, "other": 0.1}
KINDS = {"ownership": 6, "other": 2}  # as the canonical tables name; a column of 1M parties takes 8 MB


def network(n: int, m: int) -> Network:
    """A heavy-tailed network of n parties and about m ties over all layers, the last two of several kinds."""
    rng = np.random.default_rng(5)
    layers = {}
    for k, (name, share) in enumerate(SHARES.items()):
        a, b, w = edges(n, int(m * share), seed=k)
        count = KINDS.get(name, 0)
        kind = rng.integers(0, max(count, 1), len(a))
        w = np.minimum(w, 1.0) if name == "ownership" else w
        kinds = {f"{name}{j}": csr_from_edges(a[kind == j], b[kind == j], w[kind == j], n) for j in range(count)}
        layers[name] = Layer(name, csr_from_edges(a, b, w, n), kinds)
    text = {
        "kind": np.where(rng.random(n) < 0.3, "person", "company").astype(object),
        "industry": rng.integers(0, 90, n).astype(str).astype(object),
        "region": rng.integers(0, 31, n).astype(str).astype(object),
        "name": np.full(n, "", dtype=object),
        "status": np.full(n, "", dtype=object),
        "founded_on": np.datetime64(AS_OF) - rng.integers(100, 9000, n).astype("timedelta64[D]"),
        "registered_capital": np.exp(rng.normal(2, 1.5, n)),
    }
    ids = np.array([f"{i:07d}" for i in range(n)], dtype=object)
    return Network(ids, layers, text, AS_OF)


def graph(n: int, m: int) -> Measured:
    """Every graph group on a network that is there already; result = names and one column."""
    made = network(n, m)
    groups = [name for name, group in GROUPS.items() if group.family == "graph"]
    with open_store("duckdb://:memory:") as store:
        found = measure(lambda: build_features(store, AS_OF, network=made, groups=groups).frame)
    kind = made.layer("ownership").kinds["ownership0"]
    frame: pd.DataFrame = found.result
    return Measured((frame.shape, frame["ownership0_out_mean_age_years"].to_numpy(), kind.nnz), found.wall, found.cpu)


def pandas_way(n: int, m: int) -> Measured:
    """Mean age of the ends of one kind of tie, by merge and group."""
    made = network(n, m)
    kind = made.layer("ownership").kinds["ownership0"].tocoo()
    ties = pd.DataFrame({"a": kind.row, "b": kind.col})
    founded = made.attributes["founded_on"].astype("datetime64[D]")
    age = (np.datetime64(AS_OF) - founded).astype("timedelta64[D]").astype(float) / 365.25

    def work() -> np.ndarray:
        parties = pd.DataFrame({"b": np.arange(n), "age": age})
        return ties.merge(parties, on="b").groupby("a")["age"].mean().reindex(range(n)).to_numpy()

    return measure(work)


def label(n: int, m: int) -> Measured:
    """Label-aware features of every party, two parties in ten labelled, five folds; preparation included."""
    made = network(n, m)
    rng = np.random.default_rng(0)
    position = np.sort(rng.choice(n, n // 5, replace=False))
    default = (rng.random(len(position)) < 0.05).astype(float)
    fold = rng.integers(0, 5, len(position))
    found = measure(lambda: LabelTies(made).columns(position, default, fold))
    return Measured(len(found.result), found.wall, found.cpu)


def sample(firms: int) -> Measured:
    """Network and all features of a sample that is loaded already."""
    with tempfile.TemporaryDirectory() as folder:
        generate(folder, firms=firms, format="parquet")
        with open_store(f"duckdb:///{Path(folder) / 'sample.duckdb'}") as store:
            load(store, [folder])
            made = build_network(store, AS_OF)
            found = measure(lambda: build_features(store, AS_OF, network=made).frame.shape)
    return Measured(found.result, found.wall, found.cpu)


def main() -> None:
    """Print the table."""
    asked = options(__doc__, ("parties", 1_000_000, "of the large network"), ("firms", 100_000, "of the sample"))
    n, firms = (20_000, 2_000) if asked.quick else (asked.parties, asked.firms)
    ours, peer = child(graph, n, 5 * n), child(pandas_way, n, 5 * n)
    shape, column, ties = ours.result
    parity("mean age over one kind of tie", column, peer.result, rtol=1e-9)
    each = Measured(None, ours.wall / shape[1], ours.cpu / shape[1])
    known = child(label, n, 5 * n)
    whole = child(sample, firms)
    lines = [
        row(f"graph features, {n:,} / {5 * n:,}", ours, note=f"{shape[1]} features; goal 60 s, 4 GB at 1M / 5M"),
        row(
            "one graph feature, on average", each, peer, "pandas merge + groupby", f"peer: one mean over {ties:,} ties"
        ),
        row(f"label-aware, {n:,} / {5 * n:,}", known, note=f"{known.result} features, 5 folds; goal about 60 s"),
        row(f"all features, {firms:,} sample firms", whole, note=f"{whole.result[1]} features; goal 30 s at 100k"),
    ]
    report(f"features as of {AS_OF}", lines)


if __name__ == "__main__":
    main()
