"""Parties: search, facts, groups, exposure, headroom."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from graphcredit.jsonable import plain
from graphcredit.model.tables import TABLES
from graphcredit.structure import connected_clients
from graphcredit_api.auth.access import Reader
from graphcredit_api.paging import etag
from graphcredit_api.routers.common import AsOf, Limit, PartyId, checked, credit_of, desk_of

router = APIRouter(prefix="/v1/parties", tags=["parties"])


@router.get("")
def search(
    request: Request,
    who: Reader,
    q: Annotated[
        str, Query(min_length=1, max_length=200, examples=["华东"], description="name, id or registry number")
    ],
    as_of: AsOf = None,
    limit: Limit = 20,
) -> dict[str, Any]:
    """Find parties by name or number: exact first, then prefix, substring, similar spelling."""
    desk = desk_of(request)
    rows = desk.store.search_parties(q, limit=limit, as_of=desk.day(as_of)).to_pylist()
    if who.portfolios:
        rows = [row for row in rows if json.loads(row["attributes"] or "{}").get("portfolio") in who.portfolios]
    return {"as_of": desk.day(as_of).isoformat(), "parties": plain(rows)}


@router.get("/{party_id}")
def party(request: Request, response: Response, who: Reader, party_id: PartyId, as_of: AsOf = None) -> Any:
    """Who the party is, as of a day."""
    body = plain(checked(request, who, party_id, as_of))
    if etag(request, response, body):
        return Response(status_code=304, headers={"ETag": response.headers["ETag"]})
    return body


@router.get("/{party_id}/facts/{table}")
def facts(
    request: Request, who: Reader, party_id: PartyId, table: str, as_of: AsOf = None, limit: Limit = 100
) -> dict[str, Any]:
    """A party's facts of one canonical table, newest first where they have a date."""
    checked(request, who, party_id, as_of)
    from graphcredit.exc import NotFoundError

    if table not in TABLES or not TABLES[table].party_columns:
        known = [name for name, entry in TABLES.items() if entry.party_columns]
        raise NotFoundError(f"there is no table {table!r} of parties", remedy=f"one of {', '.join(known)}")
    desk = desk_of(request)
    rows: dict[str, dict[str, Any]] = {}
    for column in TABLES[table].party_columns:
        for row in desk.store.read(table, as_of=desk.day(as_of), where={column: [party_id]}).to_pylist():
            rows["|".join(str(row[key]) for key in TABLES[table].key)] = row
    begins = TABLES[table].begins
    listed = sorted(rows.values(), key=lambda row: str(row.get(begins or "")), reverse=True)
    return {"table": table, "count": len(listed), "rows": plain(listed[:limit])}


@router.get("/{party_id}/groups")
def groups(request: Request, who: Reader, party_id: PartyId, as_of: AsOf = None) -> dict[str, Any]:
    """Groups of connected clients that the party belongs to, with the path of each membership."""
    checked(request, who, party_id, as_of)
    known = desk_of(request).known(as_of)
    found = known.once("connected_clients", lambda: connected_clients(known.network))
    return {"party_id": party_id, "groups": plain(list(found.of(party_id)))}


@router.get("/{party_id}/exposure")
def exposure(request: Request, who: Reader, party_id: PartyId, as_of: AsOf = None) -> Any:
    """What uses up the party's limit, in both its roles."""
    checked(request, who, party_id, as_of)
    return credit_of(request).exposure(party_id, as_of).to_json()


@router.get("/{party_id}/headroom")
def headroom(request: Request, who: Reader, party_id: PartyId, as_of: AsOf = None, debtor_id: str | None = None) -> Any:
    """What may still be lent to the party: every cap, and the one that binds with its path."""
    checked(request, who, party_id, as_of)
    return credit_of(request).headroom(party_id, as_of, debtor_id=debtor_id).to_json()


@router.get("/{party_id}/limit")
def limit_of(request: Request, who: Reader, party_id: PartyId, as_of: AsOf = None) -> Any:
    """The party's own limit and what it was made from."""
    checked(request, who, party_id, as_of)
    return credit_of(request).limit(party_id, as_of).to_json()
