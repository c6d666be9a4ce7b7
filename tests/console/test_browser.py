"""An analyst's tasks in a real browser, in both languages, light and dark, narrow and wide."""

import httpx
import pytest
from playwright.sync_api import Browser

from tests.console.browsing import open_page
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]


@pytest.mark.parametrize(
    ("language", "scheme", "width"), [("en", "light", 1280), ("zh", "dark", 1920), ("zh", "light", 375)]
)
def test_an_analyst_finds_reads_explores_stresses_and_decides(
    browser: Browser, site: str, demo: Demo, language: str, scheme: str, width: int
) -> None:
    page, faults = open_page(browser, site, language=language, scheme=scheme, width=width)
    page.goto(site)
    assert page.locator("html").get_attribute("lang") == ("zh-CN" if language == "zh" else "en")
    page.fill("#q", demo.party)
    page.press("#q", "Enter")
    page.wait_for_url(f"**/parties/{demo.party}")
    assert page.locator("h1 .grade").count() == 1
    assert page.locator("svg.months rect").count() > 10
    page.click(f"a[href='/parties/{demo.party}/network']")
    page.wait_for_selector("#network[data-ready=yes]", timeout=30_000)
    assert page.locator("#network canvas").count() == 1
    assert page.locator("#legend input").count() >= 3
    page.goto(f"{site}/stress?shock={demo.party}=1")
    assert page.locator("table tbody tr").count() > 0
    page.goto(f"{site}/decisions?party_id={demo.party}")
    page.fill("input[name=amount]", "10000")
    page.click("main form button")
    page.wait_for_url("**/decisions/DEC-*")
    assert page.locator("ol li").count() > 0
    page.goto(f"{site}/policy")
    assert page.locator("table").count() >= 3
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    page.context.close()


def test_a_mistake_in_the_form_is_explained(browser: Browser, site: str) -> None:
    page, _ = open_page(browser, site, language="en")
    page.goto(f"{site}/decisions")
    page.fill("input[name=party_id]", "nobody")
    page.fill("input[name=amount]", "10000")
    page.click("main form button")
    assert page.locator(".warning").count() == 1
    assert page.input_value("input[name=party_id]") == "nobody"
    page.context.close()


def test_links_of_every_page_lead_somewhere(browser: Browser, site: str, demo: Demo) -> None:
    page, _ = open_page(browser, site, language="en")
    seen: set[str] = set()
    for path in ("/", f"/parties/{demo.party}", "/decisions", "/policy"):
        page.goto(site + path)
        links = page.eval_on_selector_all("a[href^='/']", "nodes => nodes.map(node => node.getAttribute('href'))")
        seen |= set(links[:25])
    page.context.close()
    broken = [
        link for link in sorted(seen) if httpx.get(site + link, timeout=60, follow_redirects=True).status_code != 200
    ]
    assert broken == []


def test_an_unknown_page_says_so_in_the_readers_language(browser: Browser, site: str) -> None:
    page, _ = open_page(browser, site, language="zh")
    answer = page.goto(f"{site}/parties/nobody")
    assert answer is not None
    assert answer.status == 404
    assert "未找到" in page.inner_text("h1")
    page.context.close()


@pytest.mark.parametrize(("language", "told"), [("en", "job 'none' does not exist"), ("zh", "作业“none”不存在")])
def test_a_piece_that_cannot_be_had_says_why(browser: Browser, site: str, language: str, told: str) -> None:
    page, _ = open_page(browser, site, language=language)
    page.goto(f"{site}/reviews?job=none")
    page.wait_for_selector("[role=status] .warning[role=alert]")
    assert page.inner_text("[role=status] .warning") == told
    assert page.locator("[role=status] a").count() == 1  # the link in its place stays
    page.context.close()


def test_a_network_says_what_it_lists_and_what_it_left_out(browser: Browser, site: str, demo: Demo) -> None:
    page, faults = open_page(browser, site, language="en")
    for limit in (60, 1000):
        told = httpx.get(
            f"{site}/parties/{demo.party}/network.json", params={"depth": 6, "limit": limit}, timeout=60
        ).json()
        page.goto(f"{site}/parties/{demo.party}/network?depth=6&limit={limit}")
        page.wait_for_selector("#network[data-ready=yes]", timeout=60_000)
        assert page.inner_text("#counts").startswith(f"{told['shown']} parties shown, {told['omitted']} less important")
        for name in ("circles", "controllers"):
            listed, whole = len(told[name]), told["counts"][name]
            assert listed == min(whole, 20)
            assert page.inner_text(f"#{name}-count") == (f"{listed} / {whole}" if listed < whole else str(whole))
            assert page.locator(f"#{name} li").count() == max(listed, 1)
        ties = len(told["edges"])
        assert page.text_content("#ties-count") == (f"500 / {ties}" if ties > 500 else str(ties))
        assert page.locator("#tie-rows tr").count() == min(ties, 500)
    assert told["shown"] > 60
    assert faults == []
    page.context.close()
