"""A handful of firms, a person and a bank whose features can be worked out by hand."""

from typing import Any

from graphcredit.store import CreditStore
from tests.support.stores import facts, party, sale

DAY = "2024-06-30"
G20, G21, G24 = ({"valid_from": f"{year}-01-01", "recorded_at": f"{year}-01-01"} for year in (2020, 2021, 2024))


def _on(day: str) -> dict[str, Any]:
    return {"occurred_on": day, "recorded_at": day}


ROWS: dict[str, list[dict[str, Any]]] = {
    "parties": [
        party("a", founded_on="2014-06-30", registered_capital="1000", industry="C13", region="north", verification="registry",
              attributes='{"kind_of_shop": "big", "staff": 10, "x_rating": "A"}'),
        party("b", industry="C17", region="north", registered_capital="500", attributes='{"staff": 20}'),
        party("c", industry="C17", region="south"),
        party("d", industry="C13", region="south"),
        party("p", kind="person", name="Li"),
        party("k", kind="bank", name="Bank"),
    ],
    "transactions": [
        sale("t1", "a", "b", 600, "2024-05-10", due_on="2024-06-09", tax="78"),
        sale("t2", "a", "c", 300, "2024-04-10", due_on="2024-05-10"),
        sale("t3", "a", "b", 100, "2024-03-10", status="void"),
        sale("t4", "a", "b", -60, "2024-05-20"),
        sale("t5", "c", "a", 400, "2024-02-10", due_on="2024-03-11"),
        sale("t6", "b", "a", 100, "2023-10-10", due_on="2023-11-09"),
        sale("t7", "a", "b", 999, "2024-06-01", kind="order"),
    ],
    "payments": [
        {"payment_id": "y5", "payer_id": "a", "payee_id": "c", "paid_on": "2024-03-21", "amount": "400",
         "transaction_id": "t5", "recorded_at": "2024-03-21"},
        {"payment_id": "y6", "payer_id": "a", "payee_id": "b", "paid_on": "2023-11-04", "amount": "100",
         "transaction_id": "t6", "recorded_at": "2023-11-04"},
    ],
    "guarantees": [
        {"guarantee_id": "g1", "guarantor_id": "a", "obligor_id": "b", "amount": "200", **G24},
        {"guarantee_id": "g2", "guarantor_id": "b", "obligor_id": "a", "amount": "150", **G24},
        {"guarantee_id": "g3", "guarantor_id": "b", "obligor_id": "d", "amount": "80", **G24},
    ],
    "ownership": [
        {"holder_id": "p", "held_id": "a", "relation": "shareholder", "share": 0.6, **G20},
        {"holder_id": "c", "held_id": "a", "relation": "shareholder", "share": 0.4, **G20},
        {"holder_id": "p", "held_id": "d", "relation": "director", **G20},
    ],
    "facilities": [
        {"facility_id": "f1", "lender_id": "k", "borrower_id": "a", "limit": "500", "drawn": "300", "rate": 0.05,
         "collateral_value": "150", "valid_from": "2024-01-01", "valid_to": "2024-12-31", "recorded_at": "2024-01-01"},
        {"facility_id": "f2", "lender_id": "k", "borrower_id": "a", "limit": "300", "drawn": "100", "rate": 0.09,
         "valid_from": "2024-01-01", "valid_to": "2025-12-31", "recorded_at": "2024-01-01"},
    ],
    "statements": [
        {"party_id": "a", "period_end": end, "item": item, "amount": str(amount), "published_on": out, "recorded_at": out}
        for end, out, scale in (("2022-12-31", "2023-04-30", 0.8), ("2023-12-31", "2024-04-30", 1.0))
        for item, amount in {
            "revenue": 3650 * scale, "cost_of_sales": 1825, "ebit": 200, "interest_expense": 50, "net_profit": 100,
            "operating_cash_flow": 120, "cash": 100, "receivables": 300, "inventory": 200, "current_assets": 600,
            "total_assets": 1000, "payables": 100, "current_liabilities": 400, "short_term_debt": 150,
            "total_liabilities": 600, "retained_earnings": 150, "equity": 400,
        }.items()
    ],
    "credit_events": [
        {"event_id": "e1", "party_id": "d", "kind": "default",  "amount": "90", **_on("2024-03-15")},
        {"event_id": "e2", "party_id": "a", "kind": "court",  "amount": "50", **_on("2024-01-31")},
        {"event_id": "e3", "party_id": "c", "kind": "default", **_on("2023-01-01")},
        {"event_id": "e4", "party_id": "c", "kind": "cured", **_on("2023-06-01")},
        {"event_id": "e5", "party_id": "b", "kind": "fire", **_on("2024-02-01")},
    ],
    "relations": [
        {"source_id": "a", "target_id": "d", "kind": "shared_address", "weight": 2.0, **G21},
        {"source_id": "c", "target_id": "d", "kind": "shared_address", **G21},
        {"source_id": "b", "target_id": "a", "kind": "litigation", **G21},
    ],
}  # fmt: skip


def fill(store: CreditStore, rows: dict[str, list[dict[str, Any]]] = ROWS) -> CreditStore:
    """Write the world's facts."""
    for table, some in rows.items():
        if some:
            store.upsert(table, facts(table, some))
    return store
