"""Structure at 1M parties and 5M ties beside scipy, igraph, networkit, rustworkx and networkx on the same arrays.

    python -m benchmarks.structure [--quick] [--parties 1000000] [--ties 5000000]

Peers' graphs are built before the clock starts. Parity first: ranks within 1e-6 (L1), core numbers, components and sizes equal.
networkx runs at a tenth of the size on a tenth of the network of its own, and is scaled by ten.
"""

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from benchmarks.harness import Measured, child, csr, measure, options, parity, peak_mb, report, row, same_partition
from graphcredit.network import Layer, Network
from graphcredit.structure import (
    connected_clients,
    core_numbers,
    dependence,
    guarantee_circles,
    motifs,
    pagerank,
    paths,
    within_hops,
)
from graphcredit.structure.centrality import undirected
from graphcredit.structure.kernels import within

DAMPING, TOL = 0.85, 1e-10


def scipy_pagerank(matrix: sparse.csr_array) -> np.ndarray:
    """Power iteration, the usual way."""
    n = matrix.shape[0]
    out = np.asarray(matrix.sum(axis=1)).ravel()
    inverse = np.divide(1.0, out, out=np.zeros(n), where=out > 0)
    pull = sparse.csr_array(matrix.T.tocsr())
    x = np.full(n, 1.0 / n)
    while True:
        y = DAMPING * (pull @ (x * inverse) + x[out == 0].sum() / n) + (1 - DAMPING) / n
        if np.abs(y - x).sum() <= TOL:
            return y
        x = y


class Peers:
    """The same ties in every library, or None where it is not installed."""

    def __init__(self, matrix: sparse.csr_array) -> None:
        ties = matrix.tocoo()
        self.rows, self.columns, self.weights = ties.coords[0], ties.coords[1], ties.data
        self.n = matrix.shape[0]

    def igraph(self) -> Any:
        import igraph

        graph = igraph.Graph(n=self.n, edges=np.column_stack([self.rows, self.columns]), directed=True)
        graph.es["weight"] = self.weights.tolist()
        return graph

    def networkit(self, *, directed: bool) -> Any:
        import networkit

        networkit.setNumberOfThreads(1)
        given = (self.weights, (self.rows.astype(np.uint64), self.columns.astype(np.uint64)))
        return networkit.GraphFromCoo(given, n=self.n, weighted=True, directed=directed)

    def rustworkx(self) -> Any:
        import rustworkx

        graph = rustworkx.PyDiGraph(multigraph=False)
        graph.add_nodes_from(range(self.n))
        graph.add_edges_from(list(zip(self.rows.tolist(), self.columns.tolist(), self.weights.tolist(), strict=True)))
        return graph


def ranks(matrix: sparse.csr_array, graph: Any, rust: Any) -> list[tuple[str, ...]]:
    mine = measure(lambda: pagerank(matrix, damping=DAMPING, tol=TOL), repeat=2)
    lines = []
    for name, work in (
        ("scipy", lambda: scipy_pagerank(matrix)),
        ("igraph", lambda: np.array(graph.pagerank(damping=DAMPING, weights="weight"))),
        ("rustworkx", lambda: _rust_ranks(rust)),
    ):
        peer = measure(work, repeat=2 if name != "rustworkx" else 1)
        gap = float(np.abs(mine.result.scores - peer.result).sum())
        if gap > 1e-5:
            raise SystemExit(f"pagerank: {name} differs by {gap:.2g} (L1)")
        lines.append(
            row("PageRank", mine, peer, name, f"L1 residual {mine.result.convergence.residual:.0e}, gap {gap:.0e}")
        )
    return lines


def _rust_ranks(rust: Any) -> np.ndarray:
    import rustworkx

    found = rustworkx.pagerank(
        rust, alpha=DAMPING, weight_fn=float, tol=TOL / rust.num_nodes(), max_iter=500
    )  # its stop is n x tol
    return np.fromiter((found[k] for k in range(rust.num_nodes())), dtype=np.float64)


