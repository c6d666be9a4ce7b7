"""From a request to a principal: bearer token, API key or the console's cookie, and the permission a route needs."""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.params import Depends as DependsMarker
from starlette.concurrency import run_in_threadpool

from graphcredit.exc import AuthenticationError, ForbiddenError, StoreUnavailableError
from graphcredit_api.auth.keys import PREFIX, principal_of_key
from graphcredit_api.auth.roles import LOCAL, Permission, Principal, refusal
from graphcredit_api.auth.tokens import read_access_token
from graphcredit_api.auth.users import principal_of
from graphcredit_api.services import Services, services_of

SESSION_COOKIE = "graphcredit_session"
CSRF_FIELD, CSRF_HEADER = "csrf_token", "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
REMEMBERED = 900.0  # seconds; the life of an access token
LOOPBACK = frozenset({"127.0.0.1", "::1", "testclient", "localhost"})


def csrf_token(services: Services, session: str) -> str:
    """The token that a form of this session must carry."""
    return hmac.new(services.signing_key.encode(), b"csrf:" + session.encode(), hashlib.sha256).hexdigest()


async def principal(request: Request) -> Principal:
    """Who asks; kept with the request for the audit log.

    Raises:
        AuthenticationError, ForbiddenError: see `identify`.
    """
    who = await identify(request)
    request.state.principal = who
    return who


async def identify(request: Request) -> Principal:
    """Who asks.

    Raises:
        AuthenticationError: nobody we know.
        ForbiddenError: a cookie without its CSRF token on an unsafe method.
    """
    services = services_of(request)
    if services.settings.auth == "local":
        client = request.client.host if request.client else ""
        if client not in LOOPBACK:
            raise AuthenticationError(
                "this server runs without sign-in and answers its own machine only",
                remedy="start it with GRAPHCREDIT_AUTH=required to serve others",
            )
        if request.url.hostname not in {*LOOPBACK, services.settings.host, "testserver"}:
            raise ForbiddenError(
                f"this server runs without sign-in and does not answer to the name {request.url.hostname!r}",
                remedy="ask for it as localhost or 127.0.0.1",  # else a foreign name that leads here could read all
            )
        await _check_origin(request)
        return LOCAL
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get("x-api-key") or (credential if credential.startswith(f"{PREFIX}_") else "")
    if key:
        digest = hashlib.sha256(key.encode()).hexdigest()
        return await remembered(services, f"key:{digest}", lambda: principal_of_key(services.store, key))
    if scheme.lower() == "bearer" and credential:
        name = read_access_token(services.signing_key, credential)
        return await remembered(services, f"token:{name}", lambda: principal_of(services.store, name, via="token"))
    if session := request.cookies.get(SESSION_COOKIE):
        name = read_access_token(services.signing_key, session)
        if request.method not in SAFE_METHODS:
            await _check_csrf(request, services, session)
        return await remembered(services, f"console:{name}", lambda: principal_of(services.store, name, via="console"))
    raise AuthenticationError("please sign in", remedy="send a bearer token or an API key")


async def remembered(services: Services, name: str, look: Callable[[], Principal]) -> Principal:
    """Who the store says it is; while the store is away, who it was when last looked up, at most a quarter of an hour ago.

    Raises:
        AuthenticationError: nobody we know. StoreUnavailableError: the store is away and nobody was looked up lately.
    """
    known = services.principals
    try:
        who = await run_in_threadpool(look)  # the store may take its time: others are answered meanwhile
    except StoreUnavailableError:
        last = known.get(name)
        if last is None or time.monotonic() - last[1] > REMEMBERED:
            raise
        return last[0]
    except AuthenticationError:
        known.pop(name, None)
        raise
    known[name] = (who, time.monotonic())
    if len(known) > 10_000:
        known.pop(next(iter(known)))
    return who


def still_signed_in(request: Request) -> Callable[[], object]:
    """A check, for answers that last, that raises once the sign-in of their request holds no longer."""
    services = services_of(request)
    key = request.headers.get("x-api-key")
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    bearer = credential if scheme.lower() == "bearer" else ""
    session = request.cookies.get(SESSION_COOKIE, "")

    def check() -> object:
        if services.settings.auth == "local":
            return LOCAL
        if key or bearer.startswith(f"{PREFIX}_"):
            return principal_of_key(services.store, key or bearer)
        return principal_of(services.store, read_access_token(services.signing_key, bearer or session), via="stream")

    return check


async def _check_csrf(request: Request, services: Services, session: str) -> None:
    given = request.headers.get(CSRF_HEADER, "")
    if not given and "form" in request.headers.get("content-type", ""):
        given = str((await request.form()).get(CSRF_FIELD, ""))
    if not hmac.compare_digest(given, csrf_token(services, session)):
        raise ForbiddenError("the form's token is missing or out of date", remedy="reload the page and try again")


async def _check_origin(request: Request) -> None:
    """Without sign-in a foreign page must still not be able to write through the analyst's browser."""
    origin = request.headers.get("origin")
    foreign = origin is not None and origin.split("://")[-1] != request.headers.get("host", "")
    if request.method not in SAFE_METHODS and (foreign or request.headers.get("sec-fetch-site") == "cross-site"):
        raise ForbiddenError(
            "requests from other sites are refused", remedy="use the console or a program on this machine"
        )


def require(permission: Permission) -> DependsMarker:
    """A dependency that yields the principal if it has `permission`."""

    async def checked(request: Request) -> Principal:
        who = await principal(request)
        if not who.may(permission):
            raise refusal(who.role, permission)
        return who

    checked.permission = permission  # type: ignore[attr-defined]  # read by the access-table test
    marker: DependsMarker = Depends(checked)
    return marker


Check = Callable[..., Principal]
Reader = Annotated[Principal, require(Permission.READ)]
Analyst = Annotated[Principal, require(Permission.ANALYSE)]
Writer = Annotated[Principal, require(Permission.WRITE)]
Decider = Annotated[Principal, require(Permission.DECIDE)]
Approver = Annotated[Principal, require(Permission.APPROVE)]
Administrator = Annotated[Principal, require(Permission.ADMINISTER)]
BulkUser = Annotated[Principal, require(Permission.BULK)]
