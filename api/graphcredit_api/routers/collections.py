"""Collections: who is overdue, one debtor's case, and the steps taken. Nothing is sent."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from graphcredit.jsonable import plain
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Reader, Writer
from graphcredit_api.auth.roles import Principal
from graphcredit_api.idempotency import IdempotencyKey, once, write_id
from graphcredit_api.masking import masked
from graphcredit_api.paging import cursor_number, encode_cursor
from graphcredit_api.routers.common import AsOf, Limit, PartyId, checked, credit_of, desk_of, seen_by

router = APIRouter(prefix="/v1", tags=["collections"])
Creditor = Annotated[str | None, Query(max_length=400, description="only what is owed to this party")]
InvoiceIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=400)]], Field(max_length=1000)]


@router.get("/overdue")
def overdue(
    request: Request,
    who: Reader,
    as_of: AsOf = None,
    creditor_id: Creditor = None,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Any:
    """Everybody who is overdue, largest sum first, with the age of the debt, the next step and the limitation; by page."""
    start = cursor_number(cursor) or 0
    if creditor_id is not None:
        checked(request, who, creditor_id, as_of)
    found = credit_of(request).overdue(as_of, creditor_id=creditor_id)
    seen = seen_by(request, who, as_of)
    debtors = [row for row in found.debtors if seen is None or row.party_id in seen]
    following = encode_cursor(start + limit) if start + limit < len(debtors) else None
    page = [row.to_json() for row in debtors[start : start + limit]]
    return plain({**found.sums(), "count": len(debtors), "debtors": page, "next": following})


def shown_case(
    request: Request, who: Principal, party_id: str, as_of: date | None, creditor_id: str | None
) -> dict[str, Any]:
    """A debtor's case as plain data; creditors outside the reader's portfolios are not named."""
    for party in (party_id, *([creditor_id] if creditor_id else [])):
        checked(request, who, party, as_of)
    told: dict[str, Any] = plain(credit_of(request).case(party_id, as_of, creditor_id=creditor_id).to_json())
    seen = seen_by(request, who, as_of)
    if seen is None:
        return told
    rows = (*told["invoices"], *told["promises"], *told["history"], *told["letters"], *told["offers"])
    named = {str(row["creditor_id"]) for row in rows if row.get("creditor_id")}
    network = desk_of(request).network(as_of)
    hidden = named - seen
    names = [str(network.attributes["name"][network.index[party]]) for party in hidden if party in network.index]
    found: dict[str, Any] = masked({**told, "deadlines": []}, hidden, names)  # deadlines name guarantors, too
    return found


@router.get("/parties/{party_id}/case")
def case(
    request: Request, who: Reader, party_id: PartyId, as_of: AsOf = None, creditor_id: Creditor = None
) -> dict[str, Any]:
    """One debtor's case: open invoices, promises, steps taken, the next one with its letter, deadlines, offers."""
    return shown_case(request, who, party_id, as_of, creditor_id)


class Step(BaseModel):
    """What was done about a debtor."""

    action: str = Field(
        min_length=1,
        max_length=60,
        examples=["promise"],
        description="a step of the policy (reminder, demand, ...), promise, dispute, dispute_resolved, judgment, note",
    )
    on: date | None = Field(None, description="when; default the last day known")
    creditor_id: str | None = Field(None, min_length=1, max_length=400, description="only about what is owed to it")
    invoice_ids: InvoiceIds = Field(default_factory=list, description="only about these invoices")
    amount: Decimal | None = Field(None, gt=0, lt=Decimal("1e15"), examples=["50000.00"], description="of a promise")
    promised_for: date | None = Field(None, examples=["2026-07-31"], description="day of payment of a promise")
    note: str = Field("", max_length=2000)


@router.post("/parties/{party_id}/case/steps", status_code=201)
def collect(request: Request, who: Writer, party_id: PartyId, body: Step, key: IdempotencyKey = None) -> Any:
    """Write down a step that was taken about a debtor, or its promise to pay."""
    checked(request, who, party_id, None)
    if body.creditor_id is not None:
        checked(request, who, body.creditor_id, None)
    note(request, action=body.action)
    more = body.model_dump(exclude={"action", "on"}) | {"invoice_ids": tuple(body.invoice_ids)}
    more["step_id"] = write_id(request, who, key)

    def work() -> dict[str, Any]:
        step = credit_of(request).collect(party_id, body.action, by=who.name, on=body.on, **more)
        return {"party_id": party_id, **step.model_dump(mode="json")}

    return once(request, who, key, body.model_dump(mode="json"), work)
