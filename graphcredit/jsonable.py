"""Values as JSON: decimals as text, dates as ISO, arrays as lists, NaN as null."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np


class JsonText(Mapping[str, Any]):
    """An object that is written as JSON already; read only where somebody looks into it.

    Args:
        text: JSON of one object, UTF-8.
    """

    __slots__ = ("_content", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._content: dict[str, Any] | None = None

    def read(self) -> dict[str, Any]:
        """What it says."""
        if self._content is None:
            self._content = json.loads(self.text)
        return self._content

    def __getitem__(self, name: str) -> Any:
        return self.read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.read())

    def __len__(self) -> int:
        return len(self.read())


def body_text(body: Mapping[str, Any]) -> str:
    """The body of a record as it is stored: as it is written already, else with its names in order."""
    if isinstance(body, JsonText):
        return body.text.decode()
    return json.dumps(body, ensure_ascii=False, sort_keys=True)


def body_bytes(body: Mapping[str, Any]) -> bytes:
    """The same in UTF-8."""
    return body.text if isinstance(body, JsonText) else body_text(body).encode()


def to_json(value: Any) -> Any:
    """What the json module cannot write by itself."""
    if hasattr(value, "to_json") and not hasattr(value, "columns"):
        written = value.to_json()
        return json.loads(written) if isinstance(written, str) else written
    if isinstance(value, Decimal | Path):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def finite(value: Any) -> Any:
    """`value` with NaN and infinities as None, since JSON has none."""
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def plain(value: Any) -> Any:
    """`value` as objects, lists, text, numbers and null only."""
    return finite(json.loads(json.dumps(value, default=to_json, ensure_ascii=False)))
