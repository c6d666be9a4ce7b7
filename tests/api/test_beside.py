"""What a second process computes is what the server would: scores, decisions, what is kept of them; it is done without at any time."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from graphcredit import twin
from graphcredit.audit import verify_audit
from graphcredit.settings import Settings
from graphcredit.store import Record, open_store
from graphcredit_api import beside, warm
from graphcredit_api.app import create_app
from graphcredit_api.beside import Beside
from graphcredit_api.metrics import TWIN
from tests.api.conftest import TestClient
from tests.support.demo import Demo

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a process is not forked here")
LOAN = {"product": "loan", "amount": "1000.00", "tenor_days": 90}


def count(outcome: str) -> int:
    """Questions to twins that came to this so far."""
    return int(TWIN.labels(outcome)._value.get())


def until(holds: Any, seconds: float = 30.0) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def client(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A server that has a twin."""
    monkeypatch.setattr(beside, "AGAIN", 0.1)
    monkeypatch.setattr(beside, "LOOK", 0.05)
    monkeypatch.setattr(beside, "possible", lambda: True)
    own = demo.copy(tmp_path / "demo")
    with open_store(own.url) as store:
        app = create_app(Settings(store=own.url, rate_limit_per_minute=1_000_000), store)
        app.state.services.desk.keep_later()
        warm.prepare(app.state.services)
        app.state.services.beside = Beside(app.state.services.credit)
        with TestClient(app) as made:
            until(lambda: twin_of(made) is not None)
            yield made


def twin_of(client: TestClient) -> Any:
    """The twin, where one lives."""
    found = client.app.state.services.beside._twin  # type: ignore[attr-defined]
    return found if found is not None and found.alive else None


def test_a_score_and_a_decision_are_the_ones_of_the_server(client: TestClient, demo: Demo) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    before = count("answered")
    score = client.get(f"/v1/parties/{demo.party}/score")
    told = client.post("/v1/decisions", json={**LOAN, "party_id": demo.party})
    assert (score.status_code, told.status_code, count("answered") - before) == (200, 201, 2)
    shown = client.get(f"/v1/decisions/{told.json()['decision_id']}").json()
    assert shown == told.json()
    replayed = client.get(f"/v1/decisions/{told.json()['decision_id']}/replay").json()
    assert replayed["same"] is True

    services.beside.close()
    services.beside._made = time.monotonic() + 3600
    assert client.get(f"/v1/parties/{demo.party}/score").json() == score.json()
    services.desk.close()
    kept = {kind: services.store.find_records(kind, party_id=demo.party) for kind in ("score", "rating")}
    assert [dict(record.body) for record in kept["score"]] == [score.json()]
    assert [record.body["grade"] for record in kept["rating"]] == [score.json()["grade"]]
    if told.json()["claims"]:
        client.post(f"/v1/decisions/{told.json()['decision_id']}/settle", json={"reason": "compared"})
    again = client.post("/v1/decisions", json={**LOAN, "party_id": demo.party}).json()
    assert count("answered") - before == 2
    for name in ("outcome", "amount", "rate", "conditions", "reasons", "policy_hash", "model_id"):
        assert again[name] == told.json()[name]
    assert verify_audit(services.store).sound


def test_decisions_that_come_at_once_never_take_more_than_there_is(client: TestClient) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    network = services.desk.known().network
    firms = network.ids[network.attributes["kind"] == "company"].tolist()
    asked = {**LOAN, "amount": "50000.00"}
    answers = (client.post("/v1/decisions", json={**asked, "party_id": firm}).json() for firm in firms)
    first = next(answer for answer in answers if answer["claims"])
    free = services.credit.headroom(first["party_id"]).available
    each = (free / 6).quantize(Decimal("0.01"))
    before = count("answered")
    sent = [
        {**LOAN, "amount": str(each), "party_id": first["party_id"], "application_id": f"T-{k % 15}"} for k in range(30)
    ]
    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(lambda body: client.post("/v1/decisions", json=body), sent))
    assert {answer.status_code for answer in told} == {201}
    assert count("answered") > before
    ids = {answer.json()["application_id"]: answer.json()["decision_id"] for answer in told}
    assert len(ids) == len(set(ids.values())) == 15  # sent twice, decided once
    by_id = {answer.json()["decision_id"]: answer.json() for answer in told}
    lent = sum((Decimal(made["amount"]) for made in by_id.values()), Decimal(0))
    assert Decimal(0) < lent <= free
    own = f"limit:party:{first['party_id']}"
    held = services.store.claimed([own])[own]
    assert held == Decimal(first["answer"]["exposure"]) + lent
    assert verify_audit(services.store).sound


