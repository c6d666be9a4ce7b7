"""Where the party stands: degrees and strengths by layer and kind of tie, rank, core, component, embedding."""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graphcredit.features.context import Context, Floats
from graphcredit.features.registry import Columns, Feature, describe, feature_group
from graphcredit.network import LAYERS, LENDING, RECEIVABLE, TRADE
from graphcredit.structure.centrality import core_numbers, pagerank
from graphcredit.structure.embedding import spectral_embedding

_d = describe("degrees", "graph", ("transactions", "payments", "facilities", "guarantees", "ownership", "relations"))
_ROLES = {
    "trade": "customers/客户数 suppliers/供应商数 network_sales/网络内销售额 network_purchases/网络内采购额",
    "receivable": "debtors/应收对手数 creditors/应付对手数 receivables/应收余额 payables/应付余额",
    "lending": "borrowers/借款人数 lenders/贷款机构数 lent/贷出余额 borrowed/借款余额",
    "guarantee": "obligors_guaranteed/被担保人数 guarantors/担保人数 "
    "guarantees_given/对外担保额 guarantees_received/获得担保额",
    "ownership": "firms_held_or_run/持股任职企业数 holders/股东高管数 shares_held/持股合计 shares_held_by_others/被持股合计",
    "other": "other_ties_out/其他关系出 other_ties_in/其他关系入 weight_of_ties_out/关系权重出 weight_of_ties_in/关系权重入",
}  # fmt: skip


_STRENGTHS = {"ownership": "log(1 + shares)", "other": "log(1 + weight)"}


def _layer_features() -> tuple[Feature, ...]:
    made = []
    for layer in LAYERS:
        for k, (suffix, towards) in enumerate(
            (("out_degree", "out"), ("in_degree", "in"), ("out_strength", "out"), ("in_strength", "in"))
        ):
            en, zh = _ROLES[layer].split()[k].replace("_", " ").split("/")
            unit = "log(1 + count)" if k < 2 else _STRENGTHS.get(layer, "log(1 + CNY)")
            made.append(_d(f"{layer}_{suffix}", unit, en, zh, layer=layer, towards=towards))
    return tuple(made)


@feature_group("degrees", "graph", *_layer_features())
def degrees(context: Context) -> Columns:
    """log(1 + count) and log(1 + amount) per layer and direction."""
    made: dict[str, Floats] = {}
    for name in LAYERS:
        layer = context.network.layer(name)
        for matrix, side in ((layer.matrix, "out"), (layer.transposed, "in")):
            made[f"{name}_{side}_degree"] = np.log1p(np.diff(matrix.indptr).astype(np.float64))
            made[f"{name}_{side}_strength"] = np.log1p(np.asarray(matrix.sum(axis=1)).ravel())
    return made


_c = describe("centrality", "graph", ("transactions", "ownership", "relations"))


@feature_group(
    "centrality",
    "graph",
    _c(
        "trade_pagerank",
        "log(multiple)",
        "rank by money received, against the mean party (PageRank of payments)",
        "资金流中心度（与平均之比）",
        layer=TRADE,
        towards="in",
    ),
    _c(
        "trade_pagerank_reverse",
        "log(multiple)",
        "rank by goods received, against the mean party",
        "货物流中心度（与平均之比）",
        layer=TRADE,
    ),
    _c("core_number", "log(1 + count)", "core number over all ties", "核数"),
    _c("component_size", "log(count)", "size of its connected component", "连通分量规模"),
    _c("neighbour_degree", "log(1 + count)", "mean degree of its neighbours", "邻居平均度"),
)
def centrality(context: Context) -> Columns:
    """Standing in the whole network."""
    trade = context.network.layer(TRADE)
    everything = all_ties(context)
    _, component = connected_components(everything, directed=False)
    size = np.bincount(component)[component].astype(np.float64)
    degree = np.diff(everything.indptr).astype(np.float64)
    around = np.divide(everything @ degree, degree, out=np.zeros(context.n), where=degree > 0)
    n = max(context.n, 1)
    return {
        "trade_pagerank": np.log(pagerank(trade.transposed).scores * n + 1e-12),
        "trade_pagerank_reverse": np.log(pagerank(trade.matrix).scores * n + 1e-12),
        "core_number": np.log1p(core_numbers(everything).astype(np.float64)),
        "component_size": np.log(size),
        "neighbour_degree": np.log1p(around),
    }


def all_ties(context: Context) -> sparse.csr_array:
    """Symmetric 0/1 matrix of all layers' ties; receivables repeat trade and are left out."""
    if "all_ties" not in context.shared:
        total = sparse.csr_array((context.n, context.n), dtype=np.float64)
        for name in LAYERS:
            if name != RECEIVABLE:
                matrix = context.network.layer(name).matrix
                total = total + matrix + context.network.layer(name).transposed
        total = sparse.csr_array(total.tocsr())
        total.data = np.ones(total.nnz)
        context.shared["all_ties"] = total
    found: sparse.csr_array = context.shared["all_ties"]
    return found


DIMENSIONS = 8
_s = describe("embedding", "graph", ("transactions", "ownership", "relations", LENDING))


@feature_group(
    "embedding",
    "graph",
    *(_s(f"embedding_{k}", "score", f"position in the network, axis {k}", f"网络位置{k}") for k in range(DIMENSIONS)),
)
def embedding(context: Context) -> Columns:
    """Leading axes of the degree-normalised adjacency (a truncated SVD with fixed signs)."""
    axes = spectral_embedding(all_ties(context), DIMENSIONS)
    return {f"embedding_{k}": axes[:, k] for k in range(DIMENSIONS)}
