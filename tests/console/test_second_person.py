"""A real task by two people behind a sign-in, with hostile names in the data: find, read, explore, stress, decide, approve, export."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
from playwright.sync_api import Browser, Page

from graphcredit.store import open_store
from graphcredit_api.auth.users import create_user
from tests.console.browsing import open_page
from tests.support.demo import Demo
from tests.support.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo")]
PASSWORD = "correct horse battery staple"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def bank(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    own = demo.copy(tmp_path_factory.mktemp("bank") / "demo")
    with open_store(own.url) as store:
        for name, role in (("anna", "analyst"), ("paul", "approver")):
            create_user(store, name, PASSWORD, role)
        held = store.read("parties", where={"party_id": [own.party]})
        row = {**held.to_pylist()[0], "name": HOSTILE, "address": "javascript:alert(3)"}
        row |= {"attributes": '{"note": "<script>alert(4)</script>"}', "recorded_at": store.info().latest_recorded_at}
        schema = held.schema
        for name, kind in (("attributes", pa.string()), ("recorded_at", pa.timestamp("us"))):
            if name not in schema.names:
                schema = schema.append(pa.field(name, kind))
        store.upsert("parties", pa.Table.from_pylist([row], schema=schema))
    settings = {"GRAPHCREDIT_AUTH": "required", "GRAPHCREDIT_SECRET_KEY": "k" * 40}
    with serving(own.url, own.folder / "bank.log", settings) as base:
        yield base


def signed_in(browser: Browser, bank: str, name: str, language: str) -> tuple[Page, list[str]]:
    page, faults = open_page(browser, bank, language=language)
    page.set_default_timeout(60_000)
    page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.goto(f"{bank}/sign-in")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url(f"{bank}/")
    return page, faults


def injected(page: Page) -> int:
    return int(
        page.evaluate('document.querySelectorAll(\'img[src="x"], script:not([src]), a[href^="javascript:"]\').length')
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_finds_reads_explores_stresses_and_decides_another_agrees(
    browser: Browser, bank: str, demo: Demo, language: str
) -> None:
    page, faults = signed_in(browser, bank, "anna", language)
    page.wait_for_selector("[data-fragment][data-ready]")
    page.fill("#q", demo.party)
    page.press("#q", "Enter")
    page.wait_for_url(f"**/parties/{demo.party}")
    assert HOSTILE in page.inner_text("h1")
    assert page.locator("h1 .grade").count() == 1
    assert injected(page) == 0

    page.goto(f"{bank}/parties/{demo.party}/network?limit=40&depth=1")
    page.wait_for_selector("#network[data-ready=yes]")
    page.fill("#find", demo.party)
    page.press("#find", "Tab")
    assert HOSTILE in page.inner_text("#facts")
    page.select_option("#colour", "group")
    page.click("#expand")
    page.wait_for_selector("#network[data-grown]")
    assert "expand=" in page.url
    page.click("#collapse")
    assert "expand=" not in page.url
    page.fill("#save input[name=name]", HOSTILE)
    page.click("#save button")
    page.wait_for_selector("#network[data-ready=yes]")
    assert "colour=group" in page.url
    assert injected(page) == 0

    page.goto(f"{bank}/stress?shock={demo.party}=1")
    page.wait_for_selector("#network[data-ready=yes]")
    before = page.inner_text("#step")
    if page.is_enabled("#forward"):
        page.click("#forward")
        assert page.inner_text("#step") != before
    assert injected(page) == 0

    page.goto(f"{bank}/decisions?party_id={demo.party}")
    page.fill("input[name=amount]", "1,0")
    page.wait_for_selector("#fault-amount:not(:empty)")
    page.fill("input[name=amount]", "10000")
    page.wait_for_selector("#preview dl:not([hidden])")
    page.click("main form button:not([formaction])")
    page.wait_for_url("**/decisions/DEC-*")
    made = page.url.rsplit("/", 1)[-1]
    assert page.locator("#second").count() == 0  # an analyst does not approve
    page.goto(f"{bank}/parties/{demo.party}")
    with page.expect_download() as kept:
        page.click("a[download][href*='form=html']")
    assert "<script>alert" not in kept.value.path().read_text(encoding="utf-8")
    assert [fault for fault in faults if "favicon" not in fault] == []
    page.context.close()

    other, faults = signed_in(browser, bank, "paul", language)
    other.goto(f"{bank}/decisions/{made}")
    if other.locator("form[action$='/approve']").count():
        other.click("form[action$='/approve'] button")
    else:
        other.fill("form[action$='/override'] input[name=reason]", "seen by a second person, too")
        other.select_option("form[action$='/override'] select", "decline")
        other.click("form[action$='/override'] button")
    other.wait_for_selector("ol li:has-text('paul')")
    assert injected(other) == 0
    assert faults == []
    other.context.close()
