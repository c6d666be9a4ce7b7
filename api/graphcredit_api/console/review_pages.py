"""Monitoring: what the policy proposes for each customer's limit, a re-rating of the day, alerts, and the job that looks."""

from collections import Counter
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from graphcredit.exc import GraphCreditError
from graphcredit.jsonable import plain
from graphcredit_api.auth.access import Reader, Writer
from graphcredit_api.auth.roles import Permission, Principal
from graphcredit_api.console.asked import Asked
from graphcredit_api.console.errors import told
from graphcredit_api.console.render import address, render
from graphcredit_api.console.typed import day_if_any
from graphcredit_api.console.watch_lists import alerts, proposed, review_listing
from graphcredit_api.language import language_of
from graphcredit_api.routers.alerts import Check, start_check
from graphcredit_api.routers.common import seen_by
from graphcredit_api.routers.reviews import Review, start_review
from graphcredit_api.services import services_of

router = APIRouter(include_in_schema=False)
Day = Annotated[date | None, Query()]
Short = Annotated[str, Form(max_length=40)]
JobId = Annotated[str, Query(max_length=60)]
SHOWN, LIKE = 50, "2026-06-30"


def _asked(request: Request, who: Principal, since: date | None, as_of: date | None) -> Asked:
    filters = {} if since is None else {"since": since.isoformat()}
    return Asked(services_of(request), as_of, filters, seen_by(request, who, as_of))


@router.get("/reviews")
def page(request: Request, who: Reader, since: Day = None, as_of: Day = None, job: JobId = "") -> Response:
    """The page; its proposals are fetched after it, since two whole days are compared."""
    return _page(request, who, since, as_of, job)


def _page(
    request: Request,
    who: Principal,
    since: date | None = None,
    as_of: date | None = None,
    job: str = "",
    fault: GraphCreditError | None = None,
) -> Response:
    listing = alerts(_asked(request, who, None, as_of))
    return render(
        request,
        "reviews.html.j2",
        status=fault.status if fault else 200,
        listing=listing,
        rows=listing.rows[:SHOWN],
        day=services_of(request).desk.day(as_of),
        since=since,
        as_of=as_of,
        job=job,
        may=who.may(Permission.WRITE),
        fault=told(fault, language_of(request)) if fault else None,
    )


@router.get("/reviews/proposals")
def proposals(request: Request, who: Reader, since: Day = None, as_of: Day = None) -> Response:
    """The piece with the proposals."""
    found = proposed(_asked(request, who, since, as_of))
    listing, counts = review_listing(found), Counter(each.action for each in found)
    return render(
        request, "proposals.html.j2", listing=listing, rows=listing.rows[:SHOWN], counts=sorted(counts.items())
    )


@router.get("/reviews/jobs/{job_id}")
def state(request: Request, who: Reader, job_id: str) -> Response:
    """The piece that says how a job stands."""
    found = services_of(request).jobs.describe(job_id, who, result=True)
    return render(request, "job_part.html.j2", job=plain(found))


@router.post("/reviews")
def rate_again(request: Request, who: Writer, since: Short = "", as_of: Short = "") -> Response:
    """Rate the day and keep the ratings."""
    try:
        days = Review(since=day_if_any(since, LIKE), as_of=day_if_any(as_of, LIKE))
        made = start_review(request, who, days)
    except GraphCreditError as error:
        return _page(request, who, fault=error)
    return _away(days, made["job_id"])


@router.post("/reviews/alerts")
def look(request: Request, who: Writer, since: Short = "", as_of: Short = "") -> Response:
    """Look for alerts and record them."""
    try:
        days = Check(since=day_if_any(since, LIKE), as_of=day_if_any(as_of, LIKE), parties=None)
        made = start_check(request, who, days)
    except GraphCreditError as error:
        return _page(request, who, fault=error)
    return _away(days, made["job_id"])


def _away(days: Review | Check, job: str) -> RedirectResponse:
    return RedirectResponse(address("/reviews", since=days.since, as_of=days.as_of, job=job), status_code=303)
