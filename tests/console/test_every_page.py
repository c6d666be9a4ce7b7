"""Every page in a real browser: axe in both themes, no sideways scrolling from phone to wide desk, focus that is seen."""

import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.console.browsing import open_page
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]
AXE = (Path(__import__("axe_playwright_python").__file__).parent / "axe.min.js").read_text(encoding="utf-8")
WIDTHS = (375, 768, 1280, 1920)
CHINESE = re.compile("[一-鿿]")


@pytest.fixture(scope="module")
def pages(site: str, demo: Demo) -> dict[str, str]:
    """Every page of the console by name, with something to show on each."""
    party = demo.party
    with httpx.Client(base_url=site, timeout=120, follow_redirects=True) as http:
        debtor = http.get("/v1/overdue", params={"limit": 1}).json()["debtors"][0]["party_id"]
        model = http.get("/v1/models").json()["models"][0]["model_id"]
        decision = http.get("/v1/decisions", params={"limit": 1}).json()["decisions"][0]["decision_id"]
        others = [
            row["party_id"] for row in http.get("/v1/parties", params={"q": "F0000", "limit": 4}).json()["parties"]
        ]
        issue = {"issuer_id": party, "amount": "10.00", "due_on": "2026-12-20"}
        issue["holder_id"] = next(each for each in others if each != party)
        certificate = http.post("/v1/e-receivables", json=issue).json()["certificate_id"]
        days = {"since": "2026-03-31", "as_of": "2026-06-30"}
        for path, form in ((f"/models/{model}/validation", {}), ("/reviews/alerts", days)):
            job = str(http.post(path, data=form).url).rsplit("job=", 1)[1]
            while http.get(f"/v1/jobs/{job}").json()["state"] in ("queued", "running"):
                time.sleep(0.1)
            assert http.get(f"/v1/jobs/{job}").json()["state"] == "done"
    return {
        "portfolio": "/", "changes": "/changes", "search": "/parties?q=F00001", "party": f"/parties/{party}",
        "network": f"/parties/{party}/network", "report": f"/parties/{party}/report",
        "stress": f"/stress?shock={party}=1&shock={debtor}=1", "desk": f"/decisions?party_id={party}",
        "decision": f"/decisions/{decision}", "what if": f"/what-if?party_id={party}&product=loan&amount=1000&tenor_days=90",
        "book": "/book", "reviews": "/reviews?since=2026-03-31", "overdue": "/overdue", "case": f"/parties/{debtor}/case",
        "e-receivables": "/e-receivables", "e-receivable": f"/e-receivables/{certificate}",
        "policy": "/policy?old=shipped&new=current", "model": f"/models/{model}", "list": "/lists/parties",
        "proposals": "/lists/reviews?since=2026-03-31", "kept out": "/lists/quarantine", "sign in": "/sign-in",
        "unknown": "/parties/nobody", "api": "/v1/docs",
    }  # fmt: skip


def ready(page: Any, address: str) -> None:
    page.goto(address)
    for box in page.locator("[data-fragment]").all():
        box.locator("xpath=self::*[@data-ready='yes']").wait_for(timeout=60_000)


@pytest.mark.parametrize(
    ("scheme", "language", "width"), [("light", "en", 1280), ("dark", "zh", 1280), ("dark", "en", 375)]
)
def test_axe_finds_nothing_serious_on_any_page(
    browser: Browser, site: str, pages: dict[str, str], scheme: str, language: str, width: int
) -> None:
    page, faults = open_page(browser, site, language=language, scheme=scheme, width=width)
    found = []
    for name, path in pages.items():
        ready(page, site + path)
        page.evaluate(AXE)
        violations = page.evaluate("axe.run()")["violations"]
        found += [
            (name, v["id"], v["nodes"][0]["html"][:160]) for v in violations if v["impact"] in ("serious", "critical")
        ]
    page.context.close()
    assert found == []
    assert [fault for fault in faults if "404" not in fault] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_scrolls_sideways_at_any_width(
    browser: Browser, site: str, pages: dict[str, str], language: str
) -> None:
    page, _ = open_page(browser, site, language=language, scheme="dark" if language == "en" else "light")
    wide = []
    for name, path in pages.items():
        ready(page, site + path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 850})
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
                wide.append((name, width))
    page.context.close()
    assert wide == []


THIN = """() => [...document.querySelectorAll('td, th')].filter(cell => {
  const style = getComputedStyle(cell), size = parseFloat(style.fontSize), text = cell.innerText.trim();
  const inside = cell.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return cell.clientHeight > 0 && /[\\u4e00-\\u9fff]{2}/.test(text) && inside < 2 * size - 1;
}).map(cell => cell.innerText)"""
"""Cells of Chinese words that are one character wide."""


def test_no_column_of_words_is_one_character_wide(browser: Browser, site: str, pages: dict[str, str]) -> None:
    page, _ = open_page(browser, site, language="zh")
    thin = []
    for name, path in pages.items():
        ready(page, site + path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 850})
            thin += [(name, width, text) for text in page.evaluate(THIN)[:2]]
    page.context.close()
    assert thin == []


def test_what_the_keyboard_reaches_is_seen_on_every_page(browser: Browser, site: str, pages: dict[str, str]) -> None:
    page, _ = open_page(browser, site, language="en", scheme="dark")
    unseen = []
    for name, path in pages.items():
        ready(page, site + path)
        reached = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            told = page.evaluate(
                "() => { const e = document.activeElement, s = getComputedStyle(e);"
                " return [e.outerHTML.slice(0, 90), e === document.body || s.outlineStyle !== 'none' && s.outlineWidth !== '0px'] }"
            )
            reached.add(told[0])
            if not told[1]:
                unseen.append((name, told[0]))
        assert len(reached) > 3 or name == "api", (name, reached)
    page.context.close()
    assert unseen == []


def test_a_page_in_english_has_no_chinese_of_its_own(browser: Browser, site: str, pages: dict[str, str]) -> None:
    """Names and regions are data; headings, labels, buttons and column titles are the console's."""
    page, _ = open_page(browser, site, language="en")
    found = []
    for name in (
        "portfolio",
        "stress",
        "desk",
        "book",
        "reviews",
        "overdue",
        "e-receivables",
        "e-receivable",
        "policy",
        "model",
    ):
        ready(page, site + pages[name])
        texts = page.eval_on_selector_all("h2, th[scope=col], button, dt, label", "es => es.map(e => e.innerText)")
        found += [(name, text) for text in texts if CHINESE.search(text)]
    page.context.close()
    assert found == []


def test_a_page_in_chinese_has_no_english_heading(browser: Browser, site: str, pages: dict[str, str]) -> None:
    page, _ = open_page(browser, site, language="zh")
    known = re.compile(r"^(AUC|KS|Brier|[A-Z]{1,3}|[A-D]: .*|\d.*|[\w-]+-\d{4}-.*|F\d+.*|)$")
    found = []
    for name in (
        "portfolio",
        "party",
        "stress",
        "desk",
        "book",
        "reviews",
        "overdue",
        "case",
        "e-receivables",
        "policy",
        "model",
    ):
        ready(page, site + pages[name])
        texts = page.eval_on_selector_all("h2, th[scope=col], button, dt", "es => es.map(e => e.innerText.trim())")
        found += [(name, text) for text in texts if not CHINESE.search(text) and not known.match(text)]
    page.context.close()
    assert found == []
