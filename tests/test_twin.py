"""A twin answers from the memory it was made with, has nothing else open, and is done without where it does not answer."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from graphcredit import twin
from graphcredit.exc import StoreUnavailableError
from graphcredit.store import Claim, Record, open_store
from graphcredit.twin import Twin, fork

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a process is not forked here")


def asked(answer: Callable[[Any], Any], work: Callable[[Twin], Any]) -> Any:
    """What `work` finds with a twin that answers so."""

    async def run() -> Any:
        made = fork(lambda: answer)
        try:
            return await work(made)
        finally:
            made.end()
            assert not Path(f"/proc/{made.pid}").exists()

    return asyncio.run(run())


def test_it_answers_from_what_was_known_when_it_was_made() -> None:
    known = {"a": 1}

    async def work(made: Twin) -> list[Any]:
        known["a"] = 2
        return [await made.ask(name) for name in ("a", "b")]

    assert asked(known.get, work) == [1, None]
    assert known == {"a": 2}


def test_it_answers_in_order_and_leaves_what_is_too_much_for_it() -> None:
    def slowly(number: int) -> int:
        time.sleep(0.005)
        return number * number

    async def work(made: Twin) -> list[Any]:
        return await asyncio.gather(*(made.ask(number) for number in range(twin.BUSY + 3)))

    assert asked(slowly, work) == [*(number * number for number in range(twin.BUSY)), None, None, None]


def test_what_fails_or_is_too_long_is_not_answered_and_the_next_question_is() -> None:
    def odd(number: int) -> Any:
        if number == 1:
            raise ValueError("no")
        return b"x" * twin.LARGEST if number == 2 else number

    async def work(made: Twin) -> list[Any]:
        long = await made.ask("x" * 10_000_000)
        assert long is None
        assert not made.alive  # what it was to be told is lost
        return []

    async def each(made: Twin) -> list[Any]:
        return [await made.ask(number) for number in range(4)]

    assert asked(odd, each) == [0, None, None, 3]
    assert asked(odd, work) == []


def test_an_answer_that_nobody_waits_for_any_more_is_dropped() -> None:
    def slowly(number: int) -> int:
        time.sleep(0.05)
        return number

    async def work(made: Twin) -> Any:
        gone = asyncio.ensure_future(made.ask(1))
        await asyncio.sleep(0.01)
        gone.cancel()
        return await made.ask(2)

    assert asked(slowly, work) == 2


@pytest.mark.parametrize("how", ["killed", "hangs"])
def test_a_twin_that_is_gone_or_hangs_is_let_go(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin, "PATIENCE", 0.3)

    def never(_: Any) -> Any:
        time.sleep(60)

    async def work(made: Twin) -> list[Any]:
        asking = [asyncio.ensure_future(made.ask(k)) for k in range(2)]
        await asyncio.sleep(0.05)
        if how == "killed":
            os.kill(made.pid, signal.SIGKILL)
        begin = time.monotonic()
        told = await asyncio.gather(*asking)
        assert time.monotonic() - begin < 5
        assert not made.alive
        return told

    assert asked(never, work) == [None, None]


def test_it_has_nothing_open_but_its_line_and_ends_with_the_other_process(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w"):

        def opened(_: Any) -> list[str]:
            links = [each for each in Path("/proc/self/fd").iterdir() if int(each.name) > twin.STDERR]
            return [str(each.readlink()).split(":")[0] for each in links if each.is_symlink()]

        async def work(made: Twin) -> Any:
            return await made.ask(None)

        assert asked(opened, work) == ["socket"]


def test_it_is_asked_on_its_own_loop_only() -> None:
    async def work(made: Twin) -> Any:
        def elsewhere() -> bool:
            async def look() -> bool:
                return made.here

            return asyncio.run(look())

        return made.here, await asyncio.to_thread(elsewhere)

    assert asked(lambda question: question, work) == (True, False)


def test_a_copy_of_a_store_follows_what_is_written_and_asks_nothing(tmp_path: Path) -> None:
    with open_store(f"duckdb:///{tmp_path}/store.duckdb") as store:
        store.put_records([Record("thing", "A", {"n": 1})], claims=[Claim("r", "a", Decimal(2), Decimal(10))])
        assert store.claimed(["r"]) == {"r": 2}
        stamp = store.stamp("thing")
        assert store.written("thing", stamp or 0) == []

        def begin() -> Callable[[Any], Any]:
            store.in_copy()

            def answer(changes: Any) -> Any:
                store.follow(changes)
                try:
                    store.get_record("thing", "A")
                except StoreUnavailableError as error:
                    refused = str(error)
                known = [record.record_id for record in store.written("thing", stamp or 0) or ()]
                return store.claimed(["r", "q"]), known, store.version(), refused

            return answer

        version = store.version()

        async def run() -> tuple[Any, Any, bool]:
            with store.copying() as changes:
                made = fork(begin)
            first = await made.ask(changes.take())
            store.put_new([Record("thing", "B", {})], claims=[Claim("q", "b", Decimal(1), Decimal(10))])
            store.put_records([Record("thing", "A", {"n": 2}, revision=2), Record("other", "O", {})])
            store.put_records([], claims=[Claim("r", "c", Decimal(3), Decimal(10))])
            second = await made.ask(changes.take())
            made.end()
            assert not changes.lost
            store.restore([Record("thing", "C", {}, at=datetime(2026, 6, 30))])  # claims are to be read again
            return first, second, changes.lost

        first, second, lost = asyncio.run(run())
        assert first[:3] == ({"r": 2, "q": 0}, [], version)
        assert second[:3] == ({"r": 5, "q": 1}, ["B", "A"], version)
        assert "a copy of the process has no store to ask" in second[3]
        assert lost
        assert store.get_record("thing", "A").body == {"n": 2}  # type: ignore[union-attr]
