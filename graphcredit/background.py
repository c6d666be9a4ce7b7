"""Threads that work beside those who answer."""

import os
import sys
import threading
from contextlib import suppress

LATER = 10
"""How nice such a thread is, of 19."""


def step_back() -> None:
    """From now on the calling thread gets a processor after those who answer, where threads have priorities (Linux)."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LATER)
