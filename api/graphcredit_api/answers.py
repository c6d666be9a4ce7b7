"""Answers written once: JSON straight to bytes, without a second walk through what is JSON-able already."""

from typing import Any

from fastapi import Response
from pydantic_core import to_json

from graphcredit import jsonable


def answer(body: Any, *, status: int = 200) -> Response:
    """A JSON answer from what is JSON-able but for numpy's numbers; NaN and infinities as null, as `jsonable.plain` has it."""
    text = to_json(body, inf_nan_mode="null", fallback=jsonable.to_json)
    return Response(text, status_code=status, media_type="application/json")


def written(text: bytes, *, status: int = 200) -> Response:
    """A JSON answer that is written already."""
    return Response(text, status_code=status, media_type="application/json")
