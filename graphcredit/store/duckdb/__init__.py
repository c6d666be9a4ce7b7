"""The embedded store: one DuckDB file, one process that writes."""

from graphcredit.store.duckdb.store import DuckDBStore

__all__ = ["DuckDBStore"]
