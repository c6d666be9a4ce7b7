"""Long computations beside the requests: bounded in number, with progress, time left, cancel, and a result that stays.

A job is a record of the store: it can be polled after it has finished, after a restart, and from another process of the
same store. Its progress is written every few seconds; a job whose process is gone is reported as lost.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Lock
from typing import Any

from graphcredit import logs
from graphcredit.exc import (
    ConflictError,
    GraphCreditError,
    JobCancelledError,
    NotFoundError,
    RateLimitError,
    StoreError,
)
from graphcredit.jsonable import plain
from graphcredit.store import CreditStore, Record
from graphcredit_api.auth.roles import Permission, Principal

KIND, CANCEL = "job", "job_cancel"
EVERY = 3.0  # seconds between two notes of a job's progress in the store
LOST_AFTER = timedelta(seconds=60)
WAITING_PER_RUNNING = 8
OVER = frozenset({"done", "failed", "cancelled", "lost"})
Work = Callable[[Callable[[int, int], None]], dict[str, Any]]
log = logs.get_logger("jobs")


@dataclass
class Running:
    """A job of this process."""

    job_id: str
    body: dict[str, Any]
    party_id: str | None
    revision: int = 1
    cancelled: Event = field(default_factory=Event)
    began: float = 0.0
    noted: float = 0.0
    done: int = 0
    total: int = 0


class Jobs:
    """The jobs of one application.

    Args:
        store: keeps their records.
        running: how many run side by side; eight times as many may wait.
    """

    def __init__(self, store: CreditStore, running: int = 1) -> None:
        self.store, self.most = store, running * (1 + WAITING_PER_RUNNING)
        self._running = running
        self._pool: ThreadPoolExecutor | None = None  # opened by the first job, again after `close`
        self._mine: dict[str, Running] = {}
        self._lock = Lock()

    def start(self, kind: str, request: Mapping[str, Any], work: Work, who: Principal) -> dict[str, Any]:
        """Queue a job; returns its description.

        Raises:
            RateLimitError: as many as may wait are waiting.
        """
        job_id = f"JOB-{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(8)}"
        body = {
            "job_id": job_id, "kind": kind, "state": "queued", "by": who.name, "portfolios": sorted(who.portfolios),
            "request": plain(request), "created_at": _now(), "started_at": None, "finished_at": None,
            "progress": {"done": 0, "total": 0}, "result": None, "problem": None,
        }  # fmt: skip
        job = Running(job_id, body, None)
        with self._lock:
            busy = sum(other.body["state"] not in OVER for other in self._mine.values())
            if busy >= self.most:
                raise RateLimitError(
                    f"{busy} jobs are running or waiting",
                    remedy="wait until one is done, or cancel one",
                    retry_after=15,
                )
            self._mine[job_id] = job
            pool = self._pool = self._pool or ThreadPoolExecutor(self._running, thread_name_prefix="job")
        try:
            self.store.put_records([Record(KIND, job_id, body)])
            pool.submit(self._run, job, work)
        except BaseException:
            with self._lock:
                self._mine.pop(job_id, None)
            raise
        return self.describe(job_id, who)

    def describe(self, job_id: str, who: Principal, *, result: bool = False) -> dict[str, Any]:
        """How a job stands, with its result where asked.

        Raises:
            NotFoundError: no such job, or somebody else's.
        """
        job = self._mine.get(job_id)
        if job is not None:
            body = dict(job.body)
            seen = datetime.now(UTC).replace(tzinfo=None)
        else:
            record = self.store.get_record(KIND, job_id)
            body = {} if record is None else dict(record.body)
            seen = datetime.min if record is None or record.at is None else record.at
        if not body or not (body["by"] == who.name or who.may(Permission.ADMINISTER)):
            raise NotFoundError(f"job {job_id!r} does not exist", remedy="list your jobs with GET /v1/jobs")
        if body["state"] not in OVER and datetime.now(UTC).replace(tzinfo=None) - seen > LOST_AFTER:
            body |= {
                "state": "lost",
                "problem": {"code": "lost", "detail": "its process is gone", "remedy": "start it again"},
            }
        body["seconds_left"] = _left(job)
        if job is not None and job.total:
            body["progress"] = {"done": job.done, "total": job.total}
        body.pop("portfolios", None)
        if not result:
            body.pop("result", None)
        return body

    def result(self, job_id: str, who: Principal) -> dict[str, Any]:
        """What a job found.

        Raises:
            NotFoundError: no such job. ConflictError: it is not done, failed, or was cancelled.
        """
        body = self.describe(job_id, who, result=True)
        if body["state"] != "done":
            told = (body.get("problem") or {}).get("detail", "")
            raise ConflictError(
                f"the job is {body['state']}{f': {told}' if told else ''}",
                remedy="start it again" if body["state"] in OVER else "poll it until its state is done",
                state=body["state"],
            )
        found: dict[str, Any] = body["result"]
        return found

    def list(self, who: Principal, *, before: tuple[datetime, str] | None, limit: int) -> list[Record]:
        """Records of one's own jobs (an administrator's: of all), newest first."""
        where = None if who.may(Permission.ADMINISTER) else {"by": who.name}
        return self.store.find_records(KIND, where=where, before=before, limit=limit)

    def cancel(self, job_id: str, who: Principal) -> dict[str, Any]:
        """Ask a job to stop; it does so at its next step. A job that is over stays as it is."""
        body = self.describe(job_id, who)
        if body["state"] in OVER:
            return body
        job = self._mine.get(job_id)
        if job is not None:
            job.cancelled.set()
        elif self.store.get_record(CANCEL, job_id) is None:
            self.store.put_records([Record(CANCEL, job_id, {"by": who.name})])
        return {**self.describe(job_id, who), "cancelling": True}

    def close(self) -> None:
        """Cancel what runs and stop; an application that starts again takes jobs again."""
        for job in list(self._mine.values()):
            job.cancelled.set()
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    # -- in the job's thread

    def _run(self, job: Running, work: Work) -> None:
        job.began = time.monotonic()
        job.body |= {"started_at": _now(), "state": "running"}
        self._note(job)

        def progress(done: int, total: int) -> None:
            job.done, job.total = done, total
            if time.monotonic() - job.noted >= EVERY:
                self._note(job)
            if job.cancelled.is_set():
                raise JobCancelledError("the job was cancelled", remedy="start it again if it is wanted after all")

        try:
            if job.cancelled.is_set():
                raise JobCancelledError("the job was cancelled before it began")
            found = plain(work(progress))
            end: dict[str, Any] = {"state": "done", "result": found}
        except JobCancelledError as error:
            end = {"state": "cancelled", "problem": _problem(error)}
        except GraphCreditError as error:
            end = {"state": "failed", "problem": _problem(error)}
        except Exception as error:
            log.error("job_failed", job=job.job_id, kind=type(error).__name__, exc_info=error)
            end = {"state": "failed", "problem": {"code": "internal_error", "detail": "see the server's log"}}
        self._finish(job, end)

    def _finish(self, job: Running, end: dict[str, Any]) -> None:
        job.body |= {**end, "finished_at": _now(), "progress": {"done": job.done, "total": job.total}}
        for attempt in range(6):
            if self._note(job):
                with self._lock:
                    self._mine.pop(job.job_id, None)
                return
            time.sleep(min(2.0**attempt / 10, 3.0))
        log.error("job_not_stored", job=job.job_id)  # it can still be polled here, from memory

    def _note(self, job: Running) -> bool:
        """Write how the job stands; a store that is away is tried again later."""
        job.noted = time.monotonic()
        body = {**job.body, "progress": {"done": job.done, "total": job.total}}
        try:
            self.store.put_records([Record(KIND, job.job_id, body, revision=job.revision + 1)])
            job.revision += 1
            if body["state"] not in OVER and self.store.get_record(CANCEL, job.job_id) is not None:
                job.cancelled.set()
        except ConflictError:
            job.revision += 1  # written before the store went away in the middle of it
            return False
        except StoreError as error:
            log.warning("job_note_waits", job=job.job_id, code=error.code)
            return False
        return True


def _left(job: Running | None) -> float | None:
    """Seconds that a job will take at the speed it has had; None where nobody knows."""
    if job is None or job.done <= 0 or job.body["state"] != "running":
        return None
    return round((time.monotonic() - job.began) / job.done * max(job.total - job.done, 0), 1)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _problem(error: GraphCreditError) -> dict[str, Any]:
    return {"code": error.code, "detail": logs.redact_url(error.message), "remedy": error.remedy}
