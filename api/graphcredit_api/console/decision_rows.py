"""Rows of recorded decisions, kept as they are listed: the whole list is read once, then only what was written since."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from graphcredit.decisions.decision import KIND
from graphcredit.decisions.followed import MOST, Followed
from graphcredit.store import CreditStore, Record

Row = dict[str, Any]
SHOWN = ("decision_id", "party_id", "product", "outcome", "amount", "currency", "rate", "by")


def decision_row(body: Mapping[str, Any]) -> Row:
    """What a list says of a decision."""
    return {
        **{key: body.get(key) for key in SHOWN},
        "at": str(body["at"])[:16].replace("T", " "),
        "applied": body["inputs"]["application"]["amount"],
        "state": body["approval"]["state"],
        "given": len(body["approval"]["given"]),
        "needed": body["approval"]["needed"],
        "revision": body["revision"],
    }


class _Rows:
    """The row of each decision's latest revision, with its revision and place: newest first, as the store lists them."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[int, tuple[datetime, str], Row]] = {}
        self._sorted: list[Row] | None = None

    def take(self, record: Record) -> None:
        """Take in a decision or a later revision of one."""
        known = self.rows.get(record.record_id)
        if known is None or known[0] < record.revision:
            place = (record.at or datetime.min.replace(tzinfo=UTC), record.record_id)
            self.rows[record.record_id] = (record.revision, place, decision_row(record.body))
            self._sorted = None

    def listed(self) -> list[Row]:
        """All rows, newest first."""
        if self._sorted is None:
            self._sorted = [row for _, _, row in sorted(self.rows.values(), key=lambda each: each[1], reverse=True)]
        return self._sorted


_ROWS = Followed(KIND, _Rows)


def decision_rows(store: CreditStore) -> list[Row]:
    """Rows of all decisions, newest first; read anew where the store does not tell when one is written."""
    kept: list[Row] | None = _ROWS.look(store, _Rows.listed)
    if kept is None:
        kept = [decision_row(record.body) for record in store.find_records(KIND, limit=MOST)]
    return kept
