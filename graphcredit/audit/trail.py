"""What a busy server writes through: entries gather for a moment and are committed together by one thread."""

import queue
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from graphcredit import logs
from graphcredit.audit.log import AuditLog
from graphcredit.exc import GraphCreditError, StoreError

log = logs.get_logger("audit")
Waiting = tuple[Mapping[str, Any], "Future[tuple[int, str]]"]


class AuditTrail:
    """Entries in, one commit for all that came meanwhile; while the store is away they wait in memory.

    Args:
        audit: where they are written.
        gather: seconds that the first entry of a batch waits for others.
        most: entries in one batch.
        keep: entries kept in memory while the store is away; past that the oldest go to the process's log only, said there.
    """

    def __init__(self, audit: AuditLog, *, gather: float = 0.5, most: int = 500, keep: int = 100_000) -> None:
        self.audit, self.gather, self.most, self.keep = audit, gather, most, keep
        self.away = False
        self._waiting: queue.Queue[Waiting | None] = queue.Queue()
        self._held: list[Waiting] = []
        self._closing, self._hurry = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    def put(self, entry: Mapping[str, Any], *, urgent: bool = False) -> "Future[tuple[int, str]]":
        """Add an entry; the future ends when it is committed, without gathering others first if it is urgent."""
        done: Future[tuple[int, str]] = Future()
        self._waiting.put((writable(dict(entry)), done))
        if urgent:
            self._hurry.set()
        return done

    def close(self, timeout: float = 10.0) -> None:
        """Commit what waits and stop."""
        self._closing.set()
        self._hurry.set()
        self._waiting.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            self._take()
            if self._held:
                self._commit()
            if self._closing.is_set() and self._waiting.empty() and (not self._held or self.away):
                for entry, _ in self._held:
                    log.error("audit_entry_not_stored", **_line(entry))
                return

    def _take(self) -> None:
        """Wait for an entry, then for a moment for more."""
        try:
            first = self._waiting.get(timeout=1.0 if self._held else None)
            if first is not None:
                self._held.append(first)
        except queue.Empty:
            return  # time to try again with what is held
        if not self._closing.is_set():
            self._hurry.wait(self.gather)
        self._hurry.clear()
        while len(self._held) < self.most:
            try:
                more = self._waiting.get_nowait()
            except queue.Empty:
                break
            if more is not None:
                self._held.append(more)

    def _commit(self) -> None:
        batch = self._held[: self.most]
        try:
            head = self.audit.append([entry for entry, _ in batch])
        except StoreError as error:
            if not self.away:
                log.warning("audit_waits", code=error.code, held=len(self._held))
            self.away = True
            while len(self._held) > self.keep:
                log.error("audit_entry_not_stored", **_line(self._held.pop(0)[0]))
            return
        except Exception as error:  # noqa: BLE001  (the thread outlives whatever one batch meets; its entries stay held)
            code = error.code if isinstance(error, GraphCreditError) else type(error).__name__
            log.error("audit_waits", code=code, held=len(self._held))
            return
        self.away = False
        self._held = self._held[len(batch) :]
        for _, done in batch:
            done.set_result(head)


def writable(value: Any) -> Any:
    """The same with a question mark for each half character: what no store can write must not stop the log."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {writable(name): writable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [writable(each) for each in value]
    return value


def _line(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as fields of a log line."""
    return {f"entry_{name}": value for name, value in entry.items()}
