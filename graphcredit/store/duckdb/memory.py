"""What a process keeps in memory of a DuckDB file that it has open: nobody else can write to it meanwhile.

DuckDB locks a file for one process, so a number read once stays true until this process commits another. Stores that this
process opens on the same file share one memory.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import takewhile
from pathlib import Path
from threading import Lock, RLock
from weakref import WeakValueDictionary

from graphcredit.store.base import Head, Record
from graphcredit.store.changes import Change, Changes, Claimed, Written
from graphcredit.store.duckdb.journal import Journal

PLACES = Decimal("0.0001")
"""What the table of claims keeps of an amount."""
MOST_RESOURCES = 2_000_000
"""Above it sums of claims are asked of the file, not kept."""
FOLLOWED = 4096
"""Writes of a followed kind that are remembered."""


class Memory:
    """Version of the facts, number of writes per kind of record, and sums of claims; safe for many threads."""

    def __init__(self) -> None:
        self.writing = RLock()  # held by whoever writes to DuckDB, through whichever store
        self.appending = RLock()  # held by whoever appends to the journal or a chain, or claims; taken after `writing`
        self.journal: Journal | None = None
        self._lock = Lock()
        self._facts: tuple[int, int] | None = None  # (commit it was read at, version)
        self._commits = 0
        self._writes: dict[str, int] = {}
        self._followed: dict[str, deque[tuple[int, Record]]] = {}
        self.heads: dict[str, Head] = {}  # of chains, by kind; looked at by who writes only
        self._sums: dict[str, Decimal] | None = None
        self.too_many = False  # resources: their sums are asked of the file
        self.users = 0
        self._copies: list[Changes] = []  # what copies of this process are still to be told

    # -- facts

    def version(self, read: Callable[[], int]) -> int:
        """The version of the facts, read again only after they changed."""
        known = self._facts
        if known is not None and known[0] == self._commits:
            return known[1]
        at = self._commits
        version = read()
        with self._lock:
            if at == self._commits:  # else it changed while it was read: asked again next time
                self._facts = (at, version)
        return version

    def facts_changed(self) -> None:
        """A change of facts was committed."""
        with self._lock:
            self._commits += 1
            self._lose_copies()

    # -- records

    def stamp(self, kind: str) -> int:
        """How often records of a kind were written since the file was opened."""
        return self._writes.get(kind, 0)

    def written(self, kind: str, since: int) -> list[Record] | None:
        """What was written of a kind after its stamp was `since`; None where that is not remembered."""
        with self._lock:
            kept = self._followed.setdefault(kind, deque(maxlen=FOLLOWED))
            missing = self._writes.get(kind, 0) - since
            if missing <= 0:
                return []
            found = list(takewhile(lambda each: each[0] > since, reversed(kept)))  # mostly the last few of thousands
            return [record for _, record in reversed(found)] if len(found) == missing else None

    def records_written(self, records: Iterable[Record]) -> None:
        """These were committed."""
        written = list(records)
        with self._lock:
            for copy in self._copies:
                copy.add(Written([(each.kind, each if each.kind in self._followed else None) for each in written]))
            for record in written:
                self.heads.pop(record.kind, None)  # whoever wrote it as part of a chain says what its head is now
                number = self._writes.get(record.kind, 0) + 1
                if record.kind in self._followed:
                    self._followed[record.kind].append((number, record))
                self._writes[record.kind] = number

    # -- claims

    def sums(self, resources: Sequence[str], read: Callable[[], Mapping[str, Decimal]]) -> dict[str, Decimal] | None:
        """Sum claimed on each resource (0 where nothing is); None where there are too many to keep.

        Args:
            resources: names.
            read: reads the sums of all resources; called where they are not in memory.
        """
        with self._lock:
            if self._sums is None and not self.too_many:
                found = dict(read())
                self.too_many = len(found) > MOST_RESOURCES
                self._sums = None if self.too_many else found
        return self.known_sums(resources)

    def known_sums(self, resources: Iterable[str]) -> dict[str, Decimal] | None:
        """The same without reading; None also where they were not read yet."""
        with self._lock:
            if self._sums is None:
                return None
            return {name: self._sums.get(name, Decimal(0)) for name in resources}

    def claims_written(self, sums: Mapping[str, Decimal]) -> None:
        """The sums on these resources are now these."""
        with self._lock:
            for copy in self._copies:
                copy.add(Claimed(sums))
            if self._sums is not None:
                self._sums |= sums
                if len(self._sums) > MOST_RESOURCES:
                    self._sums, self.too_many = None, True

    def claims_unknown(self) -> None:
        """Claims were written past this memory."""
        with self._lock:
            self._sums = None
            self._lose_copies()

    # -- copies of this process

    def copying(self) -> Changes:
        """From now on a copy is told what changes; whoever makes one holds `writing` and `appending`."""
        with self._lock:
            made = Changes()
            self._copies = [each for each in self._copies if not each.lost] + [made]
            return made

    def _lose_copies(self) -> None:
        for copy in self._copies:
            copy.lose()
        self._copies = []

    def in_copy(self) -> None:
        """This is the memory of a copy: whoever held its locks is not here."""
        self._lock, self._copies = Lock(), []

    def follow(self, changes: Iterable[Change]) -> None:
        """In a copy: take in what the other process wrote meanwhile."""
        for change in changes:
            if isinstance(change, Claimed):
                self.claims_written(change.sums)
                continue
            with self._lock:
                for kind, record in change.records:
                    self._writes[kind] = number = self._writes.get(kind, 0) + 1
                    if record is not None and kind in self._followed:
                        self._followed[kind].append((number, record))


def stored(amount: Decimal) -> Decimal:
    """An amount as the table of claims keeps it: four decimals, halves away from zero."""
    return amount.quantize(PLACES, ROUND_HALF_UP)


_OPEN: "WeakValueDictionary[str, Memory]" = WeakValueDictionary()
_OPENING = Lock()


def memory_of(path: str) -> Memory:
    """The memory of a file, shared by all who have it open in this process; one of its own for a store in memory."""
    with _OPENING:
        apart = path.startswith(":memory:")
        made = Memory() if apart else _OPEN.setdefault(str(Path(path).resolve()), Memory())
        made.users += 1
        return made


def in_use(path: str) -> bool:
    """Whether this process has the file open already."""
    with _OPENING:
        return not path.startswith(":memory:") and str(Path(path).resolve()) in _OPEN


def release(memory: Memory) -> None:
    """One store less has the file open; after the last one another process may write to it, so it is forgotten."""
    with _OPENING:
        memory.users -= 1
        if not memory.users:
            if memory.journal is not None:
                memory.journal.close()
                memory.journal = None
            for name in [name for name, kept in _OPEN.items() if kept is memory]:
                del _OPEN[name]


__all__ = ["Memory", "memory_of", "release", "stored"]
