"""Structured logs on stderr; secrets never reach them."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_KEYS = re.compile(r"password|passwd|secret|token|api_?key|authorization|cookie", re.I)
_URL_PASSWORD = re.compile(r"(://[^:/\s]{1,500}:)[^@\s]{1,1000}@")
"""Bounded on both sides and begun by a literal: the time it takes grows with the text, whatever the text."""


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if _SECRET_KEYS.search(key):
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = redact_url(value)
    return event


def redact_url(text: str) -> str:
    """`text` with the password of any URL in it replaced by ***."""
    return _URL_PASSWORD.sub(r"\1***@", text)


def configure(level: str = "WARNING", fmt: str = "console") -> None:
    """Send structured logs to stderr, as lines for people or as JSON."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if fmt == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> Any:
    """A structured logger bound to its module's name."""
    return structlog.get_logger(module=name)  # lazy: the configuration may come later
