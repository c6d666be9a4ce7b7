"""What happens around every request: its id, size and rate limits, security headers, one log line."""

import re
import secrets
import time
from collections import OrderedDict
from threading import Lock
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphcredit import logs
from graphcredit.background import answering
from graphcredit_api.audit import SAFE, Audited, entry_of
from graphcredit_api.last_known import Asking, asking
from graphcredit_api.metrics import REQUESTS, SECONDS
from graphcredit_api.problems import BodyTooLargeError, problem

log = logs.get_logger("access")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CALLERS_PER_ADDRESS = 10
"""An office or a gateway may speak for that many callers at full speed."""
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")


class TokenBucket:
    """Allows `per_minute` requests a minute for each caller, in bursts of a tenth; remembers 10,000 callers."""

    def __init__(self, per_minute: int, *, callers: int = 10_000) -> None:
        self.rate = per_minute / 60
        self.burst = max(per_minute / 10, 1.0)
        self.callers = callers
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, caller: str) -> float:
        """Seconds to wait; 0 when the request may go ahead."""
        now = time.monotonic()
        with self._lock:
            left, seen = self._left.pop(caller, (self.burst, now))
            left = min(self.burst, left + (now - seen) * self.rate)
            wait = 0.0 if left >= 1 else (1 - left) / self.rate
            self._left[caller] = (left if wait else left - 1, now)
            if len(self._left) > self.callers:
                self._left.popitem(last=False)
        return wait


class Around:
    """Pure ASGI, so that streaming answers and slow clients cost nothing extra."""

    def __init__(self, app: ASGIApp, *, max_body: int, per_minute: int, audited: Audited) -> None:
        self.app = app
        self.audited = audited
        self.max_body = max_body
        self.bucket, self.addresses = TokenBucket(per_minute), TokenBucket(per_minute * CALLERS_PER_ADDRESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.match(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        now = Asking(reads=scope["method"] in SAFE)
        asking.set(now)
        started = time.perf_counter()
        status = 0
        making = True

        async def answer(message: Message) -> None:
            nonlocal status, making
            if message["type"] == "http.response.start":
                status = message["status"]
                await self._audit(scope, status, request_id)
                out = MutableHeaders(scope=message)
                out["X-Request-ID"] = request_id
                if status < 400 and (now.told or scope["state"].get("stale")):
                    out["Warning"] = '110 graphcredit "the store is away: answered from the last snapshot"'
                for name, value in SECURITY_HEADERS.items():
                    out.setdefault(name, value)
                out.setdefault("Cache-Control", "no-store")
            await send(message)
            if making and message["type"] == "http.response.body":  # what a stream sends later is another matter
                making = False
                answering.end()

        refused = self._refuse(scope, headers)
        answering.begin()
        try:
            if refused is not None:
                await refused(scope, receive, answer)
            else:
                await self.app(scope, self._limited(receive), answer)
        except Exception as error:
            log.error("unexpected", kind=type(error).__name__, path=scope["path"], id=request_id, exc_info=error)
            if status:
                raise  # the answer is under way: all that is left is to break it off
            detail = "an unexpected error; its details are in the server's log"
            await problem(Request(scope), 500, "internal_error", detail)(scope, receive, answer)
        finally:
            if making:
                answering.end()
            self._note(scope, status or 500, time.perf_counter() - started, request_id)

    async def _audit(self, scope: Scope, status: int, request_id: str) -> None:
        """Keep who did what; a write is answered once its entry is committed."""
        entry = None if scope["state"].get("audited") == status else entry_of(scope, status, request_id)
        if entry is None:
            return
        if scope["method"] in SAFE:
            self.audited.put(entry, urgent=False)
        else:
            await self.audited.settled(entry)

    def _refuse(self, scope: Scope, headers: Headers) -> Any:
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self.max_body:
            return problem(Request(scope), 413, "body_too_large", f"a body may have {self.max_body:,} bytes at most")
        client = scope.get("client")
        address = client[0] if client else "unknown"
        credential = headers.get("x-api-key") or headers.get("authorization")
        wait = self.addresses.take(address)  # inventing credentials must not make room
        if not wait:
            wait = self.bucket.take(credential[-32:] if credential else address)
        if wait:
            answer = problem(Request(scope), 429, "rate_limited", "slow down and try again")
            answer.headers["Retry-After"] = str(max(1, round(wait)))
            return answer
        return None

    def _limited(self, receive: Receive) -> Receive:
        seen = 0

        async def limited() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.max_body:
                raise BodyTooLargeError
            return message

        return limited

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        REQUESTS.labels(scope["method"], route, str(status)).inc()
        SECONDS.labels(route).observe(seconds)
        log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            ms=round(seconds * 1e3, 1),
            id=request_id,
        )
