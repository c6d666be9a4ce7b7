"""A load that is really killed, and run again, equals one that was not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graphcredit.store import CreditStore, open_store
from graphcredit_ingest import load
from tests.ingest.support import INVOICE, memory, write

KILLED = """
import importlib, sys
from pathlib import Path
from graphcredit.store import open_store
from graphcredit_ingest import load
url, folder, marker = sys.argv[1], sys.argv[2], Path(sys.argv[3])
importlib.import_module(f"graphcredit.store.{url.split(':')[0]}.store").BATCH = 500
def progress(done, total):
    part = marker.with_suffix(".part")
    part.write_text(str(done))
    part.replace(marker)
with open_store(url) as store:
    load(store, [folder], progress=progress)
marker.write_text("finished")
"""


def _everything(store: CreditStore) -> dict[str, list[object]]:
    return {name: store.versions(name).read_all().to_pylist() for name in ("parties", "transactions")}


def _firms(folder: Path, rows: int) -> Path:
    parties = "".join(f"F{i},company,Firm {i}\n" for i in range(500))
    lines = "".join(
        f"T{i},F{i % 499},F{499 if (i * 7 + 1) % 499 == i % 499 else (i * 7 + 1) % 499},2024-01-{i % 28 + 1:02d},{i}.25\n"
        for i in range(rows)
    )
    return write(folder, {"parties.csv": "party_id,kind,name\n" + parties, "transactions.csv": INVOICE + lines})


def _kill_after(rows: int, url: str, folder: Path, marker: Path) -> None:
    """Start a load in a process of its own and kill it once it has reported that many rows."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, url, str(folder), str(marker)], env=os.environ.copy())
    try:
        until = time.monotonic() + 240
        while not (marker.exists() and ((said := marker.read_text()) == "finished" or int(said) >= rows)):
            assert process.poll() is None, "the load ended by itself"
            assert time.monotonic() < until
            time.sleep(0.002)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def check_completes(url: str, tmp_path: Path, rows: int, killed_after: int) -> None:
    folder = _firms(tmp_path / "data", rows)
    _kill_after(killed_after, url, folder, tmp_path / "marker")
    with open_store(url) as store:
        before = store.info().facts["transactions"]
        report = load(store, [folder])
        again = _everything(store)
    assert 0 <= before < rows, "the load was over before it could be killed"
    assert report.tables["transactions"].new == rows - before
    assert report.tables["transactions"].unchanged == before
    with memory() as store:
        load(store, [folder])
        assert _everything(store) == again


@pytest.mark.parametrize("killed_after", [1, 9_000])
def test_on_duckdb(tmp_path: Path, killed_after: int) -> None:
    check_completes(f"duckdb:///{tmp_path / 'killed.duckdb'}", tmp_path, 40_000, killed_after)


@pytest.mark.parametrize("killed_after", [1, 2_500])
def test_on_neo4j(tmp_path: Path, neo4j_url: str, killed_after: int) -> None:
    check_completes(neo4j_url, tmp_path, 8_000, killed_after)
