"""Applications and decisions, overrides, orders, policies, models, portfolio."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query, Request
from pydantic import BaseModel, Field

from graphcredit.decisions import (
    Application,
    approve,
    default_policy,
    hold,
    list_decisions,
    override,
    parse_application,
    release,
    replay,
    show_decision,
)
from graphcredit.exc import ConflictError
from graphcredit.jsonable import plain
from graphcredit.store import Record
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Approver, Decider, Reader, Writer
from graphcredit_api.metrics import DECISIONS
from graphcredit_api.paging import decode_cursor, encode_cursor
from graphcredit_api.routers.common import AsOf, PartyId, checked, credit_of, desk_of
from graphcredit_api.services import services_of

router = APIRouter(prefix="/v1", tags=["decisions"])
EXAMPLE = {"party_id": "F000012", "product": "loan", "amount": "500000.00", "tenor_days": 180, "payments": 6}
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=100,
        pattern=r"^[A-Za-z0-9._:-]+$",
        description="the same key gives the same decision",
    ),
]
LEVELS = {"approver": 2, "administrator": 0, "local": 3}


@router.post("/decisions", status_code=201)
def decide(
    request: Request,
    who: Decider,
    application: Annotated[dict[str, Any], Body(examples=[EXAMPLE])],
    as_of: AsOf = None,
    key: IdempotencyKey = None,
) -> Any:
    """Decide an application by the policy in force; amounts are decimals as text."""
    store = services_of(request).store
    record_id = f"{who.name}:{key}" if key else ""
    if key and (known := store.get_record("idempotency", record_id)) is not None:
        return show_decision(store, str(known.body["decision_id"])).to_json()
    given: Application = parse_application(application)
    note(request, party_id=given.party_id)
    checked(request, who, given.party_id, as_of)
    made = credit_of(request).decide(given, as_of, by=who.name)
    note(request, decision_id=made.decision_id)
    DECISIONS.labels(made.outcome).inc()
    if key:
        try:
            store.put_records([Record("idempotency", record_id, {"decision_id": made.decision_id})])
        except ConflictError:  # the same request ran beside this one and was first
            known = store.get_record("idempotency", record_id)
            assert known is not None
            return show_decision(store, str(known.body["decision_id"])).to_json()
    return made.to_json()


@router.get("/decisions")
def decisions(
    request: Request,
    who: Reader,
    party_id: Annotated[str | None, Query(max_length=400)] = None,
    outcome: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Any:
    """Decisions, newest first, by page."""
    from datetime import datetime

    before = None
    if cursor:
        at, record_id = decode_cursor(cursor, parts=2)
        try:
            before = (datetime.fromisoformat(str(at)), str(record_id))
        except ValueError:
            from graphcredit.exc import InputError

            raise InputError("the cursor is not valid", remedy="start again without a cursor") from None
    found = list_decisions(services_of(request).store, party_id=party_id, outcome=outcome, limit=limit, before=before)
    if who.portfolios:
        found = [made for made in found if _seen(request, who, made.party_id)]
    following = encode_cursor(found[-1].at, found[-1].decision_id) if len(found) == limit else None
    return {"decisions": [made.to_json() for made in found], "next": following}


def _seen(request: Request, who: Any, party_id: str) -> bool:
    from graphcredit.exc import NotFoundError

    try:
        checked(request, who, party_id, None)
    except NotFoundError:
        return False
    return True


@router.get("/decisions/{decision_id}")
def decision(request: Request, who: Reader, decision_id: str) -> Any:
    """One decision with every number's source."""
    made = show_decision(services_of(request).store, decision_id)
    checked(request, who, made.party_id, None)
    return made.to_json()


@router.get("/decisions/{decision_id}/replay")
def replay_decision(request: Request, who: Reader, decision_id: str) -> Any:
    """Judge a decision again from its recorded inputs; says which facts were corrected since."""
    made = show_decision(services_of(request).store, decision_id)
    checked(request, who, made.party_id, None)
    return replay(services_of(request).store, decision_id).to_json()


class Approve(BaseModel):
    """Why it is approved."""

    reason: str = Field("", max_length=2000)


@router.post("/decisions/{decision_id}/approve")
def approve_decision(request: Request, who: Approver, decision_id: str, body: Approve) -> Any:
    """Agree to a decision that waits for a second person; nobody approves their own."""
    store = services_of(request).store
    return approve(store, decision_id, by=who.name, level=LEVELS.get(who.role, 1), reason=body.reason).to_json()


class Override(BaseModel):
    """Another outcome, with a reason."""

    outcome: str = Field(examples=["approve"], max_length=40)
    reason: str = Field(min_length=3, max_length=2000)
    amount: Decimal | None = Field(None, gt=0)


@router.post("/decisions/{decision_id}/override")
def override_decision(request: Request, who: Approver, decision_id: str, body: Override) -> Any:
    """Replace a decision's outcome by a second person's, with the reason."""
    made = override(
        services_of(request).store,
        decision_id,
        by=who.name,
        level=LEVELS.get(who.role, 1),
        outcome=body.outcome,
        amount=body.amount,
        reason=body.reason,
    )
    return made.to_json()


class Order(BaseModel):
    """An order or quotation of a customer."""

    party_id: str = Field(min_length=1, max_length=400, examples=["F000012"])
    amount: Decimal = Field(gt=0, lt=Decimal("1e15"), examples=["250000.00"])
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$")
    kind: str = Field("order", examples=["order"], pattern=r"^(order|quotation)$")


@router.post("/orders/check")
def check_order(request: Request, who: Decider, body: Order, as_of: AsOf = None) -> Any:
    """Whether an order may go ahead: headroom, overdue items, holds; a quotation is only warned about."""
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
def hold_party(request: Request, who: Writer, party_id: PartyId, body: Why) -> Any:
    """Stop a customer's orders."""
    checked(request, who, party_id, None)
    return plain(hold(services_of(request).store, party_id, by=who.name, reason=body.reason).model_dump(mode="json"))


@router.post("/parties/{party_id}/release", status_code=201)
def release_party(request: Request, who: Approver, party_id: PartyId, body: Why) -> Any:
    """Let a customer's orders go ahead again."""
    checked(request, who, party_id, None)
    return plain(release(services_of(request).store, party_id, by=who.name, reason=body.reason).model_dump(mode="json"))


@router.get("/policies/current")
def policy(request: Request, who: Reader, as_of: AsOf = None) -> Any:  # noqa: ARG001  (who may read is checked)
    """The policy in force, each number with its source."""
    return credit_of(request).policy(as_of).model_dump(mode="json")


@router.get("/policies/default")
def shipped_policy(request: Request, who: Reader) -> Any:  # noqa: ARG001  (who may read is checked)
    """The policy that ships with this release."""
    return default_policy().model_dump(mode="json")


@router.get("/models")
def models(request: Request, who: Reader) -> Any:  # noqa: ARG001  (who may read is checked)
    """Every trained model, newest first, and which one scores."""
    return {"models": plain(desk_of(request).registry.list())}


@router.get("/portfolio")
def portfolio(request: Request, who: Reader, as_of: AsOf = None) -> Any:  # noqa: ARG001  (who may read is checked)
    """Exposure, expected loss, grades, concentrations, guarantee circles and the worst sources of contagion."""
    return plain(services_of(request).portfolio(as_of))
