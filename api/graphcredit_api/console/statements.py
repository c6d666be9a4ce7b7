"""Statements of a party by period, with the ratios that an analyst reads first."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from graphcredit.features.units import unit_of
from graphcredit.model.statement_items import STATEMENT_ITEMS

PERIODS = 4
ORDER = {item: place for place, item in enumerate(STATEMENT_ITEMS)}
"""Income first, then cash flows, then the balance sheet, each from top to bottom; unknown items stand last."""
UNITS = {"gross_margin": "share"}
"""Units of ratios that are no features; the others read as their features do."""
Items = Mapping[str, Decimal]


def _over(items: Items, top: str, bottom: str) -> Decimal | None:
    above, below = items.get(top), items.get(bottom)
    return None if above is None or not below else above / below


def _quick(items: Items) -> Decimal | None:
    current, due = items.get("current_assets"), items.get("current_liabilities")
    return None if current is None or not due else (current - items.get("inventory", Decimal(0))) / due


def _cover(items: Items) -> Decimal | None:
    earned = items.get("ebit", items.get("operating_profit"))
    paid = items.get("interest_expense")
    return None if earned is None or not paid else earned / paid


def _leverage(items: Items) -> Decimal | None:
    assets, equity = items.get("total_assets"), items.get("equity")
    owed = items.get("total_liabilities", None if assets is None or equity is None else assets - equity)
    return None if owed is None or not assets else owed / assets


RATIOS: tuple[tuple[str, Any], ...] = (
    ("current_ratio", lambda items: _over(items, "current_assets", "current_liabilities")),
    ("quick_ratio", _quick),
    ("leverage", _leverage),
    ("interest_cover", _cover),
    ("gross_margin", lambda items: _over(items, "gross_profit", "revenue")),
    ("net_margin", lambda items: _over(items, "net_profit", "revenue")),
    ("return_on_assets", lambda items: _over(items, "net_profit", "total_assets")),
    ("cash_flow_to_debt", lambda items: _over(items, "operating_cash_flow", "total_liabilities")),
)
"""Name (of the feature, where there is one), and the ratio of one period's items; None where an item or a divisor lacks."""


def statement_table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Items in the order of a statement and ratios, by period, latest first; amounts exact, in the currency said.

    A ratio comes with its unit, as `number_text` tells it: that of the feature of its name.
    """
    periods = sorted({row["period_end"] for row in rows}, reverse=True)[:PERIODS]
    by_period: list[dict[str, Decimal]] = [{} for _ in periods]
    for row in rows:
        if row["period_end"] in periods:
            by_period[periods.index(row["period_end"])][row["item"]] = row["amount"]
    used = [row for row in rows if row["period_end"] in periods]
    names = sorted({row["item"] for row in used}, key=lambda item: (ORDER.get(item, len(ORDER)), item))
    ratios = {
        name: (unit_of(name, UNITS.get(name, "ratio")), [compute(items) for items in by_period])
        for name, compute in RATIOS
    }
    return {
        "periods": [str(period) for period in periods],
        "currency": ", ".join(sorted({row["currency"] for row in used if row["currency"]})),
        "items": {name: [items.get(name) for items in by_period] for name in names},
        "ratios": {name: entry for name, entry in ratios.items() if any(value is not None for value in entry[1])},
    }
