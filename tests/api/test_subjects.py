"""The routes of each subject: facts, groups, policies, models, orders, second persons."""

from copy import deepcopy
from datetime import date, timedelta

import pytest

from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")
LOAN = {"product": "loan", "amount": "10000.00", "tenor_days": 90, "payments": 3}


def header(tokens: dict[str, str], role: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens[role]}", **more}


def test_facts_are_written_around_the_bad_rows_and_read_by_page(local, demo: Demo) -> None:
    def payment(name: str, **changes: object) -> dict[str, object]:
        return {"payment_id": name, "payer_id": demo.party, "payee_id": "F000002", "paid_on": "2026-06-01",
                "amount": "12.50", "recorded_at": "2026-06-01", **changes}  # fmt: skip

    rows = [payment("API-1"), payment("API-2", amount="twelve"), payment("API-3", paid_on="soon"), payment("API-4")]
    made = local.post("/v1/facts/payments", json={"rows": rows})
    assert made.status_code == 201
    body = made.json()
    assert (body["read"], body["new"], body["quarantined"]) == (4, 2, 2)
    assert [(p["index"], p["column"]) for p in body["problems"]] == [(1, "amount"), (2, "paid_on")]
    assert all(problem["reason"] and problem["remedy"] for problem in body["problems"])
    again = local.post("/v1/facts/payments", json={"rows": rows[:1]}).json()
    assert (again["new"], again["unchanged"]) == (0, 1)
    every, cursor = [], None
    while True:
        query = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = local.get(f"/v1/parties/{demo.party}/facts/payments", params=query).json()
        every += [row["payment_id"] for row in page["rows"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(every) == len(set(every)) == page["count"]
    assert {"API-1", "API-4"} <= set(every)
    assert local.post("/v1/facts/nonsense", json={"rows": rows}).status_code == 404


def test_a_search_is_paged_without_repeats(local) -> None:
    every, cursor = [], None
    for _ in range(4):
        query = {"q": "F0000", "limit": 5, **({"cursor": cursor} if cursor else {})}
        page = local.get("/v1/parties", params=query).json()
        every += [row["party_id"] for row in page["parties"]]
        cursor = page["next"]
    assert len(every) == len(set(every)) == 20


def test_groups_are_listed_with_their_use_of_the_cap(local) -> None:
    page = local.get("/v1/groups", params={"limit": 5}).json()
    assert page["groups"]
    for group in page["groups"]:
        assert group["root"] in group["members"]
        assert group["size"] == len(group["members"])
        assert abs(group["share"] - float(group["used"]) / float(group["cap"])) < 1e-5
    assert local.get("/v1/groups", params={"near": 1}).json()["count"] <= page["count"]


def test_an_application_is_checked_without_a_trace(local, demo: Demo) -> None:
    before = local.get("/v1/decisions").json()["decisions"][:1]
    told = local.post("/v1/applications/check", json={**LOAN, "party_id": demo.party}).json()
    assert told["valid"]
    assert told["answer"]["outcome"] in ("approve", "approve_with_conditions", "refer", "decline")
    assert told["headroom"]["binding"]["available"] == told["headroom"]["available"]
    wrong = local.post("/v1/applications/check", json={**LOAN, "party_id": demo.party, "amount": "-1"}).json()
    assert (wrong["valid"], len(wrong["faults"])) == (False, 1)
    assert local.get("/v1/decisions").json()["decisions"][:1] == before
    made = local.post("/v1/decisions", json={**LOAN, "party_id": demo.party}).json()
    assert made["outcome"] == told["answer"]["outcome"]


def test_a_second_person_decides_and_overrides_are_listed(secured, tokens, demo: Demo) -> None:
    made = secured.post(
        "/v1/decisions", json={**LOAN, "party_id": demo.party}, headers=header(tokens, "analyst")
    ).json()
    url = f"/v1/decisions/{made['decision_id']}"
    body = {"outcome": "decline", "reason": "the buyer has announced losses"}
    key = header(tokens, "approver", **{"Idempotency-Key": "override-1"})
    first = secured.post(f"{url}/override", json=body, headers=key)
    assert first.status_code == 200
    assert secured.post(f"{url}/override", json=body, headers=key).json() == first.json()
    listed = secured.get("/v1/overrides", params={"limit": 200}, headers=header(tokens, "viewer")).json()["decisions"]
    assert made["decision_id"] in [each["decision_id"] for each in listed]
    missing = secured.post("/v1/decisions/none/override", json=body, headers=header(tokens, "approver"))
    assert missing.status_code == 404


def test_a_settled_decision_claims_nothing(local, demo: Demo) -> None:
    made = local.post("/v1/decisions", json={**LOAN, "party_id": demo.party}).json()
    url = f"/v1/decisions/{made['decision_id']}/settle"
    if made["claims"]:
        settled = local.post(url, json={}, headers={"Idempotency-Key": "settle-1"})
        assert settled.json()["claims"] == []
        assert local.post(url, json={}, headers={"Idempotency-Key": "settle-1"}).json() == settled.json()
    assert local.post(url, json={}).status_code == 409


def test_holds_are_told_with_their_history(secured, tokens, demo: Demo) -> None:
    url = f"/v1/parties/{demo.party}"
    body = {"reason": "invoice in dispute"}
    key = header(tokens, "analyst", **{"Idempotency-Key": "hold-1"})
    assert secured.post(f"{url}/hold", json=body, headers=key).status_code == 201
    assert secured.post(f"{url}/hold", json=body, headers=key).status_code == 201
    assert (
        secured.post(
            f"{url}/release", json={"reason": "settled by the buyer"}, headers=header(tokens, "approver")
        ).status_code
        == 201
    )
    steps = secured.get(f"{url}/holds", headers=header(tokens, "viewer")).json()["steps"]
    assert [(step["action"], step["by"]) for step in steps] in (
        [("hold", "anna"), ("release", "paul")],
        [("held", "anna"), ("released", "paul")],
    )


def test_a_policy_is_checked_simulated_adopted_and_compared(secured, tokens, demo: Demo) -> None:
    current = secured.get("/v1/policies/current", headers=header(tokens, "viewer")).json()
    given = deepcopy(current)
    start = date(2027, 1, 1) + timedelta(days=1)
    given |= {"version": "2027.1", "effective_from": start.isoformat()}
    given["pricing"]["funding"]["value"] = "0.031"
    told = secured.post("/v1/policies/check", json={"policy": given}, headers=header(tokens, "analyst")).json()
    assert "pricing.funding.value" in {change["where"] for change in told["changes"]}
    body = {"policy": given, "parties": [demo.party]}
    found = secured.post("/v1/policies/simulate", json=body, headers=header(tokens, "analyst")).json()
    assert [row["party_id"] for row in found["rows"]] == [demo.party]
    broken = deepcopy(given)
    broken["master_scale"]["grades"].pop(3)
    refused = secured.post("/v1/policies/check", json={"policy": broken}, headers=header(tokens, "analyst"))
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_policy")
    adopted = secured.post("/v1/policies", json={"policy": given}, headers=header(tokens, "administrator"))
    assert adopted.status_code == 201
    label = adopted.json()["adopted"]
    twice = secured.post("/v1/policies", json={"policy": given}, headers=header(tokens, "administrator"))
    assert (twice.status_code, twice.json()["code"]) == (409, "conflict")
    listed = secured.get("/v1/policies", headers=header(tokens, "viewer")).json()
    assert label in [row["policy"] for row in listed["policies"]]
    assert listed["in_force"] != label  # it begins later
    shown = secured.get(f"/v1/policies/{label}", headers=header(tokens, "viewer")).json()
    assert shown["pricing"]["funding"]["value"] == "0.031"
    changes = secured.get(f"/v1/policies/default/diff/{label}", headers=header(tokens, "viewer")).json()["changes"]
    assert {"where": "pricing.funding.value", "old": "0.025", "new": "0.031"} in changes


def test_models_have_a_card_and_are_promoted_by_an_administrator(secured, tokens) -> None:
    listed = secured.get("/v1/models", headers=header(tokens, "viewer")).json()["models"]
    model_id = listed[0]["model_id"]
    one = secured.get("/v1/models/champion", headers=header(tokens, "viewer")).json()
    assert one["scale"]
    card = secured.get(f"/v1/models/{model_id}/card", headers=header(tokens, "viewer"))
    assert card.headers["content-type"].startswith("text/markdown")
    assert model_id in card.text
    body = {"reason": "validated in June 2026"}
    promoted = secured.post(f"/v1/models/{model_id}/promote", json=body, headers=header(tokens, "administrator"))
    assert (promoted.status_code, promoted.json()["by"]) == (201, "ada")
    missing = secured.post("/v1/models/none/promote", json=body, headers=header(tokens, "administrator"))
    assert missing.status_code == 404
    compared = secured.get(f"/v1/models/{model_id}/compare/champion", headers=header(tokens, "viewer")).json()
    assert compared["same_data"] is True
