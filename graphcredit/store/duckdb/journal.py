"""New records and claims that are durable but not yet in the DuckDB file: in a small SQLite file beside it, for a few seconds.

A commit of a few rows costs DuckDB, which is made for scans, ten times what it costs SQLite; and every so often one of them
waits until the write-ahead log has gone into the file. So what a decision leaves behind is kept here at once, and goes over in
one transaction with what came meanwhile. Each such file (FILE.waiting-1, FILE.waiting-2, ...) is removed once DuckDB has
committed what it holds; one that is left was cut off by the end of a process, and is read when the store is opened again.
"""

import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import orjson

from graphcredit.exc import StoreError, StoreUnavailableError
from graphcredit.jsonable import JsonText, body_bytes
from graphcredit.store.base import Claim, Record

Kept = tuple[Sequence[Record], Sequence[Claim]]
_NAME = re.compile(r"\.waiting-(\d+)$")


class Waiting:
    """One file of them; created where it is not there.

    Raises:
        StoreUnavailableError: it cannot be opened.
    """

    def __init__(self, file: Path, *, store_id: int = 0) -> None:
        self.file, self.kept, self.kinds, self.taken = file, list[Kept](), set[str](), 0
        self.tried = False  # to write it to DuckDB
        try:
            self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            for setting in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
                self._connection.execute(f"PRAGMA {setting}")
            self._connection.execute("PRAGMA wal_autocheckpoint = 0")  # it lives for seconds
            self._connection.execute("CREATE TABLE IF NOT EXISTS store (id INTEGER NOT NULL)")
            self._connection.execute("CREATE TABLE IF NOT EXISTS kept (content BLOB NOT NULL)")
            if store_id:
                self._connection.execute("INSERT INTO store VALUES (?)", [store_id])
        except sqlite3.Error as error:
            raise StoreUnavailableError(f"{file.name}: {error}", remedy="check the disk that holds the store") from None

    def add(self, puts: Sequence[Kept]) -> None:
        """Keep what some callers write, all or nothing; it is on the disk when this returns.

        Raises:
            StoreUnavailableError: the disk does not take it; nothing was kept.
        """
        rows = [[_written(*put)] for put in puts]
        try:
            if len(rows) == 1:
                self._connection.execute("INSERT INTO kept VALUES (?)", rows[0])
            else:
                with self._connection:
                    self._connection.execute("BEGIN")
                    self._connection.executemany("INSERT INTO kept VALUES (?)", rows)
        except sqlite3.Error as error:
            raise StoreUnavailableError(
                f"{self.file.name}: {error}", remedy="check the disk that holds the store"
            ) from None
        self.kept += puts
        self.kinds |= {record.kind for put in puts for record in put[0]}

    @property
    def left(self) -> list[Kept]:
        """What is not in DuckDB yet."""
        return self.kept[self.taken :]

    def read(self) -> tuple[int, list[Kept]]:
        """The id of the store it belongs to, and what it holds; of a file that a process left behind."""
        with self._connection:
            found = self._connection.execute("SELECT id FROM store").fetchone()
            rows = self._connection.execute("SELECT content FROM kept ORDER BY rowid").fetchall()
        return (found[0] if found else 0), [_read(content) for (content,) in rows]

    def remove(self) -> None:
        """It is in the store: forget it."""
        self._connection.execute("PRAGMA synchronous = OFF")  # what is removed need not reach the disk
        self.close()
        for end in ("", "-wal", "-shm"):
            Path(f"{self.file}{end}").unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file, and leave it."""
        self._connection.close()


class Journal:
    """The files of one store, first to last. Its callers hold the lock of those who append, except for `prepare`.

    Args:
        path: of the DuckDB file. store_id: a number that the DuckDB file keeps as well.
    """

    def __init__(self, path: Path, store_id: int) -> None:
        self.path, self.store_id, self._number = path, store_id, 0
        self._files: list[Waiting] = []

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not any(each.taken < len(each.kept) for each in self._files)

    @property
    def count(self) -> int:
        """Puts that wait."""
        return sum(len(each.kept) - each.taken for each in self._files)

    def holds(self, kinds: Collection[str]) -> bool:
        """Whether records of one of these kinds wait."""
        return any(kind in each.kinds for each in self._files for kind in kinds)

    def add(self, puts: Sequence[Kept]) -> None:
        """Keep what some callers write (see `Waiting.add`)."""
        if not self._files:
            self._files.append(self.prepare())
        self._files[-1].add(puts)

    def prepare(self) -> Waiting:
        """The next file, so that nobody who appends waits for it."""
        self._number += 1
        return Waiting(Path(f"{self.path}.waiting-{self._number}"), store_id=self.store_id)

    def cut(self, following: Waiting) -> None:
        """From now on the following file takes what comes; those before it can be taken over."""
        self._files.append(following)

    @property
    def ended(self) -> list[Waiting]:
        """Files that take nothing any more, first to last."""
        return self._files[:-1]

    def drop(self, ended: Waiting) -> None:
        """All of it is in the store: its file can be removed."""
        self._files.remove(ended)

    def close(self) -> None:
        """Remove what is empty; what still waits stays for whoever opens the store next."""
        for each in self._files:
            if each.left:
                each.close()
            else:
                each.remove()
        self._files = []


def left_behind(path: Path) -> list[Path]:
    """Files that a process left when it was cut off, first to last."""
    found = [(int(name[1]), file) for file in path.parent.glob("*.waiting-*") if (name := _name_of(file, path))]
    return [file for _, file in sorted(found)]


def read_left(files: Sequence[Path], store_id: int | None) -> Iterator[Kept]:
    """What files that were left behind hold.

    Raises:
        StoreError: one of them belongs to another state of the store (a copy from before it, say).
    """
    for file in files:
        left = Waiting(file)
        belongs, kept = left.read()
        left.close()
        if kept and belongs != store_id:
            raise StoreError(
                f"{file.name} holds {len(kept)} decisions or other records that were kept after another state of this store",
                remedy="put back the DuckDB file that it belongs to, or move it away if they shall not count",
            )
        yield from kept


def remove_left(files: Sequence[Path]) -> None:
    """What they hold is in the store."""
    for file in files:
        Waiting(file).remove()


def _name_of(file: Path, path: Path) -> re.Match[str] | None:
    name = _NAME.search(file.name)
    return name if name and file.name[: name.start()] == path.name else None


def _written(records: Sequence[Record], claims: Sequence[Claim]) -> bytes:
    """A line of JSON about the records and claims, then the records' bodies one after the other."""
    bodies = [body_bytes(r.body) for r in records]
    rows = [[r.kind, r.record_id, r.party_id, r.at, len(body)] for r, body in zip(records, bodies, strict=True)]
    taken = [[c.resource, c.claim_id, str(c.amount), str(c.capacity)] for c in claims]
    return b"".join([orjson.dumps([rows, taken]), b"\n", *bodies])


def _read(content: bytes) -> Kept:
    line, _, bodies = content.partition(b"\n")
    rows, taken = orjson.loads(line)
    records, start = [], 0
    for kind, record_id, party_id, at, length in rows:
        body = JsonText(bodies[start : start + length])
        records.append(Record(kind, record_id, body, party_id, datetime.fromisoformat(at)))
        start += length
    return records, [Claim(name, who, Decimal(amount), Decimal(capacity)) for name, who, amount, capacity in taken]
