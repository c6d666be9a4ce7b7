"""Requests by the clock over plain connections: late answers do not slow the next request down (open loop)."""

import asyncio
import json
import time
from dataclasses import dataclass, field


def get(path: str) -> bytes:
    """A request as it goes over the line."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n".encode()


def post(path: str, content: dict[str, object]) -> bytes:
    """A request with a JSON body as it goes over the line."""
    body = json.dumps(content).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Line(asyncio.Protocol):
    """One connection: a request at a time, its status told when its answer is whole."""

    def __init__(self, load: "Load") -> None:
        self.load, self.buffer, self.due, self.busy = load, bytearray(), 0.0, False
        self.left = -1  # bytes of the body still to come; -1 = in the head
        self.status = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def send(self, request: bytes, due: float) -> None:
        self.busy, self.due = True, due
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self.left < 0:
            self.buffer += data
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self.buffer[:end]).lower()
            self.status = int(head[9:12])
            at = head.find(b"content-length:")
            if at < 0:
                raise SystemExit(f"an answer without its length: {head.decode()}")
            self.left = int(head[at + 15 :].split(b"\r\n", 1)[0]) - (len(self.buffer) - end - 4)
            self.buffer.clear()
        else:
            self.left -= len(data)
        if self.left <= 0:
            self.left, self.busy = -1, False
            self.load.answered(self, self.status)

    def connection_lost(self, _: Exception | None) -> None:
        if self.busy:
            self.load.answered(None, 0)


@dataclass
class Load:
    """Requests at fixed times over as many connections as it takes."""

    port: int
    taken: list[float] = field(default_factory=list)
    order: list[int] = field(default_factory=list)  # which request each of them was
    statuses: dict[int, int] = field(default_factory=dict)
    idle: list[Line] = field(default_factory=list)
    open: int = 0
    begin: float = 0.0
    rate: float = 0.0

    def answered(self, line: Line | None, status: int) -> None:
        """Note an answer; its connection is free."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.open -= 1
        if line is not None:
            self.taken.append(time.perf_counter() - line.due)
            self.order.append(round((line.due - self.begin) * self.rate))
            self.idle.append(line)

    async def line(self) -> Line:
        """A free connection."""
        while self.idle:
            line = self.idle.pop()
            if not line.transport.is_closing():
                return line
        _, made = await asyncio.get_running_loop().create_connection(lambda: Line(self), "127.0.0.1", self.port)
        return made

    async def send(self, request: bytes, due: float) -> None:
        """Send one request."""
        self.open += 1
        (await self.line()).send(request, due)

    async def run(self, requests: list[bytes], rate: float, patience: float = 30.0) -> None:
        """All requests at their times; then wait for the last answers."""
        self.idle += [await self.line() for _ in range(8)]
        begin, sent = time.perf_counter() + 0.05, set()
        self.begin, self.rate = begin, rate
        for k, request in enumerate(requests):
            due = begin + k / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            if self.idle and not self.idle[-1].transport.is_closing():
                self.open += 1
                self.idle.pop().send(request, due)
                continue
            task = asyncio.create_task(self.send(request, due))
            sent.add(task)
            task.add_done_callback(sent.discard)
        until = time.perf_counter() + patience
        while (self.open or sent) and time.perf_counter() < until:
            await asyncio.sleep(0.01)
        for line in self.idle:
            line.transport.close()


async def body_of(port: int, path: str) -> bytes:
    """The answer to one request as it comes, head and body; nothing where nobody listens."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return b""
    writer.write(get(path).replace(b"Accept: */*", b"Connection: close"))
    try:
        return await reader.read()
    except OSError:
        return b""
    finally:
        writer.close()


async def status_of(port: int, path: str) -> int:
    """The status of one request; 0 where nobody listens."""
    answer = await body_of(port, path)
    return int(answer.split()[1]) if answer else 0
