"""Facts in DuckDB: classify and write a batch, read as of a moment, all in SQL over columns."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from graphcredit.exc import StoreError
from graphcredit.model.tables import Kind, Table
from graphcredit.store.base import UpsertResult
from graphcredit.store.duckdb.schema import TYPES, quoted

EXTRA = ("recorded_at", "attributes")
FEW = 16
"""Accepted values of a column that are written out in a query; more are joined."""


def stored_columns(table: Table) -> tuple[str, ...]:
    """Names of a table's columns as stored, without the bookkeeping one."""
    return tuple(name for name in table.names if name != "recorded_at") + EXTRA


def _names(columns: Sequence[str], prefix: str = "") -> str:
    return ", ".join(prefix + quoted(column) for column in columns)


def _equal(columns: Sequence[str], a: str, b: str) -> str:
    return " AND ".join(f"{a}.{quoted(column)} = {b}.{quoted(column)}" for column in columns)


def _same(columns: Sequence[str], a: str, b: str) -> str:
    """Content of two rows is equal, nulls included."""
    return " AND ".join(f"{a}.{quoted(c)} IS NOT DISTINCT FROM {b}.{quoted(c)}" for c in columns) or "true"


def stage(cursor: duckdb.DuckDBPyConnection, table: Table, rows: pa.Table) -> None:
    """Bring a batch into the temporary table `staged`, typed and numbered.

    Raises:
        StoreError: a required column is missing, or a key or recorded_at is null.
    """
    needed = {*table.required, "recorded_at"}
    if missing := sorted(needed - set(rows.column_names)):
        raise StoreError(f"{table.name}: columns {missing} are missing", remedy="validate rows before writing them")
    if unknown := sorted(set(rows.column_names) - set(stored_columns(table))):
        raise StoreError(f"{table.name}: columns {unknown} are not known", remedy="keep further columns as attributes")
    for name in needed:
        if rows[name].null_count:
            raise StoreError(f"{table.name}.{name} has nulls", remedy="validate rows before writing them")
    kinds = {column.name: TYPES[column.kind] for column in table} | {"attributes": "VARCHAR"}

    def typed(name: str) -> str:
        value = quoted(name) if name in rows.column_names else "NULL"
        if kinds[name] == "VARCHAR" and name not in needed:
            value = f"nullif({value}, '')"  # an empty text says nothing
        return f"CAST({value} AS {kinds[name]}) AS {quoted(name)}"

    chosen = ", ".join(typed(name) for name in stored_columns(table))
    numbered = rows.append_column("rn", pa.array(np.arange(1, rows.num_rows + 1)))
    cursor.register("incoming", numbered)  # numbered here: the engine need not keep the order of rows
    try:
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE staged AS SELECT {chosen}, rn FROM incoming")
    finally:
        cursor.unregister("incoming")


def write(cursor: duckdb.DuckDBPyConnection, table: Table) -> UpsertResult:
    """Write what `stage` prepared; the caller holds the transaction.

    Joins cost most, so each is made only where a cheaper count shows that it can find something.
    """
    columns, key = stored_columns(table), _names(table.key)
    total = _count(cursor, "SELECT count(*) FROM staged")
    keys = _count(cursor, f"SELECT count(*) FROM (SELECT DISTINCT {key} FROM staged)")
    cursor.execute("CREATE OR REPLACE TEMP TABLE refused (rn BIGINT)")
    known = _count(
        cursor, f"SELECT count(*) FROM staged s SEMI JOIN {quoted(table.name)} t ON {_equal(table.key, 's', 't')}"
    )
    source, rows = "staged", total
    if known:  # what is stored decides before what stands earlier in the batch
        source, rows = "fresh", rows - _drop_present(cursor, table)
    repeated = keys < total and _drop_repeated(cursor, table, source)
    if repeated:
        rows = _count(cursor, f"SELECT count(*) FROM {source}")
    new = changed = 0
    if rows:
        new, changed = _insert(cursor, table, source, rows, None if known else keys)
    conflicts = _count(cursor, "SELECT count(*) FROM refused")
    refused = None
    if conflicts:
        names = f"{_names(columns)}, rn - 1 AS batch_row"
        again = f" UNION SELECT {names} FROM firsts WHERE rn IN (SELECT rn FROM refused)" if repeated else ""
        refused = cursor.sql(
            f"SELECT {names} FROM staged WHERE rn IN (SELECT rn FROM refused){again} ORDER BY batch_row"
        ).to_arrow_table()
    return UpsertResult(new, changed, total - new - changed - conflicts, refused)


def _content(table: Table) -> tuple[str, ...]:
    return tuple(column for column in stored_columns(table) if column not in (*table.key, "recorded_at"))


def _drop_repeated(cursor: duckdb.DuckDBPyConnection, table: Table, source: str) -> bool:
    """Keep the first of several rows of one version and refuse those that contradict it; whether there were any."""
    version = (*table.key, "recorded_at")
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT {_names(version)}, min(rn) AS first_rn FROM {source} "
        f"GROUP BY {_names(version)} HAVING count(*) > 1"
    )
    if not _count(cursor, "SELECT count(*) FROM repeated"):
        return False
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE firsts AS "
        f"SELECT s.*, r.first_rn FROM {source} s JOIN repeated r ON {_equal(version, 's', 'r')}"
    )
    cursor.execute(
        "INSERT INTO refused SELECT b.rn FROM firsts b JOIN firsts a ON a.rn = b.first_rn "
        f"WHERE b.rn <> b.first_rn AND NOT ({_same(_content(table), 'a', 'b')})"
    )
    cursor.execute(f"DELETE FROM {source} WHERE rn IN (SELECT rn FROM firsts WHERE rn <> first_rn)")
    return True


