"""The two ends of an e-receivable: issued on the issuer's limits, redeemed when the issuer has paid.

Issued under an approved decision, it uses what that decision holds, and all certificates under one decision sum to no more than
it approved. Issued on the headroom of a day, or on a stated limit, it claims for itself and gives back when it is redeemed.
"""

from datetime import date
from decimal import ROUND_UP, Decimal
from typing import Any
from uuid import uuid4

from graphcredit.decisions.amounts import ZERO, cents
from graphcredit.decisions.headroom import SHARE, HeadroomBook
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.products.e_receivable import Certificate, check_tenor, read_certificate, record_of
from graphcredit.exc import ConflictError, InputError, NotFoundError
from graphcredit.store import Claim, CreditStore

GRANTED = ("approve", "approve_with_conditions")


def issue(
    store: CreditStore,
    policy: Policy,
    *,
    issuer_id: str,
    holder_id: str,
    amount: Decimal,
    issued_on: date,
    due_on: date,
    on: HeadroomBook | str | Decimal,
    certificate_id: str | None = None,
) -> Certificate:
    """Issue a certificate; claims and certificate are written together.

    Args:
        on: what it is issued on: the headroom of a prepared book, the id of an approved decision, or the issuer's limit.
        certificate_id: its number; a new one when absent.

    Raises:
        ConflictError: that number was issued already.
        InputError: amount, parties or tenor out of range, or a decision that approves no issue of this party.
        NotFoundError: no such decision, or a party that the book does not know.
        CapacityError: more than limits, or the decision, leave.
    """
    if amount <= 0 or amount != cents(amount):
        raise InputError(f"{amount} cannot be issued", remedy="give whole cents above 0")
    if issuer_id == holder_id:
        raise InputError("issuer and holder are the same party", remedy="name the supplier that is paid")
    check_tenor(issued_on, due_on, policy)
    name = certificate_id or f"ERC-{uuid4().hex[:12]}"
    claims = _claims(store, name, issuer_id, amount, on)
    made = Certificate(
        certificate_id=name,
        issuer_id=issuer_id,
        amount=amount,
        issued_on=issued_on,
        due_on=due_on,
        balances={holder_id: amount},
        first_holder=holder_id,
        claims={claim.resource: claim.amount for claim in claims if claim.resource.startswith("limit:")},
        decision_id=on if isinstance(on, str) else None,
    )
    store.put_records([record_of(made)], claims=claims)
    return made


def _claims(
    store: CreditStore, name: str, issuer_id: str, amount: Decimal, on: HeadroomBook | str | Decimal
) -> list[Claim]:
    if isinstance(on, str):
        return [Claim(f"issue:{on}", name, amount, _approved(store, on, issuer_id))]
    if isinstance(on, Decimal):
        return [Claim(f"limit:party:{issuer_id}", name, amount, max(on, ZERO))]
    made = []
    on.position(issuer_id)
    for line in (*on.headroom(issuer_id).lines, on.debtor_line(issuer_id)):
        drift = on.drift_by_name(line.name) if line.kind == "group" else ZERO
        used = (amount * line.share).quantize(SHARE, ROUND_UP)
        made.append(Claim(line.resource, name, used, max(line.cap - line.used - drift, ZERO)))
    return sorted(made, key=lambda claim: claim.resource)


def _approved(store: CreditStore, decision_id: str, issuer_id: str) -> Decimal:
    """What a decision approves to be issued by a party."""
    record = store.get_record("decision", decision_id)
    if record is None:
        raise NotFoundError(f"decision {decision_id!r} does not exist", remedy="see `graphcredit decisions list`")
    body: Any = record.body
    asked = body["inputs"]["application"]
    fits = body["product"] == "e_receivable" and not asked["certificate_id"] and body["party_id"] == issuer_id
    if not fits or body["outcome"] not in GRANTED or body["approval"]["state"] != "final" or not body["claims"]:
        raise InputError(
            f"{decision_id} does not allow {issuer_id} to issue e-receivables "
            f"({body['product']} of {body['party_id']}: {body['outcome']}, {body['approval']['state']})",
            remedy="name an approved decision on this issuer, not settled",
        )
    return Decimal(body["amount"])


def redeem(store: CreditStore, certificate_id: str, *, on: date, redemption_id: str | None = None) -> Certificate:
    """The issuer has paid all holders: the certificate ends and gives back what it holds of limits.

    Args:
        redemption_id: sent again, it changes nothing and gives the certificate as it ended.

    Raises:
        NotFoundError: there is none.
        InputError: a day before it was issued.
        ConflictError: it is redeemed already, or changed meanwhile.
    """
    kept = read_certificate(store, certificate_id)
    if kept.state != "issued":
        if redemption_id is not None and kept.redemption_id == redemption_id:
            return kept
        raise ConflictError(f"{certificate_id} is {kept.state} already", remedy="it is redeemed once")
    if on < kept.issued_on:
        raise InputError(
            f"{certificate_id} was issued on {kept.issued_on}, after {on}", remedy="give the day of payment"
        )
    ended = {"state": "redeemed", "redeemed_on": on, "redemption_id": redemption_id, "revision": kept.revision + 1}
    made = kept.model_copy(update=ended)
    back = [
        Claim(resource, f"{certificate_id}:redeemed", -amount, ZERO) for resource, amount in sorted(kept.claims.items())
    ]
    store.put_records([record_of(made)], claims=back)
    return made
