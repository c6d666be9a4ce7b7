"""Those who work in the background see when an answer is being made, and when none is."""

import asyncio
import threading
import time

import pytest

from graphcredit import background
from graphcredit.background import Answering
from graphcredit_api import middleware
from graphcredit_api.middleware import Around


def free(answering: Answering) -> bool:
    """Whether nobody is being answered."""
    begin = time.monotonic()
    answering.gap(0.05)
    return time.monotonic() - begin < 0.04


def test_a_gap_is_waited_for_until_the_last_answer_is_made_but_not_for_ever() -> None:
    answering = Answering()
    assert free(answering)
    answering.begin()
    answering.begin()
    assert not free(answering)
    answering.end()
    assert not free(answering)
    threading.Timer(0.05, answering.end).start()
    begin = time.monotonic()
    answering.gap(10.0)
    assert time.monotonic() - begin < 5
    assert free(answering)


def test_only_those_who_step_back_wait_for_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    answering = Answering()
    monkeypatch.setattr(background, "answering", answering)
    answering.begin()
    took: list[float] = []

    def works(back: bool) -> None:
        if back:
            background.step_back()
        begin = time.monotonic()
        background.between_answers()
        took.append(time.monotonic() - begin)

    for back in (False, True, False):
        thread = threading.Thread(target=works, args=(back,))
        thread.start()
        thread.join()
    assert took[1] >= background.MOMENT > max(took[0], took[2])


class UnhappyError(Exception):
    """Of an application that fails."""


@pytest.mark.parametrize("how", ["whole", "stream", "fails", "breaks off", "hangs up"])
def test_an_answer_is_made_until_its_first_part_is_sent(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    answering, seen = Answering(), dict[str, bool]()
    monkeypatch.setattr(middleware, "answering", answering)

    async def app(scope, receive, send) -> None:
        seen["computing"] = free(answering)
        if how == "fails":
            raise UnhappyError
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if how == "breaks off":
            raise UnhappyError
        await send({"type": "http.response.body", "body": b"x", "more_body": how == "stream"})
        seen["sent"] = free(answering)
        if how == "stream":
            await send({"type": "http.response.body", "body": b"y", "more_body": False})

    async def send(message) -> None:
        if how == "hangs up":
            raise OSError("the client is gone")

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/x",
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 1),
    }
    around = Around(app, max_body=10, per_minute=600, audited=None)  # type: ignore[arg-type]
    try:
        asyncio.run(around(scope, None, send))  # type: ignore[arg-type]
    except (UnhappyError, OSError):
        assert how in ("breaks off", "hangs up")
    assert seen == ({"computing": False, "sent": True} if how in ("whole", "stream") else {"computing": False})
    assert free(answering)