def _drop_present(cursor: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Put rows whose version is not stored into `fresh`, refuse those that contradict it; how many were stored."""
    version = (*table.key, "recorded_at")
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE present AS SELECT s.rn, {_same(_content(table), 's', 't')} AS same "
        f"FROM staged s JOIN {quoted(table.name)} t ON {_equal(version, 's', 't')}"
    )
    cursor.execute("INSERT INTO refused SELECT rn FROM present WHERE NOT same")
    present = _count(cursor, "SELECT count(*) FROM present")
    cursor.execute("CREATE OR REPLACE TEMP TABLE fresh AS SELECT s.* FROM staged s ANTI JOIN present p ON s.rn = p.rn")
    return present


def _insert(
    cursor: duckdb.DuckDBPyConnection, table: Table, source: str, rows: int, new_keys: int | None
) -> tuple[int, int]:
    """Insert the rows of `source` and mend superseded_at of every version of the keys that have several.

    `new_keys` counts their keys where none of them is stored already.
    """
    name, key, columns = quoted(table.name), _names(table.key), stored_columns(table)
    stored = f"FROM {source} f SEMI JOIN {name} t ON {_equal(table.key, 'f', 't')}"
    new, old = new_keys or 0, 0
    if new_keys is None:
        old = _count(cursor, f"SELECT count(*) FROM (SELECT DISTINCT {key} {stored})")
        new = _count(cursor, f"SELECT count(*) FROM (SELECT DISTINCT {key} FROM {source})") - old
    several = old or new < rows
    if several:
        cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT {key} {stored} "
            f"UNION SELECT {key} FROM {source} GROUP BY {key} HAVING count(*) > 1"
        )
    names = _names(columns)  # named: a migrated file holds later columns last
    cursor.execute(f"INSERT INTO {name} ({names}) SELECT {names} FROM {source}")
    if several:
        cursor.execute(
            f"UPDATE {name} AS t SET superseded_at = v.next_at FROM ("
            f"SELECT {key}, recorded_at, lead(recorded_at) OVER (PARTITION BY {key} ORDER BY recorded_at) AS next_at "
            f"FROM {name} a SEMI JOIN touched b ON {_equal(table.key, 'a', 'b')}) AS v "
            f"WHERE {_equal((*table.key, 'recorded_at'), 't', 'v')} AND t.superseded_at IS DISTINCT FROM v.next_at"
        )
    return new, rows - new


def _count(cursor: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(cursor.execute(query).fetchall()[0][0])


def read_query(
    table: Table,
    moment: datetime,
    *,
    columns: Sequence[str] | None,
    where: Mapping[str, Sequence[str]] | None,
    since: date | None,
    holding: bool,
    floats: bool,
    ordered: bool,
) -> tuple[str, list[Any]]:
    """SQL and parameters of an as-of read.

    Raises:
        StoreError: a column that the table does not have.
    """
    wanted = tuple(columns) if columns is not None else stored_columns(table)
    if unknown := sorted({*wanted, *(where or {})} - set(stored_columns(table))):
        raise StoreError(f"{table.name} has no columns {unknown}", remedy="see graphcredit/model/tables.py")
    money = {column.name for column in table if column.kind is Kind.MONEY} if floats else set()
    chosen = ", ".join(f"CAST({quoted(c)} AS DOUBLE) AS {quoted(c)}" if c in money else quoted(c) for c in wanted)
    conditions = ["recorded_at <= ?", "(superseded_at IS NULL OR superseded_at > ?)"]
    values: list[Any] = [moment, moment]
    if table.begins:
        conditions.append(f"({quoted(table.begins)} IS NULL OR {quoted(table.begins)} <= ?)")
        values.append(moment.date())
        if since is not None:
            conditions.append(f"{quoted(table.begins)} >= ?")
            values.append(since)
    if table.ends and holding:
        conditions.append(f"({quoted(table.ends)} IS NULL OR {quoted(table.ends)} >= ?)")
        values.append(moment.date())
    kinds = {column.name: column.kind for column in table}
    for column, accepted in (where or {}).items():
        listed = list(accepted)
        text = quoted(column) if kinds.get(column) is Kind.TEXT else f"CAST({quoted(column)} AS VARCHAR)"
        if 0 < len(listed) <= FEW:  # compared while the column is scanned, which skips what cannot match
            conditions.append(f"{text} IN ({', '.join('?' * len(listed))})")
            values += listed
        else:
            conditions.append(f"{text} IN (SELECT unnest(?))")
            values.append(listed)
    order = f" ORDER BY {_names(table.key)}" if ordered else ""
    return f"SELECT {chosen} FROM {quoted(table.name)} WHERE {' AND '.join(conditions)}{order}", values
