"""Long computations as jobs: start, watch, cancel, fetch what they found."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, model_validator

from graphcredit.desk import CreditDesk, close_each, fail_each, shock_each
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Analyst, Reader
from graphcredit_api.auth.roles import Principal
from graphcredit_api.idempotency import IdempotencyKey, once
from graphcredit_api.paging import cursor_moment, encode_cursor
from graphcredit_api.routers.common import AsOf, checked, seen_by
from graphcredit_api.services import services_of

router = APIRouter(prefix="/v1", tags=["jobs"])
Share = Annotated[float, Field(ge=0, le=1)]
PartyIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=400)]], Field(min_length=1, max_length=10_000)]


class StressJob(BaseModel):
    """What to compute: the failure of each party, the closure of each firm, or many named shocks."""

    kind: Literal["each", "supply", "shocks"] = Field(examples=["each"])
    parties: PartyIds | None = Field(None, description="each, supply: only these; default all")
    shocks: dict[Annotated[str, Field(min_length=1, max_length=200)], dict[str, Share]] | None = Field(
        None, max_length=10_000, description="shocks: name -> {party id: share of production lost}"
    )
    layers: list[str] | None = Field(None, max_length=6, description="shocks: layers that take part")
    tol: float | None = Field(None, gt=0, lt=1, description="each, supply: the certified bound aimed for")
    top: int = Field(500, ge=1, le=10_000, description="parties in the result")

    @model_validator(mode="after")
    def _fits(self) -> "StressJob":
        if (self.kind == "shocks") != bool(self.shocks):
            raise ValueError("kind shocks needs shocks, and only it has them")
        return self


def _work(desk: CreditDesk, body: StressJob, day: date) -> Callable[[Any], dict[str, Any]]:
    if body.kind == "shocks":
        shocks = body.shocks or {}
        return lambda p: shock_each(desk, shocks, day, layers=body.layers, top=min(body.top, 50), progress=p)
    if body.kind == "supply":
        return lambda p: close_each(desk, day, parties=body.parties, tol=body.tol or 1e-6, top=body.top, progress=p)
    return lambda p: fail_each(desk, day, parties=body.parties, tol=body.tol or 1e-4, top=body.top, progress=p)


def start_once(
    request: Request,
    who: Principal,
    key: str | None,
    asked: Any,
    kind: str,
    brief: dict[str, Any],
    work: Callable[[Any], dict[str, Any]],
) -> dict[str, Any]:
    """Start a job once per key; where the first one was lost with its process, start it again.

    Args:
        asked: what the key stands for. kind, brief: what the job says of itself.
    """
    jobs = services_of(request).jobs
    for again in range(100):
        own = key if key is None or not again else f"{key}~{again}"
        made: dict[str, Any] = once(request, who, own, asked, lambda: jobs.start(kind, brief, work, who))
        if "job_id" not in made:  # answered at once, the first time
            return made
        found = jobs.describe(made["job_id"], who)
        if key is None or found["state"] not in ("lost", "failed"):
            break
    note(request, job_id=found["job_id"])
    return found


@router.post("/stress/jobs", status_code=202)
def start_stress(
    request: Request, response: Response, who: Analyst, body: StressJob, as_of: AsOf = None, key: IdempotencyKey = None
) -> Any:
    """Start a large stress test; its job tells progress and time left, and keeps the result."""
    services = services_of(request)
    day = services.desk.day(as_of)
    named = {*(body.parties or ()), *(party for shock in (body.shocks or {}).values() for party in shock)}
    if named:
        services.desk.network(day).positions(named)  # all of them exist, before anything starts
    if who.portfolios:
        for party in named:
            checked(request, who, party, day)
    asked = {**body.model_dump(mode="json", exclude_none=True), "as_of": day.isoformat()}
    work = _work(services.desk, body, day)
    made = start_once(request, who, key, asked, f"stress:{body.kind}", asked, work)
    response.headers["Location"] = f"/v1/jobs/{made['job_id']}"
    response.headers["Retry-After"] = "1"
    return made


@router.get("/jobs")
def jobs(
    request: Request,
    who: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Any:
    """Your jobs, newest first; an administrator sees everybody's."""
    services = services_of(request)
    found = services.jobs.list(who, before=cursor_moment(cursor), limit=limit)
    following = encode_cursor(found[-1].at, found[-1].record_id) if len(found) == limit else None
    return {"jobs": [services.jobs.describe(record.record_id, who) for record in found], "next": following}


@router.get("/jobs/{job_id}")
def job(request: Request, response: Response, who: Reader, job_id: str) -> Any:
    """How a job stands: state, progress, seconds left."""
    found = services_of(request).jobs.describe(job_id, who)
    if found["state"] in ("queued", "running"):
        response.headers["Retry-After"] = str(max(1, min(round(found["seconds_left"] or 1), 30)))
    return found


@router.get("/jobs/{job_id}/result")
def job_result(request: Request, who: Reader, job_id: str) -> Any:
    """What a job found; it stays after the job is over."""
    found = services_of(request).jobs.result(job_id, who)
    seen = seen_by(request, who, None)
    if seen is None:
        return found
    for holder in (found, *found.get("shocks", ())):
        if isinstance(rows := holder.get("parties"), list):
            holder["parties"] = [row for row in rows if row["party_id"] in seen]
            holder["hidden"] = len(rows) - len(holder["parties"])
    return found


@router.post("/jobs/{job_id}/cancel", status_code=202)
def cancel_job(request: Request, who: Reader, job_id: str) -> Any:
    """Ask a job of yours to stop; one that is over stays as it is."""
    return services_of(request).jobs.cancel(job_id, who)
