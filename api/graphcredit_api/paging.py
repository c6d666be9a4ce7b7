"""Cursors and entity tags."""

import base64
import hashlib
import json
from datetime import datetime
from typing import Any

from fastapi import Request, Response

from graphcredit.exc import InputError


def encode_cursor(*parts: Any) -> str:
    """An opaque cursor from where a page ended."""
    text = json.dumps([part.isoformat() if isinstance(part, datetime) else part for part in parts], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *, parts: int) -> list[Any]:
    """What `encode_cursor` was given.

    Raises:
        InputError: not one of our cursors.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        decoded = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        if not isinstance(decoded, list) or len(decoded) != parts:
            raise ValueError
    except ValueError:
        raise InputError("the cursor is not valid", remedy="start again without a cursor") from None
    return decoded


def cursor_number(cursor: str | None) -> int | None:
    """The number that a cursor holds, None without one.

    Raises:
        InputError: not one of our cursors.
    """
    if cursor is None:
        return None
    (number,) = decode_cursor(cursor, parts=1)
    if not isinstance(number, int) or isinstance(number, bool):
        raise InputError("the cursor is not valid", remedy="start again without a cursor")
    return number


def cursor_moment(cursor: str | None) -> tuple[datetime, str] | None:
    """The moment and record id that a cursor holds, None without one.

    Raises:
        InputError: not one of our cursors.
    """
    if cursor is None:
        return None
    at, record_id = decode_cursor(cursor, parts=2)
    try:
        return datetime.fromisoformat(str(at)).replace(tzinfo=None), str(record_id)
    except ValueError:
        raise InputError("the cursor is not valid", remedy="start again without a cursor") from None


def etag(request: Request, response: Response, *parts: Any) -> bool:
    """Set an entity tag from what the answer depends on; True when the client has that answer already."""
    tag = '"' + hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:24] + '"'
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    given = request.headers.get("if-none-match", "")
    return tag in [candidate.strip().removeprefix("W/") for candidate in given.split(",")]
