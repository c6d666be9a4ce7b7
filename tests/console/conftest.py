"""A served demo and a browser for the module that walks it."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.console.browsing import FLAGS, chromium
from tests.support.demo import Demo
from tests.support.serving import serving


@pytest.fixture(scope="module")
def site(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    own = demo.copy(tmp_path_factory.mktemp("site") / "demo")
    with serving(own.url, own.folder / "serve.log") as base:
        httpx.get(f"{base}/", timeout=120)  # the first page builds network, features and scores
        yield base


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()
