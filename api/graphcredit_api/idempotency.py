"""A write that is sent again does nothing again: the same key and content get the answer of the first time."""

import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Annotated, Any

from fastapi import Header, Request

from graphcredit.exc import ConflictError
from graphcredit.jsonable import plain
from graphcredit.store import CreditStore, Record
from graphcredit_api.auth.roles import Principal
from graphcredit_api.services import services_of

KIND = "idempotency"
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=100,
        pattern=r"^[A-Za-z0-9._:-]+$",
        description="sent again with the same key, a request does nothing and gives the first answer",
        examples=["order-4711"],
    ),
]
FORM = re.compile(r"[0-9a-f]{24}")
WAIT = 10.0  # seconds that a request waits for the same one, sent a moment before
TAKEN_OVER = timedelta(seconds=60)  # after which an unfinished one of another process counts as broken off
_PROCESS = secrets.token_hex(8)
_active: set[str] = set()
_lock = Lock()


def key_id(who: Principal, key: str) -> str:
    """The application id of a decision that was asked for with a key: keys of different callers never meet."""
    return "key-" + hashlib.sha256(f"{who.name}\n{key}".encode()).hexdigest()[:32]


def form_key(who: Principal, form_id: str) -> str | None:
    """The key of a form that was shown once: sent twice by a second click, it is known; None for a form without an id."""
    return key_id(who, f"form {form_id}") if FORM.fullmatch(form_id) else None


def write_id(request: Request, who: Principal, key: str | None) -> str | None:
    """A name for what this caller writes here with a key, kept with the write: so it is known even if its answer was lost."""
    if key is None:
        return None
    return hashlib.sha256(f"{who.name}\n{request.method} {request.url.path}\n{key}".encode()).hexdigest()[:40]


def once(request: Request, who: Principal, key: str | None, content: Any, work: Callable[[], Any]) -> Any:
    """Do `work` once per caller, route and key; later requests get what it returned.

    Raises:
        ConflictError: the key was used with other content, or the first request is still being served.
    """
    name = write_id(request, who, key)
    if key is None or name is None:
        return work()
    store = services_of(request).store
    asked = hashlib.sha256(json.dumps(plain(content), sort_keys=True).encode()).hexdigest()
    revision, answer = _claim(store, name, asked, key)
    if answer is not None:
        return answer["body"]
    try:
        found = plain(work())
        _write(store, name, {"state": "done", "asked": asked, "answer": {"body": found}}, revision + 1)
        return found
    except Exception:
        # not done: the next request with this key tries again
        _write(store, name, {"state": "free", "asked": asked}, revision + 1)
        raise
    finally:
        with _lock:
            _active.discard(name)


def _claim(store: CreditStore, name: str, asked: str, key: str) -> tuple[int, dict[str, Any] | None]:
    """Take the key for this request: (revision written, None), or (0, the answer of the first time)."""
    until = time.monotonic() + WAIT
    while True:
        record = store.get_record(KIND, name)
        if record is not None and record.body["asked"] != asked and record.body["state"] != "free":
            raise ConflictError(
                f"the idempotency key {key!r} was used with other content", remedy="use a new key for a new request"
            )
        if record is not None and record.body["state"] == "done":
            return 0, dict(record.body["answer"])
        if record is None or _may_take(record):
            revision = 1 if record is None else record.revision + 1
            with _lock:
                taken = name in _active
                _active.add(name)
            if not taken:
                if _write(store, name, {"state": "pending", "asked": asked, "process": _PROCESS}, revision):
                    return revision, None
                with _lock:
                    _active.discard(name)
        if time.monotonic() > until:
            raise ConflictError(
                f"the first request with the key {key!r} is still being served",
                remedy="wait a moment and send it again with the same key",
                retry_after=5,
            )
        time.sleep(0.05)


def _may_take(record: Record) -> bool:
    """Whether an unfinished key is free, or its first request was broken off."""
    if record.body["state"] == "free":
        return True
    if record.body.get("process") == _PROCESS:
        with _lock:
            return record.record_id not in _active
    age = datetime.now(UTC).replace(tzinfo=None) - (record.at or datetime.min)
    return age > TAKEN_OVER


def _write(store: CreditStore, name: str, body: dict[str, Any], revision: int) -> bool:
    try:
        store.put_records([Record(KIND, name, body, revision=revision)])
    except ConflictError:
        return False
    return True
