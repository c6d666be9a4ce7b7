"""电子债权凭证 e-receivable: an issuer's promise to pay, passed on whole or split; balances are conserved.

A certificate is a record; each transfer is a new revision that moves part of one holder's balance to another, written only if
nobody changed it meanwhile. The sum of balances equals the amount issued at every moment. What a holder passes on and what it
has financed are claims on all it ever received, so that no part is financed and passed on, or financed twice along the chain.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from pydantic import Field

from graphcredit.decisions.amounts import ZERO, amount_text, cents, plain
from graphcredit.decisions.application import Application
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.products.base import Assessment, ProductFacts
from graphcredit.decisions.texts import Frozen, Weight, figure, reason
from graphcredit.exc import CapacityError, ConflictError, InputError, NotFoundError
from graphcredit.store import Claim, CreditStore, Record

KIND = "e_receivable"


class Transfer(Frozen):
    """One step of the holder chain; its id tells a step that is sent again from another one like it."""

    giver: str
    taker: str
    amount: Decimal
    on: date
    transfer_id: str | None = None


class Certificate(Frozen):
    """A certificate: who owes how much when, and who holds which part of it.

    `claims`: what it holds of the issuer's limits, by resource; none where a decision holds them. `redemption_id` tells a
    redemption that is sent again.
    """

    certificate_id: str
    issuer_id: str
    amount: Decimal
    issued_on: date
    due_on: date
    balances: dict[str, Decimal]
    chain: tuple[Transfer, ...] = ()
    first_holder: str = ""
    state: str = "issued"  # or redeemed
    claims: dict[str, Decimal] = Field(default_factory=dict)
    decision_id: str | None = None
    redeemed_on: date | None = None
    redemption_id: str | None = None
    revision: int = 1

    def balance(self, holder: str) -> Decimal:
        """What a holder holds."""
        return self.balances.get(holder, ZERO)

    def received(self, holder: str) -> Decimal:
        """All that ever came to a holder, by issue or transfer."""
        first = self.amount if holder == self.first_holder else ZERO
        return first + sum((step.amount for step in self.chain if step.taker == holder), ZERO)

    def has_passed_on(self, step: Transfer) -> bool:
        """Whether a step with this id is in the chain.

        Raises:
            ConflictError: it is there with other content.
        """
        known = next((each for each in self.chain if each.transfer_id == step.transfer_id), None)
        if known is not None and known.model_copy(update={"on": step.on}) != step:
            raise ConflictError(
                f"transfer {step.transfer_id} of {self.certificate_id} was another one",
                remedy="use a new key for a new request",
            )
        return known is not None

    def moved(self, giver: str, taker: str, amount: Decimal, on: date, transfer_id: str | None = None) -> "Certificate":
        """The certificate after part of it has passed on.

        Raises:
            InputError: more than is held, not above 0, not whole cents, to oneself, or on or after the due date.
        """
        held = self.balance(giver)
        if self.state != "issued":
            raise InputError(f"{self.certificate_id} is {self.state}", remedy="it can no longer be passed on")
        if amount <= 0 or amount != cents(amount):
            raise InputError(f"{amount} cannot be passed on", remedy="give whole cents above 0")
        if amount > held:
            raise InputError(
                f"{giver} holds {held} of {self.certificate_id}, not {amount}", remedy="pass on what is held or less"
            )
        if giver == taker:
            raise InputError(f"{giver} holds this part already", remedy="name another taker")
        if not self.issued_on <= on < self.due_on:
            raise InputError(f"{self.certificate_id} can be passed on from {self.issued_on} until before {self.due_on}")
        balances = {**self.balances, giver: held - amount}
        balances[taker] = balances.get(taker, ZERO) + amount
        kept = {holder: part for holder, part in sorted(balances.items()) if part > 0}
        step = Transfer(giver=giver, taker=taker, amount=amount, on=on, transfer_id=transfer_id)
        return self.model_copy(update={"balances": kept, "chain": (*self.chain, step), "revision": self.revision + 1})


def check_tenor(issued_on: date, due_on: date, policy: Policy) -> tuple[int, bool]:
    """Days of the certificate, and whether they are within the usual six months.

    Raises:
        InputError: not after the issue, or past the cap of a year.
    """
    rule, days = policy.products[KIND], (due_on - issued_on).days
    if days < 1:
        raise InputError("a certificate falls due after it is issued", remedy="check the dates")
    if days > rule.max_tenor_days.value:
        raise InputError(
            f"a tenor of {days} days is past the cap of {rule.max_tenor_days.value} days for an e-receivable",
            remedy="issue it for at most a year, in principle for six months",
        )
    return days, days <= rule.number("usual_tenor_days")


def read_certificate(store: CreditStore, certificate_id: str) -> Certificate:
    """A certificate as it stands.

    Raises:
        NotFoundError: there is none.
    """
    found = store.get_record(KIND, certificate_id)
    if found is None:
        raise NotFoundError(f"e-receivable {certificate_id!r} does not exist", remedy="check its number")
    body: Mapping[str, Any] = found.body
    return Certificate.model_validate({**body, "revision": found.revision})


def certificate_resource(certificate_id: str, holder_id: str) -> str:
    """What decisions claim of a holder's part."""
    return f"certificate:{certificate_id}:{holder_id}"


