"""E-receivables over the API: balances are conserved along the chain, limits used and given back, each write once."""

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import httpx
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


def lose(client, answer: dict) -> None:
    """As if the process had died between a write and its answer: the key is free again."""
    store = client.app.state.services.store
    for record in store.find_records("idempotency", limit=100):
        if record.body["state"] == "done" and record.body["answer"]["body"] == answer:
            gone = dict(record.body) | {"state": "free"}
            store.put_records([type(record)(record.kind, record.record_id, gone, revision=record.revision + 1)])
            return
    pytest.fail("the first answer was not kept")


def test_what_was_written_but_not_answered_is_not_done_again(local, demo: Demo) -> None:
    first, second = others(local, demo, 2)
    made = issued(local, demo, key="issue-lost").json()
    lose(local, made)
    assert issued(local, demo, key="issue-lost").json() == made
    lose(local, made)
    assert issued(local, demo, "999.00", key="issue-lost").status_code == 409
    path = f"{BASE}/{made['certificate_id']}"
    part = {"giver": first, "taker": second, "amount": "400.00"}
    for route, body in (("transfer", part), ("redeem", {"on": DUE})):
        key = {"Idempotency-Key": f"lost-{route}"}
        done = local.post(f"{path}/{route}", json=body, headers=key)
        assert done.status_code == 201, done.text
        lose(local, done.json())
        assert local.post(f"{path}/{route}", json=body, headers=key).json() == done.json()
        assert local.get(path).json()["balances"] == {first: "600.00", second: "400.00"}
    lose(local, local.post(f"{path}/redeem", json={"on": DUE}, headers={"Idempotency-Key": "lost-redeem"}).json())
    other = {"giver": first, "taker": second, "amount": "1.00"}
    assert local.post(f"{path}/transfer", json=other, headers={"Idempotency-Key": "new"}).status_code == 422


def test_one_holding_passed_on_by_many_at_once(live, demo: Demo) -> None:
    with httpx.Client(base_url=live.url, timeout=60) as http:
        token = http.post("/v1/auth/token", json={"name": "anna", "password": PASSWORD}).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        rows = live.store.read("parties", columns=["party_id", "kind"]).to_pylist()
        ids = [row["party_id"] for row in rows if row["kind"] == "company" and row["party_id"] != demo.party][:9]
        asked = {"issuer_id": demo.party, "holder_id": ids[0], "amount": "90.00", "due_on": DUE}
        path = f"{BASE}/{http.post(BASE, json=asked).json()['certificate_id']}"

        def send(taker: str, amount: str, key: str | None = None, **more: int) -> httpx.Response:
            body = {"giver": ids[0], "taker": taker, "amount": amount, **more}
            return http.post(f"{path}/transfer", json=body, headers={"Idempotency-Key": key} if key else {})

        with ThreadPoolExecutor(8) as pool:
            same = list(pool.map(lambda _: send(ids[1], "30.00", "part-at-once"), range(8)))
            read = list(pool.map(lambda taker: send(taker, "10.00", revision=2), ids[1:]))
            rest = list(pool.map(lambda taker: send(taker, "50.00"), ids[1:]))
        assert {answer.status_code for answer in same} == {201}
        assert all(answer.json() == same[0].json() for answer in same)
        assert sorted(answer.status_code for answer in read) == [201, *[409] * 7]
        assert sorted(answer.status_code for answer in rest) == [201, *[422] * 7]
        kept = http.get(path).json()
    assert (len(kept["chain"]), kept["revision"]) == (3, 4)
    assert sum(map(Decimal, kept["balances"].values())) == 90
    assert ids[0] not in kept["balances"]


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
