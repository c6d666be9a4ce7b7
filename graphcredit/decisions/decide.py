"""Application in, decision out: gathered, judged, written together with what it claims.

The record and its claims (limit of the party, of each group, concentrations, marks of invoices) are one transaction. A limit
used up meanwhile makes it start again with what is left; an invoice taken meanwhile makes it a decline.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_UP, Decimal
from typing import Any
from uuid import uuid4

from graphcredit.decisions.amounts import ZERO
from graphcredit.decisions.application import Application, check_against_policy, parse_application
from graphcredit.decisions.book_lines import book_effect
from graphcredit.decisions.decision import KIND, Approval, Decision, Held, Step, decision_from, digest_of
from graphcredit.decisions.double_financing import invoice_claims
from graphcredit.decisions.gather import Inputs, gather_assessed
from graphcredit.decisions.headroom import SHARE, HeadroomBook, headroom_book
from graphcredit.decisions.judge import Answer, Outcome, judge
from graphcredit.decisions.limits import PartyScore, party_score
from graphcredit.decisions.policy import Policy, policy_in_force
from graphcredit.decisions.policy_text import keep_policy
from graphcredit.decisions.products.e_receivable import certificate_resource
from graphcredit.decisions.proposal import Proposal, Witness
from graphcredit.exc import ConflictError, NotFoundError
from graphcredit.model.asof import as_of_moment
from graphcredit.network import Network
from graphcredit.settings import get_settings
from graphcredit.store import AsOf, Claim, CreditStore

ATTEMPTS = 8


def today() -> date:
    """The day decisions are taken on: the setting, else the clock's (UTC)."""
    return get_settings().today or datetime.now(UTC).date()


def decide(
    store: CreditStore,
    application: Application | Mapping[str, Any],
    *,
    policy: Policy | None = None,
    score: Any = None,
    scores: Mapping[str, Any] | None = None,
    network: Network | None = None,
    as_of: AsOf = None,
    by: str = "system",
    book: HeadroomBook | None = None,
) -> Decision:
    """Decide an application and record the decision.

    Args:
        store: facts, scores and earlier decisions.
        application: an Application or a mapping with its fields.
        policy: another policy than the one in force on the day.
        score: of the applicant (party_id, pd, grade, model_id, ...); its latest score record when absent.
        scores: of all parties, instead of the store's score records.
        network: of that day, if at hand.
        as_of: only facts known then count; today when absent.
        by: who asks.
        book: prepared for the same policy, day and scores, if at hand.

    Returns:
        The decision; without a score it refers, and says so. The same application_id again: the decision taken then.

    Raises:
        InputError: the application is not valid, or names documents that the party cannot finance.
        NotFoundError: an unknown party or document.
        ConflictError: limits changed again and again meanwhile.
    """
    given = application if isinstance(application, Application) else parse_application(application)
    moment = as_of if as_of is not None else today()
    rules = policy or policy_in_force(store, as_of_moment(moment).date())
    if book is None:
        check_against_policy(given, rules)  # before anything is prepared
        book = headroom_book(store, rules, as_of=moment, network=network, scores=scores)
    return recorded(store, lambda: propose(store, given, book, policy=rules, score=score, as_of=moment, by=by))


def recorded(store: CreditStore, again: Callable[[], Proposal], witness: Witness | None = None) -> Decision:
    """Record what is proposed; propose again where something that it claims was taken meanwhile.

    Args:
        witness: says what the audit log keeps of it, in the same transaction where the store can do that.

    Raises:
        ConflictError: limits changed again and again.
    """
    for _ in range(ATTEMPTS):
        made = again()
        if made.keep(store, witness):
            return made.decision
    raise too_fast()


def too_fast() -> ConflictError:
    """Others took what was free, `ATTEMPTS` times."""
    return ConflictError("limits are changing too fast to decide", remedy="try again")


def propose(
    store: CreditStore,
    given: Application,
    book: HeadroomBook,
    *,
    policy: Policy | None = None,
    score: Any = None,
    as_of: AsOf = None,
    by: str = "system",
) -> Proposal:
    """What would be decided now on a prepared book, under its policy unless another one is given; see `decide`."""
    rules, moment = policy or book.policy, as_of if as_of is not None else book.book.day
    check_against_policy(given, rules)
    own = None if score is None else party_score(score, rules)
    if own is not None and own.party_id != given.party_id:
        raise NotFoundError(
            f"the score is of {own.party_id}, not of {given.party_id}", remedy="give the applicant's score"
        )
    policy_hash = keep_policy(store, rules)
    if (earlier := _earlier(store, given)) is not None:
        return Proposal(earlier, kept=True)
    inputs, assessed = gather_assessed(store, given, book, own, moment)
    answer = judge(inputs, rules, assessed if rules is book.policy else None)
    decision = make(inputs, answer, rules, policy_hash, by=by, store=store, book=book)
    claims = claims_of(decision, book)
    return Proposal(decision.but(claims=held_by(claims)), (*claims, *_once(decision)))


