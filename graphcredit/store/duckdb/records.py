"""Records and claims in DuckDB; the writer's lock makes a transaction's checks final."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from graphcredit.background import between_answers
from graphcredit.exc import ConflictError
from graphcredit.jsonable import body_bytes, body_text
from graphcredit.store.base import Claim, Record
from graphcredit.store.duckdb.memory import stored

FIELDS = "kind, record_id, revision, party_id, written_at, body"
IN_ONE_GO = 16
"""Puts that are made into rows between two answers."""
FEW = 8
"""Rows up to which a statement with a parameter a value is quicker than a table that DuckDB reads."""
_CLAIM, _RECORD = "(?, ?, ?, ?)", "(?, ?, ?, ?, ?, ?, true)"


def insert_record(cursor: duckdb.DuckDBPyConnection, record: Record) -> None:
    """Insert a record's revision.

    Raises:
        ConflictError: that revision exists, or the one before it does not.
    """
    found = cursor.execute(
        "SELECT coalesce(max(revision), 0) FROM records WHERE kind = ? AND record_id = ?",
        [record.kind, record.record_id],
    ).fetchall()
    latest = int(found[0][0])
    if record.revision != latest + 1:
        raise ConflictError(
            f"{record.kind} {record.record_id} has revision {latest}, {record.revision} cannot follow it",
            remedy="read it again and repeat the change",
            kind=record.kind,
            record_id=record.record_id,
            revision=latest,
        )
    if latest:
        cursor.execute(
            "UPDATE records SET latest = false WHERE kind = ? AND record_id = ? AND latest",
            [record.kind, record.record_id],
        )
    at = record.at or datetime.now(UTC).replace(tzinfo=None)
    cursor.execute(
        f"INSERT INTO records ({FIELDS}, latest) VALUES (?, ?, ?, ?, ?, ?, true)",
        [record.kind, record.record_id, record.revision, record.party_id, at, body_text(record.body)],
    )


def insert_claims(cursor: duckdb.DuckDBPyConnection, claims: Sequence[Claim]) -> None:
    """Insert claims that are not there yet.

    Raises:
        CapacityError: the sum on a resource would exceed its capacity.
    """
    for claim in claims:
        found = cursor.execute(
            "SELECT coalesce(sum(amount), 0), coalesce(bool_or(claim_id = ?), false) FROM claims WHERE resource = ?",
            [claim.claim_id, claim.resource],
        ).fetchall()
        used, repeated = Decimal(found[0][0]), bool(found[0][1])
        if repeated:
            continue
        if (over := claim.over(used)) is not None:
            raise over
        cursor.execute(
            "INSERT INTO claims VALUES (?, ?, ?, ?)", [claim.resource, claim.claim_id, claim.amount, claim.capacity]
        )


def insert_new(
    cursor: duckdb.DuckDBPyConnection, written: Sequence[Record], claims: Sequence[Claim], now: datetime
) -> None:
    """Insert claims and first revisions of records in one statement each, capacities having been checked.

    Few rows are written out; of many DuckDB reads tables, and meanwhile the interpreter is free for others.

    Raises:
        duckdb.IntegrityError: one of them is there already.
    """
    dated = [record if record.at else replace(record, at=now) for record in written]
    if max(len(dated), len(claims)) > FEW:
        take_over(cursor, rows_of([(dated, claims)]), again=False)
        return
    if claims:
        _insert(cursor, "claims", _CLAIM, [(c.resource, c.claim_id, c.amount, c.capacity) for c in claims])
    if dated:
        rows = [(r.kind, r.record_id, r.revision, r.party_id, r.at, body_text(r.body)) for r in dated]
        _insert(cursor, f"records ({FIELDS}, latest)", _RECORD, rows)


def _insert(cursor: duckdb.DuckDBPyConnection, into: str, row: str, rows: Sequence[tuple[Any, ...]]) -> None:
    values = ", ".join([row] * len(rows))
    cursor.execute(f"INSERT INTO {into} VALUES {values}", list(chain.from_iterable(rows)))


def sums_of(cursor: duckdb.DuckDBPyConnection, resources: Sequence[str] | None = None) -> dict[str, Decimal]:
    """Sum claimed on each of some resources, or of all, that anything was claimed on."""
    which, values = ("", []) if resources is None else (" WHERE resource IN (SELECT unnest(?))", [list(resources)])
    found = cursor.execute(f"SELECT resource, sum(amount) FROM claims{which} GROUP BY resource", values).fetchall()
    return {resource: Decimal(total) for resource, total in found}


class Rows(NamedTuple):
    """Records and claims as DuckDB takes them."""

    records: pa.Table
    claims: pa.Table


def rows_of(kept: Sequence[tuple[Sequence[Record], Sequence[Claim]]]) -> Rows:
    """Rows of what several callers write: records and claims of each of them."""
    made = []
    for first in range(0, len(kept), IN_ONE_GO):
        between_answers()
        some = kept[first : first + IN_ONE_GO]
        written, claims = [each for put in some for each in put[0]], [each for put in some for each in put[1]]
        made.append(Rows(_record_rows(written), _claim_rows(claims)))
    return Rows(*(pa.concat_tables(tables) for tables in zip(*made, strict=True)))


def take_over(cursor: duckdb.DuckDBPyConnection, rows: Rows, *, again: bool) -> None:
    """Insert first revisions and claims that were checked when they were kept elsewhere.

    Args:
        again: some of them may be here from an earlier attempt; looking for them takes longer.

    Raises:
        duckdb.IntegrityError: one of them is here, and it is not said that it may be.
    """
    there = "ON CONFLICT DO NOTHING" if again else ""
    for into, columns, found in (("records", f"{FIELDS}, true", rows.records), ("claims", "*", rows.claims)):
        if not found.num_rows:
            continue
        between_answers()
        cursor.register("waiting", found)
        between_answers()
        cursor.execute(f"INSERT INTO {into} SELECT {columns} FROM waiting {there}")
        between_answers()
        cursor.unregister("waiting")


def restore(cursor: duckdb.DuckDBPyConnection, written: Sequence[Record], claims: Sequence[Claim]) -> None:
    """Insert what is not there, without checks, and mark the latest revision of each record."""
    cursor.register("restored", _record_rows(written))
    cursor.execute(f"INSERT INTO records SELECT {FIELDS}, false FROM restored ON CONFLICT DO NOTHING")
    cursor.execute(
        "UPDATE records AS r SET latest = (r.revision = m.newest) FROM ("
        "SELECT kind, record_id, max(revision) AS newest FROM records "
        "SEMI JOIN restored USING (kind, record_id) GROUP BY kind, record_id) AS m "
        "WHERE r.kind = m.kind AND r.record_id = m.record_id AND r.latest IS DISTINCT FROM (r.revision = m.newest)"
    )
    cursor.unregister("restored")
    cursor.register("restored_claims", _claim_rows(claims))
    cursor.execute("INSERT INTO claims SELECT * FROM restored_claims ON CONFLICT DO NOTHING")
    cursor.unregister("restored_claims")


def _record_rows(written: Sequence[Record]) -> pa.Table:
    return pa.table(
        {
            "kind": pa.array([r.kind for r in written], pa.string()),
            "record_id": pa.array([r.record_id for r in written], pa.string()),
            "revision": pa.array([r.revision for r in written], pa.int64()),
            "party_id": pa.array([r.party_id for r in written], pa.string()),
            "written_at": pa.array([r.at for r in written], pa.timestamp("us")),
            "body": pa.array([body_bytes(r.body) for r in written], pa.string()),
        }
    )


def _claim_rows(claims: Sequence[Claim]) -> pa.Table:
    money = pa.decimal128(24, 4)
    return pa.table(
        {
            "resource": pa.array([c.resource for c in claims], pa.string()),
            "claim_id": pa.array([c.claim_id for c in claims], pa.string()),
            "amount": pa.array([stored(c.amount) for c in claims], money),
            "capacity": pa.array([stored(c.capacity) for c in claims], money),
        }
    )


def to_record(row: Sequence[Any]) -> Record:
    """A record from a row of FIELDS."""
    kind, record_id, revision, party_id, at, body = row
    return Record(kind, record_id, json.loads(body), party_id, at, int(revision))


def find_query(
    kind: str,
    *,
    party_id: str | None,
    where: Mapping[str, str] | None,
    before: tuple[datetime, str] | None,
    limit: int,
) -> tuple[str, list[Any]]:
    """SQL and parameters of a page of records, newest first."""
    conditions, values = ["kind = ?", "latest"], [kind]
    parameters: list[Any] = list(values)
    if party_id is not None:
        conditions.append("party_id = ?")
        parameters.append(party_id)
    for field, value in (where or {}).items():
        conditions.append("json_extract_string(body, ?) = ?")
        parameters += [f'$."{field}"', value]
    if before is not None:
        conditions.append("(written_at < ? OR (written_at = ? AND record_id < ?))")
        parameters += [before[0], before[0], before[1]]
    parameters.append(limit)
    return (
        f"SELECT {FIELDS} FROM records WHERE {' AND '.join(conditions)} "
        "ORDER BY written_at DESC, record_id DESC LIMIT ?",
        parameters,
    )


def every_record(cursor: duckdb.DuckDBPyConnection) -> Iterator[Record]:
    """Every revision of every record, in the order in which they can be written again."""
    cursor.execute(f"SELECT {FIELDS} FROM records ORDER BY kind, record_id, revision")
    while rows := cursor.fetchmany(10_000):
        yield from map(to_record, rows)


def every_claim(cursor: duckdb.DuckDBPyConnection) -> Iterator[Claim]:
    """Every claim, by resource."""
    cursor.execute("SELECT resource, claim_id, amount, capacity FROM claims ORDER BY resource, amount DESC, claim_id")
    while rows := cursor.fetchmany(10_000):
        yield from (Claim(*row) for row in rows)
