"""Scores that a busy server was asked for, kept a moment later by one thread: many in one commit instead of one each."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from graphcredit import logs
from graphcredit.background import between_answers, step_back
from graphcredit.desk.known import Known
from graphcredit.exc import StoreError

log = logs.get_logger("scores")


class Scored(Protocol):
    """What is kept of a score."""

    @property
    def party_id(self) -> str:
        """Whose."""

    @property
    def model_id(self) -> str:
        """By which model."""

    @property
    def grade(self) -> str:
        """On the master scale."""

    @property
    def pd(self) -> float:
        """Probability of default within a year."""

    @property
    def text(self) -> bytes:
        """All of it as JSON."""


class Keeps(Protocol):
    """Takes scores to be kept."""

    def put(self, given: "Given") -> None:
        """Keep a score soon."""

    def close(self) -> None:
        """Keep what waits and stop."""


class Given(NamedTuple):
    """A score of a day; what is kept of it is all, or its place in the rating history alone."""

    score: Scored
    known: Known
    whole: bool = True


class Keeper:
    """Keeps scores in the order in which they come; while the store is away they wait.

    Args:
        keep: writes some of them, each once.
        gather: seconds that the first of a batch waits for others.
        most: scores in one batch.
        hold: scores that wait at most while the store is away; past that the oldest are not kept, and the log says so.
    """

    def __init__(
        self, keep: Callable[[Sequence[Given]], None], *, gather: float = 0.25, most: int = 200, hold: int = 20_000
    ) -> None:
        self.keep, self.gather, self.most, self.hold = keep, gather, most, hold
        self._waiting: queue.Queue[Given | None] = queue.Queue()
        self._held: list[Given] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scores", daemon=True)
        self._thread.start()

    def put(self, given: Given) -> None:
        """Keep a score soon."""
        self._waiting.put(given)

    def close(self, timeout: float = 10.0) -> None:
        """Keep what waits and stop."""
        self._closing.set()
        self._waiting.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        step_back()
        away = False
        while not (self._closing.is_set() and self._waiting.empty() and (not self._held or away)):
            away = not self._step()

    def _step(self) -> bool:
        """Take what came and keep it; False where the store is away."""
        try:
            first = self._waiting.get(timeout=1.0 if self._held else None)
        except queue.Empty:
            first = None
        if first is not None:
            self._closing.wait(self.gather)
        taken = [first]
        while len(taken) < self.most:
            try:
                taken.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        self._held += [given for given in taken if given is not None]
        if not self._held:
            return True
        between_answers()
        try:
            self.keep(self._held[: self.most])
        except StoreError as error:
            if len(self._held) > self.hold:
                log.error("scores_not_kept", code=error.code, count=len(self._held) - self.hold)
                self._held = self._held[-self.hold :]
            return False
        except Exception as error:
            log.error("scores_not_kept", kind=type(error).__name__, count=len(self._held[: self.most]), exc_info=error)
        self._held = self._held[self.most :]
        return True
