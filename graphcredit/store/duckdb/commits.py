"""How records and claims of many threads are committed: each put all or nothing, and durable when it returns.

There are two lanes. What is new for certain (a decision, with what it claims and its entry of the audit log) is checked in
memory and kept in the journal, from where `fold` takes it over into DuckDB. Everything else is written to DuckDB with every
check, after what waits in the journal. In each lane, who comes while another one commits is written by the next of them in one
transaction.

Who holds both locks took `Memory.writing` first and `Memory.appending` after it.
"""

import math
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from graphcredit import logs
from graphcredit.background import between_answers, step_back
from graphcredit.exc import CapacityError, StoreError
from graphcredit.store.base import Chained, Claim, Head, New, Record
from graphcredit.store.duckdb import records
from graphcredit.store.duckdb.journal import Journal, Waiting, read_left, remove_left
from graphcredit.store.duckdb.memory import Memory, stored

MOST = 32
"""Puts in one transaction."""
LATELY = 32
LOOK, FOLD_EVERY, MANY = 0.25, 4.0, 4_000
"""Seconds between two looks at the journal. What waits goes over once nothing came since the last look; after FOLD_EVERY
seconds, or with MANY puts, in any case: it costs those who answer meanwhile."""
AFTER_FAILURE = 1.0  # seconds before it is tried again
AT_A_TIME = 100
"""Puts that go over in one transaction: more would keep processors and disk from those who answer for longer."""
Writing = Callable[..., AbstractContextManager[duckdb.DuckDBPyConnection]]
Sums = Callable[[Sequence[str]], dict[str, Decimal]]
log = logs.get_logger("store")


@dataclass(eq=False)
class Put:
    """What one caller writes."""

    records: Sequence[Record]
    claims: Sequence[Claim]
    chained: Chained | None = None
    head: Head | None = None
    done: bool = False
    turned_away: bool = False  # not for the journal
    error: Exception | None = None

    @property
    def plain(self) -> bool:
        """Whether it needs nothing read: only new records."""
        return all(record.revision == 1 for record in self.records)


class Lane:
    """Writers of one kind: who gets the lock writes for all who came meanwhile."""

    def __init__(self, lock: AbstractContextManager[object], write: Callable[[list[Put]], None]) -> None:
        self.lock, self.write = lock, write
        self._waiting: deque[Put] = deque()

    def put(self, *mine: Put) -> None:
        """Return when all are written, or are not to be: `error` says what kept one from it."""
        self._waiting.extend(mine)
        try:
            while not all(put.done for put in mine):
                with self.lock:
                    if not all(put.done for put in mine):
                        self._take([self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))])
        finally:
            for put in mine:
                if not put.done:  # interrupted: nobody else shall write it
                    self._waiting.remove(put)

    def _take(self, batch: list[Put]) -> None:
        try:
            self.write(batch)
        except BaseException as error:
            told = (
                error if isinstance(error, Exception) else StoreError("the write was interrupted", remedy="try again")
            )
            for put in batch:
                put.error = put.error or told
            if told is not error:
                raise
        finally:
            for put in batch:
                put.done = True


@dataclass(frozen=True)
class Made:
    """What goes over into DuckDB next, made into rows without holding anything up."""

    file: Waiting
    taken: int
    rows: records.Rows

    def of(self, file: Waiting) -> bool:
        """Whether it is still the next."""
        return file is self.file and file.taken == self.taken


def made_of(journal: Journal) -> Made | None:
    """The first of what was cut off; None where that is all in DuckDB."""
    for first in journal.ended[:1]:
        taken, part = first.taken, first.left[:AT_A_TIME]
        return Made(first, taken, records.rows_of(part)) if part else None
    return None


