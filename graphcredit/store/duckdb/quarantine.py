"""Rows that were not loaded, in DuckDB."""

import json
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from graphcredit.store.base import QuarantinedRow


def rows_of(rows: Sequence[QuarantinedRow], source: str) -> pa.Table:
    """Rows of the table `quarantine`."""
    return pa.table(
        {
            "source": pa.array([source] * len(rows), pa.string()),
            "file": pa.array([row.file for row in rows], pa.string()),
            "row": pa.array([row.row for row in rows], pa.int64()),
            "table": pa.array([row.table for row in rows], pa.string()),
            "column": pa.array([row.column for row in rows], pa.string()),
            "value": pa.array([row.value for row in rows], pa.string()),
            "reason": pa.array([row.reason for row in rows], pa.string()),
            "remedy": pa.array([row.remedy for row in rows], pa.string()),
            "content": pa.array([json.dumps(dict(row.content), ensure_ascii=False) for row in rows], pa.string()),
        }
    )


def found(cursor: duckdb.DuckDBPyConnection, source: str | None, limit: int | None) -> list[QuarantinedRow]:
    """What waits to be mended, of one source or of all."""
    query = 'SELECT file, "row", "table", "column", value, reason, remedy, content FROM quarantine'
    values: list[Any] = []
    if source is not None:
        query, values = query + " WHERE source = ?", [source]
    query += ' ORDER BY source, file, "row", "column"'
    if limit is not None:
        query, values = query + " LIMIT ?", [*values, limit]
    return [
        QuarantinedRow(file, row, table, column, value, reason, remedy, json.loads(content))
        for file, row, table, column, value, reason, remedy, content in cursor.execute(query, values).fetchall()
    ]
