"""Alerts through the API: looked for by a job, listed by page, streamed with resume, and the reviews beside them."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from graphcredit.store import CreditStore, Record
from graphcredit_api.auth.users import create_user
from tests.api.conftest import PASSWORD, Live
from tests.api.test_jobs import finished
from tests.support.demo import Demo
from tests.support.stores import facts

pytestmark = pytest.mark.xdist_group("demo")
WINDOW = {"since": "2026-03-31", "as_of": "2026-06-30"}


@pytest.fixture(scope="module")
def checked(local) -> dict[str, Any]:
    started = local.post("/v1/alerts/check", json=WINDOW)
    assert started.status_code == 202
    job_id = started.json()["job_id"]
    assert finished(local, job_id)["state"] == "done"
    return local.get(f"/v1/jobs/{job_id}/result").json()


def test_a_check_records_what_it_finds_once(local, checked) -> None:
    assert checked["found"] == checked["new"] == sum(checked["counts"].values()) > 0
    again = local.post("/v1/alerts/check", json=WINDOW).json()["job_id"]
    finished(local, again)
    assert local.get(f"/v1/jobs/{again}/result").json()["new"] == 0


def test_alerts_are_listed_by_page_and_kind(local, checked) -> None:
    paged, cursor = [], None
    while True:
        page = local.get("/v1/alerts", params={"limit": 17, **({"cursor": cursor} if cursor else {})}).json()
        paged += page["alerts"]
        cursor = page["next"]
        if cursor is None:
            break
    assert len({alert["alert_id"] for alert in paged}) == len(paged) == checked["found"]
    for kind, count in checked["counts"].items():
        assert len(local.get("/v1/alerts", params={"kind": kind, "limit": 500}).json()["alerts"]) == count
    one = paged[0]
    assert {"en", "zh"} <= set(one["text"])
    mine = local.get("/v1/alerts", params={"party_id": one["party_id"]}).json()["alerts"]
    assert {alert["party_id"] for alert in mine} == {one["party_id"]}


def test_days_out_of_order_fail_the_job_with_a_reason(local) -> None:
    job_id = local.post("/v1/alerts/check", json={"since": "2026-06-30", "as_of": "2026-03-31"}).json()["job_id"]
    over = finished(local, job_id)
    assert (over["state"], over["problem"]["code"]) == ("failed", "bad_input")


def test_reviews_are_paged(local) -> None:
    body = local.get("/v1/reviews", params={"since": "2026-03-31", "limit": 5}).json()
    assert body["count"] > 5
    rest = local.get("/v1/reviews", params={"since": "2026-03-31", "limit": 500, "cursor": body["next"]}).json()
    assert len(body["reviews"]) + len(rest["reviews"]) == body["count"]
    assert rest["next"] is None
    wrong = local.get("/v1/reviews", params={"since": "2026-07-31"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_input")


def ratings_of(store: CreditStore, day: str) -> set[str]:
    return {str(r.party_id) for r in store.find_records("rating", where={"as_of": day}, limit=100_000)}


def test_a_rerating_keeps_every_companys_rating_of_the_day_once(local) -> None:
    asked = {"since": "2026-04-30", "as_of": "2026-05-31"}
    store = local.app.state.services.store
    companies = {row["party_id"] for row in store.read("parties", as_of=date(2026, 5, 31)).to_pylist()
                 if row["kind"] == "company"}  # fmt: skip
    known = ratings_of(store, "2026-05-31")
    key = {"Idempotency-Key": "rerate-may"}
    first, same = (local.post("/v1/reviews", json=asked, headers=key) for _ in range(2))
    assert (first.status_code, first.headers["location"]) == (202, f"/v1/jobs/{first.json()['job_id']}")
    assert same.json()["job_id"] == first.json()["job_id"]
    assert finished(local, first.json()["job_id"])["state"] == "done"
    told = local.get(f"/v1/jobs/{first.json()['job_id']}/result").json()
    assert ratings_of(store, "2026-05-31") == companies
    assert told["rated"] == len(companies) - len(known) > 100
    listed = local.get("/v1/reviews", params={**asked, "limit": 500}).json()
    assert (told["count"], told["policy"]) == (listed["count"], listed["policy"])
    assert told["actions"]["stop"] == sum(row["action"] == "stop" for row in listed["reviews"])
    again = local.post("/v1/reviews", json=asked).json()["job_id"]
    finished(local, again)
    assert local.get(f"/v1/jobs/{again}/result").json()["rated"] == 0


def test_a_rerating_of_a_portfolio_rates_no_other_company(secured) -> None:
    store = secured.app.state.services.store
    row = [row for row in store.read("parties").to_pylist() if row["kind"] == "company"][-1]
    known = {name: row[name] for name in ("party_id", "kind", "name", "industry", "region")}
    changed = known | {"attributes": json.dumps({"portfolio": "reviewed"}), "recorded_at": "2026-06-30 15:00:00"}
    store.upsert("parties", facts("parties", [changed]))
    create_user(store, "rita.review", PASSWORD, "analyst", portfolios=["reviewed"])
    token = secured.post("/v1/auth/token", json={"name": "rita.review", "password": PASSWORD}).json()["access_token"]
    before = ratings_of(store, "2026-06-30")
    secured.headers.update({"Authorization": f"Bearer {token}"})
    try:
        job_id = secured.post("/v1/reviews", json={"since": "2026-03-31"}).json()["job_id"]
        assert finished(secured, job_id)["state"] == "done"
        told = secured.get(f"/v1/jobs/{job_id}/result").json()
        mine = secured.get("/v1/reviews", params={"since": "2026-03-31"}).json()
    finally:
        del secured.headers["authorization"]
    assert ratings_of(store, "2026-06-30") - before <= {row["party_id"]} <= ratings_of(store, "2026-06-30")
    assert told["count"] == mine["count"] <= 1


# -- the stream, over a real socket


def sign_in(live: Live, name: str = "vera") -> dict[str, str]:
    answer = httpx.post(f"{live.url}/v1/auth/token", json={"name": name, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def put(store: CreditStore, *names: str) -> None:
    for name in names:
        store.put_records(
            [Record("alert", name, {"alert_id": name, "kind": "credit_event", "severity": "critical"}, "F000001")]
        )


def events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    number = ""
    for line in lines:
        if line.startswith("id: "):
            number = line[4:]
        if line.startswith("data: "):
            yield number, json.loads(line[6:])


def test_new_alerts_are_streamed_and_none_is_lost_over_a_break(live: Live) -> None:
    header, heard = sign_in(live), []
    put(live.store, "old-1")
    ready = threading.Event()

    def listen() -> None:
        with httpx.stream("GET", f"{live.url}/v1/alerts/stream?seconds=30", headers=header, timeout=30) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            ready.set()
            for event in events(answer.iter_lines()):
                heard.append(event)
                if len(heard) == 2:
                    return

    listener = threading.Thread(target=listen)
    listener.start()
    assert ready.wait(20)
    time.sleep(1.5)
    put(live.store, "new-1", "new-2")
    listener.join(20)
    assert [event["alert_id"] for _, event in heard] == ["new-1", "new-2"]
    put(live.store, "new-3", "new-4", "new-5")  # while nobody listens
    again = {**header, "Last-Event-ID": heard[0][0]}
    with httpx.stream("GET", f"{live.url}/v1/alerts/stream?seconds=3", headers=again, timeout=30) as answer:
        resumed = [event["alert_id"] for _, event in events(answer.iter_lines())]
    assert resumed == ["new-2", "new-3", "new-4", "new-5"]


def test_the_stream_asks_for_sign_in_and_for_a_place_of_ours(live: Live) -> None:
    assert httpx.get(f"{live.url}/v1/alerts/stream").status_code == 401
    wrong = httpx.get(f"{live.url}/v1/alerts/stream", headers={**sign_in(live), "Last-Event-ID": "rubbish"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_input")


def test_no_more_listeners_than_the_settings_allow(live: Live) -> None:
    from graphcredit.exc import RateLimitError
    from graphcredit_api.feed import AlertFeed

    feed = AlertFeed(live.store, most=1)
    feed.enter()
    with pytest.raises(RateLimitError):
        feed.enter()
    feed.leave()
    feed.enter()
    assert feed.open == 1


def test_the_command_line_finds_the_same(demo: Demo, checked) -> None:
    from tests.support.demo import graphcredit

    found = graphcredit(
        "alerts", "--since", WINDOW["since"], "--as-of", WINDOW["as_of"], "--store", demo.url, "--json"
    ).json
    assert found["counts"] == checked["counts"]
    proposals = graphcredit("rerate", "--since", WINDOW["since"], "--store", demo.url, "--json").json["proposals"]
    assert {"en", "zh"} <= set(proposals[0]["text"])
    assert graphcredit("alerts", "--since", "2026-07-31", "--store", demo.url).code == 2
