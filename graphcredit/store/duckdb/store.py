"""The CreditStore on DuckDB: reads on cursors of their own, writes one at a time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.exc import StoreError, StoreUnavailableError
from graphcredit.model.asof import as_of_moment
from graphcredit.model.tables import TABLES, Table
from graphcredit.store.base import (
    AsOf,
    Chained,
    Claim,
    CreditStore,
    Head,
    New,
    Progress,
    QuarantinedRow,
    Record,
    StoreInfo,
    UpsertResult,
)
from graphcredit.store.changes import Change, Changes
from graphcredit.store.duckdb import facts, quarantine, records
from graphcredit.store.duckdb.apart import Elsewhere
from graphcredit.store.duckdb.commits import Commits, begin_journal, recover
from graphcredit.store.duckdb.journal import Journal, left_behind
from graphcredit.store.duckdb.memory import in_use, memory_of, release
from graphcredit.store.duckdb.schema import current_version, migrate, quoted, refusal, require_current
from graphcredit.store.duckdb.search import search

BATCH = 500_000
"""Rows written in one transaction; larger inputs are cut, so that memory stays bounded and a kill loses one batch."""

LOG_KEPT = "128MB"
"""Size at which the write-ahead log goes into the file. Whoever commits then waits for it: at the engine's 16 MB a busy server
would stop every few seconds. Read again after a crash, as much takes some seconds."""


class DuckDBStore(CreditStore):
    """Facts and records in one DuckDB file (or in memory)."""

    chains = copies = True

    def __init__(self, path: str, *, url: str, read_only: bool = False) -> None:
        self.url, self.read_only = url, read_only
        self._closed = False
        left = [] if path.startswith(":memory:") or in_use(path) else left_behind(Path(path))
        if left and read_only:
            DuckDBStore(path, url=url).close()  # which takes over what was left
        try:
            self._connection = duckdb.connect(path, read_only=read_only)
        except duckdb.Error as error:
            raise refusal(path, str(error)) from None
        try:
            self._connection.execute("SET preserve_insertion_order = false")
            self._connection.execute(f"SET wal_autocheckpoint = '{LOG_KEPT}'")
            if read_only:
                require_current(self._connection)
            else:
                migrate(self._connection)
                recover(self._connection, left)
        except BaseException:
            self._connection.close()
            raise
        self._path, self._memory = Path(path), memory_of(path)
        self._lock = self._memory.writing
        journals = not read_only and not path.startswith(":memory:")
        self._commits = Commits(self._memory, self._writing, self.claimed, self._journal if journals else None)

    def close(self) -> None:
        """Write what is open and release the file."""
        if self._closed:
            return
        self._commits.close()
        with self._lock:
            if not self._closed:
                self._closed = True
                self._connection.close()
                with self._memory.appending:
                    release(self._memory)

    def _journal(self) -> Journal:
        with self._writing() as cursor:
            return begin_journal(cursor, self._path)

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            cursor = self._connection.cursor()
        except duckdb.ConnectionException:
            raise StoreUnavailableError("the store is closed", remedy="open it again") from None
        try:
            yield cursor
        except duckdb.IOException as error:
            raise StoreUnavailableError(f"the store's file cannot be read: {error}") from error
        finally:
            cursor.close()

    @contextmanager
    def _writing(self, *, statements: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction, with the writers' lock held; a statement that comes alone is one by itself, and that is quicker."""
        if self.read_only:
            raise StoreError(f"{self.url} was opened for reading only", remedy="open it for writing")
        with self._lock, self._reading() as cursor:
            if statements == 1:
                yield cursor
                return
            cursor.begin()
            try:
                yield cursor
                cursor.commit()
            except BaseException:
                cursor.rollback()
                raise

    def _require_open(self) -> None:
        if self._closed:
            raise StoreUnavailableError("the store is closed", remedy="open it again")

    def ping(self) -> None:
        """Return when the store answers."""
        with self._reading() as cursor:
            cursor.execute("SELECT 1").fetchall()

    def info(self) -> StoreInfo:
        """Versions and counts."""
        with self._reading_records() as cursor:
            counts = {name: int(_scalar(cursor, f"SELECT count(*) FROM {quoted(name)}")) for name in TABLES}
            union = " UNION ALL ".join(f"SELECT max(recorded_at) AS m FROM {quoted(name)}" for name in TABLES)
            kinds = cursor.execute(
                "SELECT kind, count(*) FROM records WHERE latest GROUP BY kind ORDER BY kind"
            ).fetchall()
            return StoreInfo(
                engine="duckdb",
                engine_version=str(_scalar(cursor, "SELECT version()")),
                url=self.url,
                schema_version=current_version(cursor),
                version=self.version(),
                facts=counts,
                records={kind: int(count) for kind, count in kinds},
                quarantined=int(_scalar(cursor, "SELECT count(*) FROM quarantine")),
                latest_recorded_at=_scalar(cursor, f"SELECT max(m) FROM ({union})"),
            )

    def version(self) -> int:
        """Grows with every committed change of facts."""
        self._require_open()
        return self._memory.version(self._version)

    def _version(self) -> int:
        with self._reading() as cursor:
            return int(_scalar(cursor, "SELECT value FROM meta WHERE name = 'facts_version'"))

    @contextmanager
    def _reading_records(self, *kinds: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor that sees all records of these kinds; told none, all records and claims."""
        self._commits.fold(kinds or None)
        with self._reading() as cursor:
            yield cursor

    # -- copies of this process

    @contextmanager
    def copying(self) -> Iterator[Changes]:
        """Held while a copy of this process is made."""
        with self._lock, self._memory.appending:
            yield self._memory.copying()

    def in_copy(self) -> None:
        """Answer from memory alone."""
        for name in ("_connection", "_commits"):
            setattr(self, name, Elsewhere(getattr(self, name)))
        self._memory.in_copy()

    def follow(self, changes: Sequence[Change]) -> None:
        """Take in what the other process wrote meanwhile."""
        self._memory.follow(changes)

    # -- facts

    def upsert(self, table: str, rows: pa.Table, *, progress: Progress | None = None) -> UpsertResult:
        """Write validated facts, in transactions of BATCH rows."""
        target = _table(table)
        new = changed = unchanged = 0
        refused = []
        for start in range(0, max(rows.num_rows, 1), BATCH):
            part = rows.slice(start, BATCH)
            with self._writing() as cursor:
                facts.stage(cursor, target, part)
                done = facts.write(cursor, target)
                if done.new or done.changed:
                    cursor.execute("UPDATE meta SET value = value + 1 WHERE name = 'facts_version'")
            self._memory.facts_changed()
            new, changed, unchanged = new + done.new, changed + done.changed, unchanged + done.unchanged
            if done.conflicts is not None:
                position = done.conflicts.schema.get_field_index("batch_row")
                shifted = pc.add(done.conflicts["batch_row"], start)
                refused.append(done.conflicts.set_column(position, "batch_row", shifted))
            if progress:
                progress(min(start + BATCH, rows.num_rows), rows.num_rows)
        return UpsertResult(new, changed, unchanged, pa.concat_tables(refused) if refused else None)

    def read(
        self,
        table: str,
        *,
        as_of: AsOf = None,
        columns: Sequence[str] | None = None,
        where: Mapping[str, Sequence[str]] | None = None,
        since: date | None = None,
        holding: bool = True,
        floats: bool = False,
        ordered: bool = True,
    ) -> pa.Table:
        """Facts known and holding as of a moment."""
        query, values = facts.read_query(
            _table(table),
            as_of_moment(as_of),
            columns=columns,
            where=where,
            since=since,
            holding=holding,
            floats=floats,
            ordered=ordered,
        )
        with self._reading() as cursor:
            return cursor.sql(query, params=values).to_arrow_table()

    def versions(
        self, table: str, *, key: Sequence[str] | None = None, batch_rows: int = 200_000
    ) -> pa.RecordBatchReader:
        """Every version of every fact, or of one key."""
        target = _table(table)
        names = ", ".join(quoted(column) for column in facts.stored_columns(target))
        order = ", ".join(quoted(column) for column in (*target.key, "recorded_at"))
        condition = " AND ".join(f"CAST({quoted(column)} AS VARCHAR) = ?" for column in target.key) if key else "true"
        cursor = self._connection.cursor()  # lives as long as the reader that draws from it
        query = f"SELECT {names} FROM {quoted(table)} WHERE {condition} ORDER BY {order}"
        return cursor.sql(query, params=list(key or ())).to_arrow_reader(batch_rows)

    def search_parties(self, text: str, *, limit: int = 20, as_of: AsOf = None) -> pa.Table:
        """Parties that match a text, best first."""
        with self._reading() as cursor:
            return search(cursor, text, limit=limit, moment=as_of_moment(as_of))

    # -- quarantine

    def quarantine(self, rows: Sequence[QuarantinedRow], *, source: str) -> None:
        """Replace what an earlier load of `source` left."""
        with self._writing() as cursor:
            cursor.execute("DELETE FROM quarantine WHERE source = ?", [source])
            cursor.register("waiting", quarantine.rows_of(rows, source))
            cursor.execute("INSERT INTO quarantine SELECT * FROM waiting")
            cursor.unregister("waiting")

    def quarantined(self, *, source: str | None = None, limit: int | None = None) -> list[QuarantinedRow]:
        """Rows waiting to be mended."""
        with self._reading() as cursor:
            return quarantine.found(cursor, source, limit)

    # -- records and claims

    def put_records(self, records_: Sequence[Record], *, claims: Sequence[Claim] = ()) -> None:
        """Write records and claims, all or none; with those of other threads, where they come at once."""
        self._commits.put(records_, claims)

    def put_new(
        self, records_: Sequence[Record], *, claims: Sequence[Claim] = (), chained: Chained | None = None
    ) -> Head | None:
        """Write new records, claims and entries of a chain, all or none: into the journal, where that is possible."""
        self._require_open()
        (put,) = self._commits.put_new([New(records_, claims, chained)])
        if put.error is not None:
            raise put.error
        return put.head

    def put_new_together(self, news: Sequence[New]) -> list[Head | Exception | None]:
        """The same of several callers, on the disk in one go."""
        self._require_open()
        return [put.error or put.head for put in self._commits.put_new(news)]

    def put_new_takes(self) -> float:
        """Seconds that the journal took lately."""
        return self._commits.took

    def restore(self, records_: Sequence[Record], claims: Sequence[Claim] = ()) -> None:
        """Write records and claims of another store, unchecked."""
        self._commits.fold()
        with self._lock, self._memory.appending:
            self._memory.claims_unknown()
            with self._writing() as cursor:
                records.restore(cursor, records_, claims)
            self._memory.claims_unknown()
            self._memory.records_written(records_)

    def stamp(self, kind: str) -> int | None:
        """How often records of a kind were written since this process opened the file."""
        return self._memory.stamp(kind)

    def written(self, kind: str, since: int) -> list[Record] | None:
        """What was written of a kind after its stamp was `since`; None where that is not remembered."""
        return self._memory.written(kind, since)

    def get_record(self, kind: str, record_id: str, *, revision: int | None = None) -> Record | None:
        """One record, or None."""
        wanted, values = ("latest", []) if revision is None else ("revision = ?", [revision])
        query = f"SELECT {records.FIELDS} FROM records WHERE kind = ? AND record_id = ? AND {wanted}"
        with self._reading_records(kind) as cursor:
            found = cursor.execute(query, [kind, record_id, *values]).fetchall()
        return records.to_record(found[0]) if found else None

    def find_records(
        self,
        kind: str,
        *,
        party_id: str | None = None,
        where: Mapping[str, str] | None = None,
        before: tuple[datetime, str] | None = None,
        limit: int = 100,
    ) -> list[Record]:
        """Latest revisions, newest first."""
        query, values = records.find_query(kind, party_id=party_id, where=where, before=before, limit=limit)
        with self._reading_records(kind) as cursor:
            return [records.to_record(row) for row in cursor.execute(query, values).fetchall()]

    def latest_records(self, kind: str, *, as_of: AsOf = None) -> dict[str, Record]:
        """Per party its newest record of a kind."""
        query = (
            f"SELECT {records.FIELDS} FROM records "
            "WHERE kind = ? AND latest AND party_id IS NOT NULL AND written_at <= ? "
            "QUALIFY row_number() OVER (PARTITION BY party_id ORDER BY written_at DESC, record_id DESC) = 1"
        )
        with self._reading_records(kind) as cursor:
            found = cursor.execute(query, [kind, as_of_moment(as_of)]).fetchall()
        return {row[3]: records.to_record(row) for row in found}

    def every_record(self) -> Iterator[Record]:
        """Every revision of every record."""
        with self._reading_records() as cursor:
            yield from records.every_record(cursor)

    def every_claim(self) -> Iterator[Claim]:
        """Every claim."""
        with self._reading_records() as cursor:
            yield from records.every_claim(cursor)

    def claimed(self, resources: Sequence[str]) -> dict[str, Decimal]:
        """Sum claimed on each resource."""
        self._require_open()
        known = self._memory.known_sums(resources)
        if known is None:
            self._commits.fold()
            known = self._memory.sums(resources, self._all_claimed)
        if known is not None:
            return known
        with self._reading_records() as cursor:
            found = records.sums_of(cursor, resources)
        return {resource: found.get(resource, Decimal(0)) for resource in resources}

    def _all_claimed(self) -> dict[str, Decimal]:
        with self._reading() as cursor:
            return records.sums_of(cursor)


def _table(name: str) -> Table:
    try:
        return TABLES[name]
    except KeyError:
        raise StoreError(f"there is no table {name!r}", remedy=f"one of {', '.join(TABLES)}") from None


def _scalar(cursor: duckdb.DuckDBPyConnection, query: str) -> Any:
    return cursor.execute(query).fetchall()[0][0]