def test_what_was_written_while_it_was_busy_is_told_later(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    network = services.desk.known().network
    firms = network.ids[network.attributes["kind"] == "company"].tolist()
    large = {**LOAN, "amount": "50000.00"}
    answers = (client.post("/v1/decisions", json={**large, "party_id": firm}).json() for firm in firms)
    first = next(answer for answer in answers if answer["claims"])
    part = (services.credit.headroom(first["party_id"]).available / 6).quantize(Decimal("0.01"))
    asked = {**LOAN, "amount": str(part), "party_id": first["party_id"]}
    before = count("answered")
    with monkeypatch.context() as patched:
        patched.setattr(twin, "BUSY", 0)
        for _ in range(3):
            assert client.post("/v1/decisions", json=asked).status_code == 201
        assert client.get(f"/v1/parties/{first['party_id']}/score").status_code == 200
    assert count("answered") == before
    own = f"limit:party:{first['party_id']}"
    held = services.store.claimed([own])[own]
    told = client.post("/v1/decisions", json=asked).json()
    assert count("answered") == before + 1
    assert Decimal(told["inputs"]["party_claimed"]) == held > Decimal(first["answer"]["exposure"])


def test_what_is_wrong_with_an_application_is_said_as_ever_and_costs_no_twin(client: TestClient, demo: Demo) -> None:
    pid = twin_of(client).pid
    for body, status in (
        ({"party_id": "nobody"}, 404),
        ({"party_id": demo.party, "tenor_days": 100_000}, 422),
        ({}, 422),
    ):
        assert client.post("/v1/decisions", json={**LOAN, **body}).status_code == status
    assert client.get("/v1/parties/nobody/score").status_code == 404
    assert client.get(f"/v1/parties/{demo.party}/score").status_code == 200
    time.sleep(0.3)
    assert twin_of(client).pid == pid


@pytest.mark.parametrize("what", ["killed", "facts", "champion"])
def test_a_twin_that_is_gone_or_out_of_date_is_done_without_and_made_anew(
    client: TestClient, demo: Demo, what: str
) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]
    pid = twin_of(client).pid
    if what == "killed":
        os.kill(pid, signal.SIGKILL)
    elif what == "facts":
        party = services.store.read(
            "parties", where={"party_id": [demo.party]}, columns=["party_id", "kind", "name", "recorded_at"]
        )
        renamed = party.set_column(party.schema.get_field_index("name"), "name", pa.array(["Renamed 改名"]))
        later = pa.array([party["recorded_at"][0].as_py().replace(microsecond=1)], pa.timestamp("us"))
        services.store.upsert(
            "parties", renamed.set_column(party.schema.get_field_index("recorded_at"), "recorded_at", later)
        )
    else:
        services.store.put_records([Record("champion", "again", {"model_id": services.desk.champion_id()})])
    before = count("answered")
    told = client.post("/v1/decisions", json={**LOAN, "party_id": demo.party})
    assert told.status_code == 201
    assert client.get(f"/v1/parties/{demo.party}/score").status_code == 200
    warm.prepare(services)
    until(lambda: twin_of(client) is not None and twin_of(client).pid != pid)
    assert client.get(f"/v1/parties/{demo.party}/score").status_code == 200
    assert client.post("/v1/decisions", json={**LOAN, "party_id": demo.party}).status_code == 201
    assert count("answered") > before
    assert not Path(f"/proc/{pid}").exists()


def test_a_twin_that_does_not_begin_is_asked_by_nobody(
    client: TestClient, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Any) -> Any:
        return lambda _: None

    services, before = client.app.state.services, count("answered")  # type: ignore[attr-defined]
    monkeypatch.setattr(beside, "in_twin", broken)
    made = services.beside._made
    services.beside.close()
    until(lambda: services.beside._made > made + 0.2)  # tried again and again
    assert services.beside._twin is None
    assert client.get(f"/v1/parties/{demo.party}/score").status_code == 200
    assert count("answered") == before
    monkeypatch.undo()
    until(lambda: twin_of(client) is not None, seconds=60)


def test_it_ends_with_the_server(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "LOOK", 0.05)
    monkeypatch.setattr(beside, "possible", lambda: True)
    own = demo.copy(tmp_path / "demo")
    with open_store(own.url) as store:
        app = create_app(Settings(store=own.url), store)
        app.state.services.desk.keep_later()
        app.state.services.beside = Beside(app.state.services.credit)
        with TestClient(app) as client:
            time.sleep(0.3)
            assert twin_of(client) is None  # nothing is prepared yet
            warm.prepare(app.state.services)
            until(lambda: twin_of(client) is not None)
            pid = twin_of(client).pid
        assert not Path(f"/proc/{pid}").exists()
