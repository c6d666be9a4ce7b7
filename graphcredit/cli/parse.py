"""Arguments that need more than a type: dates, shocks, lists."""

from datetime import date
from pathlib import Path

from graphcredit.exc import InputError, ReadError, ValueRangeError


def day(text: str | None) -> date | None:
    """An ISO date, or None where none was given.

    Raises:
        InputError: not a date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is not a date", remedy="write it as 2026-06-30") from None


def shocks(texts: list[str]) -> dict[str, float]:
    """`ID=0.5,ID2=1` (repeatable) as party id -> share lost; a bare id means 1.

    Raises:
        ValueRangeError: a share outside [0, 1].
        InputError: not a number.
    """
    parsed: dict[str, float] = {}
    for part in ",".join(texts).split(","):
        if not part.strip():
            continue
        party, _, share = part.strip().rpartition("=") if "=" in part else (part.strip(), "", "1")
        try:
            parsed[party] = float(share)
        except ValueError:
            raise InputError(f"{share!r} in --shock {part!r} is not a number", remedy="write PARTY=0.5") from None
        if not 0 <= parsed[party] <= 1:
            raise ValueRangeError(f"the shock of {party} is {share}", remedy="a shock is a share between 0 and 1")
    if not parsed:
        raise InputError("no shock was given", remedy="add --shock PARTY=1.0")
    return parsed


def words(text: str | None) -> tuple[str, ...]:
    """A comma-separated list."""
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())


def numbers(text: str) -> list[float]:
    """A comma-separated list of numbers.

    Raises:
        InputError: one of them is not a number.
    """
    parsed = []
    for word in words(text):
        try:
            parsed.append(float(word))
        except ValueError:
            raise InputError(f"{word!r} is not a number", remedy="write them as 1,2,3.5") from None
    return parsed


def counts(text: str) -> tuple[list[str], list[int], list[int]]:
    """`A=100:0,B=400:2` as names, numbers and numbers of defaults.

    Raises:
        InputError: a part is not NAME=NUMBER:DEFAULTS.
    """
    names: list[str] = []
    n: list[int] = []
    bad: list[int] = []
    for part in words(text):
        name, _, pair = part.partition("=")
        whole, _, defaulted = pair.partition(":")
        try:
            n.append(int(whole))
            bad.append(int(defaulted or 0))
        except ValueError:
            raise InputError(f"{part!r} is not GRADE=N:DEFAULTS", remedy="write A=100:0,B=400:2") from None
        names.append(name.strip())
    return names, n, bad


def existing(path: Path) -> Path:
    """`path`, if it is there.

    Raises:
        ReadError: it is not.
    """
    if not path.exists():
        raise ReadError(f"{path} does not exist", remedy="check the path")
    return path
