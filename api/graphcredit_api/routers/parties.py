"""Parties: search, facts, groups, exposure, headroom."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from graphcredit.decisions.canonical import in_order
from graphcredit.jsonable import plain
from graphcredit_api.answers import answer, written
from graphcredit_api.at_once import at_once
from graphcredit_api.auth.access import Reader
from graphcredit_api.finding import find_parties
from graphcredit_api.masking import masked
from graphcredit_api.paging import cursor_number, encode_cursor, etag
from graphcredit_api.routers.common import AsOf, Limit, PartyId, checked, credit_of, desk_of, seen_by

router = APIRouter(prefix="/v1/parties", tags=["parties"])
DEEPEST = 2000  # a search that needs more pages than this needs better words


@router.get("")
def search(
    request: Request,
    who: Reader,
    q: Annotated[
        str, Query(min_length=1, max_length=200, examples=["华东"], description="name, id or registry number")
    ],
    as_of: AsOf = None,
    limit: Limit = 20,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> dict[str, Any]:
    """Find parties by name or number: exact first, then prefix, substring, similar spelling; by page."""
    desk, start = desk_of(request), cursor_number(cursor) or 0
    rows = find_parties(desk, q, limit=min(start, DEEPEST) + limit + 1, as_of=as_of)
    more = len(rows) > start + limit and start < DEEPEST
    rows = rows[start : start + limit]
    if who.portfolios:
        rows = [row for row in rows if json.loads(row["attributes"] or "{}").get("portfolio") in who.portfolios]
    following = encode_cursor(start + limit) if more else None
    return {"as_of": desk.day(as_of).isoformat(), "parties": plain(rows), "next": following}


@router.get("/{party_id}")
def party(request: Request, response: Response, who: Reader, party_id: PartyId, as_of: AsOf = None) -> Any:
    """Who the party is, as of a day."""
    body = plain(checked(request, who, party_id, as_of))
    if etag(request, response, body):
        return Response(status_code=304, headers={"ETag": response.headers["ETag"]})
    return body


@router.get("/{party_id}/groups")
def groups(request: Request, who: Reader, party_id: PartyId, as_of: AsOf = None) -> dict[str, Any]:
    """Groups of connected clients that the party belongs to, with the path of each membership."""
    checked(request, who, party_id, as_of)
    found = credit_of(request).book(as_of).groups.clients  # those whose caps count, by the policy's thresholds
    told, seen = plain(list(found.of(party_id))), seen_by(request, who, as_of)
    if seen is not None:
        told = masked(told, {member["party"] for group in told for member in group["members"]} - seen)
    return {"party_id": party_id, "groups": told}


@router.get("/{party_id}/exposure")
def exposure(request: Request, who: Reader, party_id: PartyId, as_of: AsOf = None) -> Any:
    """What uses up the party's limit, in both its roles."""
    checked(request, who, party_id, as_of)
    return answer(credit_of(request).exposure(party_id, as_of).to_json())


@router.get("/{party_id}/headroom")
async def headroom(
    request: Request, who: Reader, party_id: PartyId, as_of: AsOf = None, debtor_id: str | None = None
) -> Any:
    """What may still be lent to the party: every cap, and the one that binds with its path."""
    credit = credit_of(request)

    def work() -> Response:
        checked(request, who, party_id, as_of)
        return written(in_order(credit.headroom(party_id, as_of, debtor_id=debtor_id)))

    return await at_once(work, ready=lambda: credit.prepared(as_of))


@router.get("/{party_id}/limit")
def limit_of(request: Request, who: Reader, party_id: PartyId, as_of: AsOf = None) -> Any:
    """The party's own limit and what it was made from."""
    checked(request, who, party_id, as_of)
    return answer(credit_of(request).limit(party_id, as_of).to_json())
