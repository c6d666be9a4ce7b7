"""Repeating: what the server asks for, as often as allowed, with the same key; against a server of our own on a socket."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from graphcredit.client import Client, Retries
from graphcredit.exc import ConflictError, GraphCreditError, RateLimitError, StoreUnavailableError


class Script:
    """Answers in order, and what was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], Any]] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.url = ""


@pytest.fixture
def server() -> Iterator[Script]:
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.asked.append((self.command, self.path, headers))
            status, more, body = script.answers.pop(0)
            sent = json.dumps(body).encode()
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/problem+json" if status >= 400 else "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = answer  # noqa: N815  (as http.server calls them)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{httpd.server_port}"
    yield script
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def problem(code: str, status: int, **more: Any) -> dict[str, Any]:
    return {"code": code, "status": status, "detail": f"{code} happened", "remedy": "wait", "instance": "urn:request:abc",
            **more}  # fmt: skip


def client(script: Script, **more: Any) -> tuple[Client, list[float]]:
    made, slept = Client(script.url, **more), list[float]()
    made._send.sleep = slept.append
    return made, slept


def test_what_the_server_asks_to_repeat_is_repeated_after_the_time_it_names(server: Script) -> None:
    server.answers = [(503, {"Retry-After": "7"}, problem("store_unavailable", 503)),
                      (429, {"Retry-After": "2"}, problem("rate_limited", 429)), (200, {}, {"status": "ok"})]  # fmt: skip
    made, slept = client(server)
    assert made.health() == {"status": "ok"}
    assert slept == [7.0, 2.0]


def test_a_repeated_write_has_the_same_key_and_a_new_one_another(server: Script) -> None:
    done = {"held": True}
    server.answers = [(503, {"Retry-After": "1"}, problem("store_unavailable", 503)), (201, {}, done), (201, {}, done)]
    made, _ = client(server)
    made.hold("F1", "invoice in dispute")
    made.hold("F1", "invoice in dispute")
    keys = [headers["idempotency-key"] for _, _, headers in server.asked]
    assert keys[0] == keys[1] != keys[2]


def test_a_key_of_ones_own_is_sent_as_it_is(server: Script) -> None:
    server.answers = [(201, {}, {})]
    client(server)[0].hold("F1", "invoice in dispute", key="order-4711")
    assert server.asked[0][2]["idempotency-key"] == "order-4711"


def test_attempts_and_patience_have_an_end(server: Script) -> None:
    server.answers = [(429, {"Retry-After": "1"}, problem("rate_limited", 429))] * 3
    made, slept = client(server, retries=Retries(attempts=3))
    with pytest.raises(RateLimitError, match="rate_limited happened") as caught:
        made.health()
    assert caught.value.details == {"status": 429, "code": "rate_limited", "request_id": "abc"}
    assert (caught.value.remedy, slept) == ("wait", [1.0, 1.0])
    server.answers = [(503, {"Retry-After": "3600"}, problem("store_unavailable", 503))]
    with pytest.raises(StoreUnavailableError):
        made.health()


def test_what_cannot_get_better_is_not_repeated(server: Script) -> None:
    server.answers = [(409, {}, problem("capacity_exceeded", 409)), (500, {}, problem("internal_error", 500))]
    made, slept = client(server)
    with pytest.raises(ConflictError):
        made.health()
    with pytest.raises(GraphCreditError):
        made.health()
    assert slept == []


def test_an_answer_without_a_problem_document_is_still_an_error(server: Script) -> None:
    server.answers = [(404, {"X-Request-ID": "r1"}, "gone")]
    with pytest.raises(GraphCreditError) as caught:
        client(server)[0].health()
    assert (caught.value.status, caught.value.details["request_id"]) == (404, "r1")


def test_a_server_that_is_not_there_is_named_with_what_to_do() -> None:
    made = Client("http://127.0.0.1:9", retries=Retries(attempts=2))
    slept: list[float] = []
    made._send.sleep = slept.append
    with pytest.raises(StoreUnavailableError, match="cannot be reached") as caught:
        made.health()
    assert caught.value.remedy
    assert len(slept) == 1


def test_a_token_that_ran_out_is_renewed_once(server: Script) -> None:
    server.answers = [
        (200, {}, {"access_token": "one", "refresh_token": "r"}),
        (401, {}, problem("unauthenticated", 401)),
        (200, {}, {"access_token": "two", "refresh_token": "r2"}),
        (200, {}, {"name": "anna"}),
    ]
    made, _ = client(server, user="anna", password="correct horse")
    assert made.me()["name"] == "anna"
    assert [path for _, path, _ in server.asked] == ["/v1/auth/token", "/v1/auth/me", "/v1/auth/refresh", "/v1/auth/me"]
    assert server.asked[-1][2]["authorization"] == "Bearer two"
    assert "correct horse" not in repr(made) + repr(made._send)


def test_pages_follow_the_cursor(server: Script) -> None:
    def entry(n: int) -> dict[str, Any]:
        return {"n": n, "at": "", "who": "", "role": "", "action": "", "outcome": "", "status": 200, "object": {},
                "request_id": ""}  # fmt: skip

    server.answers = [
        (200, {}, {"entries": [entry(3), entry(2)], "next": "abc"}),
        (200, {}, {"entries": [entry(1)], "next": None}),
    ]
    assert [each.n for each in client(server)[0].audit()] == [3, 2, 1]
    assert server.asked[1][1].endswith("cursor=abc")
