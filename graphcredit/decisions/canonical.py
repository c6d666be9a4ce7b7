"""What a decision is hashed, recorded and answered as: JSON-able content in one canonical form."""

import hashlib
import json
from collections import deque
from collections.abc import Callable
from typing import Any


def digest(content: Any) -> str:
    """SHA-256 of JSON-able content in canonical form."""
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


class LastJson:
    """The JSON-able form of the last few objects, for a decision is hashed, recorded and answered one after the other."""

    def __init__(self, keep: int = 64) -> None:
        self._kept: deque[tuple[Any, dict[str, Any]]] = deque(maxlen=keep)

    def of(self, value: Any, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """That of an object (the very one: it is kept, so its identity is its own)."""
        for known, made in list(self._kept)[::-1]:
            if known is value:
                return made
        found = make()
        self._kept.append((value, found))
        return found
