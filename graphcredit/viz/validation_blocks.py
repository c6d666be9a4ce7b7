"""The building blocks of a report page, and how its numbers are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

DASH = "–"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, and a light's colour or a share of heat where it has one."""

    text: str
    light: str = ""
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of a row; strong rows stand out."""

    cells: tuple[Cell, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of the page."""

    id: str
    title: str
    intro: str
    blocks: tuple[Mapping[str, Any], ...]


def row(*cells: str | Cell, strong: bool = False) -> Row:
    """A row from texts and cells."""
    return Row(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in cells), strong)


def table(
    head: Sequence[str], rows: Sequence[Row], *, caption: str = "", left: int = 1, remarks: bool = False
) -> dict[str, Any]:
    """A table whose first `left` columns (and the last one, where it holds `remarks`) are words, the others numbers."""
    return {
        "kind": "table",
        "head": list(head),
        "rows": list(rows),
        "caption": caption,
        "numeric": [left <= i < len(head) - remarks for i in range(len(head))],
    }


def note(text: str) -> dict[str, Any]:
    """A remark."""
    return {"kind": "note", "text": text}


def figures(*items: tuple[str, str]) -> dict[str, Any]:
    """Headline numbers as (name, value)."""
    return {"kind": "figures", "items": list(items)}


def charts(*items: tuple[str, Markup]) -> dict[str, Any]:
    """Charts side by side as (caption, svg)."""
    return {"kind": "charts", "charts": list(items)}


def num(value: float | None, digits: int = 3, *, sign: bool = False) -> str:
    """A number, or a dash."""
    return DASH if value is None else f"{value:{'+' if sign else ''}.{digits}f}"


def pct(value: float | None, digits: int = 2) -> str:
    """A share in percent, or a dash."""
    return DASH if value is None else f"{value:.{digits}%}"


def count(value: float | None) -> str:
    """A whole number with separators, or a dash."""
    return DASH if value is None else f"{round(value):,}"


def p_value(value: float | None) -> str:
    """A p-value, the smallest ones as a bound."""
    return DASH if value is None else "< 0.0001" if value < 1e-4 else f"{value:.4f}"


def span(pair: Sequence[float | None], digits: int = 3, *, sign: bool = False, percent: bool = False) -> str:
    """An interval, or a dash."""
    low, high = pair
    if low is None or high is None:
        return DASH
    if percent:
        return f"{low:.{digits}%} – {high:.{digits}%}"
    return f"{num(low, digits, sign=sign)} – {num(high, digits, sign=sign)}"
