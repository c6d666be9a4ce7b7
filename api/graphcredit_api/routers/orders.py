"""Orders and quotations of customers, and the holds that stop them."""

from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from graphcredit.decisions import hold, hold_history, release
from graphcredit.jsonable import plain
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Approver, Decider, Reader, Writer
from graphcredit_api.idempotency import IdempotencyKey, once
from graphcredit_api.routers.common import AsOf, PartyId, checked, credit_of
from graphcredit_api.services import services_of

router = APIRouter(prefix="/v1", tags=["orders"])


class Order(BaseModel):
    """An order or quotation of a customer."""

    party_id: str = Field(min_length=1, max_length=400, examples=["F000012"])
    amount: Decimal = Field(gt=0, lt=Decimal("1e15"), examples=["250000.00"])
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$")
    kind: str = Field("order", examples=["order"], pattern=r"^(order|quotation)$")


@router.post("/orders/check")
def order_check(request: Request, who: Decider, body: Order, as_of: AsOf = None) -> Any:
    """Whether an order may go ahead: headroom, overdue items, holds; a quotation is only warned about."""
    note(request, party_id=body.party_id)
    checked(request, who, body.party_id, as_of)
    return (
        credit_of(request)
        .check_order(body.party_id, body.amount, as_of, kind=body.kind, currency=body.currency)
        .to_json()
    )


class Why(BaseModel):
    """Why a customer's orders are stopped, or let go."""

    reason: str = Field(min_length=3, max_length=2000, examples=["invoice in dispute"])


@router.post("/parties/{party_id}/hold", status_code=201)
def hold_party(request: Request, who: Writer, party_id: PartyId, body: Why, key: IdempotencyKey = None) -> Any:
    """Stop a customer's orders."""
    checked(request, who, party_id, None)
    store = services_of(request).store

    def work() -> Any:
        return hold(store, party_id, by=who.name, reason=body.reason).model_dump(mode="json")

    return once(request, who, key, body.model_dump(), work)


@router.get("/parties/{party_id}/holds")
def holds(request: Request, who: Reader, party_id: PartyId) -> Any:
    """Every hold and release of a customer's orders, with who, when and why."""
    checked(request, who, party_id, None)
    found = hold_history(services_of(request).store, party_id)
    return {"party_id": party_id, "steps": plain([step.model_dump(mode="json") for step in found])}


@router.post("/parties/{party_id}/release", status_code=201)
def release_party(request: Request, who: Approver, party_id: PartyId, body: Why, key: IdempotencyKey = None) -> Any:
    """Let a customer's orders go ahead again."""
    checked(request, who, party_id, None)
    store = services_of(request).store

    def work() -> Any:
        return release(store, party_id, by=who.name, reason=body.reason).model_dump(mode="json")

    return once(request, who, key, body.model_dump(), work)
