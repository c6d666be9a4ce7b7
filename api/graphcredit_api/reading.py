"""What is checked of every body before a route sees it."""

import json
import re

from fastapi import Request

from graphcredit.exc import InputError
from graphcredit_api.audit import SAFE

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""JSON may escape half a character (a lone surrogate); no file, store or answer can hold one."""


async def whole_text(request: Request) -> None:
    """Refuse a JSON body whose texts hold halves of characters.

    Raises:
        InputError: it does.
    """
    if request.method in SAFE or "json" not in request.headers.get("content-type", ""):
        return
    if not _HALF.search(await request.body()):
        return
    try:
        json.dumps(await request.json(), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"a text of the body holds half a character (U+{ord(error.object[error.start]):04X})",
            remedy="send whole characters: a surrogate is only allowed as one of a pair",
        ) from None
