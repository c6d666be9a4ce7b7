"""What stops new credit whatever the headroom: overdue amount and age, credit events, status, a hold, too bad a grade."""

from datetime import date
from decimal import Decimal

from graphcredit.decisions.amounts import amount_text, from_units
from graphcredit.decisions.followed import MOST, Followed, Latest
from graphcredit.decisions.limits import PartyScore
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.positions import Book
from graphcredit.decisions.texts import Frozen, Reason, Weight, figure, reason
from graphcredit.network.build import months_before
from graphcredit.store import CreditStore, Record

HOLD = "hold"
_HOLDS = Followed(HOLD, Latest)


class HeldBy(Frozen):
    """Who put a party on hold, when and why."""

    by: str
    reason: str
    at: str


class EventSeen(Frozen):
    """An event that counts."""

    event_id: str
    kind: str
    on: date


class Standing(Frozen):
    """How a party stands on the day."""

    party_id: str
    status: str
    overdue: Decimal
    overdue_days: int
    events: tuple[EventSeen, ...]
    hold: HeldBy | None = None


def standing_of(store: CreditStore, book: Book, party_id: str) -> Standing:
    """A party's standing: facts of the book, and its hold as recorded now."""
    party = book.index[party_id]
    overdue, days = book.overdue
    events = tuple(EventSeen(event_id=e.event_id, kind=e.kind, on=e.on) for e in book.events.get(party, ()))
    record = _hold(store, party_id)
    held = None
    if record is not None and record.body.get("state") == "held":
        held = HeldBy(by=record.body["by"], reason=record.body["reason"], at=record.body["at"])
    return Standing(
        party_id=party_id,
        status=str(book.status[party]),
        overdue=from_units(overdue[party]),
        overdue_days=int(days[party]),
        events=events,
        hold=held,
    )


def holds_of(store: CreditStore) -> dict[str, Record]:
    """Every party's hold as recorded now, by party: held or lifted."""
    found: dict[str, Record] | None = _HOLDS.look(store, lambda holds: dict(holds.records))
    if found is None:
        found = {record.record_id: record for record in store.find_records(HOLD, limit=MOST)}
    return found


def _hold(store: CreditStore, party_id: str) -> Record | None:
    """The hold of a party as recorded now; from memory where the store tells when one is written."""
    known = _HOLDS.look(store, lambda holds: (holds.records.get(party_id),))
    found: Record | None = known[0] if known is not None else store.get_record(HOLD, party_id)
    return found


def blocks_of(standing: Standing, score: PartyScore | None, policy: Policy, day: date) -> list[Reason]:
    """Reasons that stop new credit to a party."""
    rule, who = policy.blocking, standing.party_id
    found = []
    source = f"policy {policy.label} blocking"
    if standing.hold:
        found.append(
            reason(
                "on_hold",
                Weight.BLOCK,
                f"{who} is on hold since {standing.hold.at[:10]} by {standing.hold.by}: {standing.hold.reason}",
                f"{who} 自 {standing.hold.at[:10]} 起被 {standing.hold.by} 冻结：{standing.hold.reason}",
                figure("hold", standing.hold.reason, f"hold/{who}"),
            )
        )
    if standing.status.lower() in rule.statuses:
        found.append(
            reason(
                "status",
                Weight.BLOCK,
                f"{who} has status {standing.status}",
                f"{who} 状态为 {standing.status}",
                figure("status", standing.status, f"parties/{who}"),
            )
        )
    both = standing.overdue >= rule.overdue_amount.value and standing.overdue_days >= rule.overdue_days.value
    old = standing.overdue > 0 and standing.overdue_days >= rule.overdue_days_any_amount.value
    if both or old:
        found.append(
            reason(
                "overdue",
                Weight.BLOCK,
                f"{who} is overdue with {amount_text(standing.overdue)}, the oldest for {standing.overdue_days} days",
                f"{who} 逾期 {amount_text(standing.overdue)}，最长 {standing.overdue_days} 天",
                figure("overdue", standing.overdue, "transactions, payments"),
                figure("overdue_days", standing.overdue_days, "transactions, payments"),
                figure("overdue_amount", rule.overdue_amount.value, source),
                figure("overdue_days_allowed", rule.overdue_days.value, source),
            )
        )
    for event in standing.events:
        months = next((each.months for each in rule.events if each.kind == event.kind), 0)
        if months and event.on >= months_before(day, months):
            found.append(
                reason(
                    "credit_event",
                    Weight.BLOCK,
                    f"{who}: {event.kind} on {event.on}, not cured",
                    f"{who}：{event.on} 发生 {event.kind}，尚未消除",
                    figure(event.kind, event.on, f"credit_events/{event.event_id}"),
                    figure("months", months, source),
                )
            )
    if score is not None and policy.worse_than(score.grade, rule.worst_grade):
        found.append(
            reason(
                "grade",
                Weight.BLOCK,
                f"{who} has grade {score.grade}, the worst allowed is {rule.worst_grade}",
                f"{who} 评级 {score.grade}，最低要求 {rule.worst_grade}",
                figure("grade", score.grade, f"model {score.model_id}"),
                figure("worst_grade", rule.worst_grade, source),
            )
        )
    return found


def overdue_warning(standing: Standing) -> Reason | None:
    """Something is overdue, though not enough to stop."""
    if standing.overdue <= 0:
        return None
    return reason(
        "some_overdue",
        Weight.WARNING,
        f"{standing.party_id} is overdue with {amount_text(standing.overdue)} for {standing.overdue_days} days",
        f"{standing.party_id} 逾期 {amount_text(standing.overdue)}，{standing.overdue_days} 天",
        figure("overdue", standing.overdue, "transactions, payments"),
    )