def cores_and_components(
    matrix: sparse.csr_array, graph: Any, kit: Any, kit_directed: Any, rust: Any
) -> list[tuple[str, ...]]:
    import networkit
    import rustworkx

    lines = []
    whole, both = measure(lambda: core_numbers(matrix), repeat=2), undirected(matrix)
    mine = measure(lambda: core_numbers(both), repeat=2)
    peer = measure(lambda: np.array(networkit.centrality.CoreDecomposition(kit).run().scores()), repeat=2)
    parity("core numbers", whole.result, peer.result)
    lines.append(row("core numbers", whole, peer, "networkit", "ours from directed ties, made symmetric inside"))
    lines.append(row("core numbers", mine, peer, "networkit", "ours from symmetric ties"))
    simple = graph.as_undirected(mode="collapse")
    peer = measure(lambda: np.array(simple.coreness()), repeat=2)
    parity("core numbers", whole.result, peer.result)
    lines.append(row("core numbers", whole, peer, "igraph"))
    for kind in ("weak", "strong"):
        found = measure(lambda k=kind: connected_components(matrix, directed=True, connection=k)[1], repeat=2)
        peer = measure(lambda k=kind: np.array(graph.connected_components(mode=k).membership), repeat=2)
        same_partition(kind, found.result, peer.result)
        lines.append(row(f"{kind} components", found, peer, "igraph", "ours is scipy"))
        cls = (
            networkit.components.WeaklyConnectedComponents
            if kind == "weak"
            else networkit.components.StronglyConnectedComponents
        )
        peer = measure(lambda c=cls: c(kit_directed).run(), repeat=2)
        lines.append(row(f"{kind} components", found, peer, "networkit"))
        work = rustworkx.weakly_connected_components if kind == "weak" else rustworkx.strongly_connected_components
        lines.append(row(f"{kind} components", found, measure(lambda w=work: len(w(rust))), "rustworkx"))
    return lines


def surroundings(matrix: sparse.csr_array, graph: Any) -> tuple[str, ...]:
    seeds = np.random.default_rng(4).choice(matrix.shape[0], 1000, replace=False)
    both = undirected(matrix)
    mine = measure(lambda: within(both.indptr, both.indices, seeds, 2), repeat=2)
    peer = measure(lambda: np.array(graph.neighborhood_size(vertices=seeds.tolist(), order=2, mode="all")), repeat=2)
    parity("2 hops", mine.result, peer.result)
    parity("2 hops", within_hops(matrix, seeds[:20]), peer.result[:20])
    return row("2-hop surroundings x 1000", mine, peer, "igraph")


