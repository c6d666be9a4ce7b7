"""Pages of the console; each asks the desk and renders a template."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, select_autoescape

from graphcredit.decisions import list_decisions, replay, show_decision
from graphcredit.exc import GraphCreditError, NoModelError, NotFoundError
from graphcredit.jsonable import plain
from graphcredit.viz.assets import network_script, vis_network
from graphcredit.viz.style import GRADE_COLOURS
from graphcredit_api.auth.access import CSRF_FIELD, SESSION_COOKIE, Analyst, Decider, Reader, csrf_token
from graphcredit_api.auth.tokens import access_token
from graphcredit_api.auth.users import log_in
from graphcredit_api.console.party_page import party_page
from graphcredit_api.console.texts import words
from graphcredit_api.language import language_of
from graphcredit_api.services import services_of

router = APIRouter(include_in_schema=False)
HERE = Path(__file__).parent
_templates = Environment(loader=PackageLoader("graphcredit_api.console"), autoescape=select_autoescape(["j2", "html"]))
_templates.globals["grade_colours"] = GRADE_COLOURS
SESSION_MINUTES = 480
AsOf = Annotated[date | None, Query()]


def money(value: Any) -> str:
    """An amount as a person reads it."""
    return "" if value is None else f"{Decimal(str(value)):,.0f}"


def percent(value: Any, digits: int = 2) -> str:
    """A share as a person reads it."""
    return "" if value is None else f"{float(value):.{digits}%}"


_templates.filters |= {"money": money, "percent": percent}


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page in the reader's language."""
    services = services_of(request)
    language = language_of(request)
    session = request.cookies.get(SESSION_COOKIE, "")
    body = _templates.get_template(template).render(
        t=words(language),
        language=language,
        local=services.settings.auth == "local",
        path=request.url.path,
        csrf=csrf_token(services, session) if session else "",
        request_id=getattr(request.state, "request_id", ""),
        **values,
    )
    page = HTMLResponse(body, status_code=status)
    wish = request.query_params.get("lang")
    if wish in ("en", "zh"):
        page.set_cookie("lang", wish, max_age=31_536_000, samesite="strict")
    return page


STATIC: dict[str, tuple[Callable[[], Path], str]] = {
    "vis-network.js": (lambda: vis_network()[0], "text/javascript"),
    "vis-network.css": (lambda: vis_network()[1], "text/css"),
    "network.js": (network_script, "text/javascript"),
    "console.js": (lambda: HERE / "static" / "console.js", "text/javascript"),
    "console.css": (lambda: HERE / "static" / "console.css", "text/css"),
}
"""Every script and style of the console: ours, and those of installed wheels."""


@router.get("/static/{name}")
def static(name: str) -> Response:
    """One of the console's scripts and styles."""
    if name not in STATIC:
        raise NotFoundError(f"there is no file {name!r}", remedy="reload the page")
    path, kind = STATIC[name]
    return FileResponse(path(), media_type=kind, headers={"Cache-Control": "public, max-age=3600"})


@router.get("/favicon.ico")
def icon() -> Response:
    """No icon, and no error about it."""
    return Response(status_code=204)


@router.get("/")
def portfolio(request: Request, who: Reader, as_of: AsOf = None) -> Response:
    """The book at a glance."""
    return render(request, "portfolio.html.j2", who=who, book=plain(services_of(request).portfolio(as_of)))


