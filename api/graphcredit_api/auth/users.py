"""Users and their Argon2 passwords, kept as records; login is throttled by name and by address."""

import re
import time
from collections.abc import Iterable
from functools import lru_cache
from threading import Lock
from typing import Any

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from graphcredit.exc import AuthenticationError, InputError, NotFoundError, RateLimitError
from graphcredit.store import CreditStore, Record
from graphcredit_api.auth.roles import ROLES, Principal

KIND = "user"
MIN_PASSWORD = 12
_NAME = re.compile(r"^[A-Za-z0-9._@-]{2,64}$")
_hash = PasswordHash((Argon2Hasher(),))


@lru_cache(maxsize=1)
def _decoy() -> str:
    """A hash to check against when the user does not exist, so that the time to answer tells nothing."""
    return _hash.hash("a password nobody has")


def create_user(
    store: CreditStore, name: str, password: str, role: str, *, portfolios: Iterable[str] = (), by: str = "command"
) -> None:
    """Add a user.

    Raises:
        InputError: a malformed name, an unknown role, a short password.
        ConflictError: the name is taken.
    """
    if not _NAME.match(name):
        raise InputError(f"{name!r} is not a user name", remedy="use 2 to 64 letters, digits or . _ @ -")
    if role not in ROLES:
        raise InputError(f"{role!r} is not a role", remedy=f"use one of {', '.join(ROLES)}")
    check_password(name, password)
    body = {"role": role, "password": _hash.hash(password), "portfolios": sorted(portfolios), "active": True, "by": by}
    store.put_records([Record(KIND, name, body)])


def check_password(name: str, password: str) -> None:
    """Refuse a password that is too short or contains the user's name.

    Raises:
        InputError: it is.
    """
    if len(password) < MIN_PASSWORD or name.lower() in password.lower():
        raise InputError(
            "the password is too weak", remedy=f"at least {MIN_PASSWORD} characters, and not the user's name in it"
        )


def change_user(store: CreditStore, name: str, **changes: Any) -> None:
    """Change role, portfolios, active or password of a user; the earlier state stays readable.

    Raises:
        NotFoundError: no such user.
    """
    record = store.get_record(KIND, name)
    if record is None:
        raise NotFoundError(f"user {name!r} does not exist", remedy="list them with graphcredit user list")
    body = dict(record.body)
    if "password" in changes:
        check_password(name, changes["password"])
        changes["password"] = _hash.hash(changes["password"])
    if changes.get("role", body["role"]) not in ROLES:
        raise InputError(f"{changes['role']!r} is not a role", remedy=f"use one of {', '.join(ROLES)}")
    body.update(changes)
    store.put_records([Record(KIND, name, body, revision=record.revision + 1)])


def list_users(store: CreditStore) -> list[dict[str, Any]]:
    """Every user without the password."""
    found = store.find_records(KIND, limit=10_000)
    return [
        {"name": record.record_id, **{key: value for key, value in record.body.items() if key != "password"}}
        for record in sorted(found, key=lambda record: record.record_id)
    ]


def is_user(store: CreditStore, name: str) -> bool:
    """Whether a user of that name exists."""
    return bool(_NAME.match(name)) and store.get_record(KIND, name) is not None


def principal_of(store: CreditStore, name: str, *, via: str) -> Principal:
    """The principal of an active user.

    Raises:
        AuthenticationError: the user does not exist or was deactivated.
    """
    record = store.get_record(KIND, name)
    if record is None or not record.body.get("active"):
        raise AuthenticationError("this sign-in is not valid any more", remedy="sign in again")
    role = str(record.body["role"])
    return Principal(name, role, ROLES[role], frozenset(record.body.get("portfolios", ())), via)


class LoginThrottle:
    """After `allowed` failures a name or address waits, twice as long each time, at most 15 minutes."""

    def __init__(self, allowed: int = 5) -> None:
        self.allowed = allowed
        self._failures: dict[str, tuple[int, float]] = {}
        self._lock = Lock()

    def check(self, *keys: str) -> None:
        """Refuse while any of the keys has to wait.

        Raises:
            RateLimitError: it has; `details` hold retry_after in seconds.
        """
        now = time.monotonic()
        with self._lock:
            waits = [until - now for _, until in (self._failures.get(key, (0, 0.0)) for key in keys)]
        if (wait := max(waits, default=0)) > 0:
            raise RateLimitError(
                "too many failed sign-ins", remedy=f"wait {wait:.0f} s and try again", retry_after=max(1, round(wait))
            )

    def failed(self, *keys: str) -> None:
        """Count a failure for each key."""
        now = time.monotonic()
        with self._lock:
            if len(self._failures) > 50_000:
                self._failures = {key: entry for key, entry in self._failures.items() if entry[1] > now}
            for key in keys:
                count = self._failures.get(key, (0, 0.0))[0] + 1
                over = count - self.allowed
                self._failures[key] = (count, now + min(2.0**over, 900.0) if over >= 0 else 0.0)

    def succeeded(self, *keys: str) -> None:
        """Forget the failures of each key."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)


def log_in(store: CreditStore, throttle: LoginThrottle, name: str, password: str, address: str) -> Principal:
    """Check a password.

    Raises:
        AuthenticationError: wrong name or password (which of them is not told).
        RateLimitError: too many failures.
    """
    keys = (f"name:{name[:64]}", f"address:{address}")
    throttle.check(*keys)
    record = store.get_record(KIND, name) if _NAME.match(name) else None
    stored = str(record.body["password"]) if record is not None else _decoy()
    correct = _hash.verify(password[:1024], stored)
    if record is None or not correct or not record.body.get("active"):
        throttle.failed(*keys)
        raise AuthenticationError("the name or the password is wrong", remedy="check both and try again")
    throttle.succeeded(*keys)
    return principal_of(store, name, via="password")
