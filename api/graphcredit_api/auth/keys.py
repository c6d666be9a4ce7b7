"""API keys for systems: shown once, kept as a hash, limited in scope and time."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from graphcredit.exc import AuthenticationError, InputError, NotFoundError
from graphcredit.store import CreditStore, Record
from graphcredit_api.auth.roles import ROLES, Permission, Principal

KIND = "api_key"
PREFIX = "gck"


def create_key(
    store: CreditStore, name: str, *, scopes: Iterable[str] = ("read",), days: int = 90, portfolios: Iterable[str] = ()
) -> str:
    """Create a key with some of the `system` role's permissions; the returned text cannot be read again.

    Raises:
        InputError: an unknown scope, or a life of less than a day or more than two years.
    """
    wanted = sorted(set(scopes))
    allowed = {str(permission) for permission in ROLES["system"]}
    if unknown := [scope for scope in wanted if scope not in allowed]:
        raise InputError(f"unknown scopes {unknown}", remedy=f"use some of {', '.join(sorted(allowed))}")
    if not 1 <= days <= 730:
        raise InputError(f"a key cannot live {days} days", remedy="use 1 to 730 days")
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    expires = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    body = {
        "name": name,
        "hash": hashlib.sha256(secret.encode()).hexdigest(),
        "scopes": wanted,
        "expires": expires,
        "portfolios": sorted(portfolios),
        "active": True,
    }
    store.put_records([Record(KIND, key_id, body)])
    return f"{PREFIX}_{key_id}_{secret}"


def revoke_key(store: CreditStore, key_id: str) -> None:
    """Make a key useless from now on.

    Raises:
        NotFoundError: no such key.
    """
    record = store.get_record(KIND, key_id)
    if record is None:
        raise NotFoundError(f"API key {key_id!r} does not exist", remedy="list them with graphcredit user keys")
    store.put_records([Record(KIND, key_id, {**record.body, "active": False}, revision=record.revision + 1)])


def list_keys(store: CreditStore) -> list[dict[str, Any]]:
    """Every key without its hash."""
    return [
        {"key_id": record.record_id, **{key: value for key, value in record.body.items() if key != "hash"}}
        for record in store.find_records(KIND, limit=10_000)
    ]


def principal_of_key(store: CreditStore, text: str) -> Principal:
    """The principal behind a key.

    Raises:
        AuthenticationError: malformed, unknown, revoked or expired.
    """
    refused = AuthenticationError("the API key is not valid", remedy="ask an administrator for a new one")
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX or not parts[1].isalnum():
        raise refused
    record = store.get_record(KIND, parts[1])
    if record is None or not record.body["active"]:
        raise refused
    digest = hashlib.sha256(parts[2].encode()).hexdigest()
    if not hmac.compare_digest(digest, str(record.body["hash"])):
        raise refused
    if datetime.fromisoformat(str(record.body["expires"])) < datetime.now(UTC):
        raise AuthenticationError("the API key has expired", remedy="ask an administrator for a new one")
    permissions = frozenset(Permission(scope) for scope in record.body["scopes"])
    return Principal(
        f"key:{record.body['name']}", "system", permissions, frozenset(record.body["portfolios"]), "api_key"
    )
