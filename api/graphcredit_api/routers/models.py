"""Scoring models: which there are, their cards, how two compare, which one scores."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from graphcredit.jsonable import plain
from graphcredit.scoring.card import model_card
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Administrator, Reader
from graphcredit_api.idempotency import IdempotencyKey, once
from graphcredit_api.paging import cursor_number, encode_cursor
from graphcredit_api.routers.common import desk_of

router = APIRouter(prefix="/v1/models", tags=["models"])
ModelId = Annotated[str, Path(max_length=121, description="model id, or `champion`")]


class Markdown(PlainTextResponse):
    """A text that its reader may set as Markdown."""

    media_type = "text/markdown"


def _id(request: Request, model_id: str) -> str:
    return desk_of(request).model().model_id if model_id == "champion" else model_id


@router.get("")
def models(
    request: Request,
    who: Reader,  # noqa: ARG001  (who may read is checked)
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Any:
    """Every trained model, newest first, and which one scores."""
    start = cursor_number(cursor) or 0
    found = desk_of(request).registry.list()
    following = encode_cursor(start + limit) if start + limit < len(found) else None
    return {"models": plain(list(found[start : start + limit])), "next": following}


@router.get("/{model_id}")
def model(request: Request, who: Reader, model_id: ModelId) -> Any:  # noqa: ARG001  (who may read is checked)
    """One model: what it learned from, its figures, calibration and most important features."""
    found = desk_of(request).model(_id(request, model_id))
    return plain({**found.summary(), "calibration": found.chosen.calibrator.describe(),
                  "importance": found.meta.get("importance", {}), "scale": found.scale.table()})  # fmt: skip


@router.get("/{model_id}/card", response_class=Markdown)
def card(request: Request, who: Reader, model_id: ModelId) -> Any:  # noqa: ARG001  (who may read is checked)
    """The model's card as Markdown: data, choice, figures, features, limits of use."""
    return Markdown(model_card(desk_of(request).model(_id(request, model_id))))


@router.get("/{model_id}/compare/{other_id}")
def compare(request: Request, who: Reader, model_id: ModelId, other_id: ModelId) -> Any:  # noqa: ARG001
    """Two models side by side."""
    return plain(desk_of(request).registry.compare(_id(request, model_id), _id(request, other_id)))


class Promote(BaseModel):
    """Why it shall score."""

    reason: str = Field(min_length=10, max_length=2000, examples=["validated in June 2026"])


@router.post("/{model_id}/promote", status_code=201)
def promote(request: Request, who: Administrator, model_id: ModelId, body: Promote, key: IdempotencyKey = None) -> Any:
    """Make a model the one that scores; earlier promotions stay readable."""
    registry = desk_of(request).registry
    note(request, model_id=model_id)
    return once(
        request,
        who,
        key,
        body.model_dump(),
        lambda: plain(dict(registry.promote(_id(request, model_id), who.name, reason=body.reason).body)),
    )
