"""Fixtures shared by all tests; random names, real servers, no mocks of our own parts."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphcredit.store import CreditStore
from tests.support import stores
from tests.support.demo import Demo, make_demo

SHARED = Path(os.environ.get("GRAPHCREDIT_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session")
def cumcm2020c() -> Path:
    """The folder of real invoices; skips where ../shared is absent."""
    folder = SHARED / "data" / "cumcm2020c"
    if not folder.is_dir():
        pytest.skip(f"real invoices not found: {folder} is absent")
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs Neo4j runs in one worker: Community edition has one database."""
    for item in items:
        if "neo4j_url" in getattr(item, "fixturenames", ()):
            for mark in stores.NEO4J_MARKS:
                item.add_marker(mark)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the end of the server's log with a failure of a test that used it."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.failed and item.get_closest_marker("neo4j") and stores.started():
        log = stores.server().log
        if log.exists():
            report.sections.append(("Neo4j's log", log.read_text(encoding="utf-8", errors="replace")[-4000:]))


def pytest_sessionfinish() -> None:
    """Stop the server that this session started."""
    if stores.started():
        stores.server().stop()


@pytest.fixture(scope="session")
def neo4j_server() -> stores.Server:
    """A real server of this session; skips (fails in CI) where none can be started."""
    return stores.server()


@pytest.fixture
def neo4j_url(neo4j_server: stores.Server) -> str:
    """The URL of a real, empty Neo4j store."""
    stores.wipe(neo4j_server.url)
    return neo4j_server.url


@pytest.fixture
def duckdb_store(tmp_path: Path) -> Iterator[CreditStore]:
    """An empty DuckDB store in a file."""
    with stores.empty_store("duckdb", tmp_path) as opened:
        yield opened


@pytest.fixture
def neo4j_store(neo4j_url: str, tmp_path: Path) -> Iterator[CreditStore]:
    """An empty store on a real Neo4j."""
    with stores.empty_store("neo4j", tmp_path) as opened:
        yield opened


@pytest.fixture(params=["duckdb", pytest.param("neo4j", marks=stores.NEO4J_MARKS)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CreditStore]:
    """An empty store of each engine in turn: one contract holds both."""
    with stores.empty_store(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo's store; tests that write take a copy."""
    return make_demo(tmp_path_factory.mktemp("demo") / "demo")
