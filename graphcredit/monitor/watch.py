"""All alerts between two days, most severe first; and where they are kept."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from graphcredit.decisions.headroom import HeadroomBook
from graphcredit.exc import ConflictError
from graphcredit.monitor.alert import Alert, AlertRules, rules_of
from graphcredit.monitor.days import Days
from graphcredit.monitor.events import credit_events, neighbours_of_failed, new_overdue
from graphcredit.monitor.levels import grade_worse, group_near_cap, low_headroom
from graphcredit.monitor.trade import transaction_drop
from graphcredit.store import CreditStore, Record

KIND = "alert"
SEVERITIES = ("critical", "warning", "info")
WATCHES: tuple[Callable[[Days], Iterable[Alert]], ...] = (
    grade_worse,
    low_headroom,
    new_overdue,
    credit_events,
    neighbours_of_failed,
    group_near_cap,
    transaction_drop,
)
BATCH = 200


def alerts_between(
    store: CreditStore,
    before: HeadroomBook,
    after: HeadroomBook,
    *,
    rules: AlertRules | None = None,
    parties: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Alert, ...]:
    """What is so on the later day and was not on the earlier one.

    Args:
        before, after: the book on two days, under the policy of the later one (see `headroom_book`).
        rules: thresholds; those of the policy when absent.
        parties: only alerts about these.
        progress: called with (watches done, watches); may raise to cancel.

    Raises:
        InputError: the days are not in order. NotFoundError: an unknown party.
    """
    days = Days(store, before, after, rules or rules_of(after.policy), parties)
    found: list[Alert] = []
    for done, watch in enumerate(WATCHES, 1):
        found += watch(days)
        if progress:
            progress(done, len(WATCHES))
    return tuple(sorted(found, key=lambda alert: (SEVERITIES.index(alert.severity), alert.kind, alert.party_id)))


def keep_alerts(store: CreditStore, alerts: Sequence[Alert]) -> int:
    """Record alerts; those recorded before stay as they are. Returns how many are new.

    Raises:
        StoreUnavailableError: the store is away; recording again goes on where it broke off.
    """
    new = 0
    for start in range(0, len(alerts), BATCH):
        part = [
            Record(KIND, alert.alert_id, alert.to_json(), alert.party_id) for alert in alerts[start : start + BATCH]
        ]
        fresh = [record for record in part if store.get_record(KIND, record.record_id) is None]
        try:
            store.put_records(fresh)
            new += len(fresh)
        except ConflictError:  # another process records the same findings
            new += sum(_put(store, record) for record in fresh)
    return new


def _put(store: CreditStore, record: Record) -> bool:
    try:
        store.put_records([record])
    except ConflictError:
        return False
    return True


def list_alerts(
    store: CreditStore,
    *,
    party_id: str | None = None,
    kind: str | None = None,
    severity: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[Record]:
    """Recorded alerts, newest first."""
    where: dict[str, Any] = {name: value for name, value in (("kind", kind), ("severity", severity)) if value}
    return store.find_records(KIND, party_id=party_id, where=where or None, before=before, limit=limit)
