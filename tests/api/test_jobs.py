"""Jobs: progress, cancel, a result that stays, and no more of them than may wait."""

import time
from threading import Event
from typing import Any

import pytest

from graphcredit.desk import CreditDesk
from graphcredit.exc import ConflictError, NotFoundError, RateLimitError
from graphcredit.settings import Settings
from graphcredit.store import CreditStore
from graphcredit_api.auth.roles import LOCAL, ROLES, Principal
from graphcredit_api.jobs import Jobs
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")


def finished(client, job_id: str, **headers: Any) -> dict[str, Any]:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        body = client.get(f"/v1/jobs/{job_id}", **headers).json()
        if body["state"] not in ("queued", "running"):
            return body
        time.sleep(0.05)
    raise AssertionError(body)


def ended(jobs: Jobs, job_id: str, who: Principal = LOCAL) -> dict[str, Any]:
    until = time.monotonic() + 60
    while (body := jobs.describe(job_id, who))["state"] in ("queued", "running") and time.monotonic() < until:
        time.sleep(0.01)
    return body


def test_the_failure_of_each_is_the_same_as_by_the_library(local, demo: Demo) -> None:
    started = local.post("/v1/stress/jobs", json={"kind": "each", "top": 10_000})
    assert started.status_code == 202
    job_id = started.json()["job_id"]
    assert started.headers["location"] == f"/v1/jobs/{job_id}"
    over = finished(local, job_id)
    assert over["state"] == "done"
    assert over["progress"]["done"] == over["progress"]["total"] > 300
    found = local.get(f"/v1/jobs/{job_id}/result").json()
    store = local.app.state.services.store
    expected = CreditDesk(store, Settings(store=demo.url)).impacts()["parties"]
    assert [(p["party_id"], p["loss"]) for p in found["parties"]] == [(p["party_id"], p["loss"]) for p in expected]
    assert job_id in [job["job_id"] for job in local.get("/v1/jobs").json()["jobs"]]


def test_the_closure_of_some_firms_and_many_shocks(local, demo: Demo) -> None:
    supply = local.post("/v1/stress/jobs", json={"kind": "supply", "parties": [demo.party]}).json()
    shocks = {f"half of {k}": {demo.party: k / 10} for k in range(1, 6)}
    many = local.post("/v1/stress/jobs", json={"kind": "shocks", "shocks": shocks}).json()
    finished(local, supply["job_id"])
    finished(local, many["job_id"])
    closed = local.get(f"/v1/jobs/{supply['job_id']}/result").json()
    assert closed["computed"] == 1
    rows = local.get(f"/v1/jobs/{many['job_id']}/result").json()["shocks"]
    assert len(rows) == 5
    one = local.post("/v1/stress", json={"shock": {demo.party: 0.3}}).json()
    assert next(row for row in rows if row["name"] == "half of 3")["total_loss"] == one["total_loss"]


def test_the_same_key_starts_one_job(local) -> None:
    body, key = {"kind": "each"}, {"Idempotency-Key": "night-run"}
    first = local.post("/v1/stress/jobs", json=body, headers=key).json()
    again = local.post("/v1/stress/jobs", json=body, headers=key).json()
    assert first["job_id"] == again["job_id"]
    other = local.post("/v1/stress/jobs", json={"kind": "supply"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    finished(local, first["job_id"])


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "shocks"},
        {"kind": "each", "shocks": {"a": {"F000001": 1}}},
        {"kind": "each", "tol": 0},
        {"kind": "shocks", "shocks": {"a": {"F000001": 2}}},
        {"kind": "everything"},
    ],
)
def test_a_job_that_makes_no_sense_is_refused_before_it_starts(local, body: dict[str, Any]) -> None:
    assert local.post("/v1/stress/jobs", json=body).status_code == 422


def test_an_unknown_party_is_refused_before_it_starts(local) -> None:
    assert local.post("/v1/stress/jobs", json={"kind": "each", "parties": ["nobody"]}).status_code == 404


def test_a_job_is_cancelled_at_its_next_step(duckdb_store: CreditStore) -> None:
    jobs, go = Jobs(duckdb_store), Event()

    def work(progress) -> dict[str, Any]:
        for k in range(10_000):
            progress(k, 10_000)
            go.set()
            time.sleep(0.005)
        return {"never": "reached"}

    job_id = jobs.start("test", {}, work, LOCAL)["job_id"]
    assert go.wait(10)
    assert jobs.describe(job_id, LOCAL)["seconds_left"] != 0
    jobs.cancel(job_id, LOCAL)
    over = ended(jobs, job_id)
    assert (over["state"], over["problem"]["code"]) == ("cancelled", "cancelled")
    with pytest.raises(ConflictError, match="cancelled"):
        jobs.result(job_id, LOCAL)
    jobs.close()


def test_no_more_jobs_than_may_wait(duckdb_store: CreditStore) -> None:
    jobs, hold = Jobs(duckdb_store, running=1), Event()
    made = [jobs.start("test", {}, lambda _: {"held": hold.wait(30)}, LOCAL)["job_id"] for _ in range(9)]
    with pytest.raises(RateLimitError, match="9 jobs"):
        jobs.start("test", {}, lambda _: {}, LOCAL)
    hold.set()
    assert {ended(jobs, job_id)["state"] for job_id in made} == {"done"}
    jobs.close()


def test_a_result_is_there_after_a_restart_and_only_for_its_owner(duckdb_store: CreditStore) -> None:
    anna = Principal("anna", "analyst", ROLES["analyst"])
    jobs = Jobs(duckdb_store)
    job_id = jobs.start("test", {"of": 1}, lambda _: {"answer": 42}, anna)["job_id"]
    ended(jobs, job_id, anna)
    jobs.close()
    again = Jobs(duckdb_store)
    assert again.result(job_id, anna) == {"answer": 42}
    assert again.result(job_id, Principal("ada", "administrator", ROLES["administrator"])) == {"answer": 42}
    with pytest.raises(NotFoundError):
        again.describe(job_id, Principal("nora", "analyst", ROLES["analyst"]))
    again.close()


def test_a_failed_job_says_why_without_a_stack(duckdb_store: CreditStore) -> None:
    jobs = Jobs(duckdb_store)

    def work(_) -> dict[str, Any]:
        raise ZeroDivisionError("in /some/path")

    over = ended(jobs, jobs.start("test", {}, work, LOCAL)["job_id"])
    assert (over["state"], over["problem"]["code"]) == ("failed", "internal_error")
    assert "path" not in str(over["problem"])
    jobs.close()
