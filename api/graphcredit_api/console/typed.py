"""Days as people type them into a form or an address."""

from datetime import date

from graphcredit.exc import InputError


def day_of(text: str, like: str) -> date:
    """A day; `like` is what the remedy shows.

    Raises:
        InputError: it is none.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{text!r} is not a day", remedy=f"write {like}") from None


def day_if_any(text: str, like: str) -> date | None:
    """The same; None where nothing was typed."""
    return day_of(text, like) if text.strip() else None
