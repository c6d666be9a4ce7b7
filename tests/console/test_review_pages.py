"""The page of monitoring: proposals, a re-rating and a look for alerts as jobs, lists and their files, both languages."""

import re
import time
from collections.abc import Iterator

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
