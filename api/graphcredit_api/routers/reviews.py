"""Periodic re-rating: what the policy proposes for each customer's limit, and the day's ratings kept in the history."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from graphcredit.desk import two_days
from graphcredit.exc import NoModelError
from graphcredit.monitor import Proposal, rerate
from graphcredit_api.auth.access import Reader, Writer
from graphcredit_api.auth.roles import Principal
from graphcredit_api.idempotency import IdempotencyKey
from graphcredit_api.paging import cursor_number, encode_cursor
from graphcredit_api.routers.common import AsOf, Limit, credit_of, seen_by
from graphcredit_api.routers.jobs import start_once
from graphcredit_api.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["alerts"])
Since = Annotated[date | None, Query(description="the earlier day; default a week before")]


@router.get("/reviews")
def reviews(
    request: Request,
    who: Reader,
    since: Since = None,
    as_of: AsOf = None,
    everyone: Annotated[bool, Query(alias="all", description="also customers with nothing to be done")] = False,
    limit: Limit = 100,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Any:
    """What the policy proposes for each customer's limit: cut, more cover, repay, stop; strongest first, by page."""
    start = cursor_number(cursor) or 0
    before, after = two_days(credit_of(request), since, as_of)
    found = rerate(services_of(request).store, before, after, all_customers=everyone)
    seen = seen_by(request, who, as_of)
    shown = [proposal for proposal in found if seen is None or proposal.party_id in seen]
    page = shown[start : start + limit]
    return {
        "since": before.book.day.isoformat(),
        "as_of": after.book.day.isoformat(),
        "policy": after.policy.label,
        "count": len(shown),
        "reviews": [proposal.to_json() for proposal in page],
        "next": encode_cursor(start + limit) if start + limit < len(shown) else None,
    }


class Review(BaseModel):
    """Two days to compare; the later one is rated."""

    since: date | None = Field(None, description="the earlier day; default a week before", examples=["2026-03-31"])
    as_of: date | None = Field(
        None, description="the day that is rated; default the last day known", examples=["2026-06-30"]
    )


def _rated(services: Services, day: date, seen: frozenset[str] | None) -> int:
    """Keep the day's ratings of companies, of `seen` alone where given; how many were new or changed."""
    try:
        return services.desk.rate_all(day, among=seen)
    except NoModelError:
        return 0  # the scores in force were recorded elsewhere


def _work(
    services: Services, since: date | None, day: date, seen: frozenset[str] | None
) -> Callable[[Any], dict[str, Any]]:
    def work(progress: Any) -> dict[str, Any]:
        before, after = two_days(services.credit, since, day)
        progress(1, 3)
        rated = _rated(services, day, seen)
        progress(2, 3)
        found = rerate(services.store, before, after)
        shown: list[Proposal] = [each for each in found if seen is None or each.party_id in seen]
        progress(3, 3)
        return {
            "kind": "reviews",
            "since": before.book.day.isoformat(),
            "as_of": after.book.day.isoformat(),
            "policy": after.policy.label,
            "rated": rated,
            "count": len(shown),
            "actions": dict(Counter(each.action for each in shown)),
        }

    return work


def start_review(request: Request, who: Principal, body: Review, key: str | None = None) -> dict[str, Any]:
    """Start the job that rates a day and sums up what the policy proposes."""
    services = services_of(request)
    day = services.desk.day(body.as_of)
    asked = {**body.model_dump(mode="json", exclude_none=True), "as_of": day.isoformat()}
    work = _work(services, body.since, day, seen_by(request, who, day))
    return start_once(request, who, key, asked, "reviews", asked, work)


@router.post("/reviews", status_code=202)
def review(request: Request, response: Response, who: Writer, body: Review, key: IdempotencyKey = None) -> Any:
    """Rate every company on a day, keep the ratings in the history, and count what the policy proposes: a job."""
    made = start_review(request, who, body, key)
    response.headers["Location"] = f"/v1/jobs/{made['job_id']}"
    return made
