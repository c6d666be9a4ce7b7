"""Answers written once: JSON straight to bytes, without a second walk through what is JSON-able already."""

import json
from typing import Any

from fastapi import Response

from graphcredit.jsonable import plain, to_json


def answer(body: Any, *, status: int = 200) -> Response:
    """A JSON answer; decimals as text, dates as ISO, NaN as null, as `plain` has it."""
    try:
        text = json.dumps(body, default=to_json, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:  # NaN or infinity
        text = json.dumps(plain(body), ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(), status_code=status, media_type="application/json")
