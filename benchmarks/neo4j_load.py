"""Into and out of a real Neo4j: versioned upserts beside a bare driver loop, column reads beside row-by-row reads.

Writing: transactions (a node and two relationships each), on an empty database for each side; the peer merges the same
rows by key in the same batches, without validation, versions, monthly totals or counts. Goal: at least 0.8x of it.
Reading: guarantees with both ends and the amount; the peer iterates over records. Goal: at least 6x faster.

Usage: python -m benchmarks.neo4j_load [--quick] [--writes N] [--reads N]
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from neo4j import Driver, GraphDatabase

from benchmarks.harness import Measured, measure, options, parity, report, row
from graphcredit.store import CreditStore, open_store
from scripts.neo4j_server import NotAvailableError, Server, start, wipe

BATCH = 20_000
MERGE = """
UNWIND $rows AS row
MERGE (a:Party {id: row.seller_id})
MERGE (b:Party {id: row.buyer_id})
MERGE (t:Transaction {version_key: row.transaction_id})
SET t += row
MERGE (t)-[:SOLD_BY]->(a)
MERGE (t)-[:BOUGHT_BY]->(b)
"""
CREATE = """
UNWIND $rows AS row
MERGE (a:Party {id: row.guarantor_id})
MERGE (b:Party {id: row.obligor_id})
CREATE (a)-[g:GUARANTEES]->(b)
SET g = row, g.recorded_at = localdatetime('2020-01-01T00:00:00')
"""


def server_cpu() -> float:
    """CPU seconds of the server so far; 0 where it runs in a container."""
    if not NOW.get("pid"):
        return 0.0
    user, system = Path(f"/proc/{NOW['pid']}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def timed(work: Callable[[], Any], *, repeat: int = 1) -> Measured:
    """As `measure`, the server's CPU seconds added to this process's; the best by them, for others use the machine."""
    made = []
    for _ in range(repeat):
        before = server_cpu()
        one = measure(work)
        made.append(replace(one, cpu=one.cpu + server_cpu() - before))
    return min(made, key=lambda one: one.cpu)


def trades(count: int) -> pa.Table:
    """Trade between steady partners, some far busier than others: about 2.7 invoices a pair and month, as in real ones."""
    rng = np.random.default_rng(7)
    sellers, buyers = rng.integers(0, count // 10, (2, count // 40))
    busy = rng.lognormal(0, 1, count // 40)
    pair = rng.choice(count // 40, count, p=busy / busy.sum())
    sellers, buyers = sellers[pair], buyers[pair]
    days = [date(2023, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 700, count)]
    return pa.table(
        {
            "transaction_id": [f"T{k}" for k in range(count)],
            "seller_id": [f"P{k}" for k in sellers],
            "buyer_id": [f"P{k}" for k in buyers],
            "issued_on": pa.array(days, pa.date32()),
            "amount": pa.array([Decimal(int(a)) / 100 for a in rng.integers(1, 10**8, count)], pa.decimal128(24, 4)),
            "currency": ["CNY"] * count,
            "recorded_at": pa.array([datetime(d.year, d.month, d.day) for d in days], pa.timestamp("us")),
        }
    )


def bare_loop(driver: Driver, rows: pa.Table) -> int:
    """The same rows merged by key; amounts as numbers, as such loops do."""
    listed = rows.set_column(4, "amount", rows["amount"].cast(pa.float64())).to_pylist()
    with driver.session() as session:
        for first in range(0, len(listed), BATCH):
            part = listed[first : first + BATCH]
            session.execute_write(lambda transaction, part=part: transaction.run(MERGE, rows=part).consume())
    return len(listed)


def counted(driver: Driver) -> list[float]:
    found, _, _ = driver.execute_query(
        "MATCH (a)<-[:SOLD_BY]-(t:Transaction)-[:BOUGHT_BY]->(b) RETURN count(t) AS n, sum(t.amount) AS s"
    )
    return [found[0]["n"], found[0]["s"]]


def writing(driver: Driver, store: CreditStore, count: int) -> list[tuple[str, ...]]:
    rows, few = trades(count), trades(min(count, 20_000))
    bare_loop(driver, few)  # so that the server has compiled what both sides use
    wipe(driver)
    peer = timed(lambda: bare_loop(driver, rows))
    expected = counted(driver)
    peer_again = timed(lambda: bare_loop(driver, rows))
    wipe(driver)
    store.close()
    with open_store(NOW["url"]) as warm:
        warm.upsert("transactions", few)
    wipe(driver)
    with open_store(NOW["url"]) as fresh:
        ours = timed(lambda: fresh.upsert("transactions", rows))
        parity("transactions written", counted(driver), expected)
        again = timed(lambda: fresh.upsert("transactions", rows))
        parity("unchanged", again.result.unchanged, count, rtol=0)
    return [
        row(f"write {count:,} transactions", ours, peer, "driver + MERGE", note(count, ours, peer)),
        row("the same rows again", again, peer_again, "driver + MERGE", note(count, again, peer_again)),
    ]


def note(count: int, ours: Measured, peer: Measured) -> str:
    return f"{count / ours.wall:,.0f} rows/s, {peer.wall / ours.wall:.2f}x by the clock"


def by_rows(driver: Driver) -> list[float]:
    """Every guarantee, one record at a time."""
    query = "MATCH (a:Party)-[g:GUARANTEES]->(b:Party) RETURN a.id AS a, b.id AS b, g.amount AS amount"
    givers, takers, amounts = [], [], []
    with driver.session() as session:
        for record in session.run(query):
            givers.append(record["a"])
            takers.append(record["b"])
            amounts.append(record["amount"])
    return [len(givers), len(set(givers)), len(set(takers)), float(np.sum(amounts))]


def by_columns(store: CreditStore) -> list[float]:
    columns = ["guarantor_id", "obligor_id", "amount"]
    found = store.read("guarantees", columns=columns, floats=True, ordered=False)
    distinct = [len(found[name].unique()) for name in columns[:2]]
    return [found.num_rows, *distinct, float(np.sum(found["amount"].to_numpy()))]


def reading(driver: Driver, count: int) -> list[tuple[str, ...]]:
    wipe(driver)
    rng = np.random.default_rng(8)
    with open_store(NOW["url"]) as store, driver.session() as session:
        for first in range(0, count, BATCH):
            rows: list[dict[str, Any]] = [
                {
                    "version_key": f"G{k}", "guarantor_id": f"P{int(a)}", "obligor_id": f"P{int(b)}",
                    "amount": float(k % 1000), "amount_exact": f"{k % 1000}.0000",
                }
                for k, a, b in zip(
                    range(first, min(first + BATCH, count)),
                    rng.integers(0, 50_000, BATCH), rng.integers(0, 50_000, BATCH), strict=False,
                )
            ]  # fmt: skip
            session.execute_write(lambda transaction, rows=rows: transaction.run(CREATE, rows=rows).consume())
        peer = timed(lambda: by_rows(driver), repeat=2)  # the second finds the server warm, on both sides
        ours = timed(lambda: by_columns(store), repeat=2)
    parity("guarantees read", ours.result, peer.result)
    return [row(f"read {count:,} guarantees", ours, peer, "record by record", note(count, ours, peer))]


NOW: dict[str, str] = {}


def run(server: Server, writes: int, reads: int) -> None:
    NOW.update(url=server.url, pid=str(server.process.pid) if server.process is not None else "")
    auth = ("neo4j", server.password)
    with GraphDatabase.driver(f"bolt://127.0.0.1:{server.port}", auth=auth) as driver:
        rows = writing(driver, open_store(server.url), writes)  # opened first: both sides find the same constraints
        report("Neo4j, one connection", rows + reading(driver, reads))
    print("CPU is this process's and, where it is no container, the server's; faster is by CPU")


def main() -> None:
    """Start a server, compare, print."""
    given = options(__doc__, ("writes", 200_000, "transactions"), ("reads", 1_000_000, "guarantees"))
    try:
        server = start(quiet=True)
    except NotAvailableError as error:
        sys.exit(str(error))
    try:
        run(server, 10_000 if given.quick else given.writes, 40_000 if given.quick else given.reads)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
