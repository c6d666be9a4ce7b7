"""Answers from memory are computed where requests arrive, all others in a thread, and both say the same."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from anyio import CapacityLimiter

from graphcredit.decisions import parse_application
from graphcredit.settings import Settings
from graphcredit.store import open_store
from graphcredit_api import warm
from graphcredit_api.app import create_app
from graphcredit_api.at_once import Together, at_once
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


def test_those_who_ask_meanwhile_are_answered_in_one_go_each_with_its_own() -> None:
    went: list[list[int]] = []

    def halves(asked: Sequence[int]) -> list[int | Exception]:
        went.append(list(asked))
        return [ValueError(f"{number} is odd") if number % 2 else number // 2 for number in asked]

    async def asked() -> list[int | BaseException]:
        together = Together(halves)
        gone = asyncio.ensure_future(together.ask(8))
        await asyncio.sleep(0)
        gone.cancel()  # whoever asked went away: what it asked for is done all the same
        first = await asyncio.gather(*(together.ask(number) for number in (2, 3, 4)), return_exceptions=True)
        return [*first, await together.ask(6)]

    told = asyncio.run(asked())
    assert [str(each) for each in told] == ["1", "3 is odd", "2", "3"]
    assert isinstance(told[1], ValueError)
    assert went == [[8], [2, 3, 4], [6]]


def test_an_error_that_is_of_nobody_is_told_to_all_who_asked() -> None:
    def broken(_: Sequence[int]) -> list[int | Exception]:
        raise OSError("no disk")

    async def asked() -> list[int | BaseException]:
        together = Together(broken)
        return await asyncio.gather(*(together.ask(number) for number in (1, 2)), return_exceptions=True)

    assert [str(each) for each in asyncio.run(asked())] == ["no disk", "no disk"]


def test_a_loop_of_its_own_answers_who_asks_there() -> None:
    together = Together(lambda asked: [threading.get_ident() for _ in asked])
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda k: (asyncio.run(together.ask(k)), threading.get_ident()), range(40)))
    assert all(answered == here for answered, here in told)


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


def test_decisions_sent_at_once_share_a_limit_and_an_application_is_decided_once(client: TestClient) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    warm.prepare(services)
    asked = {"product": "loan", "amount": "50000.00", "tenor_days": 90}
    network = services.desk.known().network
    firms = network.ids[network.attributes["kind"] == "company"].tolist()
    lent = (firm for firm in firms if client.post("/v1/decisions", json={**asked, "party_id": firm}).json()["claims"])
    asked["party_id"] = firm = next(lent)
    went: list[int] = []
    together = services.store.put_new_together
    services.store.put_new_takes = lambda: 0.0  # a quick disk
    services.store.put_new_together = lambda news: (went.append(len(news)), together(news))[1]
    sent = [{**asked, "application_id": f"S-{k % 6}"} for k in range(12)]

    async def all_at_once() -> list[httpx.Response]:
        own = httpx.ASGITransport(app=client.app)
        async with httpx.AsyncClient(transport=own, base_url="http://testserver") as many:
            return list(await asyncio.gather(*(many.post("/v1/decisions", json=each) for each in sent)))

    answers = asyncio.run(all_at_once())
    assert [answer.status_code for answer in answers] == [201] * 12
    ids = [answer.json()["decision_id"] for answer in answers]
    assert ids[:6] == ids[6:]
    assert len(set(ids)) == 6
    assert max(went) > 1
    held = services.store.claimed([f"limit:party:{firm}"])[f"limit:party:{firm}"]
    given = {each.json()["decision_id"]: Decimal(each.json()["amount"]) for each in answers}
    assert held == Decimal("50000.00") + sum(given.values())
    assert any(given.values())
