"""Patterns around the party: motifs of guarantees with what was found of their risk, and its place in the supply layer."""

import numpy as np

from graphcredit.features.context import Context
from graphcredit.features.registry import Columns, describe, feature_group
from graphcredit.network import GUARANTEE, TRADE
from graphcredit.structure.dependence import single_points, substitutes, tiers
from graphcredit.structure.motifs import EVIDENCE, MOTIFS, motifs

_m = describe("motifs", "graph", ("guarantees",), layer=GUARANTEE)
_s = describe("supply_position", "graph", ("transactions", "parties"), layer=TRADE)


@feature_group(
    "motifs",
    "graph",
    _m("motif_score", "-1 to 1", "balance of risky and stable motifs of guarantees", "担保图式风险倾向", sign=1),
    _m("risky_motifs", "log(1 + count)", "risky motifs of guarantees that it is part of", "高风险担保图式数", sign=1),
    _m("stable_motifs", "log(1 + count)", "stable motifs of guarantees that it is part of", "稳定担保图式数"),
)
def guarantee_motifs(context: Context) -> Columns:
    """The 15 motifs with their published sign; nan for a party without guarantees."""
    found = motifs(context.network)
    counts, signs = found.per_party, np.array([EVIDENCE[name] for name in MOTIFS])
    some = counts.sum(axis=1) > 0
    made = {
        "motif_score": found.party_scores,
        "risky_motifs": np.log1p(counts[:, signs > 0].sum(axis=1).astype(np.float64)),
        "stable_motifs": np.log1p(counts[:, signs < 0].sum(axis=1).astype(np.float64)),
    }
    return {name: np.where(some, values, np.nan) for name, values in made.items()}


@feature_group(
    "supply_position",
    "graph",
    _s("single_point", "0 or 1", "its failure would split the supply network", "供应网络单点"),
    _s("fewest_substitutes", "log(1 + count)", "sellers that exist of what it can replace least", "最少可替代供应商数",
       sign=-1, towards="in"),
    _s("supply_tier", "count", "longest supply path that leads to it", "供应链层级", towards="in"),
)  # fmt: skip
def supply_position(context: Context) -> Columns:
    """Articulation points, substitutability and depth of tiers; nan for a party that trades with nobody."""
    layer = context.network.layer(TRADE)
    sales, n = layer.matrix, context.n
    buys = np.diff(layer.transposed.indptr) > 0
    trades = buys | (np.diff(sales.indptr) > 0)
    single = np.zeros(n)
    single[single_points(sales)] = 1.0
    fewest = np.log1p(substitutes(sales, context.network.attributes["industry"]).astype(np.float64))
    return {
        "single_point": np.where(trades, single, np.nan),
        "fewest_substitutes": np.where(buys, fewest, np.nan),
        "supply_tier": np.where(trades, tiers(sales).astype(np.float64), np.nan),
    }
