"""The application over a copy of the demo's store, without and with sign-in."""

import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import uvicorn
from pydantic import SecretStr

from graphcredit.desk import models_folder
from graphcredit.settings import Settings
from graphcredit.store import CreditStore, open_store
from graphcredit_api.app import create_app
from graphcredit_api.auth.users import create_user
from graphcredit_ingest import load
from graphcredit_ingest.sample.generate import generate
from tests.support.demo import Demo
from tests.support.stores import Server, own_server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

KEY = "k" * 40
SMALL = 20  # firms
PASSWORD = "correct horse battery staple"
USERS = {"vera": "viewer", "anna": "analyst", "paul": "approver", "ada": "administrator"}


@pytest.fixture(scope="session")
def local(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Local use: no sign-in."""
    own = demo.copy(tmp_path_factory.mktemp("api") / "demo")
    with (
        open_store(own.url) as store,
        TestClient(create_app(Settings(store=own.url), store), raise_server_exceptions=False) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def secured(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Sign-in required, one user a role."""
    own = demo.copy(tmp_path_factory.mktemp("api") / "demo")
    settings = Settings(store=own.url, auth="required", secret_key=SecretStr(KEY), rate_limit_per_minute=1_000_000)
    with open_store(own.url) as store:
        for name, role in USERS.items():
            create_user(store, name, PASSWORD, role)
        with TestClient(create_app(settings, store), raise_server_exceptions=False) as client:
            yield client


@pytest.fixture(scope="session")
def tokens(secured: TestClient) -> dict[str, str]:
    """An access token a role."""
    made = {}
    for name, role in USERS.items():
        answer = secured.post("/v1/auth/token", json={"name": name, "password": PASSWORD})
        made[role] = answer.json()["access_token"]
    return made


@dataclass(frozen=True)
class Live:
    """A server that answers over a socket, with its store."""

    url: str
    store: CreditStore


@pytest.fixture(scope="session")
def live(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A real server with sign-in, one user a role."""
    own = demo.copy(tmp_path_factory.mktemp("live") / "demo")
    settings = Settings(store=own.url, auth="required", secret_key=SecretStr(KEY), rate_limit_per_minute=1_000_000)
    with open_store(own.url) as store:
        for name, role in USERS.items():
            create_user(store, name, PASSWORD, role)
        config = uvicorn.Config(create_app(settings, store), port=0, log_level="error", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until = time.monotonic() + 60
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Live(f"http://127.0.0.1:{port}", store)
        server.should_exit = True
        thread.join(20)


@dataclass(frozen=True)
class OnNeo4j:
    """A small book on a Neo4j of its own, scored by the demo's model."""

    server: Server
    settings: Settings
    party: str


@pytest.fixture(scope="session")
def on_neo4j(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnNeo4j]:
    """A server that a test may stop and start again, beside the session's."""
    folder = tmp_path_factory.mktemp("on_neo4j")
    generate(folder / "data", firms=SMALL, seed=5, months=3, format="parquet")
    server = own_server()
    try:
        with open_store(server.url) as store, open_store(demo.url, read_only=True) as trained:
            load(store, [folder / "data"])
            store.put_records([r for kind in ("model", "champion") for r in trained.find_records(kind)])
            lent = store.read("facilities", as_of=date(2026, 6, 30), columns=["borrower_id"])["borrower_id"][0].as_py()
        given = Settings(
            store=server.url,
            models_dir=models_folder(demo.url, Settings()),
            auth="required",
            secret_key=SecretStr(KEY),
            rate_limit_per_minute=1_000_000,
        )
        yield OnNeo4j(server, given, lent)
    finally:
        server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the test's own."""
    return tmp_path
