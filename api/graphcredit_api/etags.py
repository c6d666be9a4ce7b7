"""Entity tags on every answer that is read: who has it already gets 304 and no body."""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 8_000_000
"""Bytes; an answer beyond is sent as it comes, without a tag."""


class EntityTags:
    """Tags JSON answers to GET under /v1 with a hash of what they say. Streams and other kinds pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        held: list[Message] = []  # the start, then all of the body, until the tag is known
        size, passing = 0, False

        async def answer(message: Message) -> None:
            nonlocal size, passing
            if passing:
                await send(message)
                return
            if message["type"] == "http.response.start":
                if not _taggable(message):
                    passing = True
                    await send(message)
                    return
                held.append(message)
                return
            held.append(message)
            size += len(message.get("body", b""))
            if size > LARGEST:
                passing = True
                for each in held:
                    await send(each)
            elif not message.get("more_body"):
                passing = True
                for each in _tagged(scope, held):
                    await send(each)

        await self.app(scope, receive, answer)


def _taggable(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "")
    return start["status"] == 200 and kind.startswith("application/json") and "etag" not in headers


def _tagged(scope: Scope, held: list[Message]) -> list[Message]:
    """The held messages with their tag, or 304 where the caller has that answer."""
    start, body = held[0], b"".join(message.get("body", b"") for message in held[1:])
    tag = '"' + hashlib.sha256(body).hexdigest()[:24] + '"'
    headers = MutableHeaders(raw=start["headers"])
    headers["ETag"] = tag
    headers["Cache-Control"] = "private, no-cache"
    headers.add_vary_header("Accept-Language")
    given = Headers(scope=scope).get("if-none-match", "")
    if tag in [candidate.strip().removeprefix("W/") for candidate in given.split(",")]:
        del headers["content-length"]
        del headers["content-type"]
        return [
            {**start, "status": 304, "headers": headers.raw},
            {"type": "http.response.body", "body": b"", "more_body": False},
        ]
    return [{**start, "headers": headers.raw}, {"type": "http.response.body", "body": body, "more_body": False}]
