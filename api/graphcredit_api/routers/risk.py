"""Scores, networks, paths and stress."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from graphcredit.desk import group_use
from graphcredit.jsonable import plain
from graphcredit.structure import paths
from graphcredit.viz import network_view
from graphcredit_api.answers import written
from graphcredit_api.at_once import at_once
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Analyst, Reader
from graphcredit_api.language import language_of
from graphcredit_api.masking import mask_view, masked
from graphcredit_api.paging import cursor_number, encode_cursor
from graphcredit_api.routers.common import AsOf, Limit, PartyId, checked, credit_of, desk_of, seen_by
from graphcredit_api.services import services_of

router = APIRouter(prefix="/v1", tags=["risk"])
Layers = Annotated[str | None, Query(description="comma-separated: trade,receivable,lending,guarantee,ownership,other")]


def _words(text: str | None) -> list[str] | None:
    return [word.strip() for word in text.split(",") if word.strip()] if text else None


@router.get("/parties/{party_id}/score")
async def score(
    request: Request,
    who: Reader,
    party_id: PartyId,
    as_of: AsOf = None,
    reasons: Annotated[int, Query(ge=1, le=60)] = 12,
) -> Any:
    """PD, grade, points and reasons in both languages, with the paths behind graph reasons."""
    services, desk = services_of(request), desk_of(request)

    def work() -> Response:
        checked(request, who, party_id, as_of)
        return written(desk.score(party_id, as_of, top=reasons).text)

    if services.beside is not None and desk.scores_prepared(as_of):
        checked(request, who, party_id, as_of)
        text = await services.beside.score(party_id, as_of, reasons)
        if text is not None:
            return written(text)
    return await at_once(work, ready=lambda: desk.scores_prepared(as_of))


@router.get("/parties/{party_id}/network")
def network(
    request: Request,
    who: Reader,
    party_id: PartyId,
    as_of: AsOf = None,
    depth: Annotated[int, Query(ge=1, le=6)] = 2,
    layers: Layers = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 150,
    min_amount: Annotated[float, Query(ge=0, le=1e18)] = 0.0,
) -> Any:
    """The party's surroundings: the most important parties and ties, and how many were left out."""
    checked(request, who, party_id, as_of)
    desk = desk_of(request)
    view = network_view(
        desk.network(as_of),
        party_id,
        depth=depth,
        limit=limit,
        layers=_words(layers),
        min_amount=min_amount,
        scores=desk.grades(as_of),
        language=language_of(request),
    )
    return mask_view(plain({**view, "stale": desk.known(as_of).stale}), seen_by(request, who, as_of))


@router.get("/parties/{party_id}/paths/{target_id}")
def exposure_paths(
    request: Request,
    who: Reader,
    party_id: PartyId,
    target_id: PartyId,
    as_of: AsOf = None,
    layers: Layers = None,
    max_length: Annotated[int, Query(ge=1, le=6)] = 4,
) -> Any:
    """The strongest exposure paths between two parties."""
    checked(request, who, party_id, as_of)
    checked(request, who, target_id, as_of)
    found = paths(desk_of(request).network(as_of), party_id, target_id, layers=_words(layers), max_length=max_length)
    seen, told = seen_by(request, who, as_of), plain(found)
    if seen is not None:
        told = masked(told, {party for path in told for party in path["parties"] if party not in seen})
    return {"paths": told, "truncated": found.truncated, "warnings": list(found.warnings)}


class StressRequest(BaseModel):
    """What fails, and over which layers it spreads."""

    shock: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        min_length=1, max_length=200, examples=[{"F000012": 1.0}], description="party id -> share of production lost"
    )
    layers: list[str] | None = Field(None, max_length=6, examples=[["supply", "receivable", "guarantee", "lending"]])
    top: int = Field(20, ge=1, le=500)


@router.post("/stress")
def stress(request: Request, who: Analyst, body: StressRequest, as_of: AsOf = None) -> Any:
    """What a failure does to everyone else and to lenders, with the main path of each loss."""
    note(request, shock=",".join(body.shock))
    for party in body.shock:
        checked(request, who, party, as_of)
    found = plain(desk_of(request).stress(body.shock, as_of, layers=body.layers, top=body.top))
    seen = seen_by(request, who, as_of)
    if seen is not None:
        rows = [row for row in found["parties"] if row["party_id"] in seen]
        for row in rows:
            row["path"] = [party if party in seen else "?" for party in row["path"]]
        found |= {"hidden": len(found["parties"]) - len(rows), "parties": rows}
    return found


@router.get("/portfolio")
def portfolio(request: Request, who: Reader, as_of: AsOf = None) -> Any:
    """Exposure, expected loss, grades, concentrations, guarantee circles and the worst sources of contagion."""
    found = plain(services_of(request).portfolio(as_of))
    seen = seen_by(request, who, as_of)
    if seen is not None:  # sums are of the whole book; names only of one's own portfolios
        for name in ("largest", "worst_sources"):
            found[name] = [row for row in found[name] if row["party_id"] in seen]
        found["circles"] = [circle for circle in found["circles"] if set(circle["members"]) <= seen]
    return found


@router.get("/groups")
def client_groups(
    request: Request,
    who: Reader,
    as_of: AsOf = None,
    near: Annotated[float, Query(ge=0, le=1, description="only groups that use at least this share of the cap")] = 0.0,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Any:
    """Groups of connected clients, the fullest first, with what they use of the cap."""
    start = cursor_number(cursor) or 0
    seen = seen_by(request, who, as_of)
    shows = None if seen is None else seen.__contains__
    count, rows = group_use(credit_of(request), as_of, near=near, shows=shows, start=start, limit=limit)
    page = [{**row, "members": [m for m in row["members"] if seen is None or m in seen]} for row in rows]
    following = encode_cursor(start + limit) if start + limit < count else None
    return plain({"count": count, "groups": page, "next": following})
