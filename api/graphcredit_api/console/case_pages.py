"""The book's risk, who is overdue, and one debtor's case with the form for a step."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from graphcredit.decisions.collections import rule_of
from graphcredit.decisions.collections.history import OTHERS
from graphcredit.exc import GraphCreditError, InputError
from graphcredit.jsonable import plain
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Reader, Writer
from graphcredit_api.auth.roles import Permission, Principal
from graphcredit_api.console.errors import told
from graphcredit_api.console.labels import label
from graphcredit_api.console.lending_lists import overdue_listing, risk_listing
from graphcredit_api.console.render import address, render
from graphcredit_api.console.typed import day_if_any
from graphcredit_api.idempotency import form_key
from graphcredit_api.language import language_of
from graphcredit_api.routers.collections import shown_case
from graphcredit_api.routers.common import checked, credit_of, seen_by
from graphcredit_api.services import services_of

router = APIRouter(include_in_schema=False)
AsOf = Annotated[date | None, Query()]
Short = Annotated[str, Form(max_length=400)]
Long = Annotated[str, Form(max_length=2000)]
SHOWN = 50


@router.get("/book")
def book(request: Request, who: Reader, as_of: AsOf = None) -> Response:  # noqa: ARG001  (who may read is checked)
    """The book's risk before and after named stresses; sums of the whole book, nobody is named."""
    report = services_of(request).book_report(as_of).to_json()
    return render(request, "book.html.j2", report=report, listing=risk_listing(report), as_of=as_of)


@router.get("/overdue")
def overdue(request: Request, who: Reader, as_of: AsOf = None) -> Response:
    """Who is overdue, by age, with the next step about each."""
    seen = seen_by(request, who, as_of)
    found = credit_of(request).overdue(as_of, top=SHOWN if seen is None else None)
    listing = overdue_listing([row for row in found.debtors if seen is None or row.party_id in seen])
    whole = found.sums() if seen is None else None  # sums are of everybody
    return render(
        request,
        "overdue.html.j2",
        whole=whole,
        day=found.as_of,
        count=found.debtors_count if seen is None else len(listing.rows),
        listing=listing,
        rows=listing.rows[:SHOWN],
        as_of=as_of,
    )


@router.get("/parties/{party_id}/case")
def case(request: Request, who: Reader, party_id: str, as_of: AsOf = None) -> Response:
    """One debtor's case."""
    return _case(request, who, party_id, as_of)


def _case(
    request: Request,
    who: Principal,
    party_id: str,
    as_of: date | None = None,
    form: dict[str, str] | None = None,
    fault: GraphCreditError | None = None,
) -> Response:
    found = shown_case(request, who, party_id, as_of, None)
    language = language_of(request)
    steps = {step.code: getattr(step.name, language) for step in rule_of(credit_of(request).policy(as_of)).steps}
    return render(
        request,
        "case.html.j2",
        status=fault.status if fault else 200,
        case=plain(found),
        as_of=as_of,
        actions=steps | {code: label(code, language) for code in OTHERS},
        may=who.may(Permission.WRITE),
        form=form or {},
        fault=told(fault, language) if fault else None,
    )


@router.post("/parties/{party_id}/case")
def step(
    request: Request,
    who: Writer,
    party_id: str,
    action: Annotated[str, Form(max_length=60)],
    amount: Short = "",
    promised_for: Short = "",
    invoice_ids: Long = "",
    text: Long = "",
    form_id: Short = "",
) -> Response:
    """Write down a step; a mistake shows the form again, a second click writes nothing."""
    checked(request, who, party_id, None)
    form = {"action": action, "amount": amount, "promised_for": promised_for, "invoice_ids": invoice_ids, "text": text}
    try:
        more: dict[str, Any] = {"note": text.strip(), "invoice_ids": tuple(re.findall(r"[^\s,，]+", invoice_ids))}
        more |= {
            "amount": _amount(amount),
            "promised_for": day_if_any(promised_for, "2026-07-31"),
            "step_id": form_key(who, form_id),
        }
        credit_of(request).collect(party_id, action, by=who.name, **more)
    except GraphCreditError as error:
        return _case(request, who, party_id, form=form, fault=error)
    note(request, action=action)
    return RedirectResponse(address(f"{request.url.path}"), status_code=303)


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip()) if text.strip() else None
    except InvalidOperation:
        raise InputError(f"{text!r} is not an amount", remedy="write 500000.00") from None
