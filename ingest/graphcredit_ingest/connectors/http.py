"""Requests to a CRM: tried again when it is busy or away, never longer than a person would wait, JSON or an error."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from graphcredit.exc import ConnectorError, SettingsError
from graphcredit.logs import get_logger

TRIES = 4
LONGEST = 120.0  # seconds; whoever is asked to wait longer is told so
LOCAL = {"127.0.0.1", "localhost", "::1"}

log = get_logger(__name__)


class Http:
    """A client of one CRM.

    Args:
        crm: its name in messages.
        sleep: waits so many seconds.
    """

    def __init__(self, crm: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.crm, self.sleep = crm, sleep
        self._client = httpx.Client(timeout=30.0, follow_redirects=False)

    def close(self) -> None:
        """Give connections back."""
        self._client.close()

    def ask(self, method: str, url: str, **request: Any) -> tuple[int, dict[str, Any]]:
        """Status and JSON object of the answer (empty for one without a body).

        A busy server (429), a failing one (5xx), a broken answer and a lost connection are tried again, as long as
        `Retry-After` asks for or twice as long each time.

        Raises:
            ConnectorError: it stays so, or asks for a longer wait than LONGEST.
        """
        reason = ""
        for number in range(TRIES):
            wait = 1.0 * 2**number
            try:
                answer = self._client.request(method, url, **request)
            except httpx.TransportError as error:
                reason = f"does not answer ({type(error).__name__})"
            else:
                if answer.status_code == 429:
                    reason, wait = "asks for fewer requests (429)", _asked(answer, wait)
                elif answer.status_code >= 500:
                    reason = f"failed ({answer.status_code})"
                elif (body := _object(answer)) is not None:
                    return answer.status_code, body
                else:
                    reason = f"sent an answer that is no JSON object ({answer.status_code})"
            if wait > LONGEST:
                raise ConnectorError(
                    f"{self.crm} asks to wait {wait:,.0f} s",
                    remedy="run the same pull later; it goes on where it stopped",
                    wait_seconds=wait,
                )
            if number < TRIES - 1:
                log.info("crm_retry", crm=self.crm, reason=reason, wait=wait)
                self.sleep(wait)
        raise ConnectorError(f"{self.crm} {reason}", remedy="run the same pull again; it goes on where it stopped")


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    if not answer.content:
        return {}
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _asked(answer: httpx.Response, otherwise: float) -> float:
    """Seconds that `Retry-After` asks for: a number or a date."""
    given = answer.headers.get("Retry-After", "")
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return otherwise


def checked_url(url: str, what: str) -> str:
    """An address without a slash at its end; credentials only travel encrypted, or within this machine.

    Raises:
        SettingsError: neither https nor local.
    """
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)):
        raise SettingsError(f"{what} {url!r} is no https address", remedy="give one such as https://accounts.zoho.com")
    return url.rstrip("/")
