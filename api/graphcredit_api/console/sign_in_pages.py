"""Signing in and out of the console."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from graphcredit.exc import GraphCreditError
from graphcredit_api.auth.access import SESSION_COOKIE, Reader
from graphcredit_api.auth.tokens import access_token
from graphcredit_api.auth.users import log_in
from graphcredit_api.console.errors import told
from graphcredit_api.console.render import render
from graphcredit_api.language import language_of
from graphcredit_api.services import services_of

router = APIRouter(include_in_schema=False)
SESSION_MINUTES = 480


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
        return render(
            request, "sign_in.html.j2", status=error.status, who=None, fault=told(error, language_of(request))
        )
    page = RedirectResponse("/", status_code=303)
    page.set_cookie(
        SESSION_COOKIE,
        access_token(services.signing_key, who.name, minutes=SESSION_MINUTES),
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
