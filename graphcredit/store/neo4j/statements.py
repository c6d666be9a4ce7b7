"""Cypher statements from their files, in a checkout and in an installed wheel."""

import re
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from graphcredit.exc import NotFoundError

_PLACE = re.compile(r"__([A-Z]+)__")


@lru_cache(maxsize=1)
def folder() -> Path:
    """Where the .cypher files are: inside the installed package, or beside it in a checkout."""
    inside = Path(str(files("graphcredit"))) / "cypher"
    return inside if inside.is_dir() else inside.parent.parent / "cypher"


@cache
def _text(name: str) -> str:
    path = folder() / f"{name}.cypher"
    if not path.is_file():
        raise NotFoundError(f"there is no statement {name!r}", remedy=f"see {folder()}")
    return path.read_text(encoding="utf-8")


def statement(path: str, /, **places: str) -> str:
    """A statement by its path without ending, its __PLACES__ filled from the fixed names of this package."""
    return _PLACE.sub(lambda match: places[match.group(1).lower()], _text(path))


def purpose(name: str) -> str:
    """What a statement answers: its first comment lines."""
    lines = [line[2:].strip() for line in _text(name).splitlines() if line.startswith("//")]
    return " ".join(lines)


def names(room: str) -> list[str]:
    """Names of all statements of a room (schema, load, read, records, analysts)."""
    return sorted(f"{room}/{path.stem}" for path in (folder() / room).glob("*.cypher"))
