"""The page of monitoring: proposals, a re-rating and a look for alerts as jobs, lists and their files, both languages."""

import csv
import io
import re
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from graphcredit.settings import Settings
from graphcredit.store import open_store
from graphcredit_api.app import create_app
from tests.api.conftest import TestClient
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")
PAGE = {"accept": "text/html"}
DAYS = {"since": "2026-03-31", "as_of": "2026-06-30"}


@pytest.fixture(scope="module")
def client(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    own = demo.copy(tmp_path_factory.mktemp("reviews") / "demo")
    with (
        open_store(own.url) as store,
        TestClient(create_app(Settings(store=own.url), store), raise_server_exceptions=False) as made,
    ):
        yield made


def page(client: TestClient, path: str, language: str = "en", **query: str) -> str:
    answer = client.get(path, headers={**PAGE, "accept-language": language}, params=query or None)
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def done(client: TestClient, form: str, language: str) -> str:
    """Send a form that starts a job; what the page says of it in the end."""
    left = client.post(form, data=DAYS, follow_redirects=False)
    assert (left.status_code, left.headers["location"].startswith("/reviews?since=2026-03-31")) == (303, True)
    job = left.headers["location"].rsplit("job=", 1)[1]
    assert f'data-fragment="/reviews/jobs/{job}"' in page(client, left.headers["location"], language)
    for _ in range(600):
        told = page(client, f"/reviews/jobs/{job}", language)
        if "data-again" not in told:
            return told
        time.sleep(0.05)
    pytest.fail(f"the job does not end: {told}")


def test_a_day_is_rated_again_and_its_proposals_are_listed(client: TestClient) -> None:
    store = client.app.state.services.store
    assert 'href="/reviews"' in page(client, "/")
    told = done(client, "/reviews", "en")
    kept = len(store.find_records("rating", where={"as_of": "2026-06-30"}, limit=100_000))
    assert "done" in told and re.search(r"ratings kept: (\d+)", told)
    assert kept == int(client.get("/v1/portfolio").json()["companies"])
    shown = page(client, "/reviews/proposals", "zh", **DAYS)
    count = client.get("/v1/reviews", params=DAYS).json()["count"]
    assert sum(map(int, re.findall(r"<strong>(\d+)</strong>", shown))) == count > 5
    assert "停止新增授信" in shown
    lines = client.get("/lists/reviews", params={**DAYS, "format": "csv"}).text.splitlines()
    assert len(lines) == count + 1
    assert "（额度由" in client.get("/lists/reviews", params={**DAYS, "lang": "zh"}, headers=PAGE).text


def test_alerts_are_looked_for_and_listed(client: TestClient) -> None:
    told = done(client, "/reviews/alerts", "zh")
    found = int(re.search(r"预警 (\d+)", told)[1])
    assert "已完成" in told and found > 0
    assert f"<small>{found}</small>" in page(client, "/reviews", **DAYS)
    assert len(client.get("/lists/alerts?format=csv").text.splitlines()) == found + 1
    some = client.get("/lists/alerts?severity=critical&format=csv").text.splitlines()
    assert 0 < len(some) - 1 < found
    assert "critical" in page(client, "/lists/alerts", severity="critical")


def test_faults_are_told_with_what_to_do(client: TestClient) -> None:
    wrong = client.post("/reviews", data={"since": "soon"}, headers={**PAGE, "accept-language": "zh"})
    assert wrong.status_code == 422
    assert "“soon”不是日期" in wrong.text
    assert "请按 2026-06-30 的格式填写" in wrong.text
    assert client.get("/lists/reviews?since=soon", headers=PAGE).status_code == 422
    turned = client.post("/reviews", data={"since": DAYS["as_of"], "as_of": DAYS["since"]}, follow_redirects=False)
    job = turned.headers["location"].rsplit("job=", 1)[1]
    for _ in range(200):
        if "data-again" not in (told := page(client, f"/reviews/jobs/{job}")):
            break
        time.sleep(0.05)
    assert "is not before" in told and "compare a day with a later one" in told
    assert client.get("/reviews/jobs/none", headers=PAGE).status_code == 404


@pytest.mark.parametrize(
    ("language", "said"), [("en", "on the first visit of a day this takes some minutes"), ("zh", "当日首次访问时")]
)
def test_what_takes_long_the_first_time_says_so_and_comes_after_the_page(
    client: TestClient, language: str, said: str
) -> None:
    for path, piece in (
        ("/reviews", "/reviews/proposals"),
        ("/changes", "/changes?part=true"),
        ("/", "/changes?part=true"),
    ):
        text = page(client, path, language, lang=language)  # a cookie of an earlier visit counts less
        assert said in text
        assert f'data-fragment="{piece}' in text
    week = page(client, "/changes", language, lang=language, part="true", as_of="2026-06-30")
    assert said not in week
    told = page(client, "/lists/changes", language, as_of="2026-06-30")
    assert set(re.findall(r'change=([a-z_]+)', week)) == {
        row for row in ("grade_worse", "grade_better", "exposure_up", "exposure_down", "new_event", "new_decision")
        if client.get("/lists/changes", params={"change": row, "as_of": "2026-06-30", "format": "csv"}).text.count("\n") > 1
    }  # fmt: skip
    assert "<table" in told


def test_a_decision_is_among_the_changes_at_once(client: TestClient, demo: Demo) -> None:
    def decided() -> list[str]:
        return client.get("/lists/changes", params={"change": "new_decision", "format": "csv"}).text.splitlines()[1:]

    before = decided()
    asked = {"party_id": demo.party, "product": "loan", "amount": "50000.00", "tenor_days": 180}
    made = client.post("/v1/decisions", json=asked).json()["decision_id"]
    after = decided()
    assert len(after) == len(before) + 1
    assert any(made in line and demo.party in line for line in after)


def test_a_scenario_is_worked_out_once_and_again_for_another_shock(
    client: TestClient, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, asked = client.app.state.services.desk, []
    stress = desk.stress
    monkeypatch.setattr(
        desk, "stress", lambda shock, *more, **named: asked.append(dict(shock)) or stress(shock, *more, **named)
    )
    first = page(client, "/stress", shock=f"{demo.party}=1")
    assert page(client, "/stress", shock=f"{demo.party}=1").count("<tr>") == first.count("<tr>") > 0
    page(client, "/stress", shock=f"{demo.party}=0.5")
    page(client, "/stress", shock=f"{demo.party}=1", layer="guarantee")
    assert asked == [{demo.party: 1.0}, {demo.party: 0.5}, {demo.party: 1.0}]


def test_the_list_of_decisions_is_that_of_the_store_and_goes_with_it(client: TestClient, demo: Demo) -> None:
    store = client.app.state.services.store

    def listed(**filters: str) -> list[str]:
        text = client.get("/lists/decisions", params={**filters, "format": "csv", "lang": "en"}).text
        return [line.split(",")[0].lstrip("\ufeff") for line in text.splitlines()[1:]]

    def kept(**filters: str) -> list[str]:
        where = {"outcome": filters["outcome"]} if "outcome" in filters else None
        found = store.find_records("decision", party_id=filters.get("party"), where=where, limit=10_000)
        return [record.record_id for record in found]

    assert listed() == kept() != []
    asked = {"party_id": demo.party, "product": "loan", "amount": "30000.00", "tenor_days": 90}
    made = client.post("/v1/decisions", json=asked).json()["decision_id"]
    assert listed() == kept()
    assert listed()[0] == made
    outcomes = {row.body["outcome"] for row in store.find_records("decision", limit=10_000)}
    for filters in ({"party": demo.party}, *({"outcome": outcome} for outcome in outcomes)):
        assert listed(**filters) == kept(**filters) != []


def test_the_list_of_parties_is_by_exposure_and_its_filters_hold(client: TestClient) -> None:
    def rows(**filters: str) -> list[dict[str, str]]:
        text = client.get("/lists/parties", params={**filters, "format": "csv", "lang": "en"}).text
        return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))

    every = rows()
    assert len(every) == client.get("/v1/portfolio").json()["parties"]
    owed = [Decimal(row["Exposure"] or 0) for row in every]
    assert owed == sorted(owed, reverse=True)
    for key, title in (("grade", "Grade"), ("industry", "Industry"), ("region", "Region"), ("kind", "Kind")):
        value = next(row[title] for row in every if row[title])
        name = "company" if key == "kind" else value
        expected = [row["Party"] for row in every if row[title] == (value if key != "kind" else every[0][title])]
        found = rows(**{key: name})
        assert [row["Party"] for row in found] == expected
    assert [row["Party"] for row in rows(borrowers="1")] == [row["Party"] for row in every if row["Exposure"]]
    unrated = [row["Party"] for row in rows(grade="?")]
    assert unrated == [row["Party"] for row in every if not row["Grade"]] != []


def test_the_queue_holds_whatever_waits_however_old(client: TestClient, demo: Demo) -> None:
    store = client.app.state.services.store

    def waiting() -> list[str]:
        lines = client.get("/decisions/queue?format=csv").text.lstrip("\ufeff").splitlines()[1:]
        return [line.split(",")[0] for line in lines]

    asked = {"party_id": demo.party, "product": "loan", "amount": "20000.00", "tenor_days": 90}
    made = client.post("/v1/decisions", json=asked).json()["decision_id"]
    client.post(f"/decisions/{made}/refer", data={"to": "paul", "reason": "new buyer"}, follow_redirects=False)
    found = store.find_records("decision", limit=10_000)
    handed = {record.record_id for record in store.find_records("referral", limit=10_000)}
    expected = [
        record.record_id
        for record in reversed(found)
        if record.body["outcome"] == "refer"
        or record.body["approval"]["state"] == "pending"
        or record.record_id in handed
    ]
    assert waiting() == expected
    assert made in expected
    assert f"<small>{len(expected)}</small>" in page(client, "/decisions")
