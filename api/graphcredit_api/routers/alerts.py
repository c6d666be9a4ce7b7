"""Alerts: looked for, listed, streamed."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from graphcredit.desk import two_days
from graphcredit.jsonable import plain
from graphcredit.monitor import alerts_between, keep_alerts, list_alerts
from graphcredit.store import Record
from graphcredit_api.auth.access import Reader, Writer, still_signed_in
from graphcredit_api.auth.roles import Principal
from graphcredit_api.feed import stream
from graphcredit_api.idempotency import IdempotencyKey
from graphcredit_api.paging import cursor_moment, encode_cursor
from graphcredit_api.routers.common import Limit, checked, seen_by
from graphcredit_api.routers.jobs import start_once
from graphcredit_api.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["alerts"])
Severity = Literal["critical", "warning", "info"]
Kind = Literal[
    "grade_worse",
    "low_headroom",
    "new_overdue",
    "credit_event",
    "neighbour_in_default",
    "guarantee_called",
    "group_near_cap",
    "transaction_drop",
]


@router.get("/alerts")
def alerts(
    request: Request,
    who: Reader,
    party_id: Annotated[str | None, Query(max_length=400)] = None,
    kind: Kind | None = None,
    severity: Severity | None = None,
    limit: Limit = 100,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Any:
    """Recorded alerts, newest first, by page."""
    before = cursor_moment(cursor)
    store = services_of(request).store
    found = list_alerts(store, party_id=party_id, kind=kind, severity=severity, before=before, limit=limit)
    following = encode_cursor(found[-1].at, found[-1].record_id) if len(found) == limit else None
    seen = seen_by(request, who, None)
    shown = [record for record in found if seen is None or record.party_id in seen]
    return {"alerts": plain([{**record.body, "at": record.at} for record in shown]), "next": following}


@router.get(
    "/alerts/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "events"}},
)
def alert_stream(
    request: Request,
    who: Reader,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=400, description="go on after this event")
    ] = None,
    seconds: Annotated[int, Query(ge=1, le=86_400, description="end after so long; the client connects again")] = 3600,
) -> Any:
    """New alerts as they are recorded (server-sent events); goes on after Last-Event-ID, with a heartbeat of 15 s."""
    services = services_of(request)
    last = cursor_moment(last_event_id)
    seen = seen_by(request, who, None)

    def shown(record: Record) -> bool:
        return seen is None or record.party_id in seen

    services.feed.enter()
    events = stream(services.feed, request, last, shown, still_signed_in(request), seconds=seconds)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


class Check(BaseModel):
    """Two days to compare."""

    since: date | None = Field(None, description="the earlier day; default a week before", examples=["2026-06-01"])
    as_of: date | None = Field(None, description="the later day; default the last day known", examples=["2026-06-30"])
    parties: list[Annotated[str, Field(max_length=400)]] | None = Field(None, min_length=1, max_length=10_000)


def _look(services: Services, body: Check, day: date) -> Callable[[Any], dict[str, Any]]:
    def work(progress: Any) -> dict[str, Any]:
        before, after = two_days(services.credit, body.since, day)
        found = alerts_between(services.store, before, after, parties=body.parties, progress=progress)
        new = keep_alerts(services.store, found)
        counts: dict[str, int] = {}
        for alert in found:
            counts[alert.kind] = counts.get(alert.kind, 0) + 1
        return {
            "kind": "alerts",
            "since": before.book.day.isoformat(),
            "as_of": after.book.day.isoformat(),
            "found": len(found),
            "new": new,
            "counts": counts,
        }

    return work


def start_check(request: Request, who: Principal, body: Check, key: str | None = None) -> dict[str, Any]:
    """Start the job that looks for alerts and records them."""
    services = services_of(request)
    day = services.desk.day(body.as_of)
    for party in (body.parties or ()) if who.portfolios else ():
        checked(request, who, party, day)
    asked = {**body.model_dump(mode="json", exclude_none=True), "as_of": day.isoformat()}
    return start_once(request, who, key, asked, "alerts", asked, _look(services, body, day))


@router.post("/alerts/check", status_code=202)
def check_alerts(request: Request, response: Response, who: Writer, body: Check, key: IdempotencyKey = None) -> Any:
    """Look for what is so on one day and was not on an earlier one, and record it: a job."""
    made = start_check(request, who, body, key)
    response.headers["Location"] = f"/v1/jobs/{made['job_id']}"
    return made
