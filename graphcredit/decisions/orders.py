"""订单冻结 order block: an order or quotation against headroom, overdue and hold; holds with reason and history."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from graphcredit.decisions.amounts import ZERO, amount_text, plain
from graphcredit.decisions.blocking import HOLD, blocks_of, overdue_warning, standing_of
from graphcredit.decisions.decide import today
from graphcredit.decisions.exposure import book_of
from graphcredit.decisions.headroom import Headroom, HeadroomBook
from graphcredit.decisions.policy import Policy
from graphcredit.decisions.texts import Frozen, Reason, Weight, figure, ranked, reason
from graphcredit.exc import ConflictError, InputError, NotFoundError
from graphcredit.store import AsOf, CreditStore, Record

NEAR = Decimal("0.80")  # house choice: a quotation that takes the limit beyond four fifths warns


class OrderCheck(Frozen):
    """Whether an order may be accepted: ok, warn (a quotation, or close to the limit) or block."""

    party_id: str
    as_of: date
    kind: str
    amount: Decimal
    result: Literal["ok", "warn", "block"]
    headroom: Headroom
    left: Decimal
    hold: bool
    overdue: Decimal
    overdue_days: int
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text; `verdict` repeats the result."""
        return {"verdict": self.result, **plain(self.model_dump())}


class HoldStep(Frozen):
    """One hold or release."""

    action: str
    by: str
    reason: str
    at: str


def check_order(
    store: CreditStore,
    party_id: str,
    amount: Decimal,
    *,
    currency: str | None = None,
    kind: Literal["order", "quotation"] | str = "order",
    policy: Policy | None = None,
    as_of: AsOf = None,
    book: HeadroomBook | None = None,
) -> OrderCheck:
    """Check an order or quotation of a customer. What blocks an order only warns at quotation.

    Raises:
        InputError: the amount is not above 0, the currency or kind is unknown.
        NotFoundError: the party is not known.
    """
    if not amount.is_finite() or amount <= 0:
        raise InputError(f"the amount must be above 0, not {amount}", remedy="give the order's amount")
    if kind not in ("order", "quotation"):
        raise InputError(f"unknown kind {kind!r}", remedy="order or quotation")
    prepared = book or book_of(store, policy, as_of if as_of is not None else today())
    rules, positions = prepared.policy, prepared.book
    prepared.position(party_id)
    if currency is not None and currency not in rules.currencies:
        raise InputError(f"unknown currency {currency!r}", remedy=f"one of {', '.join(rules.currencies)}")
    worth = positions.rates.convert(amount, currency, positions.day)
    standing, room = standing_of(store, positions, party_id), prepared.headroom(party_id)
    said = blocks_of(standing, prepared.scores.get(party_id), rules, positions.day)
    said += prepared.limit(party_id).reasons if prepared.limit(party_id).amount == 0 else []
    said += room.blocks
    used = worth * rules.exposure.order.value if rules.exposure.order.value > 0 else worth
    left = room.available - used
    if left < 0 and not room.blocks:
        line = room.binding
        said.append(
            reason(
                "beyond_headroom",
                Weight.BLOCK,
                f"{amount_text(used)} of limit is needed, {amount_text(max(room.available, ZERO))} is left "
                f"by {line.kind} {line.name}",
                f"需占用额度 {amount_text(used)}，{line.kind} {line.name} 仅余 {amount_text(max(room.available, ZERO))}",
                figure("amount", worth, "order"),
                figure("order_weight", rules.exposure.order.value, f"policy {rules.label} exposure.order"),
                figure("available", room.available, line.source),
                path=(step.en for step in line.path),
            )
        )
    elif left >= 0 and room.binding.cap > 0 and left < (1 - NEAR) * room.binding.cap:
        said.append(
            reason(
                "near_limit",
                Weight.WARNING,
                f"after it {amount_text(left)} of {amount_text(room.binding.cap)} is left",
                f"占用后 {amount_text(room.binding.cap)} 中仅余 {amount_text(left)}",
                figure("left", left, "calculated"),
            )
        )
    warning = overdue_warning(standing)
    if warning and not any(each.code == "overdue" for each in said):
        said.append(warning)
    blocked = any(each.weight is Weight.BLOCK for each in said) or left < 0
    result: Literal["ok", "warn", "block"] = "ok"
    if blocked:
        result = "block" if kind == "order" else "warn"
    elif any(each.weight is Weight.WARNING for each in said):
        result = "warn"
    return OrderCheck(
        party_id=party_id,
        as_of=positions.day,
        kind=kind,
        amount=worth,
        result=result,
        headroom=room,
        left=left,
        hold=standing.hold is not None,
        overdue=standing.overdue,
        overdue_days=standing.overdue_days,
        reasons=ranked(said),
    )


def hold(store: CreditStore, party_id: str, *, by: str, reason: str) -> HoldStep:
    """Put a customer on hold.

    Raises:
        InputError: no reason; NotFoundError: an unknown party; ConflictError: on hold already, or changed meanwhile.
    """
    return _switch(store, party_id, "held", by, reason)


def release(store: CreditStore, party_id: str, *, by: str, reason: str) -> HoldStep:
    """Release a hold.

    Raises:
        InputError: no reason; ConflictError: not on hold, or changed meanwhile.
    """
    return _switch(store, party_id, "released", by, reason)


def hold_history(store: CreditStore, party_id: str) -> list[HoldStep]:
    """All holds and releases of a party, oldest first."""
    record = store.get_record(HOLD, party_id)
    return [] if record is None else [HoldStep.model_validate(step) for step in record.body["history"]]


def _switch(store: CreditStore, party_id: str, state: str, by: str, why: str) -> HoldStep:
    if not why.strip():
        raise InputError(f"a customer is not {state} without a reason", remedy="say why")
    if store.read("parties", columns=["party_id"], where={"party_id": [party_id]}).num_rows == 0:
        raise NotFoundError(f"party {party_id!r} is not known", remedy="check the id")
    record = store.get_record(HOLD, party_id)
    current = "released" if record is None else record.body["state"]
    if current == state:
        raise ConflictError(
            f"{party_id} is {'on hold already' if state == 'held' else 'not on hold'}", remedy="see its history"
        )
    step = HoldStep(action=state, by=by, reason=why.strip(), at=datetime.now(UTC).replace(tzinfo=None).isoformat())
    past = [] if record is None else list(record.body["history"])
    body = {"state": state, **step.model_dump(exclude={"action"}), "history": [*past, step.model_dump()]}
    store.put_records([Record(HOLD, party_id, body, party_id, revision=1 if record is None else record.revision + 1)])
    return step
