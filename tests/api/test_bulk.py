"""Bulk: every item has its answer or its problem; sent again, nothing happens twice."""

import pytest

from tests.api.test_jobs import finished
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")


def applications(demo: Demo) -> list[object]:
    good = {"party_id": demo.party, "product": "loan", "amount": "1000.00", "tenor_days": 90, "payments": 3}
    return [
        good,
        {**good, "party_id": "nobody"},
        {**good, "amount": "-5"},
        "not an application",
        {**good, "product": "lottery"},
        {**good, "amount": "2000.00"},
        None,
        {**good, "tenor_days": 99_999},
    ]


def decided(client, demo: Demo) -> int:
    found = client.get("/v1/decisions", params={"party_id": demo.party, "limit": 200}).json()
    return len(found["decisions"])


def test_bad_applications_get_a_problem_and_good_ones_a_decision(local, demo: Demo) -> None:
    body = local.post("/v1/decisions/bulk", json={"applications": applications(demo)}).json()
    told = [(item["index"], item["status"], item.get("problem", {}).get("code")) for item in body["results"]]
    assert told == [
        (0, "decided", None), (1, "problem", "not_found"), (2, "problem", "bad_input"), (3, "problem", "bad_input"),
        (4, "problem", "bad_input"), (5, "decided", None), (6, "problem", "bad_input"), (7, "problem", "bad_input"),
    ]  # fmt: skip
    assert (body["count"], body["decided"]) == (8, 2)
    for item in body["results"]:
        if item["status"] == "problem":
            assert item["problem"]["detail"]
            assert item["problem"]["remedy"]
    made = body["results"][0]["decision"]
    assert local.get(f"/v1/decisions/{made['decision_id']}").json()["amount"] == made["amount"]


def test_the_same_bulk_again_decides_nothing_twice(local, demo: Demo) -> None:
    body, key = {"applications": applications(demo)}, {"Idempotency-Key": "bulk-1"}
    first = local.post("/v1/decisions/bulk", json=body, headers=key).json()
    before = decided(local, demo)
    assert local.post("/v1/decisions/bulk", json=body, headers=key).json() == first
    job = local.post("/v1/decisions/bulk", json=body, headers={**key, "Prefer": "respond-async"})
    assert job.status_code == 200  # the first answer stands, however it is asked for again
    other = local.post("/v1/decisions/bulk", json={"applications": [None]}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert decided(local, demo) == before


def test_a_large_bulk_is_a_job_and_may_be_sent_again_after_it_was_lost(local, demo: Demo) -> None:
    good = applications(demo)[0]
    body = {"applications": [good, *(["bad"] * 200)]}
    key = {"Idempotency-Key": "bulk-2"}
    started = local.post("/v1/decisions/bulk", json=body, headers=key)
    assert started.status_code == 202
    job_id = started.json()["job_id"]
    assert finished(local, job_id)["state"] == "done"
    result = local.get(f"/v1/jobs/{job_id}/result").json()
    assert (result["count"], result["decided"]) == (201, 1)
    assert local.post("/v1/decisions/bulk", json=body, headers=key).json()["job_id"] == job_id
    # its process is gone: the record stays where it was, and the same key starts it again
    from graphcredit.store import Record

    store = local.app.state.services.store
    record = store.get_record("job", job_id)
    from datetime import datetime

    store.put_records(
        [
            Record(
                "job",
                job_id,
                {**record.body, "state": "running"},
                at=datetime(2026, 1, 1),
                revision=record.revision + 1,
            )
        ]
    )
    assert local.get(f"/v1/jobs/{job_id}").json()["state"] == "lost"
    before = decided(local, demo)
    again = local.post("/v1/decisions/bulk", json=body, headers=key).json()["job_id"]
    assert again != job_id
    assert finished(local, again)["state"] == "done"
    repeated = local.get(f"/v1/jobs/{again}/result").json()
    assert repeated["results"][0]["decision"]["decision_id"] == result["results"][0]["decision"]["decision_id"]
    assert decided(local, demo) == before


def test_ten_thousand_items_are_scored_around_the_bad_ones(local, demo: Demo) -> None:
    items = [demo.party, 7, None, "nobody", "x" * 500, {"a": 1}] + [f"F{k:06d}" for k in range(1, 9_995)]
    body = local.post("/v1/scores", json={"party_ids": items}).json()
    assert {row["party_id"] for row in body["scores"]} >= {demo.party, "F000001", "F000300"}
    told = {error["index"]: error["code"] for error in body["errors"]}
    assert [told[k] for k in (1, 2, 3, 4, 5)] == ["bad_input", "bad_input", "not_found", "bad_input", "bad_input"]
    assert 0 not in told
    assert local.post("/v1/scores", json={"party_ids": [*items, "one", "more"]}).status_code == 422


def test_a_rate_for_each_who_may(secured, tokens, demo: Demo) -> None:
    body = {"applications": applications(demo)[:1]}
    for role, status in (("viewer", 403), ("approver", 403), ("analyst", 200)):
        answer = secured.post("/v1/decisions/bulk", json=body, headers={"Authorization": f"Bearer {tokens[role]}"})
        assert answer.status_code == status
