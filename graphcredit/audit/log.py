"""The log in the store: batches of chained entries, each batch one record that is written once.

A batch is named by the number of its first entry. Two writers that continue from the same head would write the same name,
which the store lets one of them do; the other one reads the new head and goes on from there. So there is one chain, whatever
number of processes write it, on either store.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from graphcredit.audit.chain import GENESIS, Verdict, entry_hash, verify_chain
from graphcredit.exc import ConflictError
from graphcredit.store import Chained, CreditStore, Record
from graphcredit.store.base import Head

KIND = "audit"
ATTEMPTS = 50
PAGE = 200  # batches a read of the store
FIELDS = ("who", "role", "via", "action", "object", "outcome", "status", "request_id", "client", "at")


class AuditLog:
    """Appends to the log of one store; safe for many threads."""

    def __init__(self, store: CreditStore) -> None:
        self.store = store
        self._lock = Lock()
        self._head: tuple[int, str] | None = None

    def append(self, entries: Sequence[Mapping[str, Any]]) -> tuple[int, str]:
        """Write entries in this order; returns the new head (number, hash).

        Raises:
            StoreUnavailableError: the store is away, and nothing was written.
            ConflictError: other processes were faster every time.
        """
        if entries and getattr(self.store, "chains", False):
            after = self.store.put_new([], chained=self.chained(entries))
            if after is not None:
                return after
        with self._lock:
            for _ in range(ATTEMPTS):
                head = self._head or head_of(self.store)
                if not entries:
                    self._head = head
                    return head
                record, after = _record(entries, head)
                try:
                    self.store.put_records([record])
                except ConflictError:
                    self._head = None  # another process went on from this head
                    continue
                except Exception:
                    self._head = None  # written or not: the store will tell
                    raise
                self._head = after
                return after
        raise ConflictError("the audit log is busy", remedy="try again")

    def chained(self, entries: Sequence[Mapping[str, Any]]) -> Chained:
        """Entries for a write that shall be committed together with them, see `CreditStore.put_new`."""
        return Chained(KIND, tuple(entries), _record, lambda: head_of(self.store))


def _record(entries: Sequence[Mapping[str, Any]], head: Head) -> tuple[Record, Head]:
    """The batch that goes on from a head, and the head after it."""
    body, after = _chained(entries, head)
    return Record(KIND, batch_id(head[0] + 1), body), after


def _chained(entries: Sequence[Mapping[str, Any]], head: Head) -> tuple[dict[str, Any], Head]:
    number, previous = head
    made = []
    for entry in entries:
        number += 1
        numbered = {"n": number, **{name: entry.get(name, "") for name in FIELDS}}
        numbered["hash"] = previous = entry_hash(previous, numbered)
        made.append(numbered)
    return {"first": head[0] + 1, "last": number, "entries": made}, (number, previous)


def batch_id(first: int) -> str:
    """The record id of a batch."""
    return f"{first:015d}"


def head_of(store: CreditStore) -> tuple[int, str]:
    """Number and hash of the last entry; (0, GENESIS) of an empty log."""
    newest = store.find_records(KIND, limit=8)  # clocks of several writers may differ a little
    if not newest:
        return 0, GENESIS
    last = max((record.body["entries"][-1] for record in newest), key=lambda entry: int(entry["n"]))
    return int(last["n"]), str(last["hash"])


def _batches(store: CreditStore) -> Iterator[Record]:
    """Batches, newest first."""
    before: tuple[datetime, str] | None = None
    while True:
        page = store.find_records(KIND, before=before, limit=PAGE)
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1]
        before = (last.at or datetime.now(UTC).replace(tzinfo=None), last.record_id)


def read_audit(
    store: CreditStore,
    *,
    before: int | None = None,
    limit: int = 100,
    who: str | None = None,
    action: str | None = None,
    about: str | None = None,
) -> list[dict[str, Any]]:
    """Entries, newest first.

    Args:
        before: only entries with a lower number; where the page before ended.
        who, action: exactly this user and action. about: only entries whose object holds this value.
    """
    found: list[dict[str, Any]] = []
    for record in _batches(store):
        if before is not None and int(record.body["first"]) >= before:
            continue
        for entry in reversed(record.body["entries"]):
            if before is not None and int(entry["n"]) >= before:
                continue
            if who is not None and entry["who"] != who:
                continue
            if action is not None and entry["action"] != action:
                continue
            if about is not None and about not in (entry["object"] or {}).values():
                continue
            found.append(dict(entry))
        if len(found) >= limit:
            break
    return found[:limit]


def verify_audit(store: CreditStore, *, expected: Mapping[int, str] | None = None) -> Verdict:
    """Check the whole log.

    Args:
        expected: number -> hash as noted earlier.
    """
    batches = sorted(_batches(store), key=lambda record: record.record_id)
    rewritten = next((record for record in batches if record.revision != 1), None)
    found = verify_chain((entry for record in batches for entry in record.body["entries"]), expected=expected)
    if rewritten is not None and found.sound:
        first = int(rewritten.body["first"])
        return Verdict(False, found.entries, first, f"the batch from entry {first} on was written twice", found.head)
    return found
