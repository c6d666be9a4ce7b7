"""Concentration of trade and dependence on partners, direct and through the whole network."""

import numpy as np
from scipy import sparse

from graphcredit.features.context import Context, Floats
from graphcredit.features.registry import Columns, describe, feature_group
from graphcredit.features.ties import row_max
from graphcredit.network import TRADE
from graphcredit.structure.dependence import all_order_multipliers

_k = describe("concentration", "graph", ("transactions",), layer=TRADE, changeable=True)
_p = describe("dependence", "graph", ("transactions",), layer=TRADE, changeable=True)


@feature_group(
    "concentration",
    "graph",
    _k("customer_hhi", "0 to 1", "concentration of customers (HHI)", "客户集中度", sign=1),
    _k("supplier_hhi", "0 to 1", "concentration of suppliers (HHI)", "供应商集中度", sign=1, towards="in"),
    _k("customer_industry_hhi", "0 to 1", "concentration of sales by industry", "销售行业集中度"),
    _k("supplier_industry_hhi", "0 to 1", "concentration of purchases by industry", "采购行业集中度", towards="in"),
    _k("customer_region_hhi", "0 to 1", "concentration of sales by region", "销售地区集中度"),
    _k("supplier_region_hhi", "0 to 1", "concentration of purchases by region", "采购地区集中度", towards="in"),
)
def concentration(context: Context) -> Columns:
    """Sums of squared shares of sales and purchases."""
    layer = context.network.layer(TRADE)
    made: dict[str, Floats] = {}
    for side, matrix in (("customer", layer.matrix), ("supplier", layer.transposed)):
        made[f"{side}_hhi"] = row_hhi(matrix)
        for name in ("industry", "region"):
            made[f"{side}_{name}_hhi"] = row_hhi(grouped(matrix, context.network.attributes[name]))
    return made


def row_hhi(matrix: sparse.csr_array) -> Floats:
    """Sum of squared shares per row, nan for an empty one."""
    total = np.asarray(matrix.sum(axis=1)).ravel()
    squares = np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
    return np.asarray(np.divide(squares, total**2, out=np.full(len(total), np.nan), where=total > 0))


def grouped(matrix: sparse.csr_array, labels: np.ndarray) -> sparse.csr_array:
    """Columns summed by label, shape (n, labels)."""
    found, codes = np.unique(labels.astype(str), return_inverse=True)
    members = sparse.csr_array((np.ones(len(codes)), (np.arange(len(codes)), codes)), shape=(len(codes), len(found)))
    return sparse.csr_array(matrix @ members)


@feature_group(
    "dependence",
    "graph",
    _p("top_customer_share", "share", "share of sales to the largest customer", "第一大客户占比", sign=1),
    _p(
        "top_supplier_share",
        "share",
        "share of purchases from the largest supplier",
        "第一大供应商占比",
        sign=1,
        towards="in",
    ),
    _p(
        "importance_to_customers",
        "share",
        "mean share that it has of its customers' purchases",
        "在客户采购中占比",
        sign=-1,
    ),
    _p(
        "importance_to_suppliers",
        "share",
        "mean share that it has of its suppliers' sales",
        "在供应商销售中占比",
        sign=-1,
        towards="in",
    ),
    _p("reciprocity", "share", "share of sales to firms that also sell to it", "互为购销占比"),
    _p("upstream_dependence", "multiple", "purchases needed along the chain for one of sales", "上游全阶依赖"),
    _p("downstream_dependence", "multiple", "sales induced along the chain by one of output", "下游全阶依赖"),
)
def dependence(context: Context) -> Columns:
    """First-order shares, and all orders as Leontief and Ghosh multipliers."""
    layer = context.network.layer(TRADE)
    sales, purchases = layer.matrix, layer.transposed
    out, spent = (np.asarray(m.sum(axis=1)).ravel() for m in (sales, purchases))

    def largest(matrix: sparse.csr_array, total: Floats) -> Floats:
        return np.asarray(np.divide(row_max(matrix), total, out=np.full(context.n, np.nan), where=total > 0))

    def mean_share(matrix: sparse.csr_array, of: Floats) -> Floats:
        count = np.diff(matrix.indptr)
        shares = matrix @ np.divide(1.0, of, out=np.zeros(context.n), where=of > 0)
        return np.asarray(np.divide(shares, count, out=np.full(context.n, np.nan), where=count > 0))

    both = purchases.copy()
    both.data = np.ones(both.nnz)
    mutual = np.asarray(sales.multiply(both).sum(axis=1)).ravel()
    up, down = all_order_multipliers(sales)
    return {
        "top_customer_share": largest(sales, out),
        "top_supplier_share": largest(purchases, spent),
        "importance_to_customers": mean_share(sales, spent),
        "importance_to_suppliers": mean_share(purchases, out),
        "reciprocity": np.divide(mutual, out, out=np.full(context.n, np.nan), where=out > 0),
        "upstream_dependence": up,
        "downstream_dependence": down,
    }
