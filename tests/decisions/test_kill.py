"""kill -9 in the middle of decisions: every acknowledged one is there, none is half, no limit is used twice.

On DuckDB the one process that holds the file is killed; on Neo4j the server stays and four clients are killed beside each other,
with an invoice that all of them want.
"""

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from graphcredit.decisions import Decision, decide, limit_of, list_decisions
from graphcredit.store import CreditStore, open_store
from tests.decisions.world import DAY, FIRMS, build, factoring, invoice, loan

D = Decimal
ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import sys
from graphcredit.decisions import decide
from graphcredit.store import open_store
from tests.decisions.world import DAY, factoring, loan
with open_store(sys.argv[1]) as store:
    for number in range(10_000):
        wanted = factoring(f"T{number // 2 % 40}") if number % 2 else loan(str(10_000 + number))
        made = decide(store, wanted, as_of=DAY)
        print(made.decision_id, made.outcome, made.answer.exposure, flush=True)
"""


def killed_in_the_middle(url: str, folder: Path, *, clients: int, each: int) -> list[tuple[str, str, D]]:
    """Run clients until each has told of so many decisions, kill them all, and give what was acknowledged."""
    logs = [folder / f"acknowledged-{k}" for k in range(clients)]
    running = []
    for log in logs:
        with log.open("w") as out:
            running.append(
                subprocess.Popen(
                    [sys.executable, "-c", CHILD, url],
                    stdout=out,
                    cwd=ROOT,
                    env={**os.environ, "PYTHONPATH": str(ROOT)},
                )
            )
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and all(child.poll() is None for child in running):
        if all(log.read_text().count("\n") >= each for log in logs):
            break
        time.sleep(0.02)
    for child in running:
        child.send_signal(signal.SIGKILL)
    assert [child.wait() for child in running] == [-signal.SIGKILL] * clients  # none had failed or ended by itself
    lines = [line.split() for log in logs for line in log.read_text().splitlines() if line.count(" ") == 2]
    assert len(lines) >= clients * each
    return [(name, outcome, D(exposure)) for name, outcome, exposure in lines]


def settled_down(store: CreditStore, *, tries: int = 100) -> dict[str, Decision]:
    """All decisions, once the server has ended the transactions of clients that are gone."""
    kept: dict[str, Decision] = {}
    for _ in range(tries):
        found = {made.decision_id: made for made in list_decisions(store, limit=20_000)}
        if found and found.keys() == kept.keys():
            break
        kept = found
        time.sleep(0.1)
    return kept


def check_nothing_is_half(store: CreditStore, said: list[tuple[str, str, D]], clients: int) -> None:
    kept = settled_down(store)
    assert all(
        kept[name].outcome == outcome and kept[name].answer.exposure == exposure for name, outcome, exposure in said
    )
    assert len(kept) - len(said) in range(clients + 1)  # each client may have written one and not yet told
    stored: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for claim in store.every_claim():
        stored[claim.claim_id][claim.resource] = claim.amount
    assert stored == {
        name: {held.resource: held.amount for held in made.claims} for name, made in kept.items() if made.claims
    }
    lines = store.find_records("book_line", limit=20_000)
    assert {line.record_id for line in lines} == {name for name, made in kept.items() if made.answer.exposure > 0}
    for who in FIRMS:
        used = store.claimed([f"limit:party:{who}"])[f"limit:party:{who}"]
        lent = sum((made.answer.exposure for made in kept.values() if made.answer.risk_party == who), D(0))
        assert used == lent <= limit_of(store, who, as_of=DAY).amount
    financed = [
        name for made in kept.values() if made.answer.amount > 0 for name in made.inputs.application.invoice_ids
    ]
    assert financed
    assert len(set(financed)) == len(financed)


def world(store: CreditStore) -> None:
    build(store, invoices=[invoice(f"T{k}", 100_000 + 1000 * k) for k in range(40)])


def test_one_process_on_duckdb(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'killed.duckdb'}"
    with open_store(url) as store:
        world(store)
    said = killed_in_the_middle(url, tmp_path, clients=1, each=12)
    with open_store(url) as store:
        check_nothing_is_half(store, said, 1)
        assert decide(store, loan("10000"), as_of=DAY).outcome in ("approve", "approve_with_conditions", "decline")


@pytest.mark.timeout(300)
def test_four_clients_on_a_neo4j_that_stays(neo4j_url: str, tmp_path: Path) -> None:
    with open_store(neo4j_url) as store:
        world(store)
    said = killed_in_the_middle(neo4j_url, tmp_path, clients=4, each=5)
    with open_store(neo4j_url) as store:
        check_nothing_is_half(store, said, 4)
        assert decide(store, loan("10000"), as_of=DAY).outcome in ("approve", "approve_with_conditions", "decline")
        taken = next(n for made in list_decisions(store) for n in made.inputs.application.invoice_ids if made.claims)
        again = decide(store, factoring(taken), as_of=DAY)
        assert "already_financed" in [reason.code for reason in again.answer.reasons]
