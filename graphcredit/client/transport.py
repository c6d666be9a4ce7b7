"""Requests that arrive: signed in, repeated where that helps, and never twice in effect."""

import random
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from graphcredit.client.problems import error_of
from graphcredit.exc import AuthenticationError, StoreUnavailableError

AGAIN = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class Retries:
    """How often and how long a request is tried.

    Attributes:
        attempts: all of them, the first included.
        first_wait: seconds before the second; doubled each time, with jitter, where the server names no time itself.
        longest_wait: more than this is not waited, even where the server asks for it: the error is raised instead.
    """

    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 60.0


class Transport:
    """One connection pool, one identity.

    Args:
        url: where the server is.
        api_key: of a system; or `user` and `password` of a person.
        language: of titles and texts, en or zh.
        timeout: seconds for one attempt.
        http: another httpx client, for tests and proxies; closed by whoever made it.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        user: str | None = None,
        password: str | None = None,
        language: str = "en",
        timeout: float = 60.0,
        retries: Retries | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.retries = retries or Retries()
        self._key, self._user, self._password = api_key, user, password
        self._access = self._refresh = ""
        self._own = http is None
        self._http = http or httpx.Client(timeout=timeout)
        self._language = language
        self.sleep: Callable[[float], None] = time.sleep

    def close(self) -> None:
        """Close the connections."""
        if self._own:
            self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
        write: bool = False,
        key: str | None = None,
    ) -> httpx.Response:
        """An answer below 400.

        Args:
            write: whether it changes something: then it carries `key`, or a key of its own, and may be repeated.

        Raises:
            GraphCreditError: what the server's problem document tells, or StoreUnavailableError where it cannot be reached.
        """
        sent = dict(headers or {})
        if write:
            sent["Idempotency-Key"] = key or uuid.uuid4().hex
        asked = {name: value for name, value in (params or {}).items() if value is not None}
        return self._tried(method, path, asked, body, sent)

    def json(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of an answer below 400."""
        return self.request(method, path, **more).json()

    def pages(self, path: str, field: str, *, params: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Rows of all pages, one page at a time as they are needed."""
        cursor: str | None = None
        while True:
            page = self.json("GET", path, params={**(params or {}), "cursor": cursor})
            yield from page[field]
            cursor = page.get("next")
            if not cursor:
                return

    def stream(self, path: str, *, params: dict[str, Any], headers: dict[str, str]) -> Any:
        """A context manager of an answer that is read line by line."""
        sent = {**self._identity(), **headers}
        return self._http.stream(
            "GET", self.url + path, params=params, headers=sent, timeout=httpx.Timeout(10, read=60)
        )

    def _tried(
        self, method: str, path: str, params: dict[str, Any], body: Any, headers: dict[str, str]
    ) -> httpx.Response:
        renewed = False
        for attempt in range(1, self.retries.attempts + 1):
            last = attempt == self.retries.attempts
            try:
                answer = self._http.request(
                    method, self.url + path, params=params, json=body, headers={**self._identity(), **headers}
                )
            except httpx.TransportError as error:
                if last:
                    raise StoreUnavailableError(
                        f"{self.url} cannot be reached: {type(error).__name__}",
                        remedy="check the address and whether the server runs; writes may be sent again with the same key",
                    ) from error
                self.sleep(self._wait(attempt, None))
                continue
            if answer.status_code < 400:
                return answer
            if answer.status_code == 401 and self._user is not None and not renewed:
                self._access, renewed = "", True  # the access token has run out: once, with a new one
                if not last:
                    continue
            wait = self._wait(attempt, answer.headers.get("retry-after"))
            if answer.status_code not in AGAIN or last or wait > self.retries.longest_wait:
                raise error_of(answer)
            self.sleep(wait)
        raise error_of(answer)

    def _wait(self, attempt: int, asked: str | None) -> float:
        """Seconds before the next attempt: what the server asks for, else doubling with jitter."""
        if asked is not None and asked.isdigit():
            return float(asked)
        doubled: float = self.retries.first_wait * 2.0 ** (attempt - 1)
        return min(doubled, self.retries.longest_wait) * random.uniform(0.5, 1.0)

    # -- who asks

    def _identity(self) -> dict[str, str]:
        headers = {"Accept-Language": self._language, "User-Agent": "graphcredit-client"}
        if self._key is not None:
            headers["X-API-Key"] = self._key
        elif self._user is not None:
            headers["Authorization"] = f"Bearer {self._token()}"
        return headers

    def _token(self) -> str:
        if self._access:
            return self._access
        if self._refresh:
            answer = self._http.post(f"{self.url}/v1/auth/refresh", json={"refresh_token": self._refresh})
            self._refresh = ""
            if answer.status_code == 200:
                return self._kept(answer)
        answer = self._http.post(f"{self.url}/v1/auth/token", json={"name": self._user, "password": self._password})
        if answer.status_code != 200:
            raise error_of(answer)
        return self._kept(answer)

    def _kept(self, answer: httpx.Response) -> str:
        told = answer.json()
        if not told.get("access_token"):
            raise AuthenticationError("the server gave no token", remedy="check the address")
        self._access, self._refresh = str(told["access_token"]), str(told.get("refresh_token", ""))
        return self._access

    def __repr__(self) -> str:
        return f"Transport({self.url!r})"  # never a key or password
