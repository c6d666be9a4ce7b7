"""What was done about a debtor: steps taken, promises, disputes, judgements; one record a debtor, a revision a step.

Nothing is sent from here: a step is recorded by who took it.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from graphcredit.decisions.amounts import ZERO, amount_text, cents, plain
from graphcredit.decisions.policy.collections import CollectionRule
from graphcredit.decisions.texts import Frozen
from graphcredit.exc import ConflictError, InputError, NotFoundError
from graphcredit.model.money import Rates
from graphcredit.store import AsOf, CreditStore, Record

KIND = "collection"
PROMISE, DISPUTE, RESOLVED, JUDGMENT, NOTE = "promise", "dispute", "dispute_resolved", "judgment", "note"
OTHERS = (PROMISE, DISPUTE, RESOLVED, JUDGMENT, NOTE)
ATTEMPTS = 8


class CollectionStep(Frozen):
    """One thing done: a dunning step by its code, or promise, dispute, dispute_resolved, judgment, note.

    `creditor_id` None = for all creditors; `invoice_ids` empty = all overdue ones. `amount`, `promised_for`: of a promise.
    `step_id` tells a step that is sent again from another one like it.
    """

    action: str
    on: date
    by: str
    at: datetime
    creditor_id: str | None = None
    invoice_ids: tuple[str, ...] = ()
    amount: Decimal | None = None
    promised_for: date | None = None
    note: str = ""
    step_id: str | None = None

    def covers(self, invoice_id: str, creditor_id: str) -> bool:
        """Whether it is about an invoice of a creditor."""
        mine = self.creditor_id is None or self.creditor_id == creditor_id
        return mine and (not self.invoice_ids or invoice_id in self.invoice_ids)


class Promise(Frozen):
    """A promise to pay and what became of it: open, kept or broken; `paid` = what came in from the day it was given."""

    on: date
    amount: Decimal
    promised_for: date
    lapses: date
    paid: Decimal
    state: str
    creditor_id: str | None = None


def history_of(store: CreditStore, debtor_id: str, day: date | None = None) -> tuple[CollectionStep, ...]:
    """All steps about a debtor up to a day, oldest first."""
    record = store.get_record(KIND, debtor_id)
    return () if record is None else steps_of(record, day)


def steps_of(record: Record, day: date | None = None) -> tuple[CollectionStep, ...]:
    """The steps of a debtor's record up to a day."""
    found = [CollectionStep.model_validate(step) for step in record.body["history"]]
    return tuple(sorted((s for s in found if day is None or s.on <= day), key=lambda step: (step.on, step.at)))


def record_step(store: CreditStore, debtor_id: str, step: CollectionStep, rule: CollectionRule) -> CollectionStep:
    """Write down a step; one whose id is there already is not written again.

    Raises:
        InputError: an action the policy does not know, a promise without amount or day, a dispute without invoices or note.
        NotFoundError: the debtor or creditor is not known.
        ConflictError: others kept writing meanwhile, or the id belongs to another step.
    """
    _check(step, rule)
    for who in (debtor_id, step.creditor_id):
        if who is not None and store.read("parties", columns=["party_id"], where={"party_id": [who]}).num_rows == 0:
            raise NotFoundError(f"party {who!r} is not known", remedy="check the id")
    for _ in range(ATTEMPTS):
        kept = store.get_record(KIND, debtor_id)
        past: list[Any] = [] if kept is None else list(kept.body["history"])
        if (known := _written(past, step)) is not None:
            return known
        body = {"history": [*past, plain(step.model_dump())]}
        revision = 1 if kept is None else kept.revision + 1
        try:
            store.put_records([Record(KIND, debtor_id, body, debtor_id, revision=revision)])
        except ConflictError:
            continue  # somebody wrote a step beside this one; both stay
        return step
    raise ConflictError(f"the case of {debtor_id} is being changed by others", remedy="try again")


def _written(past: Sequence[Any], step: CollectionStep) -> CollectionStep | None:
    """The step as it was written before, by its id."""
    if step.step_id is None:
        return None
    known = next((CollectionStep.model_validate(each) for each in past if each.get("step_id") == step.step_id), None)
    if known is not None and known.model_copy(update={"at": step.at, "on": step.on}) != step:
        raise ConflictError(f"step {step.step_id} was another one", remedy="use a new key for a new request")
    return known


