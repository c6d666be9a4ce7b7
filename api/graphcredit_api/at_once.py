"""Where answers are computed: those from memory at once, where requests arrive; those that may wait, in a thread.

A thread costs a short answer more than it saves: handing it over and back, and the turns that both take at the interpreter.
"""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

T = TypeVar("T")
MOMENT = 0.002  # seconds that those who wait for their turn hardly notice


async def at_once(work: Callable[[], T], *, ready: Callable[[], bool], limiter: CapacityLimiter | None = None) -> T:
    """Do some milliseconds of work here if all of it is in memory, else in a thread.

    Args:
        work: an answer. ready: whether it waits for nothing: no store, no computation that others share.
        limiter: of threads that do such work at a time.
    """
    return work() if ready() else await to_thread.run_sync(work, limiter=limiter)