class Commits:
    """Writes puts of many threads.

    Args:
        memory: of the file, told what was committed.
        writing: opens a transaction for so many statements (more than one, unless told), with the writers' lock held.
        sums: what is claimed on resources now.
        journal: begins a journal, with the writers' lock held; None where there can be none.
    """

    def __init__(
        self, memory: Memory, writing: Writing, sums: Sums, journal: Callable[[], Journal] | None = None
    ) -> None:
        self.memory, self.writing, self.sums, self.journal = memory, writing, sums, journal
        self._slow, self._quick = Lane(memory.writing, self._write), Lane(memory.appending, self._append)
        self._took: deque[float] = deque(maxlen=LATELY)  # seconds of appends to the journal
        self._folding: threading.Thread | None = None
        self._closing = threading.Event()

    def put(self, written: Sequence[Record], claims: Sequence[Claim]) -> None:
        """Write records and claims, all or none; see `CreditStore.put_records`."""
        mine = Put(written, claims)
        self._slow.put(mine)
        if mine.error is not None:
            raise mine.error

    def put_new(self, news: Sequence[New]) -> list[Put]:
        """Write new records, claims and entries of a chain, all or none of each caller; see `CreditStore.put_new`."""
        mine = [Put(new.records, new.claims, new.chained) for new in news]
        if not self._journals():
            self._slow.put(*mine)
            return mine
        if self.memory.known_sums(()) is None and not self.memory.too_many and any(new.claims for new in news):
            self.sums([])  # read once
        self._quick.put(*mine)
        told = [Put(put.records, put.claims, put.chained) if put.turned_away else put for put in mine]
        self._slow.put(*(put for put in told if not put.done))
        return told

    # -- the journal

    def _journals(self) -> bool:
        if self.memory.journal is None and self.journal is not None:
            with self.memory.writing:
                if self.memory.journal is None:
                    self.memory.journal = self.journal()
        return self.memory.journal is not None

    def _append(self, batch: list[Put]) -> None:
        """Keep those of whom memory knows all that has to be checked."""
        journal, now = self.memory.journal, datetime.now(UTC).replace(tzinfo=None)
        known = self.memory.known_sums({claim.resource for put in batch for claim in put.claims})
        mine = []
        for put in batch:
            chains = put.chained is not None and put.chained.entries and put.chained.kind not in self.memory.heads
            put.turned_away = journal is None or (known is None and bool(put.claims)) or bool(chains) or not put.plain
            if not put.turned_away:
                put.records = [record if record.at else replace(record, at=now) for record in put.records]
                mine.append(put)
        fitting, sums = _fitting(mine, known or {})
        for put, over in fitting.items():
            put.error = over
        mine = [put for put in mine if fitting[put] is None]
        if not mine or journal is None:
            return
        with self._linked(mine) as linked:
            linked = [replace(record, at=record.at or now) for record in linked]
            puts = [(put.records, put.claims) for put in mine]
            begin = time.perf_counter()
            journal.add([*puts[:-1], ([*puts[-1][0], *linked], puts[-1][1])])
            self._took.append(time.perf_counter() - begin)
        self.memory.claims_written(sums)
        self._known(mine, [*(record for put in mine for record in put.records), *linked])
        if self._folding is None:
            self._folding = threading.Thread(target=self._fold_on, name="fold", daemon=True)
            self._folding.start()

    @property
    def took(self) -> float:
        """Seconds that the disk takes for an append: the quickest of the last ones, for others also wait for their turn at
        the interpreter, the more so the more of them are sent to threads."""
        return min(tuple(self._took), default=math.inf)

    def fold(self, kinds: Collection[str] | None = None) -> None:
        """Take over into DuckDB what waits in the journal; told kinds of records, only if one of them is among it.

        Raises:
            StoreError: DuckDB or the disk does not take it; it still waits.
        """
        journal = self.memory.journal
        if journal is None or journal.empty or (kinds is not None and not journal.holds(kinds)):
            return
        with self.memory.writing:
            self._cut(journal)
            while self._take_over(journal):
                pass

    def _cut(self, journal: Journal) -> None:
        with self.memory.writing:
            following = journal.prepare()
            with self.memory.appending:
                journal.cut(following)

    def _take_over(self, journal: Journal, made: Made | None = None) -> bool:
        """Take over the first of what was cut off; whether there was anything.

        Args:
            made: its rows, unless somebody else took it over meanwhile.
        """
        with self.memory.writing:
            if not journal.ended:
                return False
            first = journal.ended[0]
            if part := first.left[:AT_A_TIME]:
                rows = made.rows if made is not None and made.of(first) else records.rows_of(part)
                again, first.tried = first.tried, True  # if it fails, nobody knows how far it came
                with self.writing() as cursor:
                    records.take_over(cursor, rows, again=again)
                    between_answers()
                first.tried = again
            first.taken += len(part)
            if not first.left:
                with self.memory.appending:
                    journal.drop(first)
                first.remove()
            return True

    def _fold_on(self) -> None:
        """Fold now and then, until nothing waits; after whoever answers meanwhile, and between the answers."""
        step_back()
        since, seen = time.monotonic(), 0
        while not self._closing.wait(LOOK):
            journal = self.memory.journal
            count, before = (0 if journal is None else journal.count), seen
            seen = count
            if before != count < MANY and time.monotonic() - since < FOLD_EVERY:
                continue
            since = time.monotonic()
            try:
                if journal is not None and not journal.empty:
                    self._cut(journal)
                    while self._take_over(journal, made_of(journal)) and not self._closing.is_set():
                        pass
            except (StoreError, duckdb.Error) as error:
                log.error("journal_waits", kind=type(error).__name__, exc_info=error)
                self._closing.wait(AFTER_FAILURE)
            with self.memory.appending:
                if self.memory.journal is None or self.memory.journal.empty:
                    self._folding = None
                    return

    def close(self) -> None:
        """Fold what waits and stop; what cannot be folded stays in its file."""
        self._closing.set()
        if (folding := self._folding) is not None:
            folding.join()
        try:
            self.fold()
        except (StoreError, duckdb.Error) as error:
            log.error("journal_waits", kind=type(error).__name__, exc_info=error)

    # -- DuckDB

    def _write(self, batch: list[Put]) -> None:
        kinds = {record.kind for put in batch for record in put.records}
        apart = not any(put.claims or put.chained for put in batch) and kinds.isdisjoint(self.memory.heads)
        self.fold(kinds if apart else None)
        with nullcontext() if apart else self.memory.appending:  # sums and heads stay what they are meanwhile
            if not apart:
                self.fold()  # what came before the lock was had
            together, sums = self._fit([put for put in batch if put.plain])
            if not self._together(together, sums):
                together = []
            for put in batch:
                if put not in together:
                    self._alone(put)

    def _fit(self, puts: list[Put]) -> tuple[list[Put], dict[str, Decimal]]:
        names = sorted({claim.resource for put in puts for claim in put.claims})
        fitting, sums = _fitting(puts, self.sums(names) if names else {})
        return [put for put, over in fitting.items() if over is None], sums

    def _together(self, puts: list[Put], sums: dict[str, Decimal]) -> bool:
        """Write several puts in one transaction; whether it went through."""
        claims = [claim for put in puts for claim in put.claims]
        written = [record for put in puts for record in put.records]
        if len({(claim.resource, claim.claim_id) for claim in claims}) < len(claims):
            return False
        try:
            with self._linked(puts) as linked, self.writing(statements=2 if claims else 1) as cursor:
                written += linked
                records.insert_new(cursor, written, claims, datetime.now(UTC).replace(tzinfo=None))
        except duckdb.IntegrityError:
            return False  # something is there already: each on its own finds out what
        self.memory.claims_written({claim.resource: sums[claim.resource] for claim in claims})
        self._known(puts, written)
        return True

    def _alone(self, put: Put) -> None:
        try:
            with self._linked([put]) as linked, self.writing() as cursor:
                records.insert_claims(cursor, put.claims)
                for record in (*put.records, *linked):
                    records.insert_record(cursor, record)
                sums = records.sums_of(cursor, [claim.resource for claim in put.claims]) if put.claims else {}
        except Exception as error:  # noqa: BLE001  (raised to the caller whose put it is)
            put.error = error
            return
        self.memory.claims_written(sums)
        self._known([put], [*put.records, *linked])

    # -- both

    @contextmanager
    def _linked(self, puts: Sequence[Put]) -> Iterator[list[Record]]:
        """The entries of puts as one record a chain, at the end of each; kept in mind once they are written."""
        made, heads = [], dict[str, Head]()
        waiting = [put.chained for put in puts if put.chained is not None and put.chained.entries]
        for kind in dict.fromkeys(chained.kind for chained in waiting):
            mine = [chained for chained in waiting if chained.kind == kind]
            head = self.memory.heads.get(kind) or mine[0].head()
            record, heads[kind] = mine[0].link([entry for chained in mine for entry in chained.entries], head)
            made.append(record)
        try:
            yield made
        except BaseException:
            for kind in heads:
                self.memory.heads.pop(kind, None)  # written or not: the file will tell
            raise
        for put in puts:
            put.head = None if put.chained is None else heads.get(put.chained.kind)

    def _known(self, puts: Sequence[Put], written: Sequence[Record]) -> None:
        self.memory.records_written(written)
        self.memory.heads |= {put.chained.kind: put.head for put in puts if put.chained is not None and put.head}


