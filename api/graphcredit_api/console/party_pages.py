"""Finding a party, its page, its lists, and the credit report."""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from graphcredit.exc import NotFoundError
from graphcredit.jsonable import plain
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Reader
from graphcredit_api.console.listing import Column, Format, Listing, PageNumber, respond
from graphcredit_api.console.party_lists import PARTY_LISTS
from graphcredit_api.console.party_page import party_page
from graphcredit_api.console.render import fill, render
from graphcredit_api.console.static_files import HERE
from graphcredit_api.finding import find_parties
from graphcredit_api.routers.common import seen_by
from graphcredit_api.services import services_of

router = APIRouter(include_in_schema=False)
AsOf = Annotated[date | None, Query()]
FOUND = 200


@router.get("/parties")
def search(
    request: Request,
    who: Reader,
    q: Annotated[str, Query(max_length=200)] = "",
    page: PageNumber = 1,
    format: Format = "",
) -> Response:
    """Find a party; a single or exact hit opens it."""
    desk = services_of(request).desk
    rows = find_parties(desk, q, limit=FOUND) if q.strip() else []
    seen = seen_by(request, who, None)
    rows = [row for row in rows if seen is None or row["party_id"] in seen]
    if not format and (len(rows) == 1 or (rows and rows[0]["party_id"] == q.strip())):
        from urllib.parse import quote

        return RedirectResponse(f"/parties/{quote(rows[0]['party_id'], safe='')}", status_code=303)
    grades = desk.grades()
    listed = [{**plain(row), "grade": grades.get(row["party_id"], (None,))[0]} for row in rows]
    columns = (
        Column("party_id", "party", "party"),
        Column("name", "name"),
        Column("kind", "kind", "code"),
        Column("industry", "industry"),
        Column("region", "region"),
        Column("grade", "grade", "grade"),
    )
    return respond(
        request, Listing("search", "search", columns, listed), form=format, page=page, q=q, day=desk.day(), filters={}
    )


@router.get("/parties/{party_id}")
def party(request: Request, who: Reader, party_id: str, as_of: AsOf = None) -> Response:
    """Everything about one party."""
    return render(request, "party.html.j2", as_of=as_of, **party_page(services_of(request), who, party_id, as_of))


@router.get("/parties/{party_id}/lists/{name}")
def party_list(
    request: Request,
    who: Reader,
    party_id: str,
    name: str,
    as_of: AsOf = None,
    page: PageNumber = 1,
    format: Format = "",
) -> Response:
    """One of a party's lists, by page or as a file."""
    if name not in PARTY_LISTS:
        raise NotFoundError(f"there is no list {name!r}", remedy=f"one of {', '.join(PARTY_LISTS)}")
    found = party_page(services_of(request), who, party_id, as_of)
    listing = PARTY_LISTS[name](found)
    return respond(request, listing, form=format, page=page, day=found["day"], filters={}, about=found["party"])


@router.get("/parties/{party_id}/report")
def report(
    request: Request,
    who: Reader,
    party_id: str,
    as_of: AsOf = None,
    form: Annotated[str, Query(pattern="^(page|html|pdf)$")] = "page",
) -> Response:
    """The credit report (资信报告): a page to print, or a file that needs nothing else."""
    services = services_of(request)
    found: dict[str, Any] = party_page(services, who, party_id, as_of)
    if form == "page":
        return render(request, "report.html.j2", as_of=as_of, style=None, **found)
    note(request, report=form)
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", f"report-{party_id}-{found['day']}")[:80]
    keep = {"Content-Disposition": f'attachment; filename="{stem}.{form}"'}
    if form == "pdf":
        from graphcredit_api.console.report_pdf import report_pdf
        from graphcredit_api.language import language_of

        return Response(
            report_pdf(found | {"currency": services.settings.currency}, who.name, language_of(request)),
            media_type="application/pdf",
            headers=keep,
        )
    style = Markup((HERE / "report.css").read_text(encoding="utf-8"))
    text = fill(request, "report.html.j2", as_of=as_of, style=style, **found)
    return Response(text, media_type="text/html; charset=utf-8", headers=keep)
