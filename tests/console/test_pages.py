"""Pages of the console without a browser: exports, lists, faults, the second person, hostile names."""

import csv
import io
import re
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from graphcredit.settings import Settings
from graphcredit.store import Record, open_store
from graphcredit_api.app import create_app
from graphcredit_api.console.book_lists import LISTS
from graphcredit_api.console.listing import as_csv, as_xlsx
from graphcredit_api.console.party_lists import PARTY_LISTS
from graphcredit_api.console.pdf import Pdf, clean, text_width, wrap
from graphcredit_api.console.texts import WORDS
from graphcredit_api.console.texts_lending import LENDING_WORDS
from graphcredit_api.console.texts_pages import PAGE_WORDS
from tests.api.conftest import TestClient
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
PAGE = {"accept": "text/html"}


@pytest.fixture(scope="module")
def client(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    own = demo.copy(tmp_path_factory.mktemp("pages") / "demo")
    settings = Settings(store=own.url, rate_limit_per_minute=1_000_000)
    with open_store(own.url) as store:
        held = store.read("parties", where={"party_id": [demo.party]}, columns=None)
        row = held.to_pylist()[0]
        now = store.info().latest_recorded_at
        row |= {"name": HOSTILE, "address": "javascript:alert(3)", "recorded_at": now}
        store.upsert("parties", pa.Table.from_pylist([row], schema=held.schema.append(pa.field("recorded_at", pa.timestamp("us")))
                     if "recorded_at" not in held.schema.names else held.schema))  # fmt: skip
        alert = {"alert_id": "a-1", "kind": "credit_event", "severity": "critical", "party_id": demo.party, "name": HOSTILE,
                 "as_of": "2026-06-30", "text": {"en": HOSTILE, "zh": HOSTILE}}  # fmt: skip
        store.put_records([Record("alert", "a-1", alert, demo.party)])
        with TestClient(create_app(settings, store), raise_server_exceptions=False) as made:
            yield made


def test_every_word_exists_in_both_languages() -> None:
    assert not (set(WORDS) | set(LENDING_WORDS)) & set(PAGE_WORDS)
    assert not set(WORDS) & set(LENDING_WORDS)
    assert [key for key, pair in (WORDS | PAGE_WORDS | LENDING_WORDS).items() if not all(pair)] == []


def test_csv_keeps_amounts_exact_and_runs_no_formula() -> None:
    rows = [["=1+1", Decimal("12345678901234567.8901"), "@x"], ["-5", Decimal("-5.10"), "华东"]]
    text = as_csv(["name", "amount", "note"], rows)
    assert text.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert read[1] == ["'=1+1", "12345678901234567.8901", "'@x"]
    assert read[2] == ["-5", "-5.10", "华东"]


def test_xlsx_keeps_amounts_exact_and_runs_no_formula() -> None:
    rows = [["=1+1", Decimal("12345678901234567.8901")], ["a\x00b", Decimal("1234.56")]]
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(["name", "amount"], rows, title="a/b"))).active
    assert [sheet["A2"].value, sheet["A2"].data_type] == ["=1+1", "s"]
    assert sheet["B2"].value == "12345678901234567.8901"
    assert [sheet["A3"].value, sheet["B3"].value, sheet["B3"].data_type] == ["ab", 1234.56, "n"]


