"""Clients that mean harm, over real sockets: slow heads, slow bodies, bodies without end, invented credentials."""

import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from graphcredit_api.audit import Audited
from graphcredit_api.middleware import CALLERS_PER_ADDRESS, Around, TokenBucket
from graphcredit_api.server import Patience, server

LIMIT = 100_000
QUICK = Patience(head=0.4, body_start=0.4, body_speed=10_000.0, connections=20)


async def echo(scope, receive, send) -> None:
    """Reads its body and answers how long it was."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": str(size).encode()})


class Quiet(Around):
    """The middleware, without a line for each request."""

    def _note(self, *_: object) -> None:
        return None


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server that is quickly out of patience."""
    app = Quiet(echo, max_body=LIMIT, per_minute=1_000_000, audited=Audited(None, on=False))
    served = server(app, "127.0.0.1", 0, patience=QUICK)
    served.config.lifespan = "off"
    thread = threading.Thread(target=served.run, daemon=True)
    thread.start()
    while not served.started:
        time.sleep(0.01)
    yield served.servers[0].sockets[0].getsockname()[1]
    served.should_exit = True
    thread.join(20)


def connect(port: int, text: bytes) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=20)
    made.sendall(text)
    return made


def said(connection: socket.socket) -> bytes:
    heard = b""
    try:
        while part := connection.recv(65_536):
            heard += part
    except ConnectionError:
        pass
    connection.close()
    return heard


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", id="head"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na", id="body"),
    ],
)
def test_a_slow_client_is_let_go_while_others_are_served(port: int, begun: bytes) -> None:
    slow = [connect(port, begun) for _ in range(5)]
    assert httpx.post(f"http://127.0.0.1:{port}/", content=b"abc").text == "3"
    for connection in slow:
        answer = said(connection)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"application/problem+json" in answer


def test_more_connections_than_the_server_keeps_do_not_shut_others_out(port: int) -> None:
    idle = [connect(port, b"G") for _ in range(60)]
    assert httpx.post(f"http://127.0.0.1:{port}/", content=b"ab").text == "2"
    for connection in idle:
        connection.close()


def test_a_body_that_says_it_is_100_mb_is_refused_before_it_is_sent(port: int) -> None:
    refused = connect(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n" + b"a" * 1000)
    assert said(refused).startswith(b"HTTP/1.1 413 ")


def test_the_server_does_not_read_the_rest_of_what_it_refused(port: int) -> None:
    connection = connect(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
    sent = 0
    try:
        while sent < 100_000_000:
            connection.sendall(b"a" * 65_536)
            sent += 65_536
    except OSError:
        pass
    connection.close()
    assert sent < 50_000_000  # what the kernel's buffers took, not the body


def test_inventing_credentials_makes_no_room() -> None:
    one, address = TokenBucket(60), TokenBucket(60 * CALLERS_PER_ADDRESS)
    served = sum(not address.take("10.0.0.1") and not one.take(f"invented-{k}") for k in range(1000))
    assert 55 <= served <= 70
