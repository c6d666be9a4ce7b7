"""The client: one method a question, by subject."""

from types import TracebackType
from typing import Any, Self

import httpx

from graphcredit.client.collecting import Collecting
from graphcredit.client.lending import Lending
from graphcredit.client.risk import Risk
from graphcredit.client.transport import Retries, Transport
from graphcredit.client.watching import Watching


class Client(Risk, Lending, Collecting, Watching):
    """A client of one server; use it as a context manager.

    Args:
        url: where the server is, such as http://127.0.0.1:8000.
        api_key: of a system (`graphcredit user key`); or `user` and `password` of a person; neither for local use.
        language: of titles and remedies, en or zh.
        timeout: seconds for one attempt.
        retries: how often a request is tried.
        http: another httpx client, for proxies and tests; it stays open.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        *,
        api_key: str | None = None,
        user: str | None = None,
        password: str | None = None,
        language: str = "en",
        timeout: float = 60.0,
        retries: Retries | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        super().__init__(
            Transport(
                url,
                api_key=api_key,
                user=user,
                password=password,
                language=language,
                timeout=timeout,
                retries=retries,
                http=http,
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._send.close()

    def health(self) -> dict[str, Any]:
        """Whether the server runs and its store answers."""
        return dict(self._send.json("GET", "/v1/health"))

    def me(self) -> dict[str, Any]:
        """Who the server takes this client for, and what it may do."""
        return dict(self._send.json("GET", "/v1/auth/me"))

    def __repr__(self) -> str:
        return f"Client({self._send.url!r})"