def application_resource(application: Application) -> str | None:
    """What a decision on an application with an id claims, so that it is decided once."""
    return None if application.application_id is None else f"application:{application.application_id}"


def _earlier(store: CreditStore, application: Application) -> Decision | None:
    """The decision on the same application, sent again.

    Raises:
        ConflictError: its id was used for another application.
    """
    if (name := application_resource(application)) is None:
        return None
    if not store.claimed([name])[name]:
        return None  # its claim is written with the decision and never released
    found = store.find_records(KIND, where={"application_id": str(application.application_id)}, limit=1)
    if not found:
        return None
    decision = decision_from(found[0])
    if decision.inputs.application != application:
        raise ConflictError(
            f"application {application.application_id} was decided already with other content ({decision.decision_id})",
            remedy="give the changed application an id of its own",
        )
    return decision


def _once(decision: Decision) -> list[Claim]:
    """An application with an id is decided once, however often it is sent; this claim is never released."""
    name = application_resource(decision.inputs.application)
    return [] if name is None else [Claim(name, decision.decision_id, Decimal(1), Decimal(1))]


def make(
    inputs: Inputs, answer: Answer, policy: Policy, policy_hash: str, *, by: str, store: CreditStore, book: HeadroomBook
) -> Decision:
    """A decision from its answer, not yet written."""
    now = datetime.now(UTC).replace(tzinfo=None)
    granted = answer.outcome in (Outcome.APPROVE, Outcome.CONDITIONS)
    waits = granted and answer.approvers > 0
    risk = inputs.risk_score
    effect = book_effect(store, book, risk, inputs.industry, answer.exposure, answer.lgd) if granted and risk else None
    return Decision(
        decision_id=f"DEC-{inputs.as_of:%Y%m%d}-{uuid4().hex[:12]}",
        at=now,
        as_of=inputs.as_of,
        by=by,
        policy=policy.label,
        policy_hash=policy_hash,
        model_id=inputs.risk_score.model_id if inputs.risk_score else None,
        inputs_hash=digest_of(inputs),
        inputs=inputs,
        answer=answer,
        approval=Approval(
            level=answer.approval_level,
            needed=answer.approvers if granted else 0,
            state="pending" if waits else "final",
        ),
        history=(Step(action="decided", by=by, at=now),),
        book=effect,
    )


def claims_of(decision: Decision, book: HeadroomBook) -> list[Claim]:
    """What an approved decision claims, sorted by resource so that writers never wait on each other in a circle."""
    answer, inputs = decision.answer, decision.inputs
    if answer.outcome not in (Outcome.APPROVE, Outcome.CONDITIONS):
        return []
    name = decision.decision_id
    claims = invoice_claims((mark for marks in inputs.marks.values() for mark in marks), name)
    held = inputs.facts.certificate_balance
    if held is not None:
        taken = certificate_resource(str(inputs.application.certificate_id), inputs.application.party_id)
        claims.append(Claim(taken, name, answer.amount, inputs.facts.certificate_held))
    if answer.exposure > 0:
        for line in inputs.headroom.lines:
            drift = ZERO
            if line.kind == "group":
                drift = book.drift_by_name(line.name)
            amount = (answer.exposure * line.share).quantize(SHARE, ROUND_UP)
            claims.append(Claim(line.resource, name, amount, max(line.cap - line.used - drift, ZERO)))
    return sorted(claims, key=lambda claim: claim.resource)


def held_by(claims: Sequence[Claim]) -> tuple[Held, ...]:
    """Claims as a decision keeps them."""
    return tuple(Held(resource=claim.resource, amount=claim.amount) for claim in claims)


def show_decision(store: CreditStore, decision_id: str) -> Decision:
    """A decision by its id, as it stands now.

    Raises:
        NotFoundError: there is none.
    """
    found = store.get_record(KIND, decision_id)
    if found is None:
        raise NotFoundError(f"decision {decision_id!r} does not exist", remedy="see `graphcredit decisions list`")
    return decision_from(found)


def list_decisions(
    store: CreditStore,
    *,
    party_id: str | None = None,
    outcome: str | None = None,
    limit: int = 50,
    before: tuple[datetime, str] | None = None,
) -> list[Decision]:
    """Decisions, newest first."""
    where = {"outcome": outcome} if outcome else None
    return [
        decision_from(r) for r in store.find_records(KIND, party_id=party_id, where=where, before=before, limit=limit)
    ]


def amount_claimed(store: CreditStore, party_id: str) -> Decimal:
    """What decisions have claimed on a party's own limit."""
    name = f"limit:party:{party_id}"
    return store.claimed([name])[name]


__all__ = ["PartyScore", "decide", "list_decisions", "show_decision"]
