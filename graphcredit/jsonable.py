"""Values as JSON: decimals as text, dates as ISO, arrays as lists, NaN as null."""

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np


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
