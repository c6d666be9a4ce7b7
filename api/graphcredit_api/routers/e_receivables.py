"""E-receivables (电子债权凭证): issued, passed on whole or in part, redeemed; who holds what, and along which chain."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from graphcredit.decisions.products.e_receivable import KIND
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Decider, Reader, Writer
from graphcredit_api.idempotency import IdempotencyKey, once, write_id
from graphcredit_api.paging import cursor_moment, encode_cursor
from graphcredit_api.routers.certificates import certificate_for, end, issue_certificate, of_record, pass_on, shown
from graphcredit_api.routers.common import checked, seen_by
from graphcredit_api.services import services_of

router = APIRouter(prefix="/v1/e-receivables", tags=["e-receivables"])
CertificateId = Annotated[str, Path(min_length=1, max_length=100, examples=["ERC-1f0c9ae3b27c"])]
Id = Annotated[str, Field(min_length=1, max_length=400)]
Amount = Annotated[Decimal, Field(gt=0, lt=Decimal("1e15"), examples=["200000.00"])]


@router.get("")
def certificates(
    request: Request,
    who: Reader,
    issuer_id: Annotated[str | None, Query(max_length=400)] = None,
    holder_id: Annotated[str | None, Query(max_length=400, description="only what this party holds a part of")] = None,
    state: Annotated[str | None, Query(pattern="^(issued|redeemed)$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Any:
    """E-receivables, newest first, by page; a page may hold fewer than asked for, even none."""
    for party in (issuer_id, holder_id):
        if party is not None:
            checked(request, who, party, None)
    where = None if state is None else {"state": state}
    found = services_of(request).store.find_records(
        KIND, party_id=issuer_id, where=where, before=cursor_moment(cursor), limit=limit
    )
    seen = seen_by(request, who, None)
    rows = [shown(kept, seen) for kept in map(of_record, found) if holder_id is None or kept.balance(holder_id) > 0]
    following = encode_cursor(found[-1].at, found[-1].record_id) if len(found) == limit else None
    return {"e_receivables": [row for row in rows if row is not None], "next": following}


class Issue(BaseModel):
    """Who owes whom how much when."""

    issuer_id: Id = Field(examples=["F000012"])
    holder_id: Id = Field(examples=["F000013"], description="the supplier that is paid with it")
    amount: Amount
    due_on: date = Field(examples=["2026-12-31"])
    issued_on: date | None = Field(None, description="default the last day known")
    decision_id: str | None = Field(None, max_length=100, description="an approved decision; else on the headroom")


@router.post("", status_code=201)
def issue_one(request: Request, who: Decider, body: Issue, key: IdempotencyKey = None) -> Any:
    """Issue an e-receivable under an approved decision, or on the issuer's headroom: every cap on it is used by it."""
    note(request, party_id=body.issuer_id)
    return once(
        request,
        who,
        key,
        body.model_dump(mode="json"),
        lambda: issue_certificate(request, who, **body.model_dump(), key=key),
    )


@router.get("/{certificate_id}")
def certificate(request: Request, who: Reader, certificate_id: CertificateId) -> Any:
    """One e-receivable: amount, balances of its holders, and every step of the chain that led to them."""
    return certificate_for(request, who, certificate_id)


class PassOn(BaseModel):
    """Which part goes from whom to whom; less than is held splits the certificate."""

    giver: Id = Field(examples=["F000013"])
    taker: Id = Field(examples=["F000014"])
    amount: Amount
    on: date | None = Field(None, description="default the last day known")
    revision: int | None = Field(
        None, ge=1, le=1_000_000_000, description="as read before; refused if it changed since"
    )


@router.post("/{certificate_id}/transfer", status_code=201)
def transfer_one(
    request: Request, who: Writer, certificate_id: CertificateId, body: PassOn, key: IdempotencyKey = None
) -> Any:
    """Pass on an e-receivable, whole or split; what is financed cannot be passed on."""
    name = write_id(request, who, key)
    work = lambda: pass_on(request, who, certificate_id, **body.model_dump(), transfer_id=name)  # noqa: E731
    return once(request, who, key, body.model_dump(mode="json"), work)


class Redeem(BaseModel):
    """When the issuer paid."""

    on: date | None = Field(None, description="default the last day known")


@router.post("/{certificate_id}/redeem", status_code=201)
def redeem_one(
    request: Request, who: Decider, certificate_id: CertificateId, body: Redeem, key: IdempotencyKey = None
) -> Any:
    """The issuer has paid all holders: the e-receivable ends and gives back what it holds of limits."""
    name = write_id(request, who, key)
    work = lambda: end(request, who, certificate_id, body.on, redemption_id=name)  # noqa: E731
    return once(request, who, key, body.model_dump(mode="json"), work)
