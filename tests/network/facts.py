"""Small stores of facts for tests of the network."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from graphcredit.model.tables import TABLES, Kind
from graphcredit.store import CreditStore, open_store

DAY = date(2026, 6, 30)
KNOWN = datetime(2026, 1, 5)
TYPES = {
    Kind.TEXT: pa.string(), Kind.DATE: pa.date32(), Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.MONEY: pa.decimal128(24, 4), Kind.NUMBER: pa.float64(), Kind.INTEGER: pa.int64(),
}  # fmt: skip


def put(store: CreditStore, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write facts; what a row leaves out is null or the default."""
    defaults = {"recorded_at": KNOWN, "kind": "company", "issued_on": date(2026, 1, 5)}
    if table == "transactions":
        defaults |= {"status": "valid", "kind": "invoice"}
    if table == "guarantees":
        defaults["kind"] = "joint"
    filled = []
    for row in rows:
        made = {column.name: row.get(column.name, defaults.get(column.name)) for column in TABLES[table]}
        if table == "parties":
            made["name"] = made["name"] or row["party_id"]
        filled.append({k: Decimal(str(v)) if isinstance(v, int | float) and TABLES[table][k].kind is Kind.MONEY else v
                       for k, v in made.items()})  # fmt: skip
    schema = pa.schema([(column.name, TYPES[column.kind]) for column in TABLES[table]])
    store.upsert(table, pa.Table.from_pylist(filled, schema=schema))


def store_of(folder: Path, facts: Mapping[str, list[dict[str, Any]]]) -> CreditStore:
    """A DuckDB store with these facts."""
    store = open_store(f"duckdb:///{folder / 'facts.duckdb'}")
    for table, rows in facts.items():
        put(store, table, rows)
    return store


def parties(*names: str, **columns: Any) -> list[dict[str, Any]]:
    return [{"party_id": name, **columns} for name in names]


def sale(key: str, seller: str, buyer: str, amount: float, **more: Any) -> dict[str, Any]:
    return {"transaction_id": key, "seller_id": seller, "buyer_id": buyer, "amount": amount, **more}


def payment(key: str, payer: str, payee: str, amount: float, **more: Any) -> dict[str, Any]:
    return {
        "payment_id": key,
        "payer_id": payer,
        "payee_id": payee,
        "amount": amount,
        "paid_on": date(2026, 3, 1),
        **more,
    }
