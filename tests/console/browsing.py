"""A real browser for the console's tests: where it is, and pages that note what goes wrong in them."""

import os
import shutil

import pytest
from playwright.sync_api import Browser, Page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI walks the console in Debian's chromium, which is not installed")
        pytest.skip("no chromium here: apt-get install chromium")
    return found


def open_page(
    browser: Browser, site: str, *, language: str, scheme: str = "light", width: int = 1280
) -> tuple[Page, list[str]]:
    """A page in a context of its own, and the list that faults are added to."""
    locale = "zh-CN" if language == "zh" else "en-GB"
    context = browser.new_context(viewport={"width": width, "height": 850}, color_scheme=scheme, locale=locale)
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request", lambda request: faults.append(request.url) if not request.url.startswith((site, "data:")) else None
    )
    return page, faults
