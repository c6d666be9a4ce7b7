"""Neo4j goes away while the API serves, and comes back: what is answered meanwhile, and that no write is lost or doubled."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from graphcredit.store import open_store
from graphcredit_api.app import create_app
from graphcredit_api.auth.users import create_user
from tests.api.conftest import PASSWORD, OnNeo4j, TestClient

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("demo")]
AGAIN = 40  # seconds that a server may take to come back
LOAN = {"product": "loan", "amount": "1000.00", "tenor_days": 90}


@pytest.fixture(scope="module")
def served(on_neo4j: OnNeo4j) -> Iterator[TestClient]:
    """One API throughout: it is never started again. An analyst is signed in, an approver has a token, too."""
    if on_neo4j.server.process is None:
        pytest.skip("servers run in containers here; one is stopped where it runs as a process")
    with open_store(on_neo4j.settings.store) as store:
        create_user(store, "anna", PASSWORD, "analyst")
        create_user(store, "vera", PASSWORD, "viewer")
    with TestClient(create_app(on_neo4j.settings), raise_server_exceptions=False) as client:
        yield client


def bearer(client: TestClient, name: str) -> dict[str, str]:
    answer = client.post("/v1/auth/token", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def reads(party: str) -> list[str]:
    one = f"/v1/parties/{party}"
    return [
        one, f"{one}/score", f"{one}/limit", f"{one}/headroom", f"{one}/exposure", f"{one}/network", f"{one}/groups",
        f"{one}/facts/statements", f"/v1/parties?q={party}", "/v1/portfolio", "/v1/groups", "/v1/decisions", "/v1/models",
        "/v1/policies/current", f"/parties/{party}", "/",
    ]  # fmt: skip


def warned(answer: httpx.Response) -> bool:
    return answer.headers.get("warning", "").startswith("110 ")


def plain(answer: httpx.Response) -> Any:
    body = answer.json()
    return {k: v for k, v in body.items() if k not in ("stale", "in_force")} if isinstance(body, dict) else body


def back(client: TestClient) -> None:
    until = time.monotonic() + AGAIN
    while time.monotonic() < until:
        if client.get("/v1/ready").status_code == 200:
            return
        time.sleep(0.2)
    pytest.fail("the API does not see that the store is back")


def actions(client: TestClient, who: dict[str, str], party: str) -> list[str]:
    """What was done about holds of a party; the demo that the store is a copy of may know some."""
    return [step["action"] for step in client.get(f"/v1/parties/{party}/holds", headers=who).json()["steps"]]


def test_away_and_back(served: TestClient, on_neo4j: OnNeo4j) -> None:
    anna, party = bearer(served, "anna"), on_neo4j.party
    first = {**anna, "Idempotency-Key": "before"}
    made = served.post("/v1/decisions", json={"party_id": party, **LOAN}, headers=first).json()
    held = actions(served, anna, party)
    before = {path: served.get(path, headers=anna) for path in reads(party)}
    assert {path: a.status_code for path, a in before.items()} == dict.fromkeys(before, 200)
    assert not any(warned(answer) for answer in before.values())

    on_neo4j.server.process.terminate()
    on_neo4j.server.process.wait(60)

    # readiness and health
    ready = served.get("/v1/ready")
    assert (ready.status_code, ready.json()["code"]) == (503, "store_unavailable")
    assert int(ready.headers["retry-after"]) >= 1
    assert served.get("/v1/health").json() | {"version": ""} == {
        "status": "degraded", "version": "", "store": "away", "reason": "store_unavailable"
    }  # fmt: skip

    # reads: the last snapshot, and said so
    for path, known in before.items():
        answer = served.get(path, headers=anna)
        assert answer.status_code == 200, (path, answer.text)
        assert warned(answer), path
        if path.startswith("/v1/"):
            assert plain(answer) == plain(known), path
        else:
            assert "the last snapshot" in answer.text
    assert served.get("/v1/portfolio", headers=anna).json()["stale"] is True
    stressed = served.post("/v1/stress", json={"shock": {party: 1.0}}, headers=anna)
    assert (stressed.status_code, warned(stressed)) == (200, True)
    decision = served.get(f"/v1/decisions/{made['decision_id']}", headers=anna)
    assert (decision.status_code, decision.json()["decision_id"]) == (200, made["decision_id"])
    assert "graphcredit_snapshot_stale 1.0" in served.get("/metrics").text

    # who was not looked up lately is not let in; roles still hold
    assert served.post("/v1/auth/token", json={"name": "anna", "password": PASSWORD}).status_code == 503
    assert served.post("/v1/policies", json={"policy": {}}, headers=anna).status_code == 403

    # writes: refused clean
    for path, body in writes(party):
        answer = served.post(path, json=body, headers={**anna, "Idempotency-Key": "while-away"})
        assert answer.status_code == 503, (path, answer.text)
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["code"] == "store_unavailable"
        assert on_neo4j.server.password not in answer.text
        assert not warned(answer)

    on_neo4j.server.restart()
    back(served)

    # reads and writes again, by the same process; what was sent in vain is done once
    fresh = served.get(f"/v1/parties/{party}", headers=anna)
    assert (fresh.status_code, warned(fresh)) == (200, False)
    assert served.get("/v1/portfolio", headers=anna).json()["stale"] is False
    assert served.post("/v1/decisions", json={"party_id": party, **LOAN}, headers=first).json() == made
    for path, body in writes(party):
        one, two = (served.post(path, json=body, headers={**anna, "Idempotency-Key": "while-away"}) for _ in "ab")
        assert one.status_code == 201, one.text
        assert one.json() == two.json()
    listed = served.get("/v1/decisions", headers=anna).json()["decisions"]
    assert len(listed) == 2
    assert sorted(actions(served, anna, party)) == sorted([*held, "held"])
    paid = served.get(f"/v1/parties/{party}/facts/payments", headers=anna).json()["rows"]
    assert [row["amount"] for row in paid if row["payment_id"] == "AWAY-1"] == ["7.0000"]


def writes(party: str) -> list[tuple[str, dict[str, Any]]]:
    paid = {"payment_id": "AWAY-1", "payer_id": party, "payee_id": "B001", "paid_on": "2026-06-01", "amount": "7"}
    return [
        ("/v1/decisions", {"party_id": party, **LOAN, "amount": "2000.00"}),
        ("/v1/facts/payments", {"rows": [paid]}),
        (f"/v1/parties/{party}/hold", {"reason": "invoice in dispute"}),
    ]


def test_killed_in_the_middle_of_writes(served: TestClient, on_neo4j: OnNeo4j) -> None:
    anna, party = bearer(served, "anna"), on_neo4j.party
    answers: dict[str, httpx.Response] = {}

    def send(key: str) -> httpx.Response:
        body = {"party_id": party, **LOAN, "amount": "1.00"}
        return served.post("/v1/decisions", json=body, headers={**anna, "Idempotency-Key": key})

    def client(number: int) -> None:
        for k in range(200):
            key = f"k{number}-{k}"
            answers[key] = send(key)
            if answers[key].status_code == 503:
                return

    known = {d["decision_id"] for d in served.get("/v1/decisions?limit=200", headers=anna).json()["decisions"]}
    clients = [threading.Thread(target=client, args=(k,)) for k in range(3)]
    for each in clients:
        each.start()
    while sum(a.status_code == 201 for a in list(answers.values())) < 6:
        time.sleep(0.01)
    on_neo4j.server.process.kill()  # no time to finish anything
    on_neo4j.server.process.wait(60)
    for each in clients:
        each.join(60)
    assert {a.status_code for a in answers.values()} == {201, 503}

    on_neo4j.server.restart()
    back(served)
    acknowledged = {key: a.json()["decision_id"] for key, a in answers.items() if a.status_code == 201}
    again = {key: send(key) for key in answers}
    assert {a.status_code for a in again.values()} == {201}
    decided = {key: a.json()["decision_id"] for key, a in again.items()}
    assert {key: decided[key] for key in acknowledged} == acknowledged  # nothing acknowledged is lost
    assert len(set(decided.values())) == len(decided)
    now: set[str] = set()
    cursor: str | None = None
    while True:
        page = served.get(
            "/v1/decisions", params={"limit": 200, "cursor": cursor} if cursor else {}, headers=anna
        ).json()
        now |= {d["decision_id"] for d in page["decisions"]}
        cursor = page["next"]
        if not cursor:
            break
    assert now - known == set(decided.values())  # nothing is there twice
