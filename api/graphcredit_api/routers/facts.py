"""Facts of canonical tables: read by page, written row by row with what is wrong with each."""

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from graphcredit.exc import ForbiddenError, NotFoundError
from graphcredit.jsonable import plain
from graphcredit.model.tables import TABLES
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Reader, Writer
from graphcredit_api.idempotency import IdempotencyKey, once
from graphcredit_api.paging import cursor_number, encode_cursor
from graphcredit_api.routers.common import AsOf, Limit, PartyId, checked, desk_of
from graphcredit_api.services import services_of
from graphcredit_ingest import load

router = APIRouter(prefix="/v1", tags=["facts"])
TableName = Annotated[str, InPath(max_length=60, description="a canonical table", examples=["payments"])]


@router.get("/parties/{party_id}/facts/{table}")
def facts(
    request: Request,
    who: Reader,
    party_id: PartyId,
    table: TableName,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> dict[str, Any]:
    """A party's facts of one canonical table, newest first where they have a date, by page."""
    checked(request, who, party_id, as_of)
    if table not in TABLES or not TABLES[table].party_columns:
        known = [name for name, entry in TABLES.items() if entry.party_columns]
        raise NotFoundError(f"there is no table {table!r} of parties", remedy=f"one of {', '.join(known)}")
    desk, start = desk_of(request), cursor_number(cursor) or 0
    rows: dict[str, dict[str, Any]] = {}
    for column in TABLES[table].party_columns:
        for row in desk.store.read(table, as_of=desk.day(as_of), where={column: [party_id]}).to_pylist():
            rows["|".join(str(row[key]) for key in TABLES[table].key)] = row
    begins = TABLES[table].begins
    listed = [row for _, row in sorted(rows.items())]
    listed.sort(key=lambda row: str(row.get(begins or "")), reverse=True)
    following = encode_cursor(start + limit) if start + limit < len(listed) else None
    return {"table": table, "count": len(listed), "rows": plain(listed[start : start + limit]), "next": following}


class Rows(BaseModel):
    """Facts to record: columns by name, as in files; values as text or numbers."""

    rows: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=10_000,
        examples=[[{"payment_id": "P-1", "payer_id": "F000012", "payee_id": "F000013", "paid_on": "2026-06-30",
                    "amount": "1200.00"}]],
    )  # fmt: skip


@router.post("/facts/{table}", status_code=201)
def write_facts(request: Request, who: Writer, table: TableName, body: Rows, key: IdempotencyKey = None) -> Any:
    """Record facts of one table: valid rows are written, each other one is named with its column, value and remedy.

    The same rows again change nothing; the same key with another recorded_at is a new version.
    """
    if table not in TABLES:
        raise NotFoundError(f"there is no table {table!r}", remedy=f"one of {', '.join(TABLES)}")
    if who.portfolios:
        raise ForbiddenError("facts are written for the whole book", remedy="use a sign-in without portfolio limits")
    services = services_of(request)
    name = f"api-{request.state.request_id}"
    note(request, count=len(body.rows), source=name)

    def work() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{name}.jsonl"
            file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in body.rows), encoding="utf-8")
            report = load(services.store, [file], table=table, book_currency=services.settings.currency)
        faults = services.store.quarantined(source=f"{name}.jsonl", limit=10_000)
        counts = report.to_json()
        kept = ("read", "new", "changed", "unchanged", "quarantined", "stubs", "warnings", "unknown_columns")
        return {
            "table": table,
            **{field: counts[field] for field in kept},
            "problems": [
                {"index": fault.row - 1, "column": fault.column, "value": fault.value, "reason": fault.reason,
                 "remedy": fault.remedy}
                for fault in faults
            ],
        }  # fmt: skip

    return once(request, who, key, body.rows, work)
