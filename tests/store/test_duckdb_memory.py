"""What a process keeps in memory of its DuckDB file: always what the file says; commits of many threads together."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from graphcredit.exc import CapacityError, ConflictError, StoreUnavailableError
from graphcredit.store import Chained, Claim, CreditStore, Record, open_store


def party(store: CreditStore, name: str) -> None:
    at = pa.array([datetime(2026, 1, 1)], pa.timestamp("us"))
    store.upsert("parties", pa.table({"party_id": [name], "kind": ["company"], "name": [name], "recorded_at": at}))


def claim(resource: str, name: str, amount: str, capacity: str = "100") -> Claim:
    return Claim(resource, name, Decimal(amount), Decimal(capacity))


def sums_in(path: Path) -> dict[str, Decimal]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return dict(connection.execute("SELECT resource, sum(amount) FROM claims GROUP BY 1").fetchall())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.duckdb"


def test_the_version_is_seen_at_once_by_every_store_on_the_file(path: Path) -> None:
    with open_store(f"duckdb:///{path}") as one, open_store(f"duckdb:///{path}") as two:
        before = one.version(), two.version()
        party(one, "A")
        assert one.version() == two.version() == before[0] + 1
        party(two, "B")
        assert one.version() == two.version() == before[0] + 2


def test_a_file_that_was_closed_is_read_anew(path: Path) -> None:
    first = open_store(f"duckdb:///{path}")
    version = first.version()
    assert first.claimed(["r"]) == {"r": 0}
    first.close()
    with duckdb.connect(str(path)) as other:  # another process could now
        other.execute("UPDATE meta SET value = value + 5 WHERE name = 'facts_version'")
        other.execute("INSERT INTO claims VALUES ('r', 'c', 7, 10)")
    with open_store(f"duckdb:///{path}") as again:
        assert again.version() == version + 5
        assert again.claimed(["r"]) == {"r": Decimal(7)}
    with pytest.raises(StoreUnavailableError):
        first.version()
    with pytest.raises(StoreUnavailableError):
        first.claimed(["r"])


def test_sums_in_memory_are_those_of_the_file_to_the_last_place(path: Path) -> None:
    with open_store(f"duckdb:///{path}") as store:
        assert store.claimed(["a"]) == {"a": 0}
        store.put_records([], claims=[claim("a", "1", "10.00005"), claim("b", "1", "0.1")])
        store.put_records([], claims=[claim("a", "1", "10.00005"), claim("a", "2", "5")])  # one is repeated
        store.put_records([], claims=[claim("a", "2:release", "-5"), claim("b", "2", "0.00014999")])
        with pytest.raises(CapacityError):
            store.put_records([Record("k", "never", {})], claims=[claim("c", "1", "1"), claim("b", "3", "99.91")])
        store.restore([], [claim("d", "1", "3")])
        kept = store.claimed(["a", "b", "c", "d"])
        assert store.get_record("k", "never") is None
    assert {name: total for name, total in kept.items() if total} == sums_in(path)
    assert kept["c"] == 0


def test_of_many_threads_exactly_as_many_claims_as_fit_are_written(path: Path) -> None:
    def take(number: int) -> str:
        with_record = [Record("taken", f"T{number}", {"number": number})]
        try:
            store.put_records(with_record, claims=[claim("pot", f"T{number}", "10"), claim(f"own{number}", "x", "1")])
        except CapacityError:
            return "full"
        return "taken"

    with open_store(f"duckdb:///{path}") as store, ThreadPoolExecutor(16) as pool:
        told = list(pool.map(take, range(60)))
        records = store.find_records("taken", limit=100)
        assert told.count("taken") == len(records) == 10
        assert store.claimed(["pot"]) == {"pot": Decimal(100)}
        assert all(told[int(record.body["number"])] == "taken" for record in records)
    assert sums_in(path)["pot"] == 100
    assert len(sums_in(path)) == 11


def test_of_many_threads_that_write_one_record_one_does(path: Path) -> None:
    def write(number: int) -> bool:
        try:
            store.put_records([Record("once", "same", {"by": number}), Record("mine", str(number), {})])
        except ConflictError:
            return False
        return True

    with open_store(f"duckdb:///{path}") as store, ThreadPoolExecutor(16) as pool:
        told = list(pool.map(write, range(40)))
        assert told.count(True) == 1
        assert [record.record_id for record in store.find_records("mine")] == [str(told.index(True))]
        store.put_records([Record("once", "same", {"by": -1}, revision=2)])
        assert store.get_record("once", "same").body == {"by": -1}  # type: ignore[union-attr]


def test_a_stamp_moves_with_every_write_of_its_kind_and_what_was_written_is_told(path: Path) -> None:
    with open_store(f"duckdb:///{path}") as one, open_store(f"duckdb:///{path}") as two:
        one.put_records([Record("other", "x", {})])
        start = one.stamp("line")
        assert start is not None
        assert one.written("line", start) == []
        two.put_records([Record("line", "a", {"n": 1}), Record("other", "y", {})])
        one.restore([Record("line", "b", {"n": 2}, at=datetime(2026, 1, 1))])
        assert one.stamp("line") == two.stamp("line") == start + 2
        assert [record.record_id for record in one.written("line", start) or []] == ["a", "b"]
        assert one.written("other", 0) is None  # nobody asked for them before


def test_writers_end_when_the_store_is_closed_and_nothing_is_half_written(path: Path) -> None:
    store = open_store(f"duckdb:///{path}")
    store.put_records([Record("k", "a", {})])
    store.close()
    with pytest.raises(StoreUnavailableError):
        store.put_records([Record("k", "b", {})])
    with open_store(f"duckdb:///{path}") as again:
        assert [record.record_id for record in again.find_records("k")] == ["a"]


def numbers(entries: Sequence[Mapping[str, Any]], head: tuple[int, str]) -> tuple[Record, tuple[int, str]]:
    """A chain that only counts."""
    last = head[0] + len(entries)
    return Record("chain", f"{head[0] + 1:05d}", {"entries": [dict(entry) for entry in entries]}), (last, str(last))


def chain_of(store: CreditStore) -> list[tuple[int, Any]]:
    """(number, entry) in order, as the file says."""
    found = []
    for record in sorted(store.find_records("chain", limit=10_000), key=lambda record: record.record_id):
        found += [(int(record.record_id) + k, entry["k"]) for k, entry in enumerate(record.body["entries"])]
    return found


def chained(store: CreditStore, *names: int) -> Chained:
    def head() -> tuple[int, str]:
        found = chain_of(store)
        return (found[-1][0], str(found[-1][0])) if found else (0, "0")

    return Chained("chain", tuple({"k": name} for name in names), numbers, head)


def test_entries_are_chained_with_what_they_are_about_and_only_then(path: Path) -> None:
    """Eight threads, some of whose writes do not go through; a plain writer of the same chain; two stores on the file."""
    with open_store(f"duckdb:///{path}") as one, open_store(f"duckdb:///{path}") as two:

        def put(k: int) -> bool:
            store = (one, two)[k % 2]
            if k % 10 == 9:  # somebody writes to the chain without saying so
                number = chain_of(store)
                with suppress(ConflictError):
                    store.put_records([numbers([{"k": "plain"}], (number[-1][0] if number else 0, ""))[0]])
            try:
                kept = store.put_new(
                    [Record("thing", str(k), {"k": k})], claims=[claim(f"r{k % 3}", str(k), "1", "50")],
                    chained=chained(store, k),
                )  # fmt: skip
            except (CapacityError, ConflictError):
                return False
            assert kept is not None
            return True

        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(put, range(400)))
        entries = chain_of(one)
        things = {record.record_id for record in one.find_records("thing", limit=1000)}
    assert [number for number, _ in entries] == list(range(1, len(entries) + 1))
    assert sorted(k for _, k in entries if k != "plain") == [k for k, went in enumerate(done) if went]
    assert things == {str(k) for k, went in enumerate(done) if went}
    assert sum(done) >= 140  # 150 fit into three capacities


def test_without_entries_nothing_is_chained(path: Path) -> None:
    with open_store(f"duckdb:///{path}") as store:
        assert store.put_new([Record("thing", "1", {})], chained=chained(store)) is None
        assert store.put_new([], chained=chained(store, 7)) == (1, "1")
        assert chain_of(store) == [(1, 7)]
