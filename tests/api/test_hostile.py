"""Clients that mean harm: slow heads, slow bodies, bodies without end, invented credentials, deep and huge bodies."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from graphcredit_api.audit import Audited
from graphcredit_api.middleware import CALLERS_PER_ADDRESS, Around, TokenBucket
from graphcredit_api.server import Patience, server
from tests.api.test_jobs import finished
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")
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


MANY = 10_000


def wrong(k: int, party: str) -> object:
    """Items that are wrong in many ways."""
    loan = {"party_id": party, "product": "loan", "amount": "10.00", "tenor_days": 90}
    return (
        None, "an application", k, [], {}, {**loan, "amount": "x"}, {**loan, "amount": "-1"}, {**loan, "amount": "1e400"},
        {**loan, "party_id": f"nobody-{k}"}, {**loan, "product": "lottery"}, {**loan, "tenor_days": 10**30}, [[[[]]]],
    )[k % 12]  # fmt: skip


def test_ten_thousand_applications_of_which_three_are_good(local, demo: Demo) -> None:
    loan = {"party_id": demo.party, "product": "loan", "amount": "11.00", "tenor_days": 90}
    good = {5: loan, 5_000: {**loan, "amount": "12.00"}, MANY - 1: {**loan, "amount": "13.00"}}
    items = [good.get(k, wrong(k, demo.party)) for k in range(MANY)]
    started = local.post("/v1/decisions/bulk", json={"applications": items})
    assert started.status_code == 202, started.text
    job_id = started.json()["job_id"]
    assert local.get(f"/v1/parties/{demo.party}").status_code == 200  # others are answered meanwhile
    job = finished(local, job_id)
    assert (job["state"], job["progress"]) == ("done", {"done": MANY, "total": MANY})
    found = local.get(f"/v1/jobs/{job_id}/result").json()
    assert (found["count"], found["decided"]) == (MANY, 3)
    assert [row["index"] for row in found["results"]] == list(range(MANY))
    assert {row["index"] for row in found["results"] if row["status"] == "decided"} == set(good)
    assert all(row["problem"]["detail"] for row in found["results"] if row["status"] == "problem")


def test_ten_thousand_scores_of_which_half_are_wrong(local, demo: Demo) -> None:
    bad = [f"nobody-{k}" if k % 2 else k for k in range(MANY - 1)]
    body = local.post("/v1/scores", json={"party_ids": [*bad, demo.party]}).json()
    assert [row["party_id"] for row in body["scores"]] == [demo.party]
    assert [(row["index"], row["code"]) for row in body["errors"][:2]] == [(0, "bad_input"), (1, "not_found")]
    assert len(body["errors"]) == MANY - 1
    assert local.post("/v1/scores", json={"party_ids": [*bad, "x", "y"]}).status_code == 422  # one too many


def test_ten_thousand_facts_of_which_some_are_wrong(local, demo: Demo) -> None:
    payer = next(party for party in ("F000002", "F000003") if party != demo.party)  # whose pages nobody turns
    paid = {"payer_id": payer, "payee_id": "B001", "paid_on": "2026-06-30", "amount": "1.00"}
    rows = [{**paid, "payment_id": f"BULK-{k}"} | ({"amount": "much"} if k % 100 == 7 else {}) for k in range(MANY)]
    body = local.post("/v1/facts/payments", json={"rows": rows}).json()
    assert (body["read"], body["new"], body["quarantined"]) == (MANY, MANY - 100, 100)
    assert [(row["index"], row["column"]) for row in body["problems"]][:2] == [(7, "amount"), (107, "amount")]
    assert all(row["remedy"] for row in body["problems"])


def deep(levels: int, inside: str = "1") -> str:
    return "[" * levels + inside + "]" * levels


@pytest.mark.parametrize("levels", [50, 900, 5_000, 200_000])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/decisions", "{}"),
        ("/v1/decisions", '{{"party_id": "F000001", "product": "loan", "amount": "1", "note": {}}}'),
        ("/v1/decisions/bulk", '{{"applications": [{}]}}'),
        ("/v1/facts/payments", '{{"rows": [{{"payment_id": "P", "attr_x": {}}}]}}'),
        ("/v1/policies/check", '{{"policy": {{"caps": {}}}}}'),
        ("/v1/stress", '{{"shock": {}}}'),
    ],
)
def test_deeply_nested_bodies(local, path: str, body: str, levels: int) -> None:
    answer = local.post(path, content=body.format(deep(levels)), headers={"Content-Type": "application/json"})
    assert answer.status_code < 500, answer.text[:300]
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.text) < 100_000


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b'{"shock": {"F000001": NaN}}', b'{"shock": {"F000001": 1e999}}', b"\xff\xfe", b"null", b'"x"', b"[]",
        b'{"shock": {"\\ud800": 1}}', b'{"shock": {"\\u0000": 1}}', b'{"shock": {"F000001": 1}, "top": 1e400}',
        json.dumps({"shock": {"x" * 100_000: 1}}).encode(), b'{"shock": {"a": 1, "a": 0.5}}',
        b'{"shock": {"F000001": ' + b"9" * 5_000 + b"}}", b'{"shock": {"\\ud83d\\ude00": 1}}',
    ],
)  # fmt: skip
def test_bodies_that_are_hardly_json(local, body: bytes) -> None:
    answer = local.post("/v1/stress", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text[:300]
    assert answer.json()["instance"].startswith("urn:request:")
    assert "Traceback" not in answer.text


def test_half_characters_do_not_stop_the_audit_log(local) -> None:
    half = b'{"shock": {"\\udc00": 1}}'
    answer = local.post("/v1/stress", content=half, headers={"Content-Type": "application/json"})
    assert (answer.status_code, "U+DC00" in answer.json()["detail"]) == (422, True)
    services = local.app.state.services
    number, _ = services.audited.put({"who": "x\udc00", "object": {"party_id": "y\ud800"}}, urgent=True).result(20)
    entry = next(e for e in local.get("/v1/audit").json()["entries"] if e["n"] == number)
    assert (entry["who"], entry["object"]) == ("x?", {"party_id": "y?"})
    assert local.get("/v1/audit/verify").json()["sound"] is True
