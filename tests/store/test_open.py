"""Opening a store: what each URL means, and what a person reads when it cannot be opened."""

import re
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path

import pytest

from graphcredit.exc import (
    NotFoundError,
    SettingsError,
    StoreAuthError,
    StoreError,
    StoreLockedError,
    StoreUnavailableError,
    StoreVersionError,
)
from graphcredit.store import open_store
from graphcredit.store.neo4j import Neo4jStore
from scripts.neo4j_server import free_port
from tests.store.test_kill import spawn
from tests.support.stores import facts, party, sale

FIRST_SCHEMA_CONTENT = blake2b(
    "\x1f".join(["A", "B", "2024-01-15", "7.0000", "", "", "", "", "valid", "invoice", "", ""]).encode(), digest_size=16
).hexdigest()
"""Of T1, an invoice of 7 from A to B, when the columns ended with goods and attributes."""


@pytest.mark.parametrize(
    "url",
    ["", "postgres://x", "duckdb://", "duckdb:///", "duckdb://file.duckdb", "neo4j://host:7687", "neo4j://user@host",
     "neo4j://neo4j:secret@", "neo4j://neo4j:secret@host:many"],
)  # fmt: skip
def test_a_malformed_url_is_refused_with_the_forms(url: str) -> None:
    with pytest.raises(SettingsError) as error:
        open_store(url)
    assert "duckdb:///PATH" in error.value.remedy
    assert "secret" not in str(error.value)


def test_relative_and_absolute_files_and_memory(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("duckdb:///here.duckdb", "duckdb:///new/folder/there.duckdb", f"duckdb:///{tmp_path}/abs%20.duckdb"):
        with open_store(url) as store:
            store.upsert("parties", facts("parties", [party("A")]))
            store.ping()
    assert (tmp_path / "here.duckdb").is_file()
    assert (tmp_path / "new/folder/there.duckdb").is_file()
    assert (tmp_path / "abs .duckdb").is_file()
    with open_store("duckdb:///here.duckdb") as store:
        assert store.read("parties").num_rows == 1
    with open_store("duckdb://:memory:") as store:
        assert store.info().engine == "duckdb"


def test_a_store_that_should_exist_is_asked_for(tmp_path: Path) -> None:
    for how in ({"create": False}, {"read_only": True}):
        with pytest.raises(NotFoundError, match="does not exist"):
            open_store(f"duckdb:///{tmp_path}/none.duckdb", **how)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "notes.duckdb"
    other.write_text("dear diary, " * 1000)
    with pytest.raises(StoreError, match="cannot be opened as a DuckDB file") as error:
        open_store(f"duckdb:///{other}")
    assert error.value.remedy
    with pytest.raises(StoreError, match="cannot be opened as a DuckDB file"):
        open_store(f"duckdb:///{tmp_path}")


def test_a_locked_file_names_the_process_that_holds_it(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'store.duckdb'}"
    holder = spawn(url, "hold")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    try:
        with pytest.raises(StoreLockedError, match=f"in use by another process \\(PID {holder.pid}\\)") as error:
            open_store(url)
        assert "graphcredit serve" in error.value.remedy
        assert error.value.status == 503
    finally:
        holder.communicate("")
    open_store(url).close()


def test_a_read_only_store_reads_and_refuses_writes(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'store.duckdb'}"
    with open_store(url) as store:
        store.upsert("parties", facts("parties", [party("A")]))
    with open_store(url, read_only=True) as store:
        assert store.read("parties").num_rows == 1
        with pytest.raises(StoreError, match="opened for reading only"):
            store.upsert("parties", facts("parties", [party("B")]))


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_store(f"duckdb:///{tmp_path / 'store.duckdb'}")
    store.close()
    store.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        store.ping()


def test_a_neo4j_that_is_down() -> None:
    with pytest.raises(StoreUnavailableError, match="does not answer") as error:
        open_store(f"neo4j://neo4j:secret-word@127.0.0.1:{free_port()}")
    assert "make neo4j" in error.value.remedy
    assert "secret-word" not in str(error.value)


def test_a_wrong_password(neo4j_url: str) -> None:
    with pytest.raises(StoreAuthError, match="refused the user or password") as error:
        open_store(re.sub(r":[^:@]+@", ":wrong-word@", neo4j_url))
    assert "wrong-word" not in str(error.value)


def test_another_version_of_the_server(neo4j_url: str, monkeypatch) -> None:
    monkeypatch.setattr(Neo4jStore, "_components", lambda _: ("4.4.30", "community"))
    with pytest.raises(StoreVersionError, match=r"Neo4j 4\.4\.30 community is not supported") as error:
        open_store(neo4j_url)
    assert "5.26" in error.value.remedy


def test_a_newer_schema_in_neo4j(neo4j_url: str) -> None:
    open_store(neo4j_url).close()
    from neo4j import GraphDatabase

    password, port = neo4j_url.split(":")[2].split("@")[0], neo4j_url.rsplit(":", 1)[1]
    with GraphDatabase.driver(f"bolt://127.0.0.1:{port}", auth=("neo4j", password)) as driver:
        driver.execute_query("MATCH (m:GraphcreditMeta) SET m.schema_version = 99")
    with pytest.raises(StoreVersionError, match="schema 99"):
        open_store(neo4j_url)


def test_a_neo4j_of_the_first_schema_takes_quantities_and_knows_its_old_rows(neo4j_url: str) -> None:
    from neo4j import GraphDatabase

    from graphcredit.store.base import SCHEMA_VERSION

    old, new = sale("T1", "A", "B", 7), sale("T2", "A", "B", 8, quantity="1.5", unit="t")
    with open_store(neo4j_url) as store:
        store.upsert("parties", facts("parties", [party("A"), party("B")]))
        store.upsert("transactions", facts("transactions", [old]))
    password, port = neo4j_url.split(":")[2].split("@")[0], neo4j_url.rsplit(":", 1)[1]
    with GraphDatabase.driver(f"bolt://127.0.0.1:{port}", auth=("neo4j", password)) as driver:
        (row,) = driver.execute_query("MATCH (n:Transaction) RETURN n.content AS content").records
        assert row["content"] == FIRST_SCHEMA_CONTENT
        driver.execute_query("MATCH (m:GraphcreditMeta) SET m.schema_version = 1")
    with open_store(neo4j_url) as store:
        result = store.upsert("transactions", facts("transactions", [old, new]))
        assert (result.new, result.unchanged, result.conflicts) == (1, 1, None)
        rows = store.read("transactions", columns=["transaction_id", "quantity", "unit"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [("T1", None, None), ("T2", Decimal("1.5000"), "t")]
    with GraphDatabase.driver(f"bolt://127.0.0.1:{port}", auth=("neo4j", password)) as driver:
        (row,) = driver.execute_query("MATCH (m:GraphcreditMeta) RETURN m.schema_version AS version").records
    assert row["version"] == SCHEMA_VERSION


def test_a_read_only_neo4j_reads_and_refuses_writes(neo4j_url: str) -> None:
    with open_store(neo4j_url, read_only=True) as store:  # empty: no schema yet, no crash
        assert store.info().facts["parties"] == 0
    with open_store(neo4j_url) as store:
        store.upsert("parties", facts("parties", [party("A")]))
    with open_store(neo4j_url, read_only=True) as store:
        assert store.read("parties").num_rows == 1
        with pytest.raises(StoreError, match="opened for reading only"):
            store.upsert("parties", facts("parties", [party("B")]))
    assert ":***@" in store.url
