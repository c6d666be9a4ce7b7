"""A killed writer leaves no half batch behind; the same load again equals one that was never interrupted."""

import subprocess
import sys
from pathlib import Path

import pytest

from graphcredit.exc import StoreUnavailableError
from graphcredit.store import open_store
from graphcredit.store.verify import verify
from scripts.neo4j_server import start
from tests.support.stores import NEO4J_MARKS, Server, facts, party, wipe
from tests.support.writer import BATCHES, batch, load

ROOT = Path(__file__).resolve().parents[2]


def spawn(*arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.writer", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(params=["duckdb", pytest.param("neo4j", marks=NEO4J_MARKS)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "duckdb":
        return f"duckdb:///{tmp_path / 'store.duckdb'}"
    return request.getfixturevalue("neo4j_server").url


@pytest.fixture
def wiped(url: str) -> str:
    if url.startswith("neo4j"):
        wipe(url)
    return url


def test_kill_and_load_again_equals_an_uninterrupted_load(wiped: str, tmp_path: Path) -> None:
    writer = spawn(wiped, "load")
    assert writer.stdout is not None
    acknowledged = 0
    for line in writer.stdout:
        acknowledged = int(line)
        if acknowledged >= 3:
            break
    writer.kill()
    writer.communicate()
    with open_store(wiped) as store:
        assert all(store.get_record("decision", f"D{n}") for n in range(acknowledged + 1))
        assert store.info().facts["transactions"] in whole_batches()
    load(wiped)
    clean = f"duckdb:///{tmp_path / 'clean.duckdb'}"
    load(clean)
    with open_store(wiped) as a, open_store(clean) as b:
        report = verify(a, b)
        assert list(report.lines()) == []
        assert report.compared["transactions"] == max(whole_batches())


def whole_batches() -> list[int]:
    """Versions of transactions after each batch."""
    sizes = [len(rows) for n in range(BATCHES) for table, rows in batch(n) if table == "transactions"]
    return [sum(sizes[:k]) for k in range(len(sizes) + 1)]


@pytest.mark.neo4j
@pytest.mark.xdist_group("neo4j")
def test_one_of_several_processes_finances_an_invoice(neo4j_url: str) -> None:
    with open_store(neo4j_url) as store:
        racers = [spawn(neo4j_url, "race", f"R{k}", "13") for k in range(4)]
        won = [int(racer.communicate(timeout=120)[0]) for racer in racers]
        assert sum(won) == 1
        assert store.claimed(["invoice:1"]) == {"invoice:1": 1}
        assert len(store.find_records("decision")) == 1


@pytest.fixture
def mortal(neo4j_server: Server):
    """A server of this test's own, so that the session's lives on."""
    if neo4j_server.process is None:
        pytest.skip("servers run in containers here; one is killed where it runs as a process")
    own = start(quiet=True)
    yield own
    own.stop()


@pytest.mark.neo4j
@pytest.mark.xdist_group("neo4j")
def test_a_server_that_dies_in_an_upsert_leaves_nothing_half_written(mortal: Server, monkeypatch) -> None:
    monkeypatch.setattr("graphcredit.store.neo4j.store.BATCH", 1000)
    monkeypatch.setattr("graphcredit.store.neo4j.store.RETRY_SECONDS", 1)
    rows = facts("parties", [party(f"P{k}") for k in range(5000)])

    def kill(done: int, total: int) -> None:
        if done == 2000:
            mortal.process.kill()
            mortal.process.wait()

    with open_store(mortal.url) as store:
        try:
            with pytest.raises(StoreUnavailableError) as away:
                store.upsert("parties", rows, progress=kill)
            with pytest.raises(StoreUnavailableError):
                store.ping()
        finally:
            mortal.restart()
        assert mortal.password not in str(away.value)
        assert store.info().facts["parties"] == 2000  # the same store object works again
        again = store.upsert("parties", rows)
        assert (again.new, again.unchanged) == (3000, 2000)