def networkx_lines(n: int, m: int) -> list[tuple[str, ...]]:
    import networkx as nx

    matrix = csr(n // 10, m // 10)
    graph = nx.from_scipy_sparse_array(matrix, create_using=nx.DiGraph)
    plain = graph.to_undirected()
    lines = []
    for task, ours, theirs in (
        ("PageRank", lambda: pagerank(matrix).scores, lambda: [*nx.pagerank(graph, tol=1e-12, max_iter=500).values()]),
        ("core numbers", lambda: core_numbers(matrix), lambda: [*nx.core_number(plain).values()]),
        (
            "single points of failure",
            lambda: dependence(matrix).single_points,
            lambda: sorted(nx.articulation_points(plain)),
        ),
    ):
        mine, peer = measure(ours), measure(theirs)
        parity(task, mine.result, peer.result, rtol=1e-5, atol=1e-7)
        lines.append(row(task, mine, peer, "networkx", f"{n // 10:,} parties"))
    return lines


def of_firms(matrix: sparse.csr_array) -> Network:
    """A network with these sales, a fifth as many guarantees and holdings."""
    n = matrix.shape[0]
    ids = np.char.zfill(np.arange(n).astype(str), 9).astype(object)
    guarantees, owners = csr(n, n // 5, 11), csr(n, n // 5, 12)
    owners.data = np.minimum(owners.data / 10, 1.0)
    layers = {"trade": matrix, "guarantee": guarantees, "ownership": owners}
    return Network(ids, {name: Layer(name, given) for name, given in layers.items()},
                   {"registered_capital": np.full(n, 50.0)})  # fmt: skip


def clients(n: int) -> Measured:
    """Connected clients of n random parties with five sales each; parity: a tenth of a thousand groups walked one by one."""
    network = of_firms(csr(n, 5 * n))
    connected_clients(of_firms(csr(50, 200)))
    found = measure(lambda: connected_clients(network))
    groups = found.result.groups
    for number in np.random.default_rng(2).choice(len(groups), min(100, len(groups)), replace=False).tolist():
        parity("size of a group", len(groups[number].positions), found.result.sizes[number])
    return Measured((len(groups), int(found.result.sizes.sum())), found.wall, found.cpu)


def growth(n: int) -> list[tuple[str, ...]]:
    """Connected clients from a thousand parties to n, each in a process of its own."""
    lines = []
    for size in (10**k for k in range(3, 8) if 10**k <= n):
        made = child(clients, size)
        lines.append(
            row(f"connected clients, {size:,}", made, note="{:,} groups, {:,} memberships".format(*made.result))
        )
    return lines


def alone(matrix: sparse.csr_array) -> list[tuple[str, ...]]:
    """What no peer offers."""
    n, network = matrix.shape[0], of_firms(matrix)
    ids = network.ids
    where = [ids[k] for k in np.random.default_rng(8).choice(n, 41, replace=False)]
    network.position(where[0])
    _ = network.layer("trade").transposed
    found: list[tuple[str, Measured, str]] = []
    found.append(
        ("dependence (all)", measure(lambda: dependence(network)), "shares, multipliers, single points, tiers")
    )
    circles = measure(lambda: guarantee_circles(network))
    found.append(
        ("guarantee circles", circles, f"{len(circles.result.circles):,} circles, truncated {circles.result.truncated}")
    )
    counted = measure(lambda: motifs(network))
    found.append(("15 motifs, per party", counted, f"{sum(counted.result.counts.values()):,} motifs"))
    traced = measure(lambda: [paths(network, where[k], where[k + 1], max_length=3) for k in range(20)])
    found.append(("paths x 20", traced, f"{sum(map(len, traced.result))} paths"))
    return [row(task, made, note=note) for task, made, note in found]


def main() -> None:
    given = options(__doc__, ("parties", 1_000_000, "parties"), ("ties", 5_000_000, "ties"))
    n, m = (20_000, 100_000) if given.quick else (given.parties, given.ties)
    small = csr(50, 200)
    pagerank(small), core_numbers(small), within_hops(small, [0]), dependence(small), motifs(small)  # compile first
    matrix = csr(n, m)
    peers = Peers(matrix)
    lines = []
    graph, rust = peers.igraph(), peers.rustworkx()
    lines += ranks(matrix, graph, rust)
    lines += cores_and_components(matrix, graph, _undirected_kit(matrix), peers.networkit(directed=True), rust)
    lines.append(surroundings(matrix, graph))
    del graph, rust
    report(f"Structure, {n:,} parties, {matrix.nnz:,} ties; one thread", lines)
    report("Beside networkx", networkx_lines(n, m))
    report("No peer", alone(matrix) + growth(n))
    print(f"peak memory of this process, peers included: {peak_mb():,.0f} MB")


def _undirected_kit(matrix: sparse.csr_array) -> Any:
    """networkit's core numbers want each undirected tie once."""
    upper = sparse.triu(undirected(matrix).astype(np.float64), 1).tocoo()
    return Peers(sparse.csr_array(upper.tocsr())).networkit(directed=False)


if __name__ == "__main__":
    main()
