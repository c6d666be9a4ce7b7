"""What is new for certain is durable at once and in DuckDB a moment later: seen by all, lost by nothing, there once."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from graphcredit.exc import CapacityError, ConflictError, StoreError, StoreUnavailableError
from graphcredit.store import Claim, CreditStore, New, Record, open_store
from graphcredit.store.duckdb import commits, journal, memory, records

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 6, 30, 12)


def claim(resource: str, name: str, amount: str, capacity: str = "100") -> Claim:
    return Claim(resource, name, Decimal(amount), Decimal(capacity))


def thing(name: str, revision: int = 1) -> Record:
    return Record("thing", name, {"said": f"{name} 说\n'\"", "n": revision}, f"P{name}", AT, revision)


def files(path: Path) -> list[str]:
    return sorted(file.name.removeprefix(path.name) for file in path.parent.glob(f"{path.name}.waiting*"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.duckdb"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes into DuckDB by itself."""
    monkeypatch.setattr(commits, "LOOK", 3600.0)
    monkeypatch.setattr(commits, "FOLD_EVERY", 3600.0)


def in_file(path: Path) -> tuple[list[str], dict[str, Decimal]]:
    """Records and claims that DuckDB itself has, whatever waits beside it."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "SELECT record_id FROM records WHERE kind = 'thing' AND latest ORDER BY 1"
        ).fetchall()
        sums = connection.execute("SELECT resource, sum(amount) FROM claims GROUP BY 1").fetchall()
    return [name for (name,) in names], dict(sums)


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("look", ["get", "find", "where", "latest", "every", "claim", "info", "claimed", "stamp"])
def test_it_is_seen_at_once_by_every_question(path: Path, look: str) -> None:
    with open_store(f"duckdb:///{path}") as store, open_store(f"duckdb:///{path}") as other:
        before = store.stamp("thing") or 0
        other.put_new([thing("A"), thing("B")], claims=[claim("r", "c", "1.25")])
        assert not store._memory.journal.empty  # type: ignore[attr-defined]
        seen = {
            "get": lambda: store.get_record("thing", "A") == thing("A"),
            "find": lambda: store.find_records("thing", party_id="PB") == [thing("B")],
            "where": lambda: store.find_records("thing", where={"n": "1"}) == [thing("B"), thing("A")],
            "latest": lambda: store.latest_records("thing", as_of=AT) == {"PA": thing("A"), "PB": thing("B")},
            "every": lambda: list(store.every_record()) == [thing("A"), thing("B")],
            "claim": lambda: list(store.every_claim()) == [claim("r", "c", "1.25")],
            "info": lambda: store.info().records == {"thing": 2},
            "claimed": lambda: store.claimed(["r", "s"]) == {"r": Decimal("1.25"), "s": 0},
            "stamp": lambda: store.stamp("thing") == before + 2,
        }
        assert seen[look]()
    assert files(path) == []
    assert in_file(path) == (["A", "B"], {"r": Decimal("1.25")})


@pytest.mark.usefixtures("slow")
def test_reading_another_kind_does_not_wait_for_it(path: Path) -> None:
    with open_store(f"duckdb:///{path}") as store:
        store.put_new([thing("A")])
        assert store.get_record("other", "A") is None
        store.put_records([Record("other", "A", {})])
        assert not store._memory.journal.empty  # type: ignore[attr-defined]
        store.put_records([thing("A", 2)])
        assert store._memory.journal.empty  # type: ignore[attr-defined]
        assert [store.get_record("thing", "A", revision=n).body["n"] for n in (1, 2)] == [1, 2]  # type: ignore[union-attr]


CHILD = """
import os, sys, threading
from decimal import Decimal
from graphcredit.store import Claim, Record, open_store
from graphcredit.store.duckdb import commits
commits.LOOK = commits.FOLD_EVERY = float(sys.argv[2])
store = open_store(sys.argv[1])
def work(who):
    for k in range(100_000):
        name = f"{who}-{k}"
        store.put_new([Record("thing", name, {"k": k})], claims=[Claim("r", name, Decimal(1), Decimal(10**9))])
        os.write(1, f"{name}\\n".encode())
writers = [threading.Thread(target=work, args=(who,)) for who in range(3)]
for writer in writers:
    writer.start()
