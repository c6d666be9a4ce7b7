"""What an alert is, and the thresholds that raise one."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from graphcredit.decisions.amounts import plain
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.texts import Figure, Frozen, Text

Severity = Literal["info", "warning", "critical"]
KINDS = (
    "grade_worse",
    "low_headroom",
    "new_overdue",
    "credit_event",
    "neighbour_in_default",
    "guarantee_called",
    "group_near_cap",
    "transaction_drop",
)
FAILED = ("default", "dishonest_list")
"""Credit events by which a party has failed, so that its neighbours hear of it."""


@dataclass(frozen=True)
class AlertRules:
    """From where on an alert is raised: house choices, unless the policy says otherwise (see `rules_of`).

    Attributes:
        notches: steps down the policy's master scale.
        headroom: share of a party's limit that is left, below which its headroom is low.
        group: share of a group's cap that is used, from which on it is near.
        drop: share by which sales fall from one window to the next.
        window_days: length of each window of sales. min_invoices: fewer in the earlier window say nothing.
        partner: share of sales or purchases from which on a partner's failure matters.
        source: who says so, for the figures of alerts.
    """

    notches: int = 2
    headroom: Decimal = Decimal("0.10")
    group: Decimal = Decimal("0.90")
    drop: Decimal = Decimal("0.50")
    window_days: int = 90
    min_invoices: int = 5
    partner: Decimal = Decimal("0.10")
    source: str = "house choice"


def rules_of(policy: Policy) -> AlertRules:
    """The thresholds that a policy names under `monitoring`; the house's where it names none."""
    rule = policy.monitoring
    if rule is None:
        return AlertRules()
    return AlertRules(
        notches=int(rule.notches.value),
        headroom=rule.headroom.value,
        group=rule.group.value,
        drop=rule.drop.value,
        window_days=int(rule.window_days.value),
        min_invoices=int(rule.min_invoices.value),
        partner=rule.partner.value,
        source=f"policy {policy.label} monitoring",
    )


class Alert(Frozen):
    """Something that was not so on one day and is so on a later one.

    `path` leads from the cause to the party where it came through others; `related` names everybody else it is about.
    """

    alert_id: str
    kind: str
    severity: Severity
    party_id: str
    name: str
    since: date
    as_of: date
    text: Text
    figures: tuple[Figure, ...] = ()
    path: tuple[str, ...] = ()
    related: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return dict(plain(self.model_dump()))


def alert_id(kind: str, party_id: str, as_of: date, about: Iterable[str] = ()) -> str:
    """The same finding on the same day has the same id, however often it is looked for."""
    told = "\n".join([kind, party_id, *sorted(about)])
    return f"{as_of:%Y%m%d}-{kind}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
