"""What a decision is hashed, recorded and answered as: JSON in one canonical form, written once."""

import hashlib
import json
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Generic, TypeVar

import numpy as np
import orjson
from pydantic import BaseModel

from graphcredit.decisions.amounts import decimal_text, plain
from graphcredit.decisions.texts import Frozen

T = TypeVar("T")
SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def canonical(content: Any) -> bytes:
    """Content as compact JSON with sorted names: value objects by their fields, decimals and dates as text."""
    return orjson.dumps(content, default=_written, option=SORTED)


def in_order(content: Any) -> bytes:
    """The same with names in the order given, for readers."""
    return orjson.dumps(content, default=_written, option=orjson.OPT_NON_STR_KEYS)


def as_read(content: Any) -> Any:
    """Content as it is found again when it is read: objects, lists, text, numbers."""
    return orjson.loads(in_order(content))


def _written(value: Any) -> Any:
    """What the library cannot write by itself."""
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, BaseModel):
        own = type(value).__pydantic_decorators__.model_serializers
        if own:
            return value.model_dump()
        return value.told() if isinstance(value, Frozen) else value.__dict__
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def digest(content: Any) -> str:
    """SHA-256 of content in canonical form."""
    return hashlib.sha256(canonical(content)).hexdigest()


def has_digest(content: Any, given: str) -> bool:
    """Whether content has that hash.

    Older decisions wrote every field of their inputs, the oldest also the exponents of floats as Python does (1e-05).
    """
    if digest(content) == given or (isinstance(content, Frozen) and digest(content.__dict__) == given):
        return True
    whole = plain(content.model_dump() if isinstance(content, BaseModel) else content)
    before = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(before.encode()).hexdigest() == given


class Lately(Generic[T]):
    """What was made of the last few objects, for a decision is hashed, recorded and answered one after the other."""

    def __init__(self, keep: int = 64) -> None:
        self._kept: deque[tuple[Any, T]] = deque(maxlen=keep)

    def of(self, value: Any, make: Callable[[Any], T]) -> T:
        """That of an object (the very one: it is kept, so its identity is its own)."""
        for known, made in list(self._kept)[::-1]:
            if known is value:
                return made
        found = make(value)
        self._kept.append((value, found))
        return found
