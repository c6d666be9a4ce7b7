"""Facts in DuckDB: classify and write a batch, read as of a moment, all in SQL over columns."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from graphcredit.exc import StoreError
from graphcredit.model.tables import Kind, Table
from graphcredit.store.base import UpsertResult
from graphcredit.store.duckdb.schema import TYPES, quoted

EXTRA = ("recorded_at", "attributes")


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
    chosen = ", ".join(
        (f"CAST({quoted(name)} AS {kinds[name]})" if name in rows.column_names else f"CAST(NULL AS {kinds[name]})")
        + f" AS {quoted(name)}"
        for name in stored_columns(table)
    )
    cursor.register("incoming", rows)
    try:
        cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE staged AS SELECT {chosen}, row_number() OVER () AS rn FROM incoming"
        )
    finally:
        cursor.unregister("incoming")


def write(cursor: duckdb.DuckDBPyConnection, table: Table) -> UpsertResult:
    """Write what `stage` prepared; the caller holds the transaction."""
    name, columns = quoted(table.name), stored_columns(table)
    version = (*table.key, "recorded_at")
    content = tuple(column for column in columns if column not in version)
    total = _count(cursor, "SELECT count(*) FROM staged")

    repeated = _count(
        cursor, f"SELECT count(*) FROM (SELECT 1 FROM staged GROUP BY {_names(version)} HAVING count(*) > 1)"
    )
    cursor.execute("CREATE OR REPLACE TEMP TABLE refused (rn BIGINT)")
    if repeated:
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE firsts AS "
            f"SELECT *, min(rn) OVER (PARTITION BY {_names(version)}) AS first_rn FROM staged"
        )
        cursor.execute(
            f"INSERT INTO refused SELECT b.rn FROM firsts b JOIN firsts a ON a.rn = b.first_rn "
            f"WHERE b.rn <> b.first_rn AND NOT ({_same(content, 'a', 'b')})"
        )
        cursor.execute("DELETE FROM staged WHERE rn IN (SELECT rn FROM firsts WHERE rn <> first_rn)")
    cursor.execute(
        f"INSERT INTO refused SELECT s.rn FROM staged s JOIN {name} t ON {_equal(version, 's', 't')} "
        f"WHERE NOT ({_same(content, 's', 't')})"
    )
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE fresh AS "
        f"SELECT s.* FROM staged s ANTI JOIN {name} t ON {_equal(version, 's', 't')}"
    )
    fresh = _count(cursor, "SELECT count(*) FROM fresh")
    new = changed = 0
    if fresh:
        new, changed = _insert(cursor, table, fresh)
    conflicts = _count(cursor, "SELECT count(*) FROM refused")
    refused = None
    if conflicts:
        source = "firsts" if repeated else "staged"
        refused = cursor.sql(
            f"SELECT {_names(columns)}, rn - 1 AS batch_row FROM ("
            f"SELECT {_names(columns)}, rn FROM {source} UNION SELECT {_names(columns)}, rn FROM staged) "
            "WHERE rn IN (SELECT rn FROM refused) ORDER BY rn"
        ).to_arrow_table()
    return UpsertResult(new, changed, total - new - changed - conflicts, refused)


def _insert(cursor: duckdb.DuckDBPyConnection, table: Table, fresh: int) -> tuple[int, int]:
    """Insert `fresh` and mend superseded_at of every version of the keys that have several."""
    name, key, columns = quoted(table.name), _names(table.key), stored_columns(table)
    keys = _count(cursor, f"SELECT count(*) FROM (SELECT DISTINCT {key} FROM fresh)")
    known = _count(
        cursor,
        f"SELECT count(*) FROM (SELECT DISTINCT {key} FROM fresh) f "
        f"SEMI JOIN {name} t ON {_equal(table.key, 'f', 't')}",
    )
    new = keys - known
    several = known or keys < fresh
    if several:
        cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT {key} FROM fresh f "
            f"SEMI JOIN {name} t ON {_equal(table.key, 'f', 't')} "
            f"UNION SELECT {key} FROM fresh GROUP BY {key} HAVING count(*) > 1"
        )
    cursor.execute(f"INSERT INTO {name} SELECT {_names(columns)}, NULL FROM fresh")
    if several:
        cursor.execute(
            f"UPDATE {name} AS t SET superseded_at = v.next_at FROM ("
            f"SELECT {key}, recorded_at, lead(recorded_at) OVER (PARTITION BY {key} ORDER BY recorded_at) AS next_at "
            f"FROM {name} a SEMI JOIN touched b ON {_equal(table.key, 'a', 'b')}) AS v "
            f"WHERE {_equal((*table.key, 'recorded_at'), 't', 'v')} AND t.superseded_at IS DISTINCT FROM v.next_at"
        )
    return new, fresh - new


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
    for column, accepted in (where or {}).items():
        conditions.append(f"CAST({quoted(column)} AS VARCHAR) IN (SELECT unnest(?))")
        values.append(list(accepted))
    order = f" ORDER BY {_names(table.key)}" if ordered else ""
    return f"SELECT {chosen} FROM {quoted(table.name)} WHERE {' AND '.join(conditions)}{order}", values
