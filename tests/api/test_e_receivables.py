"""E-receivables over the API: balances are conserved along the chain, limits used and given back, each write once."""

import json
from decimal import Decimal

import pytest

from graphcredit_api.auth.users import create_user
from tests.api.conftest import PASSWORD
from tests.support.demo import Demo
from tests.support.stores import facts

pytestmark = pytest.mark.xdist_group("demo")
BASE = "/v1/e-receivables"
DUE = "2026-12-20"


def others(client, demo: Demo, count: int) -> list[str]:
    rows = client.app.state.services.store.read("parties", columns=["party_id", "kind"]).to_pylist()
    return [row["party_id"] for row in rows if row["kind"] == "company" and row["party_id"] != demo.party][:count]


def issued(client, demo: Demo, amount: str = "1000.00", key: str | None = None, **headers: str):
    holder = others(client, demo, 1)[0]
    body = {"issuer_id": demo.party, "holder_id": holder, "amount": amount, "due_on": DUE}
    return client.post(BASE, json=body, headers={**headers, **({"Idempotency-Key": key} if key else {})})


def available(client, party: str) -> Decimal:
    return Decimal(client.get(f"/v1/parties/{party}/headroom").json()["available"])


def test_from_issue_over_a_split_to_redemption(local, demo: Demo) -> None:
    first, second, third = others(local, demo, 3)
    before = available(local, demo.party)
    made = issued(local, demo, key="issue-1")
    assert made.status_code == 201, made.text
    path = f"{BASE}/{made.json()['certificate_id']}"
    assert issued(local, demo, key="issue-1").json() == made.json()
    assert available(local, demo.party) == before - 1000
    part = {"giver": first, "taker": second, "amount": "400.00", "revision": 1}
    key = {"Idempotency-Key": "part-1"}
    moved = [local.post(f"{path}/transfer", json=part, headers=key).json() for _ in range(2)]
    assert moved[0] == moved[1]
    assert moved[0]["balances"] == {first: "600.00", second: "400.00"}
    stale = local.post(f"{path}/transfer", json=part)
    assert (stale.status_code, stale.json()["code"]) == (409, "conflict")
    local.post(f"{path}/transfer", json={"giver": second, "taker": third, "amount": "400.00"})
    kept = local.get(path).json()
    assert kept["balances"] == {first: "600.00", third: "400.00"}
    assert [(step["giver"], step["taker"], step["amount"]) for step in kept["chain"]] == [
        (first, second, "400.00"), (second, third, "400.00")
    ]  # fmt: skip
    assert [row["certificate_id"] for row in local.get(BASE, params={"holder_id": third}).json()["e_receivables"]] == [
        kept["certificate_id"]
    ]
    paid = {"Idempotency-Key": "paid-1"}
    ended = [local.post(f"{path}/redeem", json={"on": DUE}, headers=paid).json() for _ in range(2)]
    assert ended[0] == ended[1]
    assert ended[0]["state"] == "redeemed"
    assert available(local, demo.party) == before
    assert local.post(f"{path}/redeem", json={}).status_code == 409
    assert local.post(f"{path}/transfer", json={"giver": first, "taker": second, "amount": "1.00"}).status_code == 422
    tag = local.get(path).headers["etag"]
    assert local.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_an_issue_whose_answer_was_lost_is_not_issued_again(local, demo: Demo) -> None:
    made = issued(local, demo, key="issue-lost").json()
    store = local.app.state.services.store
    for record in store.find_records("idempotency", limit=100):  # the process died between issue and answer
        if record.body["state"] == "done" and record.body["answer"]["body"] == made:
            gone = dict(record.body) | {"state": "free"}
            store.put_records([type(record)(record.kind, record.record_id, gone, revision=record.revision + 1)])
            break
    else:
        pytest.fail("the first answer was not kept")
    assert issued(local, demo, key="issue-lost").json() == made


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount": "0.001"}, 422), ({"amount": "-5"}, 422), ({"amount": "999999999999.00"}, 409), ({"due_on": "2020-01-01"}, 422),
        ({"due_on": "2036-01-01"}, 422), ({"issuer_id": "nobody"}, 404), ({"holder_id": "nobody"}, 404),
        ({"decision_id": "DEC-none"}, 404), ({"amount": "much"}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_issued(local, demo: Demo, change: dict[str, str], status: int) -> None:
    body = {"issuer_id": demo.party, "holder_id": others(local, demo, 1)[0], "amount": "10.00", "due_on": DUE}
    answer = local.post(BASE, json=body | change)
    assert answer.status_code == status, answer.text
    assert answer.json()["remedy"]


def test_what_cannot_be_passed_on(local, demo: Demo) -> None:
    first, second = others(local, demo, 2)
    path = f"{BASE}/{issued(local, demo, '10.00').json()['certificate_id']}/transfer"
    good = {"giver": first, "taker": second, "amount": "10.00"}
    for change, status in (
        ({"amount": "10.01"}, 422), ({"giver": second, "taker": first}, 422), ({"taker": first}, 422),
        ({"taker": "nobody"}, 404), ({"on": "2027-01-01"}, 422), ({"amount": "0"}, 422),
    ):  # fmt: skip
        assert local.post(path, json=good | change).status_code == status, change
    assert local.post(f"{BASE}/ERC-none/transfer", json=good).status_code == 404
    assert local.get(f"{BASE}/ERC-none").status_code == 404


def test_a_portfolio_sees_its_own_part_and_no_other_name(secured, tokens, demo: Demo) -> None:
    store = secured.app.state.services.store
    first, second, third = others(secured, demo, 3)
    analyst = {"Authorization": f"Bearer {tokens['analyst']}"}
    made = issued(secured, demo, "30.00", **analyst).json()
    path = f"{BASE}/{made['certificate_id']}"
    assert secured.post(
        f"{path}/transfer", json={"giver": first, "taker": second, "amount": "10.00"}, headers=analyst
    ).status_code == 201  # fmt: skip
    row = store.read("parties", where={"party_id": [second]}).to_pylist()[0]
    known = {name: row[name] for name in ("party_id", "kind", "name", "industry", "region")}
    changed = known | {"attributes": json.dumps({"portfolio": "west"}), "recorded_at": "2026-06-30 14:00:00"}
    store.upsert("parties", facts("parties", [changed]))
    create_user(store, "wes.west", PASSWORD, "analyst", portfolios=["west"])
    token = secured.post("/v1/auth/token", json={"name": "wes.west", "password": PASSWORD}).json()["access_token"]
    wes = {"Authorization": f"Bearer {token}"}
    kept = secured.get(path, headers=wes)
    assert kept.json()["balances"][second] == "10.00"
    assert not {party for party in (demo.party, first) if f'"{party}"' in kept.text}
    assert [r["certificate_id"] for r in secured.get(BASE, headers=wes).json()["e_receivables"]] == [
        made["certificate_id"]
    ]
    hidden = issued(secured, demo, "20.00", **analyst).json()["certificate_id"]
    assert secured.get(f"{BASE}/{hidden}", headers=wes).status_code == 404
    for body in ({"giver": first, "taker": second}, {"giver": second, "taker": third}):
        refused = secured.post(f"{path}/transfer", json={**body, "amount": "1.00"}, headers=wes)
        assert refused.status_code == 404
    assert secured.post(f"{path}/redeem", json={}, headers=wes).status_code == 404
