"""Short-lived JWT access tokens and single-use refresh tokens."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from graphcredit.exc import AuthenticationError, ConflictError, SettingsError
from graphcredit.settings import Settings
from graphcredit.store import CreditStore, Record

ALGORITHM = "HS256"
ISSUER = "graphcredit"
ACCESS_MINUTES = 15
REFRESH_DAYS = 7
REFRESH_KIND = "refresh_token"


def signing_key(settings: Settings) -> str:
    """The key that signs tokens, from the environment or a file.

    Raises:
        SettingsError: absent, or shorter than 32 characters.
    """
    if settings.secret_key is not None:
        key = settings.secret_key.get_secret_value()
    elif settings.secret_key_file is not None and settings.secret_key_file.is_file():
        key = settings.secret_key_file.read_text(encoding="utf-8").strip()
    else:
        raise SettingsError(
            "no secret key is set", remedy="set GRAPHCREDIT_SECRET_KEY or GRAPHCREDIT_SECRET_KEY_FILE (32+ characters)"
        )
    if len(key) < 32:
        raise SettingsError("the secret key is too short", remedy="use at least 32 random characters")
    return key


def access_token(key: str, name: str, *, minutes: int = ACCESS_MINUTES) -> str:
    """A signed token that names a user; roles are looked up at each request, never trusted from the token."""
    now = datetime.now(UTC)
    claims = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": name,
        "typ": "access",
        "iat": now,
        "exp": now + timedelta(minutes=minutes),
        "jti": secrets.token_hex(8),
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def read_access_token(key: str, token: str) -> str:
    """The user named by a valid token.

    Raises:
        AuthenticationError: expired, of another algorithm, key, issuer or audience, or malformed.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=ISSUER,
            options={"require": ["exp", "iat", "sub", "iss", "aud"]},
        )
    except jwt.ExpiredSignatureError:
        raise AuthenticationError("the token has expired", remedy="refresh it or sign in again") from None
    except jwt.PyJWTError:
        raise AuthenticationError("the token is not valid", remedy="sign in again") from None
    if claims.get("typ") != "access" or not isinstance(claims["sub"], str):
        raise AuthenticationError("the token is not an access token", remedy="sign in again")
    return claims["sub"]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def issue_refresh_token(store: CreditStore, name: str) -> str:
    """A random single-use token, kept only as its hash."""
    token = secrets.token_urlsafe(32)
    expires = (datetime.now(UTC) + timedelta(days=REFRESH_DAYS)).isoformat()
    store.put_records([Record(REFRESH_KIND, _digest(token), {"user": name, "expires": expires, "used": "no"})])
    return token


def redeem_refresh_token(store: CreditStore, token: str) -> str:
    """The user of a refresh token, which is used up by this.

    Raises:
        AuthenticationError: unknown, used before, or expired.
    """
    record = store.get_record(REFRESH_KIND, _digest(token))
    if (
        record is None
        or record.body["used"] != "no"
        or datetime.fromisoformat(record.body["expires"]) < datetime.now(UTC)
    ):
        raise AuthenticationError("the refresh token is not valid", remedy="sign in again")
    used = Record(REFRESH_KIND, record.record_id, {**record.body, "used": "yes"}, revision=record.revision + 1)
    try:
        store.put_records([used])
    except ConflictError:
        raise AuthenticationError("the refresh token was used before", remedy="sign in again") from None
    return str(record.body["user"])
