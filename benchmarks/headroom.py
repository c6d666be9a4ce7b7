"""Headroom with its binding path against a key lookup in the same store: 100k parties, overlapping groups, circles.

Every member of two overlapping groups (common control, dependence, guarantee circles) is asked, current claims included.
The goal: the 99th percentile of headroom is within five times that of reading one record by its key.

    python -m benchmarks.headroom [--quick] [--neo4j]
"""

import time
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa

from benchmarks.harness import peak_mb
from graphcredit.decisions import decide, default_policy, headroom_book
from graphcredit.decisions.application import Application
from graphcredit.decisions.headroom import HeadroomBook
from graphcredit.store import CreditStore, Record, open_store

DAY, MEMBERS, SHARED, ROUNDS, SCORED = date(2026, 6, 30), 200, 40, 2000, 5000
KNOWN = datetime(2026, 1, 1)


def money(values: np.ndarray) -> pa.Array:
    return pa.array([Decimal(int(v)).quantize(Decimal("0.0001")) for v in values], pa.decimal128(24, 4))


def build(store: CreditStore, n: int) -> list[str]:
    random = np.random.default_rng(7)
    ids = np.array([f"P{k:06d}" for k in range(n)], dtype=object)
    known = pa.array([KNOWN] * n, pa.timestamp("us"))
    industry = pa.array([f"C{k}" for k in random.integers(13, 44, n)])
    store.upsert(
        "parties",
        pa.table(
            {
                "party_id": ids,
                "kind": ["company"] * n,
                "name": ids,
                "industry": industry,
                "region": [f"CN-{k}" for k in random.integers(11, 42, n)],
                "recorded_at": known,
            }
        ),
    )
    for item in ("equity", "revenue"):
        store.upsert(
            "statements",
            pa.table(
                {
                    "party_id": ids,
                    "period_end": pa.array([date(2025, 12, 31)] * n),
                    "item": [item] * n,
                    "amount": money(random.lognormal(17, 1, n)),
                    "months": pa.array([12] * n, pa.int64()),
                    "recorded_at": known,
                }
            ),
        )
    trades = 3 * n
    seller, buyer = random.integers(0, n, trades), random.integers(0, n, trades)
    keep = seller != buyer
    count = int(keep.sum())
    store.upsert(
        "transactions",
        pa.table(
            {
                "transaction_id": [f"T{k}" for k in range(count)],
                "seller_id": ids[seller[keep]],
                "buyer_id": ids[buyer[keep]],
                "issued_on": pa.array([date(2026, 5, 1)] * count),
                "amount": money(random.lognormal(9, 1, count)),
                "due_on": pa.array([date(2026, 8, 1)] * count),
                "status": ["valid"] * count,
                "kind": ["invoice"] * count,
                "recorded_at": pa.array([datetime(2026, 5, 1)] * count, pa.timestamp("us")),
            }
        ),
    )
    second = ids[MEMBERS - SHARED : 2 * MEMBERS - SHARED][::-1]  # backwards: neither root is in the other group
    groups = [ids[:MEMBERS], second]
    guarantees(store, groups)
    store.put_records(
        [
            Record(
                "score",
                f"S-{p}",
                {"party_id": p, "pd": float(pd), "points": 600.0, "model_id": "bench", "as_of": "2026-06-01"},
                p,
                datetime(2026, 6, 1),
            )
            for p, pd in zip(ids[:SCORED], random.uniform(0.001, 0.02, SCORED), strict=True)
        ]
    )
    return [str(p) for p in dict.fromkeys([*groups[0], *groups[1]])]


def guarantees(store: CreditStore, groups: list[np.ndarray]) -> None:
    """Every member guarantees its group's root beyond its means (dependence), and its neighbour (circles of five)."""
    giver, obligor, amount = [], [], []
    for members in groups:
        root = members[0]
        for k, member in enumerate(members[1:], 1):
            ring = members[k + 1] if k % 5 and k + 1 < len(members) else members[max(k - 4, 1)]
            giver += [member, member]
            obligor += [root, ring]
            amount += [10**9, 10**6]
    pairs = [k for k in range(len(giver)) if giver[k] != obligor[k]]
    count = len(pairs)
    store.upsert(
        "guarantees",
        pa.table(
            {
                "guarantee_id": [f"G{k}" for k in range(count)],
                "guarantor_id": [giver[k] for k in pairs],
                "obligor_id": [obligor[k] for k in pairs],
                "amount": money(np.array([amount[k] for k in pairs])),
                "kind": ["joint"] * count,
                "valid_from": pa.array([date(2026, 1, 1)] * count),
                "recorded_at": pa.array([KNOWN] * count, pa.timestamp("us")),
            }
        ),
    )


