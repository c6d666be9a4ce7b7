"""Scores, networks, paths and stress."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from graphcredit.jsonable import plain
from graphcredit.structure import paths
from graphcredit.viz import network_view
from graphcredit_api.auth.access import Analyst, BulkUser, Reader
from graphcredit_api.language import language_of
from graphcredit_api.routers.common import AsOf, PartyId, checked, desk_of

router = APIRouter(prefix="/v1", tags=["risk"])
Layers = Annotated[str | None, Query(description="comma-separated: trade,receivable,lending,guarantee,ownership,other")]


def _words(text: str | None) -> list[str] | None:
    return [word.strip() for word in text.split(",") if word.strip()] if text else None


@router.get("/parties/{party_id}/score")
def score(
    request: Request,
    who: Reader,
    party_id: PartyId,
    as_of: AsOf = None,
    reasons: Annotated[int, Query(ge=1, le=60)] = 12,
) -> Any:
    """PD, grade, points and reasons in both languages, with the paths behind graph reasons."""
    checked(request, who, party_id, as_of)
    found = desk_of(request).score(party_id, as_of, top=reasons)
    return plain(found.body())


class ScoreMany(BaseModel):
    """Parties to score."""

    party_ids: list[str] = Field(min_length=1, max_length=10_000, examples=[["F000012", "F000013"]])


@router.post("/scores")
def score_many(request: Request, who: BulkUser, body: ScoreMany, as_of: AsOf = None) -> dict[str, Any]:
    """PD, grade and points of many parties; each unknown one is named with its error, the others are scored."""
    desk = desk_of(request)
    scores = desk.scores(as_of)
    known = scores.index.intersection(body.party_ids)
    if who.portfolios:
        seen = desk.store.read(
            "parties", as_of=desk.day(as_of), columns=["party_id", "attributes"], where={"party_id": list(known)}
        )
        import json

        mine = {
            row["party_id"]
            for row in seen.to_pylist()
            if json.loads(row["attributes"] or "{}").get("portfolio") in who.portfolios
        }
        known = known.intersection(list(mine))
    rows = scores.loc[known].reset_index().astype({"grade": str, "model_id": str}).to_dict("records")
    missing = sorted(set(body.party_ids) - set(known))
    return {"scores": plain(rows), "errors": [{"party_id": party, "code": "not_found"} for party in missing]}


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
    return plain({**view, "stale": desk.known(as_of).stale})


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
    return {"paths": plain(found)}


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
    for party in body.shock:
        checked(request, who, party, as_of)
    return plain(desk_of(request).stress(body.shock, as_of, layers=body.layers, top=body.top))
