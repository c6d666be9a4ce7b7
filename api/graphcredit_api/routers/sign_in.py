"""Sign in, refresh, who am I."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from graphcredit_api.audit import note
from graphcredit_api.auth.access import principal
from graphcredit_api.auth.roles import Principal
from graphcredit_api.auth.tokens import (
    ACCESS_MINUTES,
    access_token,
    issue_refresh_token,
    redeem_refresh_token,
)
from graphcredit_api.auth.users import is_user, log_in, principal_of
from graphcredit_api.services import services_of

router = APIRouter(prefix="/v1/auth", tags=["sign-in"])


class Credentials(BaseModel):
    """A user's name and password."""

    name: str = Field(min_length=1, max_length=64, examples=["li.wei"])
    password: str = Field(min_length=1, max_length=1024, examples=["correct horse battery"])


class RefreshRequest(BaseModel):
    """A refresh token from an earlier sign-in."""

    refresh_token: str = Field(min_length=1, max_length=200)


class Tokens(BaseModel):
    """An access token and the single-use token that renews it."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"
    expires_in: int = Field(description="seconds", default=ACCESS_MINUTES * 60)


@router.post("/token")
def sign_in(credentials: Credentials, request: Request) -> Tokens:
    """Exchange a name and password for tokens."""
    services = services_of(request)
    address = request.client.host if request.client else "unknown"
    if is_user(services.store, credentials.name):  # else it may be a password typed in the wrong field
        note(request, name=credentials.name)
    who = log_in(services.store, services.throttle, credentials.name, credentials.password, address)
    refresh = issue_refresh_token(services.store, who.name)
    return Tokens(access_token=access_token(services.signing_key, who.name), refresh_token=refresh)


@router.post("/refresh")
def refresh(body: RefreshRequest, request: Request) -> Tokens:
    """Exchange a refresh token for new tokens; each works once."""
    services = services_of(request)
    name = redeem_refresh_token(services.store, body.refresh_token)
    request.state.principal = principal_of(services.store, name, via="refresh")
    again = issue_refresh_token(services.store, name)
    return Tokens(access_token=access_token(services.signing_key, name), refresh_token=again)


@router.get("/me")
def me(who: Annotated[Principal, Depends(principal)]) -> dict[str, Any]:
    """Who the server takes you for, and what you may do."""
    return {
        "name": who.name,
        "role": who.role,
        "permissions": sorted(who.permissions),
        "portfolios": sorted(who.portfolios),
    }