def begin_journal(cursor: duckdb.DuckDBPyConnection, path: Path) -> Journal:
    """A journal that goes with this state of the file; a copy made before it knows another number."""
    number = secrets.randbits(62) + 1
    cursor.execute("INSERT OR REPLACE INTO meta VALUES ('journal', ?)", [number])
    return Journal(path, number)


def recover(connection: duckdb.DuckDBPyConnection, left: Sequence[Path]) -> None:
    """Write what an earlier process had kept in these files, but not yet in DuckDB, when it was cut off.

    Raises:
        StoreError: one of them belongs to another state of the store.
    """
    if not left:
        return
    with connection.cursor() as cursor:
        found = cursor.execute("SELECT value FROM meta WHERE name = 'journal'").fetchall()
        kept = list(read_left(left, found[0][0] if found else None))
        cursor.begin()
        if kept:
            records.take_over(cursor, records.rows_of(kept), again=True)
        cursor.commit()
    remove_left(left)


def _fitting(puts: list[Put], used: dict[str, Decimal]) -> tuple[dict[Put, CapacityError | None], dict[str, Decimal]]:
    """Of each put what is too much of it, one after the other, and the sums after those that fit."""
    found, used = dict[Put, CapacityError | None](), dict(used)
    for put in puts:
        after: dict[str, Decimal] = {}
        found[put] = None
        for claim in put.claims:
            before = after.get(claim.resource, used[claim.resource])
            if (over := claim.over(before)) is not None:
                found[put] = over
                break
            after[claim.resource] = before + stored(claim.amount)
        else:
            used |= after
    return found, used
