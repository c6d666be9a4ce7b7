"""`policy simulate`: what a book would look like under another policy, without recording anything."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from graphcredit.decisions.amounts import ZERO, plain
from graphcredit.decisions.application import Application, check_against_policy
from graphcredit.decisions.decide import today
from graphcredit.decisions.decision import KIND, decision_from
from graphcredit.decisions.gather import Inputs, gather
from graphcredit.decisions.headroom import HeadroomBook, headroom_book, overdrawn
from graphcredit.decisions.judge import Answer, judge
from graphcredit.decisions.policy import Policy
from graphcredit.decisions.texts import Frozen, Reason, Weight, reason
from graphcredit.exc import GraphCreditError
from graphcredit.network import Network
from graphcredit.store import AsOf, CreditStore

STANDARD_TENOR = 180


class Simulated(Frozen):
    """One party or past application under the new policy, beside what it had under the old one (None for a first look)."""

    party_id: str
    decision_id: str | None
    product: str
    applied: Decimal
    grade: str | None
    pd: Decimal | None
    limit: Decimal
    available: Decimal
    outcome: str
    amount: Decimal
    rate: Decimal | None
    old_outcome: str | None
    old_amount: Decimal | None
    old_rate: Decimal | None
    reasons: tuple[Reason, ...]


class Simulation(Frozen):
    """All rows, with counts by outcome and totals."""

    policy: str
    as_of: date
    rows: tuple[Simulated, ...]
    outcomes: dict[str, int]
    changed: int
    amount: Decimal
    old_amount: Decimal
    limits: Decimal

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return dict(plain(self.model_dump()))


def simulate_policy(
    store: CreditStore,
    policy: Policy,
    *,
    parties: Sequence[str] = (),
    scores: Mapping[str, Any] | None = None,
    as_of: AsOf = None,
    network: Network | None = None,
    amount: Decimal | None = None,
    limit: int = 1_000_000,
) -> Simulation:
    """What a policy would decide, as of a day.

    With `parties`, each is given a standard loan application: `amount`, or all that its limit allows. Without, every recorded
    decision's application is judged again on the facts of the day, with what other decisions claim left out of account for
    its own part.

    Args:
        scores: party -> score; the store's score records when absent.
        limit: most rows.
    """
    moment = as_of if as_of is not None else today()
    book = headroom_book(store, policy, as_of=moment, network=network, scores=scores)
    if parties:
        rows = [_first_look(store, book, party, amount, moment) for party in parties[:limit]]
    else:
        rows = list(_again(store, book, moment, limit))
    outcomes: dict[str, int] = {}
    for row in rows:
        outcomes[row.outcome] = outcomes.get(row.outcome, 0) + 1
    return Simulation(
        policy=policy.label,
        as_of=book.book.day,
        rows=tuple(rows),
        outcomes=dict(sorted(outcomes.items())),
        changed=sum(
            row.old_outcome is not None and (row.outcome, row.amount) != (row.old_outcome, row.old_amount)
            for row in rows
        ),
        amount=sum((row.amount for row in rows), ZERO),
        old_amount=sum((row.old_amount or ZERO for row in rows), ZERO),
        limits=sum((row.limit for row in rows), ZERO),
    )


def _first_look(store: CreditStore, book: HeadroomBook, party: str, amount: Decimal | None, moment: AsOf) -> Simulated:
    rule = book.policy.products["loan"]
    room = book.limit(party).amount if amount is None else amount
    asked = min(max(room, rule.min_amount.value), rule.max_amount.value)
    tenor = min(STANDARD_TENOR, int(rule.max_tenor_days.value))
    application = Application(
        party_id=party, product="loan", amount=asked, currency=book.policy.currency, tenor_days=tenor
    )
    return _row(store, book, application, moment, ZERO, None)


def _again(store: CreditStore, book: HeadroomBook, moment: AsOf, limit: int) -> Iterable[Simulated]:
    for record in reversed(store.find_records(KIND, limit=limit)):
        decision = decision_from(record)
        yield _row(
            store,
            book,
            decision.inputs.application,
            moment,
            decision.answer.exposure,
            (decision.decision_id, decision.outcome, decision.answer),
        )


def _row(
    store: CreditStore,
    book: HeadroomBook,
    application: Application,
    moment: AsOf,
    own: Decimal,
    old: tuple[str, str, Answer] | None,
) -> Simulated:
    score = book.scores.get(application.party_id)
    base: dict[str, Any] = {
        "party_id": application.party_id,
        "decision_id": old[0] if old else None,
        "product": application.product,
        "applied": application.amount,
        "grade": score.grade if score else None,
        "pd": score.pd if score else None,
        "old_outcome": old[1] if old else None,
        "old_amount": old[2].amount if old else None,
        "old_rate": old[2].rate if old else None,
    }
    try:
        check_against_policy(application, book.policy)
        inputs = gather(store, application, book, None, moment)
    except GraphCreditError as error:
        return Simulated(
            **base, limit=ZERO, available=ZERO, outcome="refused", amount=ZERO, rate=None, reasons=(_refusal(error),)
        )
    if own:
        inputs = _without_own(inputs, own)
    answer = judge(inputs, book.policy)
    return Simulated(
        **base,
        limit=inputs.limit.amount,
        available=inputs.headroom.available,
        outcome=answer.outcome.value,
        amount=answer.amount,
        rate=answer.rate,
        reasons=answer.reasons,
    )


def _refusal(error: GraphCreditError) -> Reason:
    return reason(error.code, Weight.BLOCK, error.message, f"拒绝受理：{error.message}")


def _without_own(inputs: Inputs, own: Decimal) -> Inputs:
    """Inputs as if the decision looked at again had not been taken."""
    lines = tuple(
        line.model_copy(update={"claimed": line.claimed - own * line.share, "available": line.available + own})
        for line in inputs.headroom.lines
    )
    binding = min(lines, key=lambda line: line.available)
    blocks = tuple(overdrawn(line) for line in lines if line.available < 0)
    room = inputs.headroom.model_copy(
        update={"lines": lines, "binding": binding, "available": binding.available, "blocks": blocks}
    )
    return inputs.model_copy(update={"headroom": room, "financed": {}, "party_claimed": inputs.party_claimed - own})
