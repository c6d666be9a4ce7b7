"""What is kept in memory of a kind of records, brought up to date by what was written since; only where a store tells."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

from graphcredit.store import CreditStore, Record

MOST = 1_000_000


class View(Protocol):
    """Something made from the latest revisions of all records of a kind."""

    def take(self, record: Record) -> None:
        """Take in a new record, or a later revision of one; an earlier or the same one again changes nothing."""


V = TypeVar("V", bound=View)


class Followed(Generic[V]):
    """One view a store, of one kind of records.

    Args:
        kind: of records.
        empty: makes a view of no records.
    """

    def __init__(self, kind: str, empty: Callable[[], V]) -> None:
        self.kind, self.empty = kind, empty
        self._lock = RLock()
        self._kept: WeakKeyDictionary[CreditStore, tuple[int, V]] = WeakKeyDictionary()

    def look(self, store: CreditStore, ask: Callable[[V], Any]) -> Any:
        """What `ask` finds in the view as it is now; None where the store does not tell when records are written."""
        if store.stamp(self.kind) is None:
            return None
        with self._lock:
            return ask(self._current(store))

    def _current(self, store: CreditStore) -> V:
        stamp = (
            store.stamp(self.kind) or 0
        )  # before what is read: what comes in between is taken twice, which is nothing
        kept = self._kept.get(store)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        fresh = store.written(self.kind, stamp if kept is None else kept[0])
        if kept is None or fresh is None:
            view = self.empty()
            fresh = list(reversed(store.find_records(self.kind, limit=MOST)))
        else:
            view = kept[1]
        for record in fresh:
            view.take(record)
        self._kept[store] = (stamp, view)
        return view


class Latest:
    """The latest revision of each record, by its id."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}

    def take(self, record: Record) -> None:
        """Keep it, if it is later than what is kept."""
        known = self.records.get(record.record_id)
        if known is None or known.revision < record.revision:
            self.records[record.record_id] = record
