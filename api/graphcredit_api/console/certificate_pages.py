"""E-receivables: the list with the form for an issue, and each one's holders and chain with what can be done."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from graphcredit.exc import GraphCreditError, InputError
from graphcredit_api.auth.access import Decider, Reader, Writer
from graphcredit_api.auth.roles import Permission, Principal
from graphcredit_api.console.asked import Asked
from graphcredit_api.console.errors import told
from graphcredit_api.console.lending_lists import certificates
from graphcredit_api.console.render import render
from graphcredit_api.console.typed import day_of
from graphcredit_api.idempotency import form_key
from graphcredit_api.language import language_of
from graphcredit_api.routers.certificates import certificate_for, end, issue_certificate, pass_on
from graphcredit_api.routers.common import seen_by
from graphcredit_api.services import services_of

router = APIRouter(include_in_schema=False)
Short = Annotated[str, Form(max_length=400)]
SHOWN = 50


@router.get("/e-receivables")
def listed(request: Request, who: Reader) -> Response:
    """All that the reader may see, newest first."""
    return _list(request, who)


def _list(
    request: Request, who: Principal, form: dict[str, str] | None = None, fault: GraphCreditError | None = None
) -> Response:
    listing = certificates(Asked(services_of(request), None, {}, seen_by(request, who, None)))
    return render(
        request,
        "certificates.html.j2",
        status=fault.status if fault else 200,
        listing=listing,
        rows=listing.rows[:SHOWN],
        may=who.may(Permission.DECIDE),
        form=form or {},
        fault=told(fault, language_of(request)) if fault else None,
    )


@router.post("/e-receivables")
def issue(
    request: Request,
    who: Decider,
    issuer_id: Short = "",
    holder_id: Short = "",
    amount: Short = "",
    due_on: Short = "",
    decision_id: Short = "",
    form_id: Short = "",
) -> Response:
    """Issue one; a mistake shows the form again, a second click issues nothing."""
    form = {
        "issuer_id": issuer_id,
        "holder_id": holder_id,
        "amount": amount,
        "due_on": due_on,
        "decision_id": decision_id,
    }
    try:
        made = issue_certificate(
            request,
            who,
            issuer_id=issuer_id.strip(),
            holder_id=holder_id.strip(),
            amount=_amount(amount),
            due_on=day_of(due_on, "2026-12-31"),
            decision_id=decision_id.strip() or None,
            key=form_key(who, form_id),
        )
    except GraphCreditError as error:
        return _list(request, who, form, error)
    return RedirectResponse(f"/e-receivables/{made['certificate_id']}", status_code=303)


@router.get("/e-receivables/{certificate_id}")
def certificate(request: Request, who: Reader, certificate_id: str) -> Response:
    """One certificate."""
    return _one(request, who, certificate_id)


def _one(request: Request, who: Principal, certificate_id: str, fault: GraphCreditError | None = None) -> Response:
    return render(
        request,
        "certificate.html.j2",
        status=fault.status if fault else 200,
        kept=certificate_for(request, who, certificate_id),
        may_pass=who.may(Permission.WRITE),
        may_end=who.may(Permission.DECIDE),
        fault=told(fault, language_of(request)) if fault else None,
    )


@router.post("/e-receivables/{certificate_id}/transfer")
def transfer(
    request: Request,
    who: Writer,
    certificate_id: str,
    revision: Annotated[int, Form(ge=1, le=1_000_000_000)],
    giver: Short = "",
    taker: Short = "",
    amount: Short = "",
) -> Response:
    """Pass on a part or the whole; a second click on the same page moves nothing twice."""

    def act() -> Any:
        one, other, part = giver.strip(), taker.strip(), _amount(amount)
        return pass_on(request, who, certificate_id, giver=one, taker=other, amount=part, revision=revision)

    return _act(request, who, certificate_id, act)


@router.post("/e-receivables/{certificate_id}/redeem")
def redeem(request: Request, who: Decider, certificate_id: str, on: Short = "") -> Response:
    """The issuer has paid."""
    return _act(
        request,
        who,
        certificate_id,
        lambda: end(request, who, certificate_id, day_of(on, "2026-12-31") if on else None),
    )


def _act(request: Request, who: Principal, certificate_id: str, act: Any) -> Response:
    certificate_for(request, who, certificate_id)
    try:
        act()
    except GraphCreditError as error:
        return _one(request, who, certificate_id, error)
    return RedirectResponse(f"/e-receivables/{quote(certificate_id, safe='')}", status_code=303)


def _amount(text: str) -> Decimal:
    try:
        made = Decimal(text.strip())
        if not made.is_finite() or abs(made) >= Decimal("1e15"):
            raise InvalidOperation
    except InvalidOperation:
        raise InputError(f"{text!r} is not an amount", remedy="write 500000.00") from None
    return made
