"""What the party borrows: how far its lines are drawn, at what price, how they are secured, when they end."""

import numpy as np

from graphcredit.features.context import Context
from graphcredit.features.registry import Columns, describe, feature_group, share

_f = describe("borrowing", "tabular", ("facilities",))


@feature_group(
    "borrowing",
    "tabular",
    _f("utilisation", "share", "drawn part of its credit lines", "授信使用率", sign=1, changeable=True),
    _f("loan_rate", "per year", "interest rate, weighted by drawn amounts", "加权贷款利率", sign=1),
    _f("secured_share", "share", "drawn amount covered by collateral", "抵押覆盖率", changeable=True),
    _f("next_maturity", "days", "days to the next maturity of a line", "距最近授信到期天数"),
    _f("debt_to_turnover", "ratio", "drawn amount against yearly turnover", "借款营收比", sign=1, changeable=True),
)
def borrowing(context: Context) -> Columns:
    """Facilities that hold on the day, as borrower; nan for parties without one."""
    wanted = ["borrower_id", "limit", "drawn", "currency", "rate", "collateral_value", "valid_to"]
    rows = context.read("facilities", wanted)
    position = context.positions(rows["borrower_id"])
    limit, cover = (np.nan_to_num(context.money(rows, name)) for name in ("limit", "collateral_value"))
    drawn = context.money(rows, "drawn")
    drawn = np.where(np.isnan(drawn), limit, drawn)
    rate = rows["rate"].to_numpy().astype(np.float64)
    priced = np.isfinite(rate)
    weight = np.where(priced, np.maximum(drawn, 1.0), 0.0)
    total = context.total(position, drawn)
    left = -context.days_before(rows["valid_to"])
    nearest = np.full(context.n, np.inf)
    dated = np.isfinite(left) & (position >= 0)
    np.minimum.at(nearest, position[dated], left[dated])
    context.figures("trade")
    turnover = np.nan_to_num(context.shared["turnover"])
    return {
        "utilisation": np.clip(share(total, context.total(position, limit)), 0, 3),
        "loan_rate": share(
            context.total(position, np.where(priced, rate, 0.0) * weight), context.total(position, weight)
        ),
        "secured_share": share(context.total(position, np.minimum(cover, drawn)), total),
        "next_maturity": np.where(np.isfinite(nearest), nearest, np.nan),
        "debt_to_turnover": np.where(total > 0, np.minimum(share(total, turnover), 20), np.nan),
    }