def transfer(
    store: CreditStore,
    certificate_id: str,
    *,
    giver: str,
    taker: str,
    amount: Decimal,
    on: date,
    revision: int | None = None,
    transfer_id: str | None = None,
    attempts: int = 20,
) -> Certificate:
    """Pass on a certificate, whole or in part.

    Args:
        revision: the one that the caller decided on; the step is written on top of this one or not at all.
        transfer_id: of the step; sent again, it moves nothing again. A new one when absent.

    Raises:
        InputError: see `Certificate.moved`; or the part is financed.
        ConflictError: it is at another revision, the id belongs to another step, or others changed it again and again.
    """
    name = transfer_id or f"T-{uuid4().hex[:12]}"
    step = Transfer(giver=giver, taker=taker, amount=amount, on=on, transfer_id=name)
    for _ in range(attempts):
        kept = read_certificate(store, certificate_id)
        if kept.has_passed_on(step):
            return kept  # written before, and its answer was lost
        if revision is not None and kept.revision != revision:
            raise ConflictError(
                f"{certificate_id} is at revision {kept.revision}, not {revision}", remedy="read it again, then decide"
            )
        made = kept.moved(giver, taker, amount, on, name)
        given = Claim(
            certificate_resource(certificate_id, giver),
            f"{certificate_id}#{made.revision}",
            amount,
            kept.received(giver),
        )
        try:
            store.put_records([record_of(made)], claims=[given])
        except CapacityError as error:
            if read_certificate(store, certificate_id).revision != kept.revision:
                continue  # the giver may have received more meanwhile
            free = kept.received(giver) - Decimal(str(error.details.get("claimed", 0)))
            raise InputError(
                f"{giver} has financed part of {certificate_id}: {amount_text(max(free, ZERO))} can be passed on, not {amount}",
                remedy="pass on what is not financed",
            ) from None
        except ConflictError:
            continue
        return made
    raise ConflictError(f"{certificate_id} is being changed by others", remedy="try again")


def record_of(certificate: Certificate) -> Record:
    """A certificate as a record."""
    body = certificate.model_dump(mode="json", exclude={"revision"})
    return Record(KIND, certificate.certificate_id, plain(body), certificate.issuer_id, revision=certificate.revision)


def assess(application: Application, facts: ProductFacts, policy: Policy) -> Assessment:
    """Assess finance of a certificate held (`certificate_id`), or issuing one (without)."""
    rule = policy.products[KIND]
    said = []
    usual = int(rule.number("usual_tenor_days"))
    if application.tenor_days > usual:
        said.append(
            reason(
                "longer_than_usual",
                Weight.REFER,
                f"{application.tenor_days} days are more than the usual {usual}: the trade's own terms must show why",
                f"期限 {application.tenor_days} 天超过一般六个月（{usual} 天），须有贸易账期依据",
                figure("usual_tenor_days", usual, f"policy {policy.label} products.e_receivable"),
            )
        )
    issuer = facts.certificate_issuer or application.party_id
    cap = int(rule.max_tenor_days.value)
    if facts.certificate_balance is not None:
        said.append(
            reason(
                "held",
                Weight.BOUND,
                f"{application.party_id} holds {amount_text(facts.certificate_balance)} of the certificate",
                f"{application.party_id} 持有该凭证 {amount_text(facts.certificate_balance)}",
                figure("balance", facts.certificate_balance, f"{KIND}/{application.certificate_id}"),
            )
        )
        if facts.certificate_due:
            cap = max(min(cap, (facts.certificate_due - facts.day).days), 1)
    return Assessment(
        ceiling=facts.certificate_balance,
        tenor_cap=cap,
        risk_party=issuer,
        debtor=issuer if facts.certificate_balance is not None else None,
        exposure_share=Decimal(0) if facts.certificate_balance is not None else Decimal(1),
        reasons=tuple(said),
    )
