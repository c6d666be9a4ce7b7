"""What the neighbours are like: means of their own figures over trade, guarantees and common holders, near and far."""

import numpy as np
from scipy import sparse

from graphcredit.features.context import Context, Floats
from graphcredit.features.graph_position import all_ties
from graphcredit.features.registry import Columns, Feature, feature_group
from graphcredit.features.ties import row_share, weighted_mean
from graphcredit.network import GUARANTEE, OWNERSHIP, TRADE

FIGURES: tuple[tuple[str, str, str, str, str, int], ...] = (
    ("altman_z", "points", "statements", "Altman Z''", "Altman Z''值", -1),
    ("leverage", "share", "statements", "leverage", "资产负债率", 1),
    ("net_margin", "share", "statements", "net margin", "净利率", -1),
    ("days_late_mean", "days", "payments", "days late", "逾期天数", 1),
    ("late_share", "share", "payments", "share of late payments", "逾期付款占比", 1),
    ("events_all", "count", "events", "credit events", "信用事件次数", 1),
    ("sales_growth", "log ratio", "trade", "growth of sales", "销售增长", -1),
    ("sales_void_rate", "share", "trade", "void rate", "作废率", 1),
    ("sales_12m", "log(1 + CNY)", "trade", "sales", "销售额", 0),
)
"""Figures of neighbours: feature, its unit (a mean of logarithms is told as a geometric mean), its group, names, sign."""
SIDES: tuple[tuple[str, str, str, str, str], ...] = (
    ("customers", "customers", "客户", TRADE, "out"),
    ("suppliers", "suppliers", "供应商", TRADE, "in"),
    ("obligors", "guaranteed obligors", "被担保人", GUARANTEE, "out"),
    ("guarantors", "guarantors", "担保人", GUARANTEE, "in"),
    ("relatives", "firms of the same holders", "同一控制企业", OWNERSHIP, "in"),
    ("around", "all parties within two steps", "两步内主体", "", "out"),
)


def _described() -> tuple[Feature, ...]:
    made = []
    for side, en_side, zh_side, layer, towards in SIDES:
        for name, unit, group, en, zh, sign in FIGURES:
            source = ("transactions", "statements" if group == "statements" else "credit_events")
            made.append(
                Feature(
                    f"{side}_{name}", "graph", "neighbours", unit, source, f"mean {en} of {en_side}",
                    f"{zh_side}平均{zh}", sign=sign if side in ("customers", "obligors") else 0, layer=layer, towards=towards,
                )
            )  # fmt: skip
    return tuple(made)


@feature_group("neighbours", "graph", *_described())
def neighbours(context: Context) -> Columns:
    """Weighted means of neighbours' own figures; those without a figure do not count."""
    trade, guarantee = context.network.layer(TRADE), context.network.layer(GUARANTEE)
    holders = context.network.layer(OWNERSHIP).transposed.copy()
    holders.data = np.ones(holders.nnz)
    step = row_share(all_ties(context))
    made: dict[str, Floats] = {}
    own = {name: context.figures(group)[name] for name, _, group, *_ in FIGURES}
    for side, matrix in (
        ("customers", trade.matrix),
        ("suppliers", trade.transposed),
        ("obligors", guarantee.matrix),
        ("guarantors", guarantee.transposed),
    ):
        for name, values in own.items():
            made[f"{side}_{name}"] = weighted_mean(matrix, values)
    for name, values in own.items():
        made[f"relatives_{name}"] = _of_relatives(holders, values)
        made[f"around_{name}"] = weighted_mean(step, weighted_mean(step, values))
    context.release({group for _, _, group, *_ in FIGURES} - {"profile"})  # no later group reads their columns
    context.shared.pop("all_ties")  # nor this: the largest thing shared
    return made


def _of_relatives(holders: sparse.csr_array, values: Floats) -> Floats:
    """Mean over the other firms of the same holders."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    through = holders.T
    count = np.diff(holders.indptr)
    weight = np.asarray(holders @ (through @ known.astype(np.float64))) - count * known
    total = np.asarray(holders @ (through @ filled)) - count * filled
    return np.asarray(np.divide(total, weight, out=np.full(len(values), np.nan), where=weight > 0.5))
