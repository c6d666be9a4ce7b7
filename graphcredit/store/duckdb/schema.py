"""DuckDB's tables, made from the canonical ones, and the steps from older schemas to this one."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from graphcredit.exc import StoreError, StoreLockedError, StoreVersionError
from graphcredit.model.tables import TABLES, Kind, Table
from graphcredit.store.base import SCHEMA_VERSION

TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.DATE: "DATE",
    Kind.TIMESTAMP: "TIMESTAMP",
    Kind.MONEY: "DECIMAL(24, 4)",
    Kind.NUMBER: "DOUBLE",
    Kind.INTEGER: "BIGINT",
}

RECORDS = """
CREATE TABLE records (
    kind VARCHAR NOT NULL, record_id VARCHAR NOT NULL, revision BIGINT NOT NULL, party_id VARCHAR,
    written_at TIMESTAMP NOT NULL, body VARCHAR NOT NULL USING COMPRESSION zstd, latest BOOLEAN NOT NULL,
    PRIMARY KEY (kind, record_id, revision)
);
"""
"""Bodies of 8 to 16 KB take the engine's own choice for shorter texts twenty times as long, and the sixfold room."""

SYSTEM_TABLES = f"""
CREATE TABLE meta (name VARCHAR PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO meta VALUES ('facts_version', 0);
CREATE TABLE quarantine (
    source VARCHAR NOT NULL, file VARCHAR NOT NULL, "row" BIGINT NOT NULL, "table" VARCHAR NOT NULL,
    "column" VARCHAR NOT NULL, value VARCHAR, reason VARCHAR NOT NULL, remedy VARCHAR NOT NULL, content VARCHAR NOT NULL
);
{RECORDS}
CREATE TABLE claims (
    resource VARCHAR NOT NULL, claim_id VARCHAR NOT NULL, amount DECIMAL(24, 4) NOT NULL,
    capacity DECIMAL(24, 4) NOT NULL, PRIMARY KEY (resource, claim_id)
);
"""


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def create_fact_table(table: Table) -> str:
    """DDL of one canonical table with its versions."""
    columns = [
        f"{quoted(column.name)} {TYPES[column.kind]}{' NOT NULL' if column.required else ''}"
        for column in table
        if column.name != "recorded_at"
    ]
    columns += ["recorded_at TIMESTAMP NOT NULL", "attributes VARCHAR", "superseded_at TIMESTAMP"]
    return f"CREATE TABLE {quoted(table.name)} ({', '.join(columns)});"


def _first(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(SYSTEM_TABLES)
    for table in TABLES.values():
        connection.execute(create_fact_table(table))


def _new_columns(version: int) -> Callable[[duckdb.DuckDBPyConnection], None]:
    """A step that adds the columns a schema version brought; a file created by this release has them from its first step."""

    def step(connection: duckdb.DuckDBPyConnection) -> None:
        for table in TABLES.values():
            for column in table:
                if column.since == version:
                    connection.execute(
                        f"ALTER TABLE {quoted(table.name)} "
                        f"ADD COLUMN IF NOT EXISTS {quoted(column.name)} {TYPES[column.kind]}"
                    )

    return step


def _compressed_bodies(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the records again as this release compresses them."""
    connection.execute("ALTER TABLE records RENAME TO records_before")
    connection.execute(RECORDS)
    connection.execute("INSERT INTO records SELECT * FROM records_before")
    connection.execute("DROP TABLE records_before")


MIGRATIONS: dict[int, Callable[[duckdb.DuckDBPyConnection], None]] = {
    1: _first,
    2: _new_columns(2),
    3: _new_columns(3),
    4: _compressed_bodies,
}
"""What leads to each schema version from the one before; 0 is an empty file."""


def current_version(connection: duckdb.DuckDBPyConnection) -> int:
    """The schema version of a file; 0 when it is empty."""
    names = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "schema_version" not in names:
        return 0
    return int(connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchall()[0][0])


def require_current(connection: duckdb.DuckDBPyConnection) -> None:
    """Check a file that is opened for reading only, which cannot be migrated.

    Raises:
        StoreVersionError: its schema is not this release's.
    """
    found = current_version(connection)
    if found == 0:
        raise StoreVersionError("the file is no store of graphcredit", remedy="check the path")
    if found != SCHEMA_VERSION:
        remedy = "update graphcredit" if found > SCHEMA_VERSION else "open it once for writing, which migrates it"
        raise StoreVersionError(f"the store has schema {found}, this release knows {SCHEMA_VERSION}", remedy=remedy)


def migrate(
    connection: duckdb.DuckDBPyConnection,
    *,
    target: int = SCHEMA_VERSION,
    migrations: dict[int, Callable[[duckdb.DuckDBPyConnection], None]] | None = None,
) -> list[int]:
    """Bring a file to the schema `target`, one transaction a step; returns the steps taken.

    Raises:
        StoreVersionError: the file was written by a newer release.
    """
    steps = MIGRATIONS if migrations is None else migrations
    found = current_version(connection)
    if found > target:
        raise StoreVersionError(
            f"the store has schema {found}, this release knows {target}",
            remedy="update graphcredit, or use another store",
        )
    taken = []
    for version in range(found + 1, target + 1):
        connection.execute("BEGIN")
        try:
            connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT, applied_at TIMESTAMP)")
            steps[version](connection)
            connection.execute("INSERT INTO schema_version VALUES (?, now()::TIMESTAMP)", [version])
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        taken.append(version)
    return taken


def refusal(path: str, reason: str) -> StoreError:
    """What to tell of a file that DuckDB does not open for a reason."""
    if "lock" in reason.lower():
        holder = reason.split("PID ")[1].split(")")[0].split()[0] if "PID " in reason else "unknown"
        return StoreLockedError(
            f"{path} is in use by another process (PID {holder})",
            remedy="stop that process (often `graphcredit serve`), ask it through its API, or use another file",
            pid=holder,
        )
    if not Path(path).parent.exists():
        return StoreError(f"{path}: the folder does not exist", remedy="create it, or give another path")
    return StoreError(f"{path} cannot be opened as a DuckDB file: {reason.splitlines()[0]}", remedy="check the path")
