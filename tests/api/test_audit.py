"""Who saw and did what: every kind of request leaves its entry, secrets none, and only administrators read it."""

import json

import pytest

from graphcredit.audit import read_audit, verify_audit
from tests.api.conftest import PASSWORD
from tests.support.demo import Demo, graphcredit

pytestmark = pytest.mark.xdist_group("demo")


def header(tokens: dict[str, str], role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens[role]}"}


def entries(client, tokens: dict[str, str], **query) -> list[dict]:
    answer = client.get("/v1/audit", params=query, headers=header(tokens, "administrator"))
    assert answer.status_code == 200, answer.text
    return answer.json()["entries"]


def settle(client, tokens: dict[str, str]) -> None:
    """A write waits for its entry and so for all before it."""
    client.post("/v1/stress", json={"shock": {}}, headers=header(tokens, "viewer"))


def test_a_read_a_refusal_and_a_rejection_are_kept(secured, tokens, demo: Demo) -> None:
    read = secured.get(f"/v1/parties/{demo.party}", headers=header(tokens, "viewer"))
    refused = secured.post("/v1/stress", json={"shock": {demo.party: 1}}, headers=header(tokens, "viewer"))
    rejected = secured.get("/v1/parties/nobody", headers=header(tokens, "analyst"))
    settle(secured, tokens)
    found = {entry["request_id"]: entry for entry in entries(secured, tokens, limit=500)}
    expected = {
        "who": "vera", "role": "viewer", "via": "token", "action": "GET /v1/parties/{party_id} party",
        "object": {"party_id": demo.party}, "outcome": "ok", "status": 200, "client": "testclient",
    }  # fmt: skip
    kept = found[read.headers["x-request-id"]]
    assert {name: kept[name] for name in expected} == expected
    assert found[refused.headers["x-request-id"]]["outcome"] == "refused"
    assert found[rejected.headers["x-request-id"]]["outcome"] == "rejected"


def test_a_decision_is_kept_with_its_id_before_it_is_answered(secured, tokens, demo: Demo) -> None:
    application = {"party_id": demo.party, "product": "loan", "amount": "5000.00", "tenor_days": 90, "payments": 3}
    made = secured.post("/v1/decisions", json=application, headers=header(tokens, "analyst"))
    store = secured.app.state.services.store
    kept = next(e for e in read_audit(store) if e["request_id"] == made.headers["x-request-id"])
    assert kept["object"] == {"party_id": demo.party, "decision_id": made.json()["decision_id"]}
    assert entries(secured, tokens, about=made.json()["decision_id"])[0]["who"] == "anna"


def test_a_decisions_entry_is_committed_with_it_and_once(secured, tokens, demo: Demo, monkeypatch) -> None:
    """Where the store can (DuckDB), nothing is left to write when it is answered; other answers have an entry of their own."""
    services = secured.app.state.services
    left: list[object] = []
    monkeypatch.setattr(services.audited, "settled", lambda entry: noted(left, entry))
    application = {"party_id": demo.party, "product": "loan", "amount": "5000.00", "tenor_days": 90, "payments": 3}
    made = secured.post("/v1/decisions", json=application, headers=header(tokens, "analyst"))
    kept = [e for e in read_audit(services.store) if e["request_id"] == made.headers["x-request-id"]]
    assert [(entry["status"], entry["outcome"]) for entry in kept] == [(201, "ok")]
    assert kept[0]["action"] == "POST /v1/decisions decide"
    assert left == []
    secured.post("/v1/decisions", json={**application, "amount": "-1"}, headers=header(tokens, "analyst"))
    assert [entry["outcome"] for entry in left] == ["rejected"]
    assert verify_audit(services.store).sound


async def noted(found: list[object], entry: object) -> None:
    found.append(entry)


def test_a_failed_sign_in_is_kept_and_no_password_is(secured, tokens) -> None:
    secured.post("/v1/auth/token", json={"name": "paul", "password": "hunter2 hunter2"})
    secured.post("/v1/auth/token", json={"name": "my secret password typed here", "password": "x"})
    secured.get("/v1/parties", params={"q": "x", "token": "gck_aaa_bbb"}, headers=header(tokens, "viewer"))
    settle(secured, tokens)
    kept = entries(secured, tokens, limit=500)
    failed = next(e for e in kept if "auth/token" in e["action"] and e["who"] == "paul")
    assert failed["outcome"] == "refused"
    text = json.dumps(kept)
    for secret in ("hunter2", "secret password", PASSWORD, tokens["viewer"], "gck_aaa"):
        assert secret not in text


def test_the_log_is_paged_without_gaps_and_sound(secured, tokens) -> None:
    settle(secured, tokens)
    numbers, cursor = [], None
    while True:
        query = {"limit": 7, **({"cursor": cursor} if cursor else {})}
        page = secured.get("/v1/audit", params=query, headers=header(tokens, "administrator")).json()
        numbers += [entry["n"] for entry in page["entries"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert numbers == list(range(numbers[0], 0, -1))
    verdict = secured.get("/v1/audit/verify", headers=header(tokens, "administrator")).json()
    assert verdict["sound"]
    assert verdict["entries"] >= numbers[0]


def test_the_command_line_reads_and_verifies_it(local, demo: Demo, tmp_path) -> None:
    own = demo.copy(tmp_path / "own")
    from graphcredit.audit import AuditLog
    from graphcredit.store import Record, open_store

    with open_store(own.url) as store:
        AuditLog(store).append([{"who": "anna", "action": "GET /v1/portfolio", "object": {}, "at": "now"}] * 3)
    assert len(graphcredit("audit", "list", "--store", own.url, "--json").json["entries"]) == 3
    sound = graphcredit("audit", "verify", "--store", own.url, "--json").json
    assert sound["sound"]
    assert graphcredit("audit", "verify", "--store", own.url, "--expect", sound["head"]).code == 0
    with open_store(own.url) as store:
        batch = store.get_record("audit", f"{1:015d}")
        body = {**batch.body, "entries": batch.body["entries"][:2]}
        store.put_records([Record("audit", batch.record_id, body, revision=2)])
        assert not verify_audit(store).sound
    done = graphcredit("audit", "verify", "--store", own.url, "--expect", sound["head"])
    assert done.code == 4
    assert "not as it was written" in done.err
