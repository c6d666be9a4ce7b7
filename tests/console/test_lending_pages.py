"""Pages of the book's risk, of collections and of e-receivables: what they say, their forms, their faults, both languages."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from graphcredit.settings import Settings
from graphcredit.store import open_store
from graphcredit_api.app import create_app
from tests.api.conftest import TestClient
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")
PAGE = {"accept": "text/html"}


@pytest.fixture(scope="module")
def client(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    own = demo.copy(tmp_path_factory.mktemp("lending") / "demo")
    with (
        open_store(own.url) as store,
        TestClient(create_app(Settings(store=own.url), store), raise_server_exceptions=False) as made,
    ):
        yield made


def page(client: TestClient, path: str, language: str = "en") -> str:
    answer = client.get(path, headers={**PAGE, "accept-language": language})
    assert answer.status_code == 200, answer.text[:500]
    assert not re.search(r"<script(?! src=)", answer.text)
    assert " style=" not in answer.text
    return answer.text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_page_is_reached_from_the_navigation_and_says_what_it_is(client: TestClient, language: str) -> None:
    home = page(client, "/", language)
    for path, title in (
        ("/book", {"en": "Risk of the book", "zh": "授信组合风险"}),
        ("/overdue", {"en": "Who is overdue", "zh": "逾期客户"}),
        ("/e-receivables", {"en": "E-receivables", "zh": "电子债权凭证"}),
    ):
        assert f'href="{path}"' in home
        text = page(client, path, language)
        assert title[language] in text
        assert 'aria-current="page"' in text


def test_the_books_risk_is_that_of_the_api(client: TestClient) -> None:
    told, text = client.get("/v1/book/risk").json(), page(client, "/book")
    for risk in (told["full"], *(row["after"] for row in told["stress"])):
        assert f"{float(risk['expected_loss']):,.2f}" in text
    assert all(row["text"]["en"] in text for row in told["stress"])


def test_the_books_risk_is_measured_again_only_where_something_was_lent(
    client: TestClient, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, measured = client.app.state.services, []
    report = services.credit.book_report
    monkeypatch.setattr(
        services.credit, "book_report", lambda *given, **more: measured.append(1) or report(*given, **more)
    )
    page(client, "/book")
    counted = len(measured)  # another test may have asked before
    page(client, "/book", "zh")
    before = client.get("/v1/book/risk").json()
    assert (len(measured), counted) == (counted, min(counted, 1))
    asked = {"party_id": demo.party, "product": "loan", "amount": "10000.00", "tenor_days": 90}
    made = client.post("/v1/decisions", json=asked).json()
    assert float(made["answer"]["exposure"]) > 0
    after = client.get("/v1/book/risk").json()
    assert len(measured) == counted + 1
    assert after == report().to_json() != before


def test_a_step_is_written_down_by_the_form(client: TestClient) -> None:
    debtor = client.get("/v1/overdue").json()["debtors"][0]
    path = f"/parties/{debtor['party_id']}/case"
    assert f'href="{path}"' in page(client, "/overdue")
    assert debtor["name"] in page(client, path, "zh")
    wrong = client.post(path, data={"action": "promise", "amount": "much", "text": "<b>x</b>"}, headers=PAGE)
    assert wrong.status_code == 422
    assert "is not an amount" in wrong.text
    assert "&lt;b&gt;x&lt;/b&gt;" in wrong.text
    done = client.post(path, data={"action": "note", "text": "spoke to <b>them</b>"}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, path)
    assert "spoke to &lt;b&gt;them&lt;/b&gt;" in page(client, path)
    twice = {"action": "note", "text": "once only", "form_id": "0" * 24}
    for _ in range(2):
        assert client.post(path, data=twice, follow_redirects=False).status_code == 303
    assert page(client, path).count("once only") == 1


@pytest.mark.parametrize(
    ("language", "law", "other"),
    [("en", "PRC Civil Code Art. 188", "民法典"), ("zh", "《中华人民共和国民法典》第188条", "Civil Code")],
)
def test_sources_are_named_in_the_readers_language(client: TestClient, language: str, law: str, other: str) -> None:
    debtor = client.get("/v1/overdue").json()["debtors"][0]["party_id"]
    file = client.get("/policy/lists/numbers", params={"format": "csv", "lang": language}).text
    for text in (page(client, f"/parties/{debtor}/case", language), page(client, "/policy", language), file):
        assert law in text
        assert other not in text
    house = {"en": "house choice", "zh": "本机构规定"}
    assert (house["en"] in file, house["zh"] in file) == (language == "en", language == "zh")


@pytest.mark.parametrize(("language", "line"), [("en", "limit of the party"), ("zh", "主体自身额度")])
def test_a_limits_lines_name_what_they_rest_on(client: TestClient, demo: Demo, language: str, line: str) -> None:
    text = page(client, f"/parties/{demo.party}/lists/limits", language)
    assert line in text
    assert {"en": "policy default@1.0.0 caps.", "zh": "授信政策 default@1.0.0 的 caps."}[language] in text


def test_an_e_receivable_is_issued_split_and_redeemed_by_forms(client: TestClient, demo: Demo) -> None:
    rows = client.app.state.services.store.read("parties", columns=["party_id", "kind"]).to_pylist()
    first, second = [r["party_id"] for r in rows if r["kind"] == "company" and r["party_id"] != demo.party][:2]
    form = {"issuer_id": demo.party, "holder_id": first, "amount": "100.00", "due_on": "2026-12-20"}
    wrong = client.post("/e-receivables", data={**form, "amount": "lots"}, headers=PAGE)
    assert wrong.status_code == 422
    assert f'value="{first}"' in wrong.text
    made = client.post("/e-receivables", data=form, follow_redirects=False)
    path = made.headers["location"]
    assert (made.status_code, path.startswith("/e-receivables/ERC-")) == (303, True)
    assert f'href="{path}"' in page(client, "/e-receivables")
    shown = page(client, "/e-receivables")
    once = {**form, "form_id": re.search(r'name="form_id" value="([0-9a-f]{24})"', shown)[1]}
    with ThreadPoolExecutor(4) as pool:  # one form, clicked again and again
        sent = list(pool.map(lambda _: client.post("/e-receivables", data=once, follow_redirects=False), range(4)))
    assert {(answer.status_code, answer.headers["location"]) for answer in sent} == {(303, sent[0].headers["location"])}
    assert len(client.get("/v1/e-receivables").json()["e_receivables"]) == 2
    part = {"giver": first, "taker": second, "amount": "40.00", "revision": "1"}
    assert client.post(f"{path}/transfer", data=part, follow_redirects=False).status_code == 303
    twice = client.post(f"{path}/transfer", data=part, headers=PAGE)  # the same page, clicked again
    assert twice.status_code == 409
    text = page(client, path)
    assert "60.00" in text
    assert "40.00" in text
    assert client.post(f"{path}/redeem", data={"on": "2026-12-20"}, follow_redirects=False).status_code == 303
    assert "已兑付" in page(client, path, "zh")
    assert client.get("/e-receivables/ERC-none", headers=PAGE).status_code == 404
    assert client.get("/lists/e-receivables?format=csv").text.count("ERC-") == 2
