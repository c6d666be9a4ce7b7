"""What a reader sees on pages and in the report: currency, order of statements, whole limits, notes in one's language."""

import re
import zlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from graphcredit.contagion.financials import Financials
from graphcredit.features import registered
from graphcredit.scoring.matrix import FeatureInfo
from graphcredit.scoring.texts import value_text
from graphcredit.settings import Settings
from graphcredit_api.app import create_app
from graphcredit_api.console.pdf import Pdf
from graphcredit_api.console.render import money, percent, told
from graphcredit_api.console.statements import statement_table
from graphcredit_api.console.stress_notes import note_text
from tests.api.conftest import TestClient
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")
LATIN_WORD = re.compile(r"[A-Za-z]{4,}")


@pytest.fixture(scope="module")
def client(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    own = demo.copy(tmp_path_factory.mktemp("say") / "demo")
    with TestClient(create_app(Settings(store=own.url, log_level="warning"))) as opened:
        yield opened


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_and_the_report_say_the_currency(client: TestClient, demo: Demo, language: str) -> None:
    said = {"en": "Amounts in CNY", "zh": "金额单位 CNY"}[language]
    for path in ("/", f"/parties/{demo.party}", f"/parties/{demo.party}/report", "/overdue", "/stress"):
        assert said in client.get(f"{path}?lang={language}").text, path
    pdf = client.get(f"/parties/{demo.party}/report?form=pdf&lang={language}").content
    assert "CNY" in _pdf_text(pdf)


def _pdf_text(content: bytes) -> str:
    runs = [
        found
        for stream in re.findall(rb"stream\n(.*?)\nendstream", content, re.S)
        for found in re.findall(r"/F([12]) \S+ Tf <([0-9a-f]*)> Tj", zlib.decompress(stream).decode("ascii"))
    ]
    return "\n".join(bytes.fromhex(run).decode("cp1252" if font == "1" else "utf-16-be") for font, run in runs)


def test_nothing_is_minus_zero() -> None:
    assert (percent(-0.0001, 1), percent(Decimal("-0.00001")), money(Decimal("-0.3"))) == ("0.0%", "0.00%", "0")
    assert (percent(-0.06, 1), money(Decimal("-1234.5"), 2)) == ("-6.0%", "-1,234.50")


def _row(item: str, period: str, amount: str, currency: str = "CNY") -> dict[str, Any]:
    return {
        "item": item,
        "period_end": date.fromisoformat(period),
        "amount": Decimal(amount),
        "currency": currency,
    }


def test_statements_read_from_income_to_balance_whatever_the_order_of_facts() -> None:
    rows = [_row(item, "2025-12-31", "1") for item in ("equity", "own_item", "cash", "net_profit", "revenue")]
    rows += [_row("total_assets", "2025-12-31", "1"), _row("operating_cash_flow", "2024-12-31", "1")]
    found = statement_table(rows)
    assert list(found["items"]) == [
        "revenue", "net_profit", "operating_cash_flow", "cash", "total_assets", "equity", "own_item"
    ]  # fmt: skip
    assert found["currency"] == "CNY"
    assert statement_table([_row("cash", "2025-12-31", "1", "USD")])["currency"] == "USD"


def test_a_ratio_of_statements_reads_as_in_the_reasons_of_a_score() -> None:
    rows = [_row("operating_cash_flow", "2025-12-31", "30"), _row("total_liabilities", "2025-12-31", "150")]
    rows += [_row("current_assets", "2025-12-31", "3"), _row("current_liabilities", "2025-12-31", "2")]
    rows += [_row("gross_profit", "2025-12-31", "1"), _row("revenue", "2025-12-31", "8")]
    shown = {name: told(values[0], unit, "en") for name, (unit, values) in statement_table(rows)["ratios"].items()}
    assert shown == {
        "current_ratio": "1.5",
        "quick_ratio": "1.5",
        "gross_margin": "12.5%",
        "cash_flow_to_debt": "20.0%",
    }
    for name in ("current_ratio", "quick_ratio", "cash_flow_to_debt"):
        feature = next(each for each in registered() if each.name == name)
        for language in ("en", "zh"):
            value = float(statement_table(rows)["ratios"][name][1][0])
            assert value_text(FeatureInfo.of(feature), value, language) == shown[name]


def test_limits_show_every_cap_though_a_group_is_named_like_its_party(client: TestClient) -> None:
    roots = [row["root"] for row in client.get("/v1/groups").json()["groups"]]
    party = next(root for root in roots if client.get(f"/v1/parties/{root}").json()["kind"] == "company")
    room = client.get(f"/v1/parties/{party}/headroom").json()
    kinds = [line["kind"] for line in room["lines"]]
    assert {"party", "group"} <= {line["kind"] for line in room["lines"] if line["name"] == party}
    page = client.get(f"/parties/{party}/report?lang=en").text
    table = page.split("<h2>Limit and headroom</h2>")[1].split("</table>")[0]
    assert table.count("<tr") - 1 == len(kinds)
    for line in room["lines"]:
        if Decimal(line["share"]) != 1:
            assert f"counts at {float(line['share']):.2%}" in table


def test_a_table_that_goes_on_repeats_its_head_on_the_next_page() -> None:
    pdf = Pdf("t", "f")
    pdf.table([["Item", "Amount"], *[[f"row {k}", str(k)] for k in range(120)]], [1, 1])
    assert len(pdf.pages) > 1
    heads = ["".join(page).count(b"Item".hex()) for page in pdf.pages]
    assert heads == [1] * len(pdf.pages)
    assert sum("".join(page).count(b"row 77".hex()) for page in pdf.pages) == 1


def test_notes_of_a_stress_are_chinese_on_a_chinese_page(client: TestClient, demo: Demo) -> None:
    page = client.get(f"/stress?shock={demo.party}=1&lang=zh").text
    english = client.get(f"/stress?shock={demo.party}=1&lang=en").text
    notes = re.findall(r'<p class="note">(\d+ (?:parties|firms)[^<]*)</p>', english)
    assert len(notes) > 2
    assert not re.search(r"\d+ (?:parties|firms)\b", page)


def test_every_note_about_unknown_figures_has_a_chinese_text() -> None:
    unknown = np.array([np.nan, np.nan])
    some = np.array([np.nan, 5.0])
    told = {
        note
        for known in (
            {},
            {"sales": np.array([10.0, 0.0])},
            {"revenue": np.array([10.0, 20.0]), "operating_profit": some, "registered_capital": some},
            {"current_assets": some, "current_liabilities": some, "revenue": unknown},
            {"revenue": np.array([10.0, 20.0]), "material_cost": np.array([11.0, 3.0])},
        )
        for note in Financials.of(2, known).warnings
    }
    assert len(told) >= 8
    for note in told | {"3 parties have no equity: they are in default before the shock"}:
        assert not LATIN_WORD.search(note_text(note, "zh")), note
        assert note_text(note, "en") == note


def test_a_policys_author_is_a_person_and_its_name_is_in_the_list(client: TestClient) -> None:
    page = client.get("/policy?lang=en").text
    assert "<td>shipped with this release (default@1.0.0)</td><td>2000-01-01</td><td></td>" in page
    compared = client.get("/policy?old=current&new=shipped&lang=zh").text
    assert "差异: 现行 → 随本版本发布" in compared
    rows = client.get("/policy/lists/versions?format=csv&lang=en").text.splitlines()
    assert any(line.startswith("default@1.0.0,2000-01-01") for line in rows)


def test_the_overdue_page_counts_everybody_and_shows_the_largest(client: TestClient) -> None:
    listed = client.get("/v1/overdue", params={"limit": 200}).json()
    assert listed["debtors_count"] > 50
    for debtor in listed["debtors"]:
        assert sum(map(Decimal, debtor["aging"][1:])) == Decimal(debtor["overdue"])
    page = client.get("/overdue?lang=en").text
    assert f"<h2>Debtors <small>{listed['debtors_count']}</small></h2>" in page
    assert re.findall(r'href="/parties/([^/"]+)/case"', page) == [d["party_id"] for d in listed["debtors"][:50]]


def test_groups_by_page_are_the_whole_list(client: TestClient) -> None:
    whole = client.get("/v1/groups", params={"limit": 200}).json()
    by_page, cursor = list[Any](), None
    while len(by_page) < min(whole["count"], 200):
        asked = {"limit": 7} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/groups", params=asked).json()
        assert page["count"] == whole["count"]
        by_page += page["groups"]
        cursor = page["next"]
        if cursor is None:
            break
    assert by_page[: len(whole["groups"])] == whole["groups"][: len(by_page)]
    use = [(-Decimal(g["used"]), -g["size"], g["root"]) for g in whole["groups"]]
    assert use == sorted(use)
