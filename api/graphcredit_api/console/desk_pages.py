"""The decision desk: applications, a check while one types, what-if, decisions, the second person, the queue."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from graphcredit.decisions import approve, override, replay, show_decision
from graphcredit.decisions.followed import MOST
from graphcredit.exc import GraphCreditError, InputError
from graphcredit.store import Record
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Analyst, Approver, Decider, Reader
from graphcredit_api.auth.roles import Principal
from graphcredit_api.console.application_form import (
    COVERS,
    FIELDS,
    PRODUCTS,
    check_form,
    content_of,
    form_of,
    told_outcome,
    what_if,
)
from graphcredit_api.console.book_lists import listing_of
from graphcredit_api.console.decision_rows import decision_rows
from graphcredit_api.console.errors import told
from graphcredit_api.console.listing import Format, exported
from graphcredit_api.console.render import render
from graphcredit_api.idempotency import form_key
from graphcredit_api.language import language_of
from graphcredit_api.routers.common import checked, seen_by
from graphcredit_api.routers.decisions import LEVELS
from graphcredit_api.services import services_of

router = APIRouter(include_in_schema=False)
REFERRAL = "referral"
RECENT, WAITING = 20, 50
PartyQuery = Annotated[str, Query(max_length=400)]


def _bodies(request: Request, who: Principal, party_id: str, limit: int) -> list[Any]:
    """Decisions that the reader may see, newest first."""
    seen = seen_by(request, who, None)
    found = services_of(request).store.find_records("decision", party_id=party_id or None, limit=limit)
    return [record.body for record in found if seen is None or record.party_id in seen]


def queue(request: Request, who: Principal) -> list[dict[str, Any]]:
    """Decisions that wait for a person: to be approved, referred by the policy, or handed on by a colleague; oldest first."""
    handed = {record.record_id: record.body for record in services_of(request).store.find_records(REFERRAL, limit=MOST)}
    seen, waiting = seen_by(request, who, None), []
    for row in decision_rows(services_of(request).store):
        referral = handed.get(row["decision_id"])
        if referral and referral["revision"] != row["revision"]:
            referral = None  # something was decided since
        if row["state"] != "pending" and row["outcome"] != "refer" and not referral:
            continue
        if seen is None or row["party_id"] in seen:
            waiting.append({**row, "referral": referral, "mine": row["by"] == who.name})
    return waiting[::-1]


def _desk(
    request: Request,
    who: Principal,
    *,
    party_id: str = "",
    form: dict[str, str],
    faults: dict[str, str],
    status: int = 200,
) -> Response:
    waiting = queue(request, who)
    return render(
        request,
        "decisions.html.j2",
        status=status,
        party_id=party_id,
        rows=_bodies(request, who, party_id, RECENT),
        queue=waiting[:WAITING],
        queued=len(waiting),
        form=form,
        faults=faults,
        products=PRODUCTS,
        covers=COVERS,
    )


@router.get("/decisions")
def decisions(request: Request, who: Reader, party_id: PartyQuery = "") -> Response:
    """A new application, what waits for a person, and past decisions."""
    form = form_of({"party_id": party_id, **{k: v for k, v in request.query_params.items() if k in FIELDS}})
    return _desk(request, who, party_id=party_id, form=form, faults={})


@router.post("/decisions")
async def apply(request: Request, who: Decider) -> Response:
    """Decide an application from the form; a mistake shows the form again with what to do."""
    from starlette.concurrency import run_in_threadpool

    given = await request.form()
    key = form_key(who, str(given.get("form_id") or ""))
    return await run_in_threadpool(_apply, request, who, form_of({name: given.get(name) for name in FIELDS}), key)


def _apply(request: Request, who: Principal, form: dict[str, str], key: str | None) -> Response:
    services, language = services_of(request), language_of(request)
    found = check_form(services, form, language)
    if found.application is None:
        return _desk(request, who, form=form, faults=found.faults, status=422)
    try:
        checked(request, who, form["party_id"], None)
        content = {
            **content_of(form),
            "submitted_by": who.name,
            "application_id": key,
        }  # a second click decides nothing
        made = services.credit.decide(content, by=who.name)
    except GraphCreditError as error:
        return _desk(request, who, form=form, faults={"form": told(error, language)}, status=error.status)
    note(request, party_id=made.party_id, decision_id=made.decision_id)
    return RedirectResponse(f"/decisions/{made.decision_id}", status_code=303)


@router.post("/decisions/check")
def check(request: Request, who: Decider, given: Annotated[dict[str, Any], Body()]) -> Any:
    """What is wrong with a form so far, and what would be decided; nothing is recorded."""
    services, language, form = services_of(request), language_of(request), form_of(given)
    found = check_form(services, form, language)
    answer: dict[str, Any] = {"faults": found.faults, "outcome": None}
    spot = services.desk.network().index.get(form["party_id"])
    try:
        if spot is not None:
            answer["party"] = checked(request, who, form["party_id"], None)["name"]
        if found.application is not None:
            answer["outcome"] = told_outcome(what_if(services, found.application), language)
    except GraphCreditError as error:
        answer["faults"] = {"form": told(error, language)}
    return answer


@router.get("/what-if")
def try_it(request: Request, who: Analyst, party_id: PartyQuery = "") -> Response:
    """An application tried with half, once and twice the amount and tenor, with and without its cover."""
    services, language = services_of(request), language_of(request)
    form = form_of({"party_id": party_id, **{k: v for k, v in request.query_params.items() if k in FIELDS}})
    rows, faults = [], dict[str, str]()
    if form["amount"]:
        found = check_form(services, form, language)
        faults = found.faults
        if found.application is not None:
            checked(request, who, form["party_id"], None)
            for changed in _variants(form):
                tried = check_form(services, changed, language)
                row = {
                    "amount": changed["amount"],
                    "tenor_days": changed["tenor_days"],
                    "cover": changed["cover_amount"],
                }
                try:
                    found_out = what_if(services, tried.application) if tried.application else None
                    rows.append({**row, "found": found_out, "fault": " ".join(tried.faults.values())})
                except GraphCreditError as error:
                    rows.append({**row, "found": None, "fault": told(error, language)})
    return render(request, "what_if.html.j2", form=form, faults=faults, rows=rows, products=PRODUCTS, covers=COVERS)


def _variants(form: dict[str, str]) -> list[dict[str, str]]:
    """The form itself, then one thing changed at a time."""
    amount, days = Decimal(form["amount"]), int(form["tenor_days"])
    made = [form]
    made += [{**form, "amount": f"{amount * share:.2f}"} for share in (Decimal("0.5"), Decimal("1.5"), Decimal(2))]
    made += [{**form, "tenor_days": str(max(days * share // 2, 1)), "payments": ""} for share in (1, 3, 4)]
    if form["cover_kind"]:
        bare = {"cover_kind": "", "cover_amount": "", "cover_giver": ""}
        made += [{**form, **bare}, {**form, "cover_amount": f"{Decimal(form['cover_amount']) * 2:.2f}"}]
    return made


@router.get("/decisions/queue")
def queue_list(request: Request, who: Reader, format: Format = "csv") -> Response:
    """What waits for a person, as a file."""
    return exported(listing_of("queue", "queue", queue(request, who)), format or "csv", language_of(request))


@router.get("/decisions/{decision_id}")
def decision(request: Request, who: Reader, decision_id: str) -> Response:
    """One decision, replayed from its own inputs, with what a second person may do."""
    return _decision(request, who, decision_id)


def _decision(request: Request, who: Principal, decision_id: str, fault: GraphCreditError | None = None) -> Response:
    store = services_of(request).store
    made = show_decision(store, decision_id)
    party = checked(request, who, made.party_id, None)
    referral = store.get_record(REFERRAL, decision_id)
    return render(
        request,
        "decision.html.j2",
        status=fault.status if fault else 200,
        made=made.to_json(),
        name=party["name"],
        again=replay(store, decision_id),
        referral=referral.body if referral else None,
        fault=told(fault, language_of(request)) if fault else None,
    )


@router.post("/decisions/{decision_id}/approve")
def approve_it(
    request: Request, who: Approver, decision_id: str, reason: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """Agree, as a second person."""
    return _act(
        request,
        who,
        decision_id,
        lambda store: approve(store, decision_id, by=who.name, level=LEVELS.get(who.role, 1), reason=reason),
    )


@router.post("/decisions/{decision_id}/override")
def override_it(
    request: Request,
    who: Approver,
    decision_id: str,
    outcome: Annotated[str, Form(max_length=40)],
    reason: Annotated[str, Form(max_length=2000)] = "",
    amount: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Decide otherwise, as a second person, with a reason."""

    def act(store: Any) -> Any:
        try:
            wanted = Decimal(amount) if amount.strip() else None
        except InvalidOperation:
            raise InputError(f"{amount!r} is not an amount", remedy="write 500000.00") from None
        level = LEVELS.get(who.role, 1)
        return override(store, decision_id, by=who.name, level=level, outcome=outcome, amount=wanted, reason=reason)

    return _act(request, who, decision_id, act)


@router.post("/decisions/{decision_id}/refer")
def refer_it(
    request: Request,
    who: Decider,
    decision_id: str,
    to: Annotated[str, Form(max_length=100)],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Hand a decision on to a colleague: it waits in the queue until someone decides it."""

    def act(store: Any) -> Any:
        made = show_decision(store, decision_id)
        if len(reason.strip()) < 3 or not to.strip():
            raise InputError("a referral needs a person and a reason", remedy="say to whom, and why")
        known = store.get_record(REFERRAL, decision_id)
        at = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        body = {"to": to.strip(), "reason": reason.strip(), "by": who.name, "at": at, "revision": made.revision}
        revision = known.revision + 1 if known else 1
        store.put_records([Record(REFERRAL, decision_id, body, made.party_id, revision=revision)])

    return _act(request, who, decision_id, act)


def _act(request: Request, who: Principal, decision_id: str, act: Any) -> Response:
    store = services_of(request).store
    checked(request, who, show_decision(store, decision_id).party_id, None)
    try:
        act(store)
    except GraphCreditError as error:
        return _decision(request, who, decision_id, error)
    note(request, decision_id=decision_id)
    return RedirectResponse(f"/decisions/{decision_id}", status_code=303)