def test_a_workbook_s_cells_are_what_they_mean() -> None:
    columns = ("Party", "Amount", "Rate", "Day", "At", "Name")
    rows = [
        ["F1", Decimal("1234.50"), "0.0649", "2026-06-30", "2026-06-30T08:15:00", "2026-13-45"],
        ["2026-06-30", None, "n/a", date(2026, 1, 2), "", "1899-01-01"],
    ]
    kinds = ["party", "money", "share", "text", "text", "text"]
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(columns, rows, title="t", kinds=kinds))).active
    money, rate, day, at, name = (sheet.cell(2, place) for place in range(2, 7))
    assert (money.value, money.number_format) == (1234.5, "#,##0.00")
    assert (rate.value, rate.number_format) == (0.0649, "0.00%")
    assert (day.value, day.is_date) == (datetime(2026, 6, 30), True)
    assert (at.value, at.is_date) == (datetime(2026, 6, 30, 8, 15), True)
    assert (name.value, name.data_type) == ("2026-13-45", "s")
    assert [cell.value for cell in sheet[3]] == ["2026-06-30", None, "n/a", datetime(2026, 1, 2), None, "1899-01-01"]
    assert sheet.column_dimensions["E"].width > 15


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_workbook_is_headed_and_named_in_the_language_asked_for(client: TestClient, language: str) -> None:
    answer = client.get("/lists/overdue?format=xlsx", headers={"accept-language": language})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    word = {"en": 0, "zh": 1}[language]
    assert sheet.title == ("Who is overdue", "逾期客户")[word]
    assert [cell.value for cell in sheet[1]][2] == PAGE_WORDS["overdue"][word]
    amounts = [row[2] for row in sheet.iter_rows(min_row=2)]
    assert amounts
    assert {(cell.data_type, cell.number_format) for cell in amounts} == {("n", "#,##0.00")}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_each_list_is_a_page_and_goes_out_whole(client: TestClient, name: str) -> None:
    assert client.get(f"/lists/{name}?all=1", headers=PAGE).status_code == 200
    lines = list(csv.reader(io.StringIO(client.get(f"/lists/{name}?all=1&format=csv").content.decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/lists/{name}?all=1&format=xlsx").content))
    assert book.active.max_row == len(lines)
    assert len(lines) > 1 or name in ("quarantine", "e-receivables")


@pytest.mark.parametrize("name", sorted(PARTY_LISTS))
def test_each_list_of_a_party_goes_out(client: TestClient, demo: Demo, name: str) -> None:
    for form, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")):
        answer = client.get(f"/parties/{demo.party}/lists/{name}?format={form}")
        assert answer.status_code == 200
        assert answer.content.startswith(start)
        assert "attachment" in answer.headers["content-disposition"]


def test_a_chart_leads_to_its_list_and_the_counts_agree(client: TestClient) -> None:
    counts = client.get("/v1/portfolio").json()["companies_by_grade"]
    for grade, count in counts.items():
        lines = client.get(f"/lists/parties?grade={grade}&format=csv").content.decode("utf-8-sig").splitlines()
        assert len(lines) - 1 == count


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_names_are_text_on_every_page(client: TestClient, demo: Demo, language: str) -> None:
    party = demo.party
    pages = ["/", "/changes", "/lists/parties", f"/parties/{party}", f"/parties/{party}/report", f"/parties/{party}/network",
             f"/stress?shock={party}=1", f"/decisions?party_id={HOSTILE}", f"/parties?q={HOSTILE}", "/policy",
             f"/parties/{HOSTILE}", f"/lists/{HOSTILE}", "/reviews", "/lists/alerts"]  # fmt: skip
    for path in pages:
        text = client.get(path, headers={**PAGE, "accept-language": language}).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        assert 'href="javascript:' not in text, path


def test_a_hostile_file_name_is_text(client: TestClient) -> None:
    answer = client.post("/policy/simulate", files={"file": (HOSTILE, b"a: [")}, headers=PAGE)
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(("language", "says"), [("en", "Check the id"), ("zh", "请核对编号")])
def test_an_error_page_says_what_to_do_and_its_request(client: TestClient, language: str, says: str) -> None:
    answer = client.get("/parties/nobody", headers={**PAGE, "accept-language": language, "x-request-id": "seen-42"})
    assert answer.status_code == 404
    assert says in answer.text
    assert "seen-42" in answer.text
    assert "Traceback" not in answer.text
    assert ".py" not in answer.text


def test_a_form_is_checked_field_by_field_and_nothing_is_recorded(client: TestClient, demo: Demo) -> None:
    before = client.get("/v1/decisions").json()["decisions"]
    form = {"party_id": "nobody", "amount": "1,000", "tenor_days": "0", "product": "factoring"}
    assert set(client.post("/decisions/check", json=form).json()["faults"]) == {
        "party_id",
        "amount",
        "tenor_days",
        "documents",
    }
    form = {"party_id": demo.party, "amount": "10000", "tenor_days": "180", "product": "loan"}
    found = client.post("/decisions/check", json=form).json()
    assert found["faults"] == {}
    made = client.post("/v1/decisions", json={**form, "tenor_days": 180}).json()
    assert (found["outcome"]["outcome"], found["outcome"]["amount"]) == (made["outcome"], made["amount"])
    assert len(client.get("/v1/decisions").json()["decisions"]) == len(before) + 1


def test_a_referred_decision_waits_in_the_queue(client: TestClient, demo: Demo) -> None:
    made = client.post(
        "/v1/decisions", json={"party_id": demo.party, "amount": "10000", "tenor_days": 90, "product": "loan"}
    )
    name = made.json()["decision_id"]
    answer = client.post(f"/decisions/{name}/refer", data={"to": "paul", "reason": "new buyer"}, follow_redirects=False)
    assert answer.status_code == 303
    assert name in client.get("/decisions/queue?format=csv").text
    refused = client.post(
        f"/decisions/{name}/override", data={"outcome": "decline", "reason": "not long enough"}, headers=PAGE
    )
    assert refused.status_code == 403  # nobody overrides their own


def test_a_view_is_saved_opened_and_given_up(client: TestClient, demo: Demo) -> None:
    form = {
        "party_id": demo.party,
        "name": HOSTILE,
        "query": '{"depth": "1", "colour": "group", "evil": "x"}',
        "shared": "yes",
    }
    opened = client.post("/views", data=form, follow_redirects=False).headers["location"]
    where = client.get(opened, follow_redirects=False).headers["location"]
    assert where == f"/parties/{demo.party}/network?depth=1&colour=group"
    assert "<script>alert" not in client.get(f"/parties/{demo.party}/network", headers=PAGE).text
    client.post(f"{opened}/remove")
    assert client.get(opened).status_code == 404


def test_the_network_tells_what_it_left_out(client: TestClient, demo: Demo) -> None:
    small = client.get(f"/parties/{demo.party}/network.json?limit=20&losses=true").json()
    large = client.get(f"/parties/{demo.party}/network.json?limit=1000").json()
    assert small["shown"] == 20
    assert small["shown"] + small["omitted"] <= large["shown"] + large["omitted"]
    assert all({"grade", "loss", "group"} == set(node["colours"]) for node in small["nodes"])
    assert len({(node["x"], node["y"]) for node in large["nodes"]}) == large["shown"]


def test_the_pdf_is_sound_and_holds_the_report(client: TestClient, demo: Demo) -> None:
    content = client.get(f"/parties/{demo.party}/report?form=pdf&lang=zh").content
    assert content.startswith(b"%PDF-1.7")
    begin = int(re.findall(rb"startxref\n(\d+)", content)[-1])
    offsets = [int(line) for line in re.findall(rb"(\d{10}) 00000 n", content[begin:])]
    assert all(content[at:].startswith(b"%d 0 obj" % number) for number, at in enumerate(offsets, 1))
    text = ""
    for stream in re.findall(rb"stream\n(.*?)\nendstream", content, re.S):
        for font, run in re.findall(r"/F([12]) \S+ Tf <([0-9a-f]*)> Tj", zlib.decompress(stream).decode("ascii")):
            text += bytes.fromhex(run).decode("cp1252" if font == "1" else "utf-16-be")
            assert font == "1" or "·" not in bytes.fromhex(run).decode("utf-16-be")  # many Chinese fonts lack it
    assert "资信报告" in text
    assert demo.party in text
    assert "·" in text


def test_lines_of_a_pdf_fit_and_lose_nothing() -> None:
    text = "Headroom 1,200,793.15 最紧约束为本企业额度 F000080 " * 9
    lines = wrap(clean(text), 9, 300)
    assert all(text_width(line, 9) <= 300 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert clean("a\x00\n\U0001f600") == "a \u3013"
    assert Pdf("t", "f").pages == []


def test_scripts_and_styles_are_files_not_inline() -> None:
    folder = Path(__file__).parents[2] / "api" / "graphcredit_api" / "console" / "templates"
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?! src=\"/static/)", text), path.name
        assert not re.search(r"\son[a-z]+=|style=\"", text), path.name
        assert "http" not in text.replace("http-equiv", ""), path.name


def test_a_fault_beside_a_form_is_told_in_chinese_with_what_to_do(client: TestClient) -> None:
    for path, told in (
        ("/stress?shock=nobody%3D1", "主体“nobody”不存在"),
        ("/parties/nobody/network?depth=99", "须不大于 6"),
        ("/lists/parties?as_of=x", "须为日期"),
        ("/views/none", "视图“none”不存在"),
    ):
        text = client.get(path, headers={**PAGE, "accept-language": "zh"}).text
        assert told in text, path
        main = re.sub(r"<[^>]+>", " ", text[text.index("<main") : text.index("</main>")])
        assert not re.search(r"is not known|should be|check the id", main), path


def test_an_application_that_is_sent_twice_is_decided_once(client: TestClient, demo: Demo) -> None:
    shown = client.get("/decisions", headers=PAGE).text
    form = {"party_id": demo.party, "product": "loan", "amount": "20000", "tenor_days": "90", "payments": "1"}
    form["form_id"] = re.search(r'name="form_id" value="([0-9a-f]{24})"', shown)[1]
    before = len(client.get("/v1/decisions", params={"party_id": demo.party, "limit": 200}).json()["decisions"])
    sent = [client.post("/decisions", data=form, headers=PAGE, follow_redirects=False) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    after = client.get("/v1/decisions", params={"party_id": demo.party, "limit": 200}).json()["decisions"]
    assert len(after) == before + 1
    other = client.post("/decisions", data={**form, "amount": "20001"}, headers=PAGE)
    assert other.status_code == 409
    assert "decided already with other content" in other.text
