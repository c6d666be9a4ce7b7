"""Long computations: start, wait, fetch, cancel."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from graphcredit.client.models import Job
from graphcredit.client.transport import Transport
from graphcredit.exc import ConflictError, JobCancelledError


class Jobs:
    """What every part of the client shares: how requests are sent, and jobs."""

    def __init__(self, transport: Transport) -> None:
        self._send = transport

    def _started(self, path: str, body: Any, params: dict[str, Any], key: str | None) -> Job:
        return Job.of(self._send.json("POST", path, body=body, params=params, write=True, key=key))

    def job(self, job_id: str) -> Job:
        """How a job stands."""
        return Job.of(self._send.json("GET", f"/v1/jobs/{job_id}"))

    def jobs(self, *, page: int = 50) -> Iterator[Job]:
        """One's own jobs, newest first."""
        yield from map(Job.of, self._send.pages("/v1/jobs", "jobs", params={"limit": page}))

    def result(self, job: Job | str) -> dict[str, Any]:
        """What a finished job found.

        Raises:
            ConflictError: it is not done.
        """
        name = job if isinstance(job, str) else job.job_id
        return dict(self._send.json("GET", f"/v1/jobs/{name}/result"))

    def cancel(self, job: Job | str) -> Job:
        """Ask a job to stop."""
        name = job if isinstance(job, str) else job.job_id
        return Job.of(self._send.json("POST", f"/v1/jobs/{name}/cancel"))

    def wait(
        self, job: Job | str, *, timeout: float = 3600.0, progress: Callable[[Job], None] | None = None
    ) -> dict[str, Any]:
        """Wait until a job is over; returns what it found.

        Args:
            timeout: seconds to wait at most; the job goes on after that.
            progress: called with the job each time it is looked at; it may raise to stop waiting.

        Raises:
            JobCancelledError: it was cancelled. ConflictError: it failed, was lost, or is not over in time.
        """
        name = job if isinstance(job, str) else job.job_id
        until, pause = time.monotonic() + timeout, 0.1
        while True:
            found = self.job(name)
            if progress:
                progress(found)
            if found.state == "done":
                return self.result(name)
            told = found.problem or {}
            if found.state == "cancelled":
                raise JobCancelledError(str(told.get("detail") or "the job was cancelled"), job_id=name)
            if found.over:
                detail = told.get("detail") or f"the job is {found.state}"
                raise ConflictError(str(detail), remedy=str(told.get("remedy", "")), job_id=name, state=found.state)
            if time.monotonic() > until:
                raise ConflictError(f"job {name} is not over after {timeout:.0f} s", remedy="wait longer", job_id=name)
            time.sleep(pause)
            pause = min(pause * 1.5, max(0.2, min((found.seconds_left or 4.0) / 4, 5.0)))
