"""The book at a glance, and the list behind each of its charts."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from graphcredit.exc import NotFoundError
from graphcredit.jsonable import plain
from graphcredit_api.auth.access import Reader
from graphcredit_api.console.asked import Asked
from graphcredit_api.console.book_lists import LISTS, groups
from graphcredit_api.console.changes import changes_since
from graphcredit_api.console.listing import Format, PageNumber, respond
from graphcredit_api.console.render import render
from graphcredit_api.routers.common import seen_by
from graphcredit_api.services import services_of

router = APIRouter(include_in_schema=False)
AsOf = Annotated[date | None, Query()]
FILTERS = (
    "grade",
    "industry",
    "region",
    "kind",
    "borrowers",
    "all",
    "change",
    "outcome",
    "party",
    "since",
    "action",
    "severity",
)
SHOWN = 10


@router.get("/")
def portfolio(request: Request, who: Reader, as_of: AsOf = None) -> Response:
    """The book at a glance; to those who see a part of the book only, the lists of that part."""
    seen = seen_by(request, who, as_of)
    services = services_of(request)
    if seen is not None:
        return render(request, "own_book.html.j2", parties=len(seen), day=services.desk.day(as_of))
    near = groups(Asked(services, as_of, {"all": "1"}, seen))
    return render(
        request,
        "portfolio.html.j2",
        book=plain(services.portfolio(as_of)),
        as_of=as_of,
        near=near.rows[:SHOWN],
        group_count=len(near.rows),
    )


@router.get("/changes")
def changes(request: Request, who: Reader, as_of: AsOf = None, part: Annotated[bool, Query()] = False) -> Response:
    """What changed within the week; `part` gives the piece that this page and the portfolio's fetch after themselves."""
    if not part:
        return render(request, "changes.html.j2", as_of=as_of)
    found = changes_since(services_of(request), as_of, seen_by(request, who, as_of))
    return render(request, "changes_part.html.j2", changes=found, as_of=as_of, rows=found["rows"][:SHOWN])


@router.get("/lists/{name}")
def listed(
    request: Request, who: Reader, name: str, as_of: AsOf = None, page: PageNumber = 1, format: Format = ""
) -> Response:
    """A list, by page or as a file."""
    if name not in LISTS:
        raise NotFoundError(f"there is no list {name!r}", remedy=f"one of {', '.join(LISTS)}")
    filters = {key: value[:400] for key in FILTERS if (value := request.query_params.get(key))}
    listing = LISTS[name](Asked(services_of(request), as_of, filters, seen_by(request, who, as_of)))
    day = services_of(request).desk.day(as_of)
    return respond(request, listing, form=format, page=page, day=day, filters=filters)
