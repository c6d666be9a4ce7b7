"""Templates of the console: one environment, filters that read as a person reads, a page in the reader's language."""

import re
import secrets
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, select_autoescape

from graphcredit.features.units import number_text
from graphcredit.viz.style import GRADE_COLOURS
from graphcredit_api.audit import SAFE
from graphcredit_api.auth.access import SESSION_COOKIE, csrf_token
from graphcredit_api.console.labels import label
from graphcredit_api.console.texts import words
from graphcredit_api.language import language_of
from graphcredit_api.last_known import asking
from graphcredit_api.services import services_of

DAY = re.compile(r"\d{4}-\d\d-\d\d")
_templates = Environment(loader=PackageLoader("graphcredit_api.console"), autoescape=select_autoescape(["j2", "html"]))


def money(value: Any, places: int = 0) -> str:
    """An amount as a person reads it, never -0; whole units unless more places are asked for."""
    return "" if value is None or value == "" else f"{Decimal(str(value)):z,.{places}f}"


def percent(value: Any, digits: int = 2) -> str:
    """A share as a person reads it, never -0%."""
    return "" if value is None or value == "" else f"{float(value):z.{digits}%}"


def told(value: Any, unit: str, language: str) -> str:
    """A figure with its unit, as in the reasons of a score."""
    return number_text(float(value), unit, language)


def address(path: str, **query: Any) -> str:
    """A link with its query, without what is empty."""
    kept = {name: value for name, value in query.items() if value not in (None, "", [])}
    return f"{path}?{urlencode(kept, doseq=True)}" if kept else path


_templates.globals |= {"grade_colours": GRADE_COLOURS, "address": address}
_templates.tests |= {"day": lambda value: isinstance(value, date) or bool(DAY.fullmatch(str(value)))}
_templates.filters |= {"money": money, "percent": percent, "told": told}


def fill(request: Request, template: str, **values: Any) -> str:
    """A template's text in the reader's language."""
    services = services_of(request)
    language = language_of(request)
    session = request.cookies.get(SESSION_COOKIE, "")
    name: Callable[[Any], str] = lambda code: label(code, language)  # noqa: E731  (a filter bound to the language)
    other = "en" if language == "zh" else "zh"
    keep = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    now = asking.get()
    defaults = {
        "who": getattr(request.state, "principal", None),
        "switch": "?" + urlencode([*keep, ("lang", other)]),
    }
    values["stale"] = bool(values.get("stale")) or (now is not None and now.told and request.method in SAFE)
    return _templates.get_template(template).render(
        t=words(language),
        label=name,
        language=language,
        currency=services.settings.currency,
        local=services.settings.auth == "local",
        path=request.url.path,
        csrf=csrf_token(services, session) if session else "",
        form_id=secrets.token_hex(12),
        request_id=getattr(request.state, "request_id", ""),
        **{**defaults, **values},
    )


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page in the reader's language; `?lang=` is remembered in a cookie."""
    page = HTMLResponse(fill(request, template, **values), status_code=status)
    wish = request.query_params.get("lang")
    if wish in ("en", "zh"):
        page.set_cookie("lang", wish, max_age=31_536_000, samesite="strict")
    return page
