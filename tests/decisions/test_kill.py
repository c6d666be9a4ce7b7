"""kill -9 in the middle of decisions: every acknowledged one is there, none is half, no limit is used twice."""

import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

from graphcredit.decisions import decide, limit_of, list_decisions
from graphcredit.store import open_store
from tests.decisions.world import DAY, build, loan

D = Decimal
ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import sys
from graphcredit.decisions import decide
from graphcredit.store import open_store
from tests.decisions.world import DAY, loan
with open_store(sys.argv[1]) as store:
    for number in range(10_000):
        made = decide(store, loan(str(10_000 + number)), as_of=DAY)
        print(made.decision_id, made.outcome, made.answer.exposure, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill_and_nothing_is_half(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'killed.duckdb'}"
    with open_store(url) as store:
        build(store)
    log = tmp_path / "acknowledged"
    with log.open("w") as out:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, url], stdout=out, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        deadline = time.monotonic() + 120
        while log.read_text().count("\n") < 12 and time.monotonic() < deadline and child.poll() is None:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        child.wait()
    said = [line.split() for line in log.read_text().splitlines() if line.count(" ") == 2]
    assert len(said) >= 12
    with open_store(url) as store:
        kept = {made.decision_id: made for made in list_decisions(store, limit=20_000)}
        assert all(
            kept[name].outcome == outcome and kept[name].answer.exposure == D(exposure)
            for name, outcome, exposure in said
        )
        assert len(kept) - len(said) in (0, 1)  # one may have been written and not yet told
        used = store.claimed(["limit:party:seller"])["limit:party:seller"]
        assert used == sum((made.answer.exposure for made in kept.values()), D(0))
        assert used <= limit_of(store, "seller", as_of=DAY).amount
        lines = store.find_records("book_line", limit=20_000)
        assert {line.record_id for line in lines} == {name for name, made in kept.items() if made.answer.exposure > 0}
        assert decide(store, loan("10000"), as_of=DAY).outcome in ("approve", "approve_with_conditions", "decline")
