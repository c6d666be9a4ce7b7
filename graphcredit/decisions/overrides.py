"""A second person: approvals by level, overrides with a reason, settlement. Nobody approves their own.

Each step is a new revision of the decision, written only on top of the one it was based on; what is claimed or released is
written with it.
"""

from datetime import UTC, datetime
from decimal import Decimal

from graphcredit.decisions.amounts import ZERO, amount_text, cents, cents_down
from graphcredit.decisions.book_lines import KIND as LINE
from graphcredit.decisions.book_lines import closed, line_record
from graphcredit.decisions.decide import claims_of, held_by, show_decision
from graphcredit.decisions.decision import Approval, Decision, Step, record_of
from graphcredit.decisions.gather import share_open
from graphcredit.decisions.headroom import HeadroomBook, headroom_book
from graphcredit.decisions.judge import Answer, Outcome
from graphcredit.decisions.policy_text import policy_by_hash
from graphcredit.exc import ConflictError, ForbiddenError, InputError
from graphcredit.store import Claim, CreditStore, Record

GRANTED = (Outcome.APPROVE, Outcome.CONDITIONS)


def approve(store: CreditStore, decision_id: str, *, by: str, level: int, reason: str = "") -> Decision:
    """Agree to a pending decision; it counts once as many persons of its level as the policy asks for have agreed.

    Raises:
        ForbiddenError: one's own application or decision, a level too low, or the same person twice.
        ConflictError: the decision is not pending, or changed meanwhile.
    """
    decision = show_decision(store, decision_id)
    if decision.approval.state != "pending":
        raise ConflictError(f"{decision_id} is {decision.approval.state}, not pending", remedy="see `decisions show`")
    _second_person(decision, by)
    _high_enough(decision.approval.level, by, level)
    if by in decision.approval.given:
        raise ForbiddenError(
            f"{by} has agreed already: {decision.approval.needed} different persons are needed",
            remedy="ask another person",
        )
    given = (*decision.approval.given, by)
    state = "final" if len(given) >= decision.approval.needed else "pending"
    approval = decision.approval.model_copy(update={"given": given, "state": state})
    made = _next(decision, Step(action="approved", by=by, at=_now(), reason=reason, level=level), approval=approval)
    store.put_records([record_of(made)])
    return made


def override(
    store: CreditStore,
    decision_id: str,
    *,
    by: str,
    level: int,
    outcome: str,
    reason: str,
    amount: Decimal | None = None,
) -> Decision:
    """Decide otherwise, as a second person with a reason. Limits and marks of invoices still hold.

    Args:
        by, level: who, and their approval level.
        outcome: approve, approve_with_conditions or decline.
        reason: why, at least ten characters.
        amount: approved instead, in the book's currency, at most what was applied for.

    Raises:
        ForbiddenError: one's own application or decision, or a level too low.
        InputError: no reason, another outcome, or an amount out of range.
        CapacityError: more than limits leave, or an invoice that is financed already.
        ConflictError: the decision changed meanwhile.
    """
    decision = show_decision(store, decision_id)
    _second_person(decision, by)
    if len(reason.strip()) < 10:
        raise InputError("an override needs a reason of at least ten characters", remedy="say why")
    if outcome not in {*(each.value for each in GRANTED), Outcome.DECLINE.value}:
        raise InputError(f"an override cannot answer {outcome!r}", remedy="approve, approve_with_conditions or decline")
    policy = policy_by_hash(store, decision.policy_hash)
    wanted = Outcome(outcome)
    answer = _answer(decision, wanted, amount)
    needed = policy.approval.level_for(decision.inputs.party_claimed + answer.exposure)
    if wanted in GRANTED:
        _high_enough(max(needed.level, 1), by, level)
        answer = answer.model_copy(update={"approval_level": needed.level, "approvers": needed.approvers})
    else:
        _high_enough(max(decision.approval.level, 1), by, level)
    more = wanted in GRANTED and needed.approvers > 1  # the override is one of the persons the level asks for
    approval = Approval(
        level=needed.level,
        needed=needed.approvers if wanted in GRANTED else 0,
        given=(by,),
        state="pending" if more else "final",
    )
    made = _next(
        decision,
        Step(action="overridden", by=by, at=_now(), reason=reason.strip(), level=level),
        approval=approval,
        answer=answer,
    )
    book = headroom_book(store, policy, as_of=decision.as_of)
    made, records, claims = _change(store, decision, made, book)
    store.put_records(records, claims=claims)
    return made


