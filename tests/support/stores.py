"""A real Neo4j for the session, empty stores for each test, and small tables of facts."""

import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from graphcredit.model.tables import TABLES, Kind
from graphcredit.store import CreditStore, open_store
from scripts.neo4j_server import NotAvailableError, Server, start
from scripts.neo4j_server import wipe as wipe_server

NEO4J_MARKS = (pytest.mark.neo4j, pytest.mark.xdist_group("neo4j"))
"""Community edition has one database, so all tests on it run in one worker."""

ARROW = {
    Kind.TEXT: pa.string(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.MONEY: pa.decimal128(24, 4),
    Kind.NUMBER: pa.float64(),
    Kind.INTEGER: pa.int64(),
}


@cache
def server() -> Server:
    """The session's server."""
    return own_server()


def own_server() -> Server:
    """A server of one's own, to be stopped by who asked; a missing part fails the run in CI and skips its tests elsewhere."""
    try:
        return start(quiet=True)
    except NotAvailableError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI runs on a real Neo4j, and it could not be started: {error}")
        pytest.skip(f"no Neo4j here: {error}")


def started() -> bool:
    """Whether this process has started the server."""
    return server.cache_info().currsize > 0


def wipe(url: str) -> None:
    """Delete every node and relationship of a Neo4j store, batch by batch; the schema stays."""
    from neo4j import GraphDatabase

    user, password = url.split("://", 1)[1].rsplit("@", 1)[0].split(":", 1)
    address = "bolt://" + url.rsplit("@", 1)[1]
    with GraphDatabase.driver(address, auth=(user, password)) as driver:
        wipe_server(driver)


def empty_store(engine: str, folder: Path) -> CreditStore:
    """An empty store: a file in `folder`, or the session's server wiped."""
    if engine == "duckdb":
        return open_store(f"duckdb:///{folder / 'store.duckdb'}")
    url = server().url
    wipe(url)
    return open_store(url)


def day(text: str) -> datetime:
    """A recording moment: the start of an ISO day."""
    return datetime.fromisoformat(text)


def facts(table: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a store takes them: typed columns, text for dates and amounts allowed, absent values null."""
    target = TABLES[table]
    columns = [*((c.name, c.kind) for c in target), ("attributes", Kind.TEXT)]
    used = [(name, kind) for name, kind in columns if name == "recorded_at" or any(name in row for row in rows)]
    arrays = [pa.array([_value(row.get(name), kind) for row in rows], ARROW[kind]) for name, kind in used]
    return pa.table(arrays, names=[name for name, _ in used])


def _value(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind is Kind.DATE and isinstance(value, str):
        return date.fromisoformat(value)
    if kind is Kind.TIMESTAMP and isinstance(value, str):
        return datetime.fromisoformat(value)
    if kind is Kind.MONEY:
        return Decimal(value).quantize(Decimal("0.0001"))
    return value


def party(party_id: str, recorded_at: str = "2020-01-01", **columns: Any) -> dict[str, Any]:
    """A company's row."""
    return {"party_id": party_id, "kind": "company", "name": f"{party_id} Ltd", "recorded_at": recorded_at} | columns


def sale(
    transaction_id: str, seller: str, buyer: str, amount: str | int, issued_on: str = "2024-01-15", **columns: Any
) -> dict[str, Any]:
    """An invoice's row, recorded on the day of issue."""
    own = {"transaction_id": transaction_id, "seller_id": seller, "buyer_id": buyer, "amount": str(amount)}
    return own | {"issued_on": issued_on, "recorded_at": issued_on, "status": "valid", "kind": "invoice"} | columns
