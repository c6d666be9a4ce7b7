"""Answers from memory are computed where requests arrive, all others in a thread, and both say the same."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio import CapacityLimiter

from graphcredit.decisions import parse_application
from graphcredit.settings import Settings
from graphcredit.store import open_store
from graphcredit_api import warm
from graphcredit_api.app import create_app
from graphcredit_api.at_once import at_once
from tests.api.conftest import TestClient
from tests.support.demo import Demo


@pytest.mark.parametrize("ready", [True, False])
def test_work_is_done_here_or_in_a_thread(ready: bool) -> None:
    async def asked() -> int:
        return await at_once(threading.get_ident, ready=lambda: ready)

    assert (asyncio.run(asked()) == threading.get_ident()) is ready


def test_no_more_work_at_a_time_than_the_limiter_lets() -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        threading.Event().wait(0.02)
        with lock:
            inside -= 1

    async def asked() -> None:
        limiter = CapacityLimiter(2)
        await asyncio.gather(*(at_once(work, ready=lambda: False, limiter=limiter) for _ in range(8)))

    asyncio.run(asked())
    assert most == 2


@pytest.fixture
def client(demo: Demo, tmp_path: Path) -> Iterator[TestClient]:
    own = demo.copy(tmp_path / "demo")
    with open_store(own.url) as store, TestClient(create_app(Settings(store=own.url), store)) as made:
        yield made


def test_a_prepared_answer_is_the_one_that_was_waited_for(client: TestClient, demo: Demo) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    paths = [f"/v1/parties/{demo.party}/{name}" for name in ("score", "headroom")]
    missing = "/v1/parties/nobody/score"
    first = [client.get(path) for path in (*paths, missing)]
    assert not services.desk.scores_prepared()
    services.desk.keep_later()
    warm.prepare(services)
    assert services.desk.scores_prepared()
    assert services.credit.prepared()
    again = [client.get(path) for path in (*paths, missing)]
    assert [answer.status_code for answer in again] == [200, 200, 404]
    assert [answer.json() for answer in again[:2]] == [answer.json() for answer in first[:2]]
    assert again[2].json()["code"] == first[2].json()["code"]


def test_a_decision_from_memory_is_the_one_taken_in_a_thread(client: TestClient, demo: Demo) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    asked = {"party_id": demo.party, "product": "loan", "amount": "1000.00", "tenor_days": 90}
    given = parse_application(asked)
    first = client.post("/v1/decisions", json=asked)
    assert not services.credit.proposes_at_once(given)
    services.desk.keep_later()
    warm.prepare(services)
    assert services.credit.proposes_at_once(given)
    again = client.post("/v1/decisions", json={**asked, "application_id": "A-1"})
    repeated = client.post("/v1/decisions", json={**asked, "application_id": "A-1"})
    assert [answer.status_code for answer in (first, again, repeated)] == [201, 201, 201]
    told = ("outcome", "amount", "rate", "conditions")
    assert {name: first.json()[name] for name in told} == {name: again.json()[name] for name in told}
    assert repeated.json() == again.json()
    assert not services.credit.proposes_at_once(
        parse_application({**asked, "application_id": "A-1"})
    )  # it is looked up
    services.desk.close()
    assert services.desk.keeper is None
    kept = services.store.find_records("rating", party_id=demo.party)
    assert [record.body["grade"] for record in kept] == [again.json()["inputs"]["party_score"]["grade"]]
