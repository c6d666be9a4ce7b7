"""Applications and decisions: check, decide, list, approve, override, settle, replay."""

from decimal import Decimal
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, Field

from graphcredit.decisions import (
    Decision,
    approve,
    list_decisions,
    override,
    parse_application,
    replay,
    settle,
    show_decision,
)
from graphcredit.decisions.decide import ATTEMPTS, too_fast
from graphcredit.decisions.proposal import Written
from graphcredit.desk.what_if import what_if
from graphcredit.exc import InputError
from graphcredit_api.answers import written
from graphcredit_api.at_once import MOMENT, at_once
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Analyst, Approver, Decider, Reader
from graphcredit_api.auth.roles import Principal
from graphcredit_api.idempotency import IdempotencyKey, key_id, once
from graphcredit_api.metrics import DECISIONS
from graphcredit_api.paging import cursor_moment, encode_cursor
from graphcredit_api.routers.common import AsOf, checked, credit_of, seen_by
from graphcredit_api.services import services_of

router = APIRouter(prefix="/v1", tags=["decisions"])
EXAMPLE = {"party_id": "F000012", "product": "loan", "amount": "500000.00", "tenor_days": 180, "payments": 6}
Given = Annotated[dict[str, Any], Body(examples=[EXAMPLE])]
Cursor = Annotated[str | None, Query(max_length=400, description="`next` of the page before")]
PageLimit = Annotated[int, Query(ge=1, le=200)]
LEVELS = {"approver": 2, "administrator": 0, "local": 3}


def _mine(request: Request, who: Principal, decision_id: str) -> Decision:
    """A decision, if the principal may see whom it is about."""
    made = show_decision(services_of(request).store, decision_id)
    note(request, party_id=made.party_id)
    checked(request, who, made.party_id, None)
    return made


@router.post("/applications/check")
def check_application(request: Request, who: Analyst, application: Given, as_of: AsOf = None) -> Any:
    """What an application would get now, or what is wrong with it field by field; nothing is recorded or claimed."""
    try:
        given = parse_application(application)
    except InputError as error:
        return {"valid": False, "faults": error.details.get("faults", [error.message]), "remedy": error.remedy}
    note(request, party_id=given.party_id)
    checked(request, who, given.party_id, as_of)
    try:
        return {"valid": True, "faults": [], **what_if(credit_of(request), given, as_of)}
    except InputError as error:
        return {"valid": False, "faults": [error.message], "remedy": error.remedy}


@router.post("/decisions", status_code=201)
async def decide(
    request: Request, who: Decider, application: Given, as_of: AsOf = None, key: IdempotencyKey = None
) -> Any:
    """Decide an application by the policy in force; amounts are decimals as text.

    Sent again with the same Idempotency-Key or application_id it is not decided again: the first decision is answered.
    """
    fields = dict(application)
    if key and not fields.get("application_id"):
        fields["application_id"] = key_id(who, key)
    given, services = parse_application(fields), services_of(request)
    note(request, party_id=given.party_id)

    def ready() -> bool:
        return services.credit.proposes_at_once(given, as_of)

    def propose() -> Written:
        checked(request, who, given.party_id, as_of)
        return services.credit.propose(given, as_of, by=who.name).written()

    witness = services.audited.witness(request, 201)
    for _ in range(ATTEMPTS):
        made = None
        if services.beside is not None and ready():
            checked(request, who, given.party_id, as_of)
            made = await services.beside.decide(fields, as_of, who.name)
        if made is None:
            made = await at_once(propose, ready=ready, limiter=services.deciding)
        if services.store.put_new_takes() < MOMENT:
            kept = await services.keeping.ask((made, witness))
        else:
            kept = await to_thread.run_sync(made.keep, services.store, witness)
        if kept:
            break
    else:
        raise too_fast()
    note(request, decision_id=made.decision_id)
    DECISIONS.labels(made.outcome).inc()
    return written(made.text, status=201)


