"""Where answers are computed: those from memory at once, where requests arrive; those that may wait, in a thread.

A thread costs a short answer more than it saves: handing it over and back, and the turns that both take at the interpreter.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from anyio import CapacityLimiter, to_thread

T = TypeVar("T")
A = TypeVar("A")
R = TypeVar("R")
MOMENT = 0.002  # seconds that those who wait for their turn hardly notice


async def at_once(work: Callable[[], T], *, ready: Callable[[], bool], limiter: CapacityLimiter | None = None) -> T:
    """Do some milliseconds of work here if all of it is in memory, else in a thread.

    Args:
        work: an answer. ready: whether it waits for nothing: no store, no computation that others share.
        limiter: of threads that do such work at a time.
    """
    return work() if ready() else await to_thread.run_sync(work, limiter=limiter)


class Together(Generic[A, R]):
    """Does in one go what several requests ask for while the loop was with others: what costs once, then costs less each.

    The more of them wait, the quicker each is served.

    Args:
        work: what each of those that asked is answered, in order, or the error to raise.
    """

    def __init__(self, work: Callable[[Sequence[A]], Sequence[R | Exception]]) -> None:
        self.work = work
        self._asked: dict[asyncio.AbstractEventLoop, list[tuple[A, asyncio.Future[R]]]] = {}

    async def ask(self, what: A) -> R:
        """What is answered to it; it is done on the loop, once all that wait there have asked."""
        loop = asyncio.get_running_loop()
        asked = self._asked.setdefault(loop, [])
        asked.append((what, loop.create_future()))
        if len(asked) == 1:
            loop.call_soon(self._answer, loop)
        return await asked[-1][1]

    def _answer(self, loop: asyncio.AbstractEventLoop) -> None:
        asked = self._asked.pop(loop)
        found: Sequence[R | Exception]
        try:
            found = self.work([what for what, _ in asked])
        except Exception as error:  # noqa: BLE001  (raised to those who asked)
            found = [error] * len(asked)
        for (_, answer), each in zip(asked, found, strict=True):
            if answer.cancelled():
                continue  # it was done, but nobody waits for it any more
            if isinstance(each, Exception):
                answer.set_exception(each)
            else:
                answer.set_result(each)
