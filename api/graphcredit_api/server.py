"""The server process: an application behind limits that slow or greedy clients cannot get round.

A request's head must arrive within seconds, its body at a least speed, and whoever takes no answer off the line is let go.
Where more connections are open than the server keeps, the one that has waited longest without a request makes room.
"""

import asyncio
import json
import secrets
import time
import warnings
from dataclasses import dataclass
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from graphcredit_api.beside import Beside
from graphcredit_api.services import Services
from graphcredit_api.titles import TITLES
from graphcredit_api.warm import Housekeeping, Warm

KEEP_ALIVE = 30  # seconds between requests


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client may take; seconds and bytes a second.

    Attributes:
        head: for a request's line and headers, from the connection or their first byte.
        body_start: before the speed of a body counts.
        body_speed: least bytes a second of a body from then on.
        unread: that an answer may wait for a client that does not read.
        connections: open at a time.
        largest_head: bytes of a request's line and headers.
    """

    head: float = 10.0
    body_start: float = 15.0
    body_speed: float = 2000.0
    unread: float = 60.0
    connections: int = 512
    largest_head: int = 32_768


PATIENCE = Patience()


def too_late() -> bytes:
    """The answer to a request that did not come in time; its language is not known, so it speaks both."""
    title = " / ".join(TITLES["too_slow"].values())
    body = json.dumps(
        {
            "type": "urn:graphcredit:problem:too_slow",
            "title": title,
            "status": 408,
            "code": "too_slow",
            "detail": "the request was not received in time",
            "remedy": "send it again, in one go",
            "instance": f"urn:request:{secrets.token_hex(8)}",
        },
        ensure_ascii=False,
    ).encode()
    head = "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class WatchedProtocol(H11Protocol):
    """HTTP/1.1 whose clients are watched once a second at most."""

    patience: Patience = PATIENCE

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start to watch; make room if there are too many."""
        super().connection_made(transport)
        self._born = self._began = time.monotonic()
        self._receiving, self._size = True, 0
        self._stuck: float | None = None
        every = min(1.0, self.patience.head / 4)
        self._watch = self.loop.call_later(every, self._look, every)
        if len(self.connections) > self.patience.connections:
            idle = [c for c in self.connections if isinstance(c, WatchedProtocol) and c.idle and c is not self]
            if idle:
                longest = min(idle, key=lambda c: c._began)
                self.connections.discard(longest)  # at once: its loss is told to it only later
                longest.transport.abort()

    @property
    def idle(self) -> bool:
        """Whether no request is being served."""
        return self.cycle is None or self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        """Note when a request begins and how much of it is here."""
        if not self._receiving:
            self._began, self._size, self._receiving = time.monotonic(), 0, True
        self._size += len(data)
        super().data_received(data)
        state = self.conn.their_state
        self._receiving = state is h11.IDLE or state is h11.SEND_BODY
        if state is h11.SEND_BODY and self.cycle.response_complete:
            self.transport.close()  # answered without its body: the rest is not read

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        self._watch.cancel()
        super().connection_lost(exc)

    def _look(self, every: float) -> None:
        now, patience = time.monotonic(), self.patience
        took = now - self._began
        if self._receiving and self.conn.their_state is h11.IDLE and took > patience.head:
            self._late()
            return
        slow = took > patience.body_start and self._size / took < patience.body_speed
        if self._receiving and self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused and slow:
            self._late()
            return
        self._stuck = (self._stuck or now) if self.flow.write_paused else None
        if self._stuck is not None and now - self._stuck > patience.unread:
            self.transport.abort()
            return
        self._watch = self.loop.call_later(every, self._look, every)

    def _late(self) -> None:
        """Answer 408 where nothing was answered yet, and hang up."""
        if self.idle or not self.cycle.response_started:
            self.transport.write(too_late())
        self.transport.close()


def server(app: Any, host: str, port: int, *, patience: Patience = PATIENCE) -> uvicorn.Server:
    """A server of an ASGI application, ready to `run()`; `should_exit = True` ends it."""
    protocol = type("Protocol", (WatchedProtocol,), {"patience": patience})
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=10,
        limit_concurrency=patience.connections + 1,
        h11_max_incomplete_event_size=patience.largest_head,
    )
    return uvicorn.Server(config)


def serve(app: Any, host: str, port: int) -> None:
    """Serve until interrupted; what most answers need is computed meanwhile."""
    # the framework silences it in a way that threads undo for each other; installed here, it stays
    warnings.filterwarnings("ignore", message="The 'alias' attribute with value", category=UserWarning)
    made = server(app, host, port)
    services: Services = app.state.services
    services.desk.keep_later()
    if services.settings.twin:
        services.beside = Beside(services.credit)
    Warm(services).start()
    with Housekeeping(lambda: made.server_state.total_requests):
        made.run()