@router.get("/decisions")
def decisions(
    request: Request,
    who: Reader,
    party_id: Annotated[str | None, Query(max_length=400)] = None,
    outcome: Annotated[str | None, Query(max_length=40)] = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Any:
    """Decisions, newest first, by page."""
    found = list_decisions(
        services_of(request).store, party_id=party_id, outcome=outcome, limit=limit, before=cursor_moment(cursor)
    )
    return _page(request, who, found, limit)


@router.get("/overrides")
def overrides(request: Request, who: Reader, limit: PageLimit = 50, cursor: Cursor = None) -> Any:
    """Decisions that a second person decided otherwise, newest first, by page; a page may hold fewer, even none."""
    found = list_decisions(services_of(request).store, limit=limit, before=cursor_moment(cursor))
    return _page(request, who, found, limit, only_overridden=True)


def _page(
    request: Request, who: Principal, found: list[Decision], limit: int, *, only_overridden: bool = False
) -> dict[str, Any]:
    seen = seen_by(request, who, None)
    shown = [
        made.to_json()
        for made in found
        if (seen is None or made.party_id in seen)
        and (not only_overridden or any(step.action == "overridden" for step in made.history))
    ]
    following = encode_cursor(found[-1].at, found[-1].decision_id) if len(found) == limit else None
    return {"decisions": shown, "next": following}


@router.get("/decisions/{decision_id}")
def decision(request: Request, who: Reader, decision_id: str) -> Any:
    """One decision with every number's source."""
    return written(_mine(request, who, decision_id).text())


@router.get("/decisions/{decision_id}/replay")
def replay_decision(request: Request, who: Reader, decision_id: str) -> Any:
    """Judge a decision again from its recorded inputs; says which facts were corrected since."""
    _mine(request, who, decision_id)
    return replay(services_of(request).store, decision_id).to_json()


class Approve(BaseModel):
    """Why it is approved."""

    reason: str = Field("", max_length=2000)


@router.post("/decisions/{decision_id}/approve")
def approve_decision(
    request: Request, who: Approver, decision_id: str, body: Approve, key: IdempotencyKey = None
) -> Any:
    """Agree to a decision that waits for a second person; nobody approves their own."""
    _mine(request, who, decision_id)
    store, level = services_of(request).store, LEVELS.get(who.role, 1)
    return once(
        request,
        who,
        key,
        body.model_dump(),
        lambda: approve(store, decision_id, by=who.name, level=level, reason=body.reason).to_json(),
    )


class Override(BaseModel):
    """Another outcome, with a reason."""

    outcome: str = Field(examples=["approve"], max_length=40)
    reason: str = Field(min_length=3, max_length=2000, examples=["cash deposit arrived after the decision"])
    amount: Decimal | None = Field(None, gt=0, lt=Decimal("1e15"))


@router.post("/decisions/{decision_id}/override")
def override_decision(
    request: Request, who: Approver, decision_id: str, body: Override, key: IdempotencyKey = None
) -> Any:
    """Replace a decision's outcome by a second person's, with the reason."""
    _mine(request, who, decision_id)
    store, level = services_of(request).store, LEVELS.get(who.role, 1)

    def work() -> Any:
        return override(
            store,
            decision_id,
            by=who.name,
            level=level,
            outcome=body.outcome,
            amount=body.amount,
            reason=body.reason,
        ).to_json()

    return once(request, who, key, body.model_dump(mode="json"), work)


class Settle(BaseModel):
    """Why what it claims is released."""

    reason: str = Field("repaid", min_length=3, max_length=2000)


@router.post("/decisions/{decision_id}/settle")
def settle_decision(request: Request, who: Decider, decision_id: str, body: Settle, key: IdempotencyKey = None) -> Any:
    """Release what a decision claims: it is repaid, or was not drawn."""
    _mine(request, who, decision_id)
    store = services_of(request).store
    return once(
        request,
        who,
        key,
        body.model_dump(),
        lambda: settle(store, decision_id, by=who.name, reason=body.reason).to_json(),
    )