@router.get("/parties")
def search(request: Request, who: Reader, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Find a party; a single exact hit opens it."""
    desk = services_of(request).desk
    rows = desk.store.search_parties(q, limit=50, as_of=desk.day()).to_pylist() if q.strip() else []
    if len(rows) == 1 or (rows and rows[0]["party_id"] == q.strip()):
        return RedirectResponse(f"/parties/{rows[0]['party_id']}", status_code=303)
    return render(request, "search.html.j2", who=who, q=q, rows=plain(rows), grades=desk.grades())


@router.get("/parties/{party_id}")
def party(request: Request, who: Reader, party_id: str, as_of: AsOf = None) -> Response:
    """Everything about one party."""
    return render(request, "party.html.j2", who=who, **party_page(services_of(request), who, party_id, as_of))


@router.get("/parties/{party_id}/network")
def network(
    request: Request,
    who: Reader,
    party_id: str,
    depth: Annotated[int, Query(ge=1, le=6)] = 2,
    limit: Annotated[int, Query(ge=1, le=1000)] = 150,
) -> Response:
    """A party's surroundings, drawn by network.js from the API."""
    found = services_of(request).desk.party(party_id)
    return render(request, "network.html.j2", who=who, party=plain(found), depth=depth, limit=limit)


@router.get("/stress")
def stress(
    request: Request, who: Analyst, shock: Annotated[str, Query(max_length=2000)] = "", as_of: AsOf = None
) -> Response:
    """Choose who fails, see who falls and why."""
    result, fault = None, None
    if shock.strip():
        try:
            result = plain(services_of(request).desk.stress(_shocks(shock), as_of))
        except GraphCreditError as error:
            fault = error
    return render(request, "stress.html.j2", who=who, shock=shock, result=result, fault=fault)


def _shocks(text: str) -> dict[str, float]:
    from graphcredit.exc import InputError

    parsed: dict[str, float] = {}
    for part in text.split(","):
        party, _, share = part.strip().partition("=")
        try:
            parsed[party.strip()] = float(share or 1)
        except ValueError:
            raise InputError(f"{share!r} is not a number", remedy="write PARTY=0.5") from None
    return parsed


@router.get("/decisions")
def decisions(request: Request, who: Reader, party_id: Annotated[str, Query(max_length=400)] = "") -> Response:
    """Past decisions and a new application."""
    found = list_decisions(services_of(request).store, party_id=party_id or None, limit=50)
    return render(
        request,
        "decisions.html.j2",
        who=who,
        party_id=party_id,
        rows=[made.to_json() for made in found],
        fault=None,
        form={},
    )


@router.post("/decisions")
def apply(
    request: Request,
    who: Decider,
    party_id: Annotated[str, Form(max_length=400)],
    amount: Annotated[str, Form(max_length=40)],
    tenor_days: Annotated[str, Form(max_length=10)],
    product: Annotated[str, Form(max_length=40)] = "loan",
    payments: Annotated[str, Form(max_length=5)] = "",
    documents: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Decide an application from the form; a mistake shows the form again with what to do."""
    form = {"party_id": party_id, "amount": amount, "tenor_days": tenor_days, "product": product, "payments": payments,
            "documents": documents}  # fmt: skip
    application: dict[str, Any] = {name: form[name] for name in ("party_id", "amount", "tenor_days", "product")}
    if payments:
        application["payments"] = payments
    ids = tuple(part.strip() for part in documents.split(",") if part.strip())
    if ids:
        application["order_ids" if product == "order_finance" else "invoice_ids"] = ids
    try:
        made = services_of(request).credit.decide(application, by=who.name)
    except GraphCreditError as error:
        rows = [past.to_json() for past in list_decisions(services_of(request).store, limit=20)]
        return render(
            request, "decisions.html.j2", status=error.status, who=who, party_id="", rows=rows, fault=error, form=form
        )
    return RedirectResponse(f"/decisions/{made.decision_id}", status_code=303)


@router.get("/decisions/{decision_id}")
def decision(request: Request, who: Reader, decision_id: str) -> Response:
    """One decision, replayed from its own inputs."""
    store = services_of(request).store
    made = show_decision(store, decision_id).to_json()
    return render(request, "decision.html.j2", who=who, made=made, again=replay(store, decision_id))


@router.get("/policy")
def policy(request: Request, who: Reader) -> Response:
    """The policy in force and the trained models."""
    services = services_of(request)
    content = services.credit.policy().model_dump(mode="json")
    try:
        models = plain(services.desk.registry.list())
        champion = services.desk.model().model_id
    except NoModelError:
        models, champion = [], None
    return render(
        request,
        "policy.html.j2",
        who=who,
        rows=list(_numbers(content)),
        label=content,
        models=models,
        champion=champion,
    )


def _numbers(node: Any, where: str = "", depth: int = 0) -> Any:
    """(where, value, source) of a policy, flattened."""
    if isinstance(node, dict):
        if "value" in node:
            yield where, str(node["value"]), str(node.get("source") or "")
            return
        for key, value in node.items():
            yield from _numbers(value, f"{where}.{key}" if where else str(key), depth + 1)
    elif isinstance(node, list):
        for position, value in enumerate(node):
            name = value.get("grade") or value.get("kind") or position if isinstance(value, dict) else position
            yield from _numbers(value, f"{where}[{name}]", depth + 1)
    elif node is not None:
        yield where, str(node), ""


@router.get("/sign-in")
def sign_in_page(request: Request) -> Response:
    """The sign-in form."""
    return render(request, "sign_in.html.j2", who=None, fault=None)


@router.post("/sign-in")
def sign_in(
    request: Request, name: Annotated[str, Form(max_length=64)], password: Annotated[str, Form(max_length=1024)]
) -> Response:
    """Check the password and start a session."""
    services = services_of(request)
    address = request.client.host if request.client else "unknown"
    try:
        who = log_in(services.store, services.throttle, name, password, address)
    except GraphCreditError as error:
        return render(request, "sign_in.html.j2", status=error.status, who=None, fault=error)
    page = RedirectResponse("/", status_code=303)
    token = access_token(services.signing_key, who.name, minutes=SESSION_MINUTES)
    page.set_cookie(
        SESSION_COOKIE,
        token,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        max_age=SESSION_MINUTES * 60,
    )
    return page


@router.post("/sign-out")
def sign_out(request: Request, who: Reader) -> Response:  # noqa: ARG001  (CSRF is checked)
    """End the session."""
    page = RedirectResponse("/sign-in", status_code=303)
    page.delete_cookie(SESSION_COOKIE)
    return page


__all__ = ["CSRF_FIELD", "render", "router"]
