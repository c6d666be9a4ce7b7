"""Errors as application/problem+json (RFC 9457), in the reader's language, never with a stack or a path."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException as StarletteError
from starlette.routing import Match

from graphcredit import logs
from graphcredit.exc import GraphCreditError, RateLimitError, StoreUnavailableError
from graphcredit_api.console.errors import advice
from graphcredit_api.faults import what_is_wrong
from graphcredit_api.language import language_of
from graphcredit_api.said import in_chinese
from graphcredit_api.titles import TITLES

log = logs.get_logger("api")


class BodyTooLargeError(StarletteError):
    """A body grew past the limit while it was read (the framework lets only its own error class through there)."""

    def __init__(self) -> None:
        super().__init__(413, "the body is larger than this server accepts")


LONGEST = 4_000
"""Characters of a detail: what a caller sent is not sent back whole."""
CHECK_ID = "check the id, or search by name"
"""A remedy that the page's own advice says better."""
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_BY_STATUS = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "bad_input",
}


def problem(request: Request, status: int, code: str, detail: str, *, remedy: str = "", **more: Any) -> Response:
    """A problem document; `instance` is the request's id, so that support can find it in the log."""
    language, said = language_of(request), remedy
    title = TITLES.get(code, TITLES["internal_error"])[language]
    detail = logs.redact_url(detail if len(detail) <= LONGEST else f"{detail[:LONGEST]}...")
    if language == "zh":
        detail = in_chinese(detail) or f"{title}：{detail}"
        remedy = (in_chinese(remedy) or advice(code, language)) if remedy else ""
    if _wants_page(request):
        return _page(request, status, title, detail, "" if said == CHECK_ID else remedy, code)
    body = {
        "type": f"urn:graphcredit:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": f"urn:request:{getattr(request.state, 'request_id', '')}",
    }
    if remedy:
        body["remedy"] = remedy
    return JSONResponse({**body, **more}, status_code=status, media_type="application/problem+json")


def _wants_page(request: Request) -> bool:
    """Whether a person's browser asked for a page of the console."""
    path = request.url.path
    return not path.startswith(("/v1", "/metrics", "/static")) and "text/html" in request.headers.get("accept", "")


def _page(request: Request, status: int, title: str, detail: str, remedy: str, code: str) -> Response:
    if status == 401:
        return RedirectResponse("/sign-in", status_code=303)
    from graphcredit_api.console.pages import render  # pages answer errors, errors need pages

    todo = advice(code, language_of(request))
    return render(request, "error.html.j2", status=status, title=title, detail=detail, remedy=remedy, todo=todo)


def _methods_of(request: Request) -> set[str]:
    """What may be asked of this path; the framework names only the methods of the first route that matches.

    A path that is described word for word is itself, not a value of a template such as /v1/decisions/{decision_id}.
    """
    described = request.app.openapi()["paths"].get(request.url.path)
    if described:
        return {method for method in METHODS if method.lower() in described}
    return {
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    }


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem document."""

    @app.exception_handler(GraphCreditError)
    def known(request: Request, error: GraphCreditError) -> Response:
        status = error.status
        if status >= 500:
            log.warning("request_failed", code=error.code, detail=error.message, path=request.url.path)
        answer = problem(request, status, error.code, error.message, remedy=error.remedy)
        if isinstance(error, StoreUnavailableError | RateLimitError):
            answer.headers["Retry-After"] = str(error.details.get("retry_after", 5))
        if status == 401:
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        language = language_of(request)
        faults = [
            {"where": ".".join(str(part) for part in fault["loc"]), "what": what_is_wrong(fault, language)}
            for fault in error.errors()
        ]
        detail = "; ".join(f"{fault['where']}: {fault['what']}" for fault in faults[:5])
        return problem(request, 422, "bad_input", detail, remedy="mend what `errors` names", errors=faults[:100])

    @app.exception_handler(StarletteError)
    def protocol(request: Request, error: StarletteError) -> Response:
        code = _BY_STATUS.get(error.status_code, "bad_request" if error.status_code < 500 else "internal_error")
        detail = f"there is nothing at {request.url.path}" if error.status_code == 404 else str(error.detail)
        answer = problem(request, error.status_code, code, detail)
        for name, value in (error.headers or {}).items():
            answer.headers[name] = value
        if error.status_code == 405:
            answer.headers["Allow"] = ", ".join(sorted(_methods_of(request)))
        return answer

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Response:
        log.error("unexpected", kind=type(error).__name__, path=request.url.path, exc_info=error)
        return problem(request, 500, "internal_error", "an unexpected error; its details are in the server's log")