for writer in writers:
    writer.join()
"""


@pytest.mark.parametrize("every", ["3600", "0.01"])
@pytest.mark.parametrize("read_only", [False, True])
def test_kill_loses_and_doubles_nothing(path: Path, every: str, read_only: bool) -> None:
    log = path.parent / "acknowledged"
    with log.open("w") as out:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, f"duckdb:///{path}", every],
            stdout=out,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    until = time.monotonic() + 120
    while log.read_text().count("\n") < 200 and child.poll() is None and time.monotonic() < until:
        time.sleep(random.random() * 0.02)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    told = set(log.read_text().splitlines())
    left = files(path)
    assert left or every == "0.01"
    with open_store(f"duckdb:///{path}", read_only=read_only) as store:
        names = [record.record_id for record in store.find_records("thing", limit=100_000)]
        assert store.claimed(["r"])["r"] == len(names) == len(set(names))
        assert len(told) >= 200
        assert told <= set(names)
    assert files(path) == []


@pytest.mark.usefixtures("slow")
def test_what_was_kept_after_another_state_of_the_file_is_refused_and_stays(path: Path) -> None:
    with open_store(f"duckdb:///{path}") as store:
        store.put_new([thing("A")])
    copy = path.read_bytes()
    script = (
        "import os, sys; from graphcredit.store import Record, open_store; "
        "open_store(sys.argv[1]).put_new([Record('thing', 'B', {})]); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, f"duckdb:///{path}"], check=True, cwd=ROOT)
    assert ".waiting-1" in files(path)
    Path(f"{path}.wal").unlink(missing_ok=True)
    path.write_bytes(copy)  # somebody puts an older copy back
    for read_only in (False, True):
        with pytest.raises(StoreError, match=r"store\.duckdb\.waiting-1 holds 1 decisions") as refused:
            open_store(f"duckdb:///{path}", read_only=read_only)
        assert refused.value.remedy
    left = files(path)
    assert ".waiting-1" in left
    for name in left:
        Path(f"{path}{name}").rename(path.parent / f"aside{name}")
    with open_store(f"duckdb:///{path}") as store:
        assert [record.record_id for record in store.find_records("thing")] == ["A"]


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("after", [False, True])
def test_a_failure_on_the_way_keeps_everything_once(path: Path, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    """DuckDB refuses, or has committed when the process cannot go on."""
    taken = records.take_over

    def fails(*given, **more) -> None:
        if after:
            taken(*given, **more)
            given[0].commit()
            given[0].begin()
        raise duckdb.IOException("no space left")

    with open_store(f"duckdb:///{path}") as store:
        store.put_new([thing("A")], claims=[claim("r", "a", "1")])
        with monkeypatch.context() as broken:
            broken.setattr(records, "take_over", fails)
            with pytest.raises(StoreUnavailableError):
                store.get_record("thing", "A")
            store.put_new([thing("B")], claims=[claim("r", "b", "1")])
        assert {record.record_id for record in store.find_records("thing")} == {"A", "B"}
    assert in_file(path) == (["A", "B"], {"r": Decimal(2)})
    assert files(path) == []


@pytest.mark.usefixtures("slow")
def test_a_disk_that_takes_nothing_is_told_and_nothing_is_claimed(path: Path) -> None:
    with open_store(f"duckdb:///{path}") as store:
        store.put_new([thing("A")], claims=[claim("r", "a", "1")])
        store._memory.journal._files[-1]._connection.execute("PRAGMA query_only = ON")  # type: ignore[attr-defined]
        with pytest.raises(StoreUnavailableError, match="waiting") as refused:
            store.put_new([thing("B")], claims=[claim("r", "b", "1")])
        assert refused.value.remedy
        assert store.claimed(["r"]) == {"r": 1}
        assert store.get_record("thing", "B") is None
        store.put_new([thing("C")])
    assert in_file(path) == (["A", "C"], {"r": Decimal(1)})


def test_callers_who_write_together_are_on_the_disk_in_one_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    went: list[int] = []
    add = journal.Waiting.add
    monkeypatch.setattr(journal.Waiting, "add", lambda self, puts: (went.append(len(puts)), add(self, puts))[1])
    with open_store(f"duckdb:///{path}") as store:
        news = [
            New([thing(name)], [claim("r", name, amount)]) for name, amount in (("A", "60"), ("B", "60"), ("C", "40"))
        ]
        told = store.put_new_together(news)
        assert [isinstance(each, CapacityError) for each in told] == [False, True, False]
        assert went == [2]
        store.put_new_together([New([thing("A", 2)]), New([thing("D")])])  # a later revision is not for the journal
        assert went == [2, 1]
        assert store.get_record("thing", "A") == thing("A", 2)
    assert in_file(path) == (["A", "C", "D"], {"r": Decimal(100)})


@pytest.mark.usefixtures("slow")
def test_a_disk_that_takes_nothing_tells_all_who_wrote_together(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreUnavailableError("the disk is full")

    with open_store(f"duckdb:///{path}") as store:
        store.put_new([thing("A")])
        with monkeypatch.context() as patched:
            patched.setattr(journal.Waiting, "add", full)
            told = store.put_new_together([New([thing("B")], [claim("r", "B", "1")]), New([thing("C")])])
        assert [str(each) for each in told] == ["the disk is full"] * 2
        assert store.claimed(["r"]) == {"r": 0}
    assert in_file(path)[0] == ["A"]


def test_many_records_in_one_put_are_checked_as_few_are(path: Path) -> None:
    many = [thing(f"T{k:03d}") for k in range(50)]
    with open_store(f"duckdb:///{path}") as store:
        store.put_records(many, claims=[claim("r", f"c{k}", "1") for k in range(50)])
        with pytest.raises(ConflictError):
            store.put_records([*(thing(f"U{k:03d}") for k in range(50)), thing("T007")])
        with pytest.raises(CapacityError):
            store.put_records([thing(f"U{k:03d}") for k in range(50)], claims=[claim("r", "more", "51")])
        assert store.get_record("thing", "T049") == many[49]
    assert in_file(path) == ([f"T{k:03d}" for k in range(50)], {"r": Decimal(50)})


def test_a_capacity_holds_whichever_way_is_taken(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "LOOK", 0.01)
    monkeypatch.setattr(commits, "FOLD_EVERY", 0.01)
    with open_store(f"duckdb:///{path}") as one, open_store(f"duckdb:///{path}") as two:

        def put(k: int) -> bool:
            store: CreditStore = (one, two)[k % 2]
            write = store.put_new if k % 3 else store.put_records
            with suppress(CapacityError, ConflictError):
                write([thing(str(k))], claims=[claim(f"r{k % 4}", str(k), "1", "30"), claim("all", str(k), "1", "110")])
                return True
            return False

        with ThreadPoolExecutor(8) as pool:
            went = [k for k, done in enumerate(pool.map(put, range(400))) if done]
        told = one.claimed(["all", "r0", "r1", "r2", "r3"])
    names, sums = in_file(path)
    assert names == sorted(str(k) for k in went)
    assert sums == told
    assert told["all"] == len(went) == 110
    assert all(told[f"r{k}"] == sum(name % 4 == k for name in went) <= 30 for k in range(4))


def test_capacities_hold_where_memory_cannot_keep_all_sums(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_RESOURCES", 3)
    with open_store(f"duckdb:///{path}") as store:
        for k in range(12):
            store.put_new([thing(str(k))], claims=[claim(f"r{k % 6}", str(k), "60", "150")])
        with pytest.raises(CapacityError):
            store.put_new([thing("more")], claims=[claim("r0", "more", "60", "150")])
        assert store.get_record("thing", "more") is None
        assert store.claimed(["r0", "r5", "none"]) == {"r0": 120, "r5": 120, "none": 0}
        assert store.claimed([]) == {}
    assert in_file(path)[1] == {f"r{k}": Decimal(120) for k in range(6)}


def test_a_store_in_memory_has_no_file_for_it() -> None:
    with open_store("duckdb:///:memory:") as store:
        store.put_new([thing("A")], claims=[claim("r", "c", "1", "1")])
        assert store.get_record("thing", "A") == thing("A")
        with pytest.raises(CapacityError):
            store.put_new([thing("B")], claims=[claim("r", "d", "1", "1")])
    with pytest.raises(StoreUnavailableError):
        store.put_new([thing("C")])