def timed(work, parties: list[str]) -> np.ndarray:  # type: ignore[no-untyped-def]
    taken = np.empty(len(parties))
    for k, party in enumerate(parties):
        begin = time.perf_counter()
        work(party)
        taken[k] = time.perf_counter() - begin
    return taken * 1e6


def check(book: HeadroomBook, parties: list[str]) -> None:
    """Parity first: the least line binds, and the group's use is the sum of its members'."""
    for party in parties[:50]:
        found = book.headroom(party)
        least = min(line.cap - line.used - line.claimed for line in found.lines if line.share == 1)
        assert found.available <= least
    for group, clients in enumerate(book.groups.clients.groups[:2]):
        total = sum(int(book.own_used[book.book.index[m.party]]) for m in clients.members)
        assert total == int(book.group_used[group])


def planted(book: HeadroomBook, members: list[str]) -> tuple[int, int, int]:
    """How many members are in two groups or more, the least of their largest groups, and how many stand in circles.

    Raises:
        AssertionError: the groups asked about are not what the benchmark says they are.
    """
    of = {party: book.groups.groups_of(party) for party in members}
    sizes = {group: len(book.groups.clients.groups[group].members) for each in of.values() for group in each}
    overlapping = sum(len(each) > 1 for each in of.values())
    least = min(max(sizes[group] for group in each) for each in of.values())
    circular = sum(book.position(party) in book.cover.circle for party in members)
    assert overlapping >= SHARED
    assert least >= MEMBERS
    assert circular >= MEMBERS
    return overlapping, least, circular


def run(store: CreditStore, n: int) -> None:
    """Build the sample, check, time, print."""
    begin = time.perf_counter()
    members = build(store, n)
    written, begin = time.perf_counter() - begin, time.perf_counter()
    book = headroom_book(store, default_policy(), as_of=DAY)
    prepared, begin = time.perf_counter() - begin, time.perf_counter()
    for party in members:
        book.prepared(party)
    lines = time.perf_counter() - begin
    application = Application(party_id=members[5], product="loan", amount=Decimal("10000"), tenor_days=180)
    decide(store, application, as_of=DAY)
    check(book, members)
    overlapping, least, circular = planted(book, members)
    asked = list(np.random.default_rng(1).choice(members, ROUNDS))
    for party in asked[:50]:
        store.get_record("score", f"S-{party}")
        book.headroom(party)
    lookup = timed(lambda party: store.get_record("score", f"S-{party}"), asked)
    fact = timed(lambda party: store.read("parties", as_of=DAY, where={"party_id": [party]}), asked[:200])
    ours = timed(book.headroom, asked)
    print(
        f"{store.info().engine}: {n} parties written in {written:.0f} s, book prepared in {prepared:.2f} s, "
        f"lines of {len(members)} members in {lines:.2f} s, CPU {time.process_time():.0f} s, peak {peak_mb():.0f} MB\n"
        f"each member is in a group of {least} or more, {overlapping} are in several, {circular} in circles of guarantees"
    )
    print(f"{'':28}{'p50 us':>10}{'p99 us':>10}{'x lookup p50':>14}{'x lookup p99':>14}")
    for name, taken in (("record by key (peer)", lookup), ("party fact by key", fact), ("headroom with path", ours)):
        (p50, p99), (base50, base99) = np.percentile(taken, [50, 99]), np.percentile(lookup, [50, 99])
        print(f"{name:28}{p50:>10.0f}{p99:>10.0f}{p50 / base50:>14.2f}{p99 / base99:>14.2f}")


def main(quick: bool, neo4j: bool) -> None:
    """On DuckDB in memory, or on a Neo4j of its own."""
    n = 10_000 if quick else 100_000
    if not neo4j:
        with open_store("duckdb://:memory:") as store:
            run(store, n)
        return
    from scripts.neo4j_server import start

    server = start(quiet=True)
    try:
        with open_store(server.url) as store:
            run(store, n)
    finally:
        server.stop()


if __name__ == "__main__":
    import argparse

    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--quick", action="store_true", help="10,000 parties")
    given.add_argument("--neo4j", action="store_true", help="on a Neo4j started for it")
    found = given.parse_args()
    main(found.quick, found.neo4j)
