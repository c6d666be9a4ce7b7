"""Threads that work beside those who answer.

One interpreter computes for one thread at a time. Whoever takes a turn of some milliseconds in the middle of an answer holds up
that answer and those behind it; taken while nobody is being answered, the same turn holds up at most one.
"""

import os
import sys
import threading
from contextlib import suppress

LATER = 10
"""How nice such a thread is, of 19."""
MOMENT = 0.02
"""Seconds that such a thread waits for a gap between answers before it goes on all the same."""
_mine = threading.local()


def step_back() -> None:
    """From now on the calling thread waits for gaps `between_answers`, and gets a processor after those who answer, where
    threads have priorities (Linux)."""
    _mine.steps_back = True
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LATER)


class Answering:
    """How many answers are being made in this process, so that others can wait for a gap between them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._none = threading.Event()
        self._none.set()

    def begin(self) -> None:
        """An answer is being made."""
        with self._lock:
            self._count += 1
            self._none.clear()

    def end(self) -> None:
        """It was made, or given up."""
        with self._lock:
            self._count -= 1
            if not self._count:
                self._none.set()

    def gap(self, most: float = MOMENT) -> None:
        """Wait until none is being made; `most` seconds at most, for a busy server has no gaps."""
        self._none.wait(most)


answering = Answering()


def between_answers() -> None:
    """Wait for a gap, if the calling thread is one that steps back: before a turn of a part of a millisecond or more."""
    if getattr(_mine, "steps_back", False):
        answering.gap()
