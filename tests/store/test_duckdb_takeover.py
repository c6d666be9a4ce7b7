"""When and how what waits in the journal goes over into DuckDB: in quiet, behind those who answer, and once."""

import os
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

from graphcredit import background
from graphcredit.background import Answering
from graphcredit.store import open_store
from graphcredit.store.duckdb import commits, records
from tests.store.test_duckdb_journal import claim, files, in_file, thing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.duckdb"


def test_it_goes_over_by_itself_and_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "LOOK", 0.02)
    monkeypatch.setattr(commits, "FOLD_EVERY", 0.02)
    with open_store(f"duckdb:///{path}") as store:
        for k in range(3):
            store.put_new([thing(str(k))])
            until = time.monotonic() + 20
            while not store._memory.journal.empty and time.monotonic() < until:  # type: ignore[attr-defined]
                time.sleep(0.005)
            assert store._memory.journal.empty  # type: ignore[attr-defined]
    assert files(path) == []
    assert in_file(path)[0] == ["0", "1", "2"]


def test_what_comes_on_and_on_goes_over_after_a_while_or_when_it_is_much(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"LOOK": 0.05, "FOLD_EVERY": 3600.0, "MANY": 40}.items():
        monkeypatch.setattr(commits, name, value)
    went: list[int] = []
    over = records.take_over
    monkeypatch.setattr(
        records, "take_over", lambda *given, **more: (over(*given, **more), went.append(given[1].records.num_rows))
    )
    with open_store(f"duckdb:///{path}") as store:
        until, k = time.monotonic() + 20, 0
        while not went and time.monotonic() < until:  # never quiet
            store.put_new([thing(str(k := k + 1))])
            time.sleep(0.004)
        assert went
        assert went[0] >= 40
        went.clear()
        monkeypatch.setattr(commits, "FOLD_EVERY", 0.5)
        monkeypatch.setattr(commits, "MANY", 1_000_000)
        begin = time.monotonic()
        while not went and time.monotonic() < begin + 20:
            store.put_new([thing(str(k := k + 1))])
            time.sleep(0.004)
        assert went
        assert time.monotonic() - begin < 10


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priorities of their own here")
def test_what_waits_is_taken_over_behind_those_who_answer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "LOOK", 0.01)
    monkeypatch.setattr(commits, "FOLD_EVERY", 0.01)
    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    nice: list[int] = []
    over = records.take_over

    def watched(*args: object, **more: object) -> None:
        nice.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        over(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(records, "take_over", watched)
    with open_store(f"duckdb:///{path}") as store:
        store.put_new([thing("A")])
        until = time.monotonic() + 10
        while not nice and time.monotonic() < until:
            time.sleep(0.01)
    assert nice == [mine + 10]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == mine


@pytest.mark.parametrize("overtaken", [False, True])
def test_what_was_made_ready_between_answers_goes_over_once(
    path: Path, monkeypatch: pytest.MonkeyPatch, overtaken: bool
) -> None:
    monkeypatch.setattr(commits, "LOOK", 3600.0)
    monkeypatch.setattr(commits, "AT_A_TIME", 2)
    with open_store(f"duckdb:///{path}") as store:
        for name in "ABCDE":
            store.put_new([thing(name)], claims=[claim("r", name, "1")])
        writer = store._commits  # type: ignore[attr-defined]
        waiting = store._memory.journal  # type: ignore[attr-defined]
        writer._cut(waiting)
        ready = commits.made_of(waiting)
        assert ready is not None
        assert ready.rows.records["record_id"].to_pylist() == ["A", "B"]
        if overtaken:
            assert writer._take_over(waiting)  # by somebody who reads records
        while writer._take_over(waiting, ready):
            pass
        assert commits.made_of(waiting) is None
        assert files(path) in ([], [f".waiting-{waiting._number}", f".waiting-{waiting._number}-wal"])
        assert [record.record_id for record in store.find_records("thing")] == list("EDCBA")
    assert in_file(path) == (list("ABCDE"), {"r": Decimal(5)})


@pytest.mark.parametrize("busy", [0.0, 0.3])
def test_it_waits_for_a_gap_between_answers(path: Path, monkeypatch: pytest.MonkeyPatch, busy: float) -> None:
    monkeypatch.setattr(commits, "LOOK", 0.01)
    monkeypatch.setattr(commits, "FOLD_EVERY", 0.01)
    answering = Answering()
    monkeypatch.setattr(background, "answering", answering)
    monkeypatch.setattr(answering, "gap", lambda: Answering.gap(answering, 10.0))
    committed: list[float] = []
    over = records.take_over
    monkeypatch.setattr(
        records, "take_over", lambda *given, **more: (over(*given, **more), committed.append(time.monotonic()))
    )
    with open_store(f"duckdb:///{path}") as store:
        begin = time.monotonic()
        if busy:
            answering.begin()
        store.put_new([thing("A")], claims=[claim("r", "a", "1")])
        time.sleep(busy)
        assert not (busy and committed)
        if busy:
            answering.end()
        while not committed and time.monotonic() < begin + 5:
            time.sleep(0.01)
        assert begin + busy <= committed[0] < begin + busy + 5
    assert in_file(path) == (["A"], {"r": Decimal(1)})
