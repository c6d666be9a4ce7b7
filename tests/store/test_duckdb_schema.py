"""A DuckDB file grows from schema to schema without losing facts, and a newer one is refused."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from graphcredit.exc import ConflictError, StoreVersionError
from graphcredit.store import Record, open_store
from graphcredit.store.base import SCHEMA_VERSION
from graphcredit.store.duckdb.schema import MIGRATIONS, current_version, migrate
from tests.support.stores import facts, party, sale


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store of the present schema with one fact."""
    path = tmp_path / "store.duckdb"
    with open_store(f"duckdb:///{path}") as store:
        store.upsert("parties", facts("parties", [party("A", region="North")]))
    return path


def test_a_file_moves_to_the_next_schema_with_its_facts(file: Path) -> None:
    steps = MIGRATIONS | {SCHEMA_VERSION + 1: lambda c: c.execute("ALTER TABLE parties ADD COLUMN nickname VARCHAR")}
    with duckdb.connect(str(file)) as connection:
        assert migrate(connection, target=SCHEMA_VERSION + 1, migrations=steps) == [SCHEMA_VERSION + 1]
        assert current_version(connection) == SCHEMA_VERSION + 1
        assert connection.execute("SELECT party_id, region, nickname FROM parties").fetchall() == [("A", "North", None)]
        assert migrate(connection, target=SCHEMA_VERSION + 1, migrations=steps) == []


def test_a_file_of_the_first_schema_takes_quantities_beside_its_old_rows(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as connection:
        migrate(connection, target=1)
        for column in ("quantity", "unit"):
            connection.execute(f"ALTER TABLE transactions DROP COLUMN {column}")
        connection.execute("ALTER TABLE guarantees DROP COLUMN insured_share")
        connection.execute(
            "INSERT INTO transactions (transaction_id, seller_id, buyer_id, issued_on, amount, status, kind, recorded_at) "
            "VALUES ('T1', 'A', 'B', '2026-01-05', 7, 'valid', 'invoice', '2026-01-05')"
        )
    old, new = sale("T1", "A", "B", 7), sale("T2", "A", "B", 8, quantity="1.5", unit="t")
    for row in (old, new):
        row |= {"issued_on": "2026-01-05", "recorded_at": "2026-01-05"}
    with open_store(f"duckdb:///{path}") as store:
        assert store.info().schema_version == SCHEMA_VERSION
        result = store.upsert("transactions", facts("transactions", [old, new]))
        assert (result.new, result.unchanged, result.conflicts) == (1, 1, None)
        rows = store.read("transactions", columns=["transaction_id", "quantity", "unit"]).to_pylist()
        assert store.read("guarantees", columns=["insured_share"]).num_rows == 0
    assert [tuple(row.values()) for row in rows] == [("T1", None, None), ("T2", Decimal("1.5000"), "t")]


def test_the_records_of_an_older_file_are_kept_and_their_bodies_compressed(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as connection:
        migrate(connection, target=3)
        connection.execute("DROP TABLE records")
        connection.execute(
            "CREATE TABLE records (kind VARCHAR NOT NULL, record_id VARCHAR NOT NULL, revision BIGINT NOT NULL, "
            "party_id VARCHAR, written_at TIMESTAMP NOT NULL, body VARCHAR NOT NULL, latest BOOLEAN NOT NULL, "
            "PRIMARY KEY (kind, record_id, revision))"
        )
        connection.execute(
            "INSERT INTO records VALUES ('thing', 'A', 1, 'P', '2026-01-05', '{\"k\": 1}', false), "
            "('thing', 'A', 2, 'P', '2026-01-06', '{\"k\": 2}', true)"
        )
    with open_store(f"duckdb:///{path}") as store:
        assert [store.get_record("thing", "A", revision=n) for n in (1, None)] == [
            Record("thing", "A", {"k": 1}, "P", datetime(2026, 1, 5), 1),
            Record("thing", "A", {"k": 2}, "P", datetime(2026, 1, 6), 2),
        ]
        store.put_records([Record("thing", "A", {"k": 3}, "P", revision=3)])
        with pytest.raises(ConflictError):
            store.put_records([Record("thing", "A", {"k": 4}, "P", revision=3)])
    with duckdb.connect(str(path)) as connection:
        used = connection.execute(
            "SELECT DISTINCT compression FROM pragma_storage_info('records') "
            "WHERE column_name = 'body' AND segment_type = 'VARCHAR'"
        ).fetchall()
        assert used == [("ZSTD",)]
        assert connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'records%'"
        ).fetchall() == [("records",)]


def test_a_step_that_fails_leaves_the_file_as_it_was(file: Path) -> None:
    def fails(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("DELETE FROM parties")
        connection.execute("SELECT * FROM nowhere")

    with duckdb.connect(str(file)) as connection:
        with pytest.raises(duckdb.CatalogException):
            migrate(connection, target=SCHEMA_VERSION + 1, migrations=MIGRATIONS | {SCHEMA_VERSION + 1: fails})
        assert current_version(connection) == SCHEMA_VERSION
    with open_store(f"duckdb:///{file}") as store:
        assert store.read("parties").num_rows == 1


def test_an_empty_file_takes_every_step(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "empty.duckdb")) as connection:
        assert current_version(connection) == 0
        assert migrate(connection) == list(range(1, SCHEMA_VERSION + 1))


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_schema_is_refused(file: Path, read_only: bool) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (99, now()::TIMESTAMP)")
    with pytest.raises(StoreVersionError, match="schema 99, this release knows") as error:
        open_store(f"duckdb:///{file}", read_only=read_only)
    assert "update graphcredit" in error.value.remedy


def test_a_duckdb_file_of_something_else_is_refused_for_reading(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute("CREATE TABLE tunes (name VARCHAR)")
    with pytest.raises(StoreVersionError, match="no store of graphcredit"):
        open_store(f"duckdb:///{tmp_path / 'other.duckdb'}", read_only=True)