def settle(store: CreditStore, decision_id: str, *, by: str, reason: str = "repaid") -> Decision:
    """Release what a decision claims: it is repaid, was not drawn, or counts as a facility of its own from now on.

    Raises:
        ConflictError: it claims nothing, or changed meanwhile.
    """
    decision = show_decision(store, decision_id)
    if not decision.claims:
        raise ConflictError(f"{decision_id} claims nothing", remedy="only an approved decision is settled, once")
    made = _next(decision, Step(action="settled", by=by, at=_now(), reason=reason)).model_copy(update={"claims": ()})
    line = store.get_record(LINE, decision_id)
    lines = [closed(line)] if line is not None and line.body["state"] == "open" else []
    store.put_records([record_of(made), *lines], claims=_releases(decision))
    return made


def _second_person(decision: Decision, by: str) -> None:
    if by in (decision.inputs.application.submitted_by, decision.by):
        raise ForbiddenError(
            f"{by} applied for or took {decision.decision_id}: nobody approves their own",
            remedy="ask a second person",
            decision_id=decision.decision_id,
        )


def _high_enough(needed: int, by: str, level: int) -> None:
    if level < needed:
        raise ForbiddenError(
            f"{by} has approval level {level}, {needed} is needed", remedy="ask a person of that level"
        )


def _answer(decision: Decision, outcome: Outcome, amount: Decimal | None) -> Answer:
    old, applied = decision.answer, decision.inputs.amount
    if outcome not in GRANTED:
        return old.model_copy(update={"outcome": outcome, "amount": ZERO, "exposure": ZERO})
    granted = amount if amount is not None else (old.possible or applied)
    if granted <= 0 or granted > applied or granted != cents(granted):
        raise InputError(
            f"{granted} cannot be approved: {amount_text(applied)} was applied for",
            remedy="whole cents up to what was applied for",
        )
    return old.model_copy(
        update={"outcome": outcome, "amount": granted, "exposure": cents_down(granted * old.exposure_share)}
    )


def _change(
    store: CreditStore, old: Decision, new: Decision, book: HeadroomBook
) -> tuple[Decision, list[Record], list[Claim]]:
    """The new decision with records and claims that lead to it: release what was held, claim what is needed.

    Claims are named by revision, so that each counts once. Headroom is looked up afresh: it has moved since.
    """
    releases, taken = _releases(old), list[Claim]()
    line = store.get_record(LINE, old.decision_id)
    if new.answer.outcome in GRANTED:
        share = share_open(new.inputs.application, book.policy)
        room = book.headroom(new.inputs.risk_party, limit=new.inputs.limit, debtor_id=_debtor(new), share=share)
        name = f"{new.decision_id}#{new.revision}"
        fresh = claims_of(new.model_copy(update={"inputs": new.inputs.model_copy(update={"headroom": room})}), book)
        taken = [Claim(claim.resource, name, claim.amount, claim.capacity) for claim in fresh]
    made = new.model_copy(update={"claims": held_by(taken)})
    records = [record_of(made)]
    if made.answer.exposure > 0:
        revision = line.revision + 1 if line is not None else 1
        records.append(line_record(made.decision_id, made.answer, made.inputs, made.history[-1].at, revision=revision))
    elif line is not None and line.body["state"] == "open":
        records.append(closed(line))
    return made, records, sorted([*releases, *taken], key=lambda claim: (claim.resource, claim.amount))


def _debtor(decision: Decision) -> str | None:
    return next((line.name for line in decision.inputs.headroom.lines if line.kind == "debtor"), None)


def _releases(decision: Decision) -> list[Claim]:
    """Negative claims for all that a decision holds, named by its revision so that each releases once."""
    name = f"{decision.decision_id}#{decision.revision}:release"
    return [Claim(held.resource, name, -held.amount, ZERO) for held in decision.claims if held.amount > 0]


def _next(
    decision: Decision, step: Step, *, approval: Approval | None = None, answer: Answer | None = None
) -> Decision:
    return decision.model_copy(
        update={
            "history": (*decision.history, step),
            "revision": decision.revision + 1,
            "approval": approval or decision.approval,
            "answer": answer or decision.answer,
        }
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
