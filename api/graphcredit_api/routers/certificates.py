"""E-receivables for the API and the console: who may see which, and what is done with them."""

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

from fastapi import Request

from graphcredit.decisions.products.e_receivable import KIND, Certificate, read_certificate, transfer
from graphcredit.decisions.products.e_receivable_life import issue, redeem
from graphcredit.exc import ConflictError, NotFoundError
from graphcredit.store import Record
from graphcredit_api.auth.roles import Principal
from graphcredit_api.masking import masked
from graphcredit_api.routers.common import checked, credit_of, seen_by
from graphcredit_api.services import services_of


def parties_of(certificate: Certificate) -> set[str]:
    """Everybody that a certificate names."""
    ends = {party for step in certificate.chain for party in (step.giver, step.taker)}
    return {certificate.issuer_id, certificate.first_holder, *certificate.balances, *ends} - {""}


def shown(certificate: Certificate, seen: frozenset[str] | None) -> dict[str, Any] | None:
    """A certificate as plain data, others unnamed; None where it names nobody of the reader's portfolios."""
    told: dict[str, Any] = certificate.model_dump(mode="json")
    if seen is None:
        return told
    named = parties_of(certificate)
    if not named & seen:
        return None
    found: dict[str, Any] = masked({**told, "claims": {}}, named - seen)  # claims name whole groups
    return found


def certificate_for(request: Request, who: Principal, certificate_id: str) -> dict[str, Any]:
    """One certificate for a reader.

    Raises:
        NotFoundError: there is none, or not for these eyes.
    """
    found = shown(read_certificate(services_of(request).store, certificate_id), seen_by(request, who, None))
    if found is None:
        raise NotFoundError(f"e-receivable {certificate_id!r} does not exist", remedy="check its number")
    return found


def of_record(record: Record) -> Certificate:
    """A certificate from its record."""
    return Certificate.model_validate({**record.body, "revision": record.revision})


def issue_certificate(
    request: Request,
    who: Principal,
    *,
    issuer_id: str,
    holder_id: str,
    amount: Decimal,
    due_on: date,
    issued_on: date | None = None,
    decision_id: str | None = None,
    key: str | None = None,
) -> dict[str, Any]:
    """Issue on an approved decision, else on the issuer's headroom; with a key the certificate's number follows from it.

    Raises:
        NotFoundError: a party or decision is not known. CapacityError: more than is left. InputError: see `issue`.
    """
    credit, store = credit_of(request), services_of(request).store
    for party in (issuer_id, holder_id):
        checked(request, who, party, None)
    number = None if key is None else f"ERC-{hashlib.sha256(f'{who.name}|{key}'.encode()).hexdigest()[:12]}"
    if number is not None and (record := store.get_record(KIND, number)) is not None:
        return _issued_before(of_record(record), (issuer_id, holder_id, amount, due_on))
    day = credit.desk.day(issued_on)
    try:
        made = issue(
            store,
            credit.policy(day),
            issuer_id=issuer_id,
            holder_id=holder_id,
            amount=amount,
            issued_on=day,
            due_on=due_on,
            on=decision_id if decision_id else credit.book(day),
            certificate_id=number,
        )
    except ConflictError:  # written a moment ago by the same request, sent twice
        if number is None or (record := store.get_record(KIND, number)) is None:
            raise
        return _issued_before(of_record(record), (issuer_id, holder_id, amount, due_on))
    return made.model_dump(mode="json")


def _issued_before(kept: Certificate, asked: tuple[str, str, Decimal, date]) -> dict[str, Any]:
    """A certificate that was written, but whose answer was lost."""
    if (kept.issuer_id, kept.first_holder, kept.amount, kept.due_on) != asked:
        raise ConflictError(
            f"e-receivable {kept.certificate_id} was issued with the same key and other content",
            remedy="use a new key for a new request",
        )
    return dict(kept.model_dump(mode="json"))


def pass_on(
    request: Request,
    who: Principal,
    certificate_id: str,
    *,
    giver: str,
    taker: str,
    amount: Decimal,
    on: date | None = None,
    revision: int | None = None,
    transfer_id: str | None = None,
) -> dict[str, Any]:
    """Pass on a part or the whole; `revision` and `transfer_id` as in `transfer`.

    Raises:
        ConflictError: it has changed since. NotFoundError: a party is not known. InputError: see `transfer`.
    """
    certificate_for(request, who, certificate_id)
    for party in (giver, taker):
        checked(request, who, party, None)
    store, day = services_of(request).store, credit_of(request).desk.day(on)
    transfer(
        store,
        certificate_id,
        giver=giver,
        taker=taker,
        amount=amount,
        on=day,
        revision=revision,
        transfer_id=transfer_id,
    )
    return certificate_for(request, who, certificate_id)


def end(
    request: Request, who: Principal, certificate_id: str, on: date | None = None, *, redemption_id: str | None = None
) -> dict[str, Any]:
    """The issuer has paid all holders; sent again with the same id, it stays as it ended.

    Raises:
        ConflictError: redeemed already. NotFoundError: no such certificate, or its issuer is not for these eyes.
    """
    certificate_for(request, who, certificate_id)
    store = services_of(request).store
    checked(request, who, read_certificate(store, certificate_id).issuer_id, None)
    redeem(store, certificate_id, on=credit_of(request).desk.day(on), redemption_id=redemption_id)
    return certificate_for(request, who, certificate_id)
