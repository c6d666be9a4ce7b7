"""Ratios of the latest published statement, Altman's Z'' among them."""

import numpy as np
import pandas as pd

from graphcredit.features.context import Context, Floats
from graphcredit.features.registry import Columns, describe, feature_group, share

_f = describe("statements", "tabular", ("statements",), changeable=True)


@feature_group(
    "statements",
    "tabular",
    _f("altman_z", "points", "Altman Z'' (1995, emerging markets)", "Altman Z''值", sign=-1),
    _f("current_ratio", "ratio", "current ratio", "流动比率", sign=-1),
    _f("quick_ratio", "ratio", "quick ratio", "速动比率", sign=-1),
    _f("leverage", "share", "liabilities / assets", "资产负债率", sign=1),
    _f("debt_to_revenue", "ratio", "debt / revenue", "有息负债收入比", sign=1),
    _f("interest_cover", "ratio", "EBIT / interest", "利息保障倍数", sign=-1),
    _f("net_margin", "share", "net margin", "净利率", sign=-1),
    _f("return_on_assets", "share", "return on assets", "总资产收益率", sign=-1),
    _f("cash_flow_to_debt", "share", "operating cash flow / liabilities", "经营现金流负债比", sign=-1),
    _f("cash_share", "share", "cash / assets", "现金资产比", sign=-1),
    _f("receivable_days", "days", "days of sales outstanding", "应收账款周转天数", sign=1),
    _f("inventory_days", "days", "days of inventory", "存货周转天数", sign=1),
    _f("payable_days", "days", "days of payables", "应付账款周转天数"),
    _f("cash_conversion_days", "days", "cash conversion cycle", "现金转换周期", sign=1),
    _f("revenue_reported", "log(1 + CNY)", "reported revenue", "报表收入"),
    _f("revenue_growth_reported", "log ratio", "growth of reported revenue", "报表收入增长", sign=-1),
    _f("statement_age", "days", "days since the period's end", "报表距今天数", sign=1),
)
def statements(context: Context) -> Columns:
    """Ratios of the latest period that was published by then; nan where an item is missing."""
    names = [feature.name for feature in _registered()]
    latest, earlier = latest_items(context)
    if latest is None:
        return {name: np.full(context.n, np.nan) for name in names}

    def item(name: str) -> Floats:
        return latest[name] if name in latest else np.full(context.n, np.nan)

    assets, equity, liabilities = item("total_assets"), item("equity"), item("total_liabilities")
    equity = np.where(np.isnan(equity), assets - liabilities, equity)
    liabilities = np.where(np.isnan(liabilities), assets - equity, liabilities)
    current, due = item("current_assets"), item("current_liabilities")
    ebit = np.where(np.isnan(item("ebit")), item("operating_profit"), item("ebit"))
    revenue, cost = item("revenue"), item("cost_of_sales")
    debt = np.nan_to_num(item("short_term_debt")) + np.nan_to_num(item("long_term_debt"))
    context.shared |= {"equity": equity, "revenue": revenue, "cost": cost, "liquid": current - due, "ebit": ebit}
    receivable_days = np.clip(365 * share(item("receivables"), revenue), 0, 2000)
    inventory_days = np.clip(365 * share(item("inventory"), cost), 0, 2000)
    payable_days = np.clip(365 * share(item("payables"), cost), 0, 2000)
    before = earlier.get("revenue", np.full(context.n, np.nan))
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.clip(np.log(revenue / before), -3, 3)
    return {
        "altman_z": np.clip(
            _altman(assets, current, due, item("retained_earnings"), ebit, equity, liabilities), -50, 50
        ),
        "current_ratio": np.clip(share(current, due), 0, 20),
        "quick_ratio": np.clip(share(current - np.nan_to_num(item("inventory")), due), -5, 20),
        "leverage": np.clip(share(liabilities, assets), -1, 5),
        "debt_to_revenue": np.clip(share(debt, revenue), 0, 20),
        "interest_cover": np.clip(share(ebit, item("interest_expense")), -50, 50),
        "net_margin": np.clip(share(item("net_profit"), revenue), -3, 3),
        "return_on_assets": np.clip(share(item("net_profit"), assets), -2, 2),
        "cash_flow_to_debt": np.clip(share(item("operating_cash_flow"), liabilities), -10, 10),
        "cash_share": np.clip(share(item("cash"), assets), 0, 1),
        "receivable_days": receivable_days,
        "inventory_days": inventory_days,
        "payable_days": payable_days,
        "cash_conversion_days": receivable_days + inventory_days - payable_days,
        "revenue_reported": np.log1p(np.maximum(revenue, 0)),
        "revenue_growth_reported": np.where(np.isfinite(growth), growth, np.nan),
        "statement_age": latest["_age"],
    }


def _registered() -> tuple:  # type: ignore[type-arg]
    from graphcredit.features.registry import GROUPS

    return GROUPS["statements"].features


def _altman(
    assets: Floats, current: Floats, due: Floats, retained: Floats, ebit: Floats, equity: Floats, liabilities: Floats
) -> Floats:
    """Z'' = 3.25 + 6.56 X1 + 3.26 X2 + 6.72 X3 + 1.05 X4 (Altman, Hartzell & Peck 1995)."""
    x1, x2, x3 = share(current - due, assets), share(retained, assets), share(ebit, assets)
    return np.asarray(3.25 + 6.56 * x1 + 3.26 * x2 + 6.72 * x3 + 1.05 * share(equity, liabilities))


def latest_items(context: Context) -> tuple[dict[str, Floats] | None, dict[str, Floats]]:
    """Items of each party's latest and next earlier yearly period, by name, each (n,); `_age` in days."""
    rows = context.read("statements", ["party_id", "period_end", "item", "amount", "currency"])
    if not rows.num_rows:
        return None, {}
    frame = pd.DataFrame(
        {
            "party": context.positions(rows["party_id"]),
            "age": context.days_before(rows["period_end"]),
            "item": rows["item"].to_pandas().astype("category"),
            "amount": context.money(rows, "amount", "period_end"),
        }
    )
    frame = frame[frame["party"] >= 0]
    newest = frame.groupby("party")["age"].min()
    gap = frame["age"] - frame["party"].map(newest)
    latest = _pivot(context, frame[gap == 0])
    latest["_age"] = np.full(context.n, np.nan)
    latest["_age"][newest.index.to_numpy()] = newest.to_numpy()
    yearly = frame[(gap > 300) & (gap < 430)]
    return latest, _pivot(context, yearly)


def _pivot(context: Context, frame: pd.DataFrame) -> dict[str, Floats]:
    made = {}
    for name, part in frame.groupby("item", observed=True):
        values = np.full(context.n, np.nan)
        values[part["party"].to_numpy()] = part["amount"].to_numpy()
        made[str(name)] = values
    return made
