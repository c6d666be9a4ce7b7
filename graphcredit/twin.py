"""A twin: a forked process that answers questions from what was in this one's memory when it was made.

One interpreter computes for one thread at a time. A twin is a second one that has to read and prepare nothing: memory is shared
page by page until one of the two writes to it. It has nothing open but the line to this process, and writes nowhere. What it
cannot answer, this process answers itself, so that a twin that is slow or gone costs a moment and nothing else.
"""

import asyncio
import gc
import os
import pickle
import select
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from graphcredit import logs

LARGEST = 180_000
"""Bytes of a question or an answer; larger ones are not sent. The line holds twice as much."""
IN_LINE, BUSY = 8, 32
"""Questions that are sent at a time (the system lets ten wait), and that wait in all: past that, work is shared."""
PATIENCE = 2.0
"""Seconds after which an answer is not waited for any more, and the twin is let go."""
YOUNG, IDLE = 2_000, 30.0
"""New objects after which a twin collects garbage once nobody asks, and seconds of silence after which it collects all."""
STDERR = 2
NO_ANSWER = pickle.dumps(None)
log = logs.get_logger("twin")


def possible() -> bool:
    """Whether a twin would be of use: on Linux, with a processor for it."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


def fork(begin: Callable[[], Callable[[Any], Any]]) -> "Twin":
    """Make a twin of this process; to be called on the event loop that will ask it.

    Args:
        begin: called in the twin; what it returns answers each question, None where it cannot.

    Raises:
        OSError: the system has no memory or process left.
    """
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for line in (ours, its):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LARGEST)
    try:
        pid = os.fork()
    except OSError:
        ours.close()
        its.close()
        raise
    if not pid:
        try:
            _let_go_of_all_but(its.fileno())
            _answer_all(its, begin())
        except Exception as error:  # noqa: BLE001  (a log may be locked by a thread that is not here)
            os.write(STDERR, f"twin: {error!r}\n".encode())
        finally:
            os._exit(0)  # nothing of the other process is ended or flushed here
    its.close()
    return Twin(pid, ours)


class Twin:
    """One twin, asked on the event loop on which it was made; it answers in the order in which it is asked."""

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid, self.alive = pid, True
        self._line, self._loop = line, asyncio.get_running_loop()
        self._asked: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._unsent: deque[bytes] = deque()  # the last ones of them
        self._buffer = bytearray(LARGEST)
        self._watch: asyncio.TimerHandle | None = None
        line.setblocking(False)
        self._loop.add_reader(line.fileno(), self._answered)

    @property
    def here(self) -> bool:
        """Whether it can be asked: it lives, and this is its loop."""
        return self.alive and asyncio.get_running_loop() is self._loop

    @property
    def busy(self) -> bool:
        """Whether so many questions wait that it takes no more."""
        return len(self._asked) >= BUSY

    async def ask(self, question: Any) -> Any:
        """What it answers; None where it does not, or is busy."""
        if self.busy:
            return None
        answer = self._loop.create_future()
        self._asked.append((answer, time.monotonic()))
        self._unsent.append(pickle.dumps(question, pickle.HIGHEST_PROTOCOL))
        self._send()
        if not self.alive:
            return None
        if self._watch is None:
            self._watch = self._loop.call_later(PATIENCE, self._look)
        return await answer

    def _send(self) -> None:
        while self._unsent and len(self._asked) - len(self._unsent) < IN_LINE:
            try:
                self._line.send(self._unsent[0])
            except OSError as error:  # it is gone, or the question too long
                self.end(type(error).__name__)
                return
            self._unsent.popleft()

    def _answered(self) -> None:
        try:
            size = self._line.recv_into(self._buffer)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self.end("gone")
            return
        answer, _ = self._asked.popleft()
        if not answer.done():  # else nobody waits for it any more
            answer.set_result(pickle.loads(memoryview(self._buffer)[:size]))
        self._send()

    def _look(self) -> None:
        self._watch = None
        if not self._asked:
            return
        left = self._asked[0][1] + PATIENCE - time.monotonic()
        if left <= 0:
            self.end("slow")
        else:
            self._watch = self._loop.call_later(left, self._look)

    def end(self, why: str = "") -> None:
        """Let it go; those who still wait are told None.

        Args:
            why: for the log; nothing is logged without.
        """
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self._line.fileno())
        self._line.close()
        if self._watch is not None:
            self._watch.cancel()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        if why:
            log.warning("twin_ended", why=why, waiting=len(self._asked))
        while self._asked:
            answer, _ = self._asked.popleft()
            if not answer.done():
                answer.set_result(None)


# -- in the twin


def _let_go_of_all_but(line: int) -> None:
    """Close what was inherited: ports, files and lines of the other process; it alone is told to stop by its user."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for each in list(Path("/proc/self/fd").iterdir()):
        if int(each.name) > STDERR and int(each.name) != line:
            with suppress(OSError):  # the one that this list was read from
                os.close(int(each.name))


def _answer_all(line: socket.socket, answer: Callable[[Any], Any]) -> None:
    """Until the other process hangs up. Garbage is collected between questions: in an answer it would cost milliseconds."""
    gc.disable()
    gc.freeze()
    line.settimeout(IDLE)
    buffer, answered = bytearray(LARGEST), 0
    while True:
        try:
            size = line.recv_into(buffer)
        except TimeoutError:
            if answered:
                gc.collect()
                answered = 0
            continue
        if not size:
            return
        line.send(_told(answer, memoryview(buffer)[:size]))
        answered += 1
        if gc.get_count()[0] > YOUNG and not select.select([line], [], [], 0)[0]:
            gc.collect(1)


def _told(answer: Callable[[Any], Any], question: memoryview) -> bytes:
    try:
        told = pickle.dumps(answer(pickle.loads(question)), pickle.HIGHEST_PROTOCOL)
    except Exception:  # noqa: BLE001  (the other process meets it as well, and says so to whom it concerns)
        return NO_ANSWER
    return told if len(told) <= LARGEST else NO_ANSWER