def new_step(action: str, *, on: date, by: str, **more: Any) -> CollectionStep:
    """A step as of now."""
    return CollectionStep(action=action, on=on, by=by, at=datetime.now(UTC).replace(tzinfo=None), **more)


def _check(step: CollectionStep, rule: CollectionRule) -> None:
    codes = [each.code for each in rule.steps]
    if step.action not in (*codes, *OTHERS):
        raise InputError(f"unknown action {step.action!r}", remedy=f"one of {', '.join((*codes, *OTHERS))}")
    if not step.by.strip():
        raise InputError("a step needs who took it", remedy="say who")
    if step.action == PROMISE:
        if step.amount is None or not step.amount.is_finite() or step.amount <= 0 or step.amount != cents(step.amount):
            raise InputError(f"a promise of {step.amount} is none", remedy="give whole cents above 0")
        if step.promised_for is None or step.promised_for < step.on:
            raise InputError(
                "a promise names a day, not before the one it is given on", remedy="give the day of payment"
            )
    elif step.amount is not None or step.promised_for is not None:
        raise InputError("an amount and its day belong to a promise", remedy="record it as a promise")
    if step.action in (DISPUTE, NOTE) and not step.note.strip():
        raise InputError(f"a {step.action} says what it is about", remedy="add a note")
    if step.action in (DISPUTE, RESOLVED) and not step.invoice_ids:
        raise InputError("a dispute names its invoices", remedy="say which invoices")


def promises_of(
    store: CreditStore, debtor_id: str, history: Sequence[CollectionStep], rule: CollectionRule, day: date, rates: Rates,
    as_of: AsOf,
) -> tuple[Promise, ...]:  # fmt: skip
    """Promises with what was paid on them, oldest first; a payment counts for the earliest promise still short of it."""
    given = [step for step in history if step.action == PROMISE]
    if not given:
        return ()
    columns = ["payment_id", "payee_id", "paid_on", "amount", "currency"]
    rows = store.read("payments", as_of=as_of, columns=columns, where={"payer_id": [debtor_id]}).to_pylist()
    payments = sorted((r["paid_on"], r["payment_id"], r["payee_id"], rates.convert(r["amount"], r["currency"], r["paid_on"]))
                      for r in rows if given[0].on <= r["paid_on"] <= day)  # fmt: skip
    left = {name: amount for _, name, _, amount in payments}
    made = []
    for step in given:
        assert step.amount is not None
        assert step.promised_for is not None
        lapses = step.promised_for + timedelta(days=int(rule.promise_grace_days.value))
        paid = ZERO
        for on, name, payee, _ in payments:
            if step.on <= on <= lapses and step.creditor_id in (None, payee):
                part = min(left[name], step.amount - paid)
                left[name], paid = left[name] - part, paid + part
        state = "kept" if paid >= step.amount else "open" if day <= lapses else "broken"
        made.append(
            Promise(on=step.on, amount=step.amount, promised_for=step.promised_for, lapses=lapses, paid=paid, state=state,
                    creditor_id=step.creditor_id)
        )  # fmt: skip
    return tuple(made)


def disputed(history: Sequence[CollectionStep]) -> frozenset[str]:
    """Invoices in dispute: the last word on each counts."""
    state: dict[str, bool] = {}
    for step in history:
        if step.action in (DISPUTE, RESOLVED):
            state |= dict.fromkeys(step.invoice_ids, step.action == DISPUTE)
    return frozenset(name for name, open_ in state.items() if open_)


def promise_text(promise: Promise) -> tuple[str, str]:
    """A promise in words, English and Chinese."""
    states = {"open": "尚未到期", "kept": "已履行", "broken": "未履行"}
    return (
        f"{amount_text(promise.amount)} promised for {promise.promised_for}, {amount_text(promise.paid)} paid: {promise.state}",
        f"承诺于 {promise.promised_for} 前付款 {amount_text(promise.amount)}，"
        f"已付 {amount_text(promise.paid)}：{states[promise.state]}",
    )
