"""A process of its own that writes to a store, to be killed or to race: `python -m tests.support.writer URL WHAT ...`."""

import sys
from datetime import date, datetime, timedelta
from decimal import Decimal

from graphcredit.exc import CapacityError
from graphcredit.store import Claim, Record, open_store
from tests.support.stores import facts, party, sale

BATCHES, ROWS = 10, 300


def batch(number: int) -> list[tuple[str, list[dict]]]:
    """Facts of one batch: new parties and trade, and corrections of earlier ones."""
    first = number * ROWS
    trades = [
        sale(f"T{k}", f"P{k % 37}", f"P{k % 41}", f"{k}.25", str(date(2024, 1, 1) + timedelta(days=k % 300)))
        for k in range(first, first + ROWS)
    ]
    corrected = [
        sale(f"T{k}", f"P{k % 37}", f"P{k % 41}", f"{k}.75", recorded_at="2024-12-01")
        for k in range(max(0, first - ROWS), first, 7)
    ]
    return [("parties", [party(f"P{number}-{k}") for k in range(20)]), ("transactions", trades + corrected)]


def load(url: str) -> None:
    """Write all batches, saying so after each."""
    with open_store(url) as store:
        for number in range(BATCHES):
            for table, rows in batch(number):
                store.upsert(table, facts(table, rows))
            if store.get_record("decision", f"D{number}") is None:
                store.put_records([Record("decision", f"D{number}", {"n": number}, at=datetime(2024, 1, 1))])
            print(number, flush=True)


def race(url: str, name: str, times: int) -> None:
    """Try to finance one invoice several times; says how often it won."""
    won = 0
    with open_store(url) as store:
        for k in range(times):
            claim = Claim("invoice:1", f"{name}-{k}", Decimal(1), Decimal(1))
            try:
                store.put_records([Record("decision", claim.claim_id, {})], claims=[claim])
                won += 1
            except CapacityError:
                continue
    print(won, flush=True)


def hold(url: str) -> None:
    """Open a store and keep it until standard input ends."""
    with open_store(url):
        print("open", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    match sys.argv[2]:
        case "load":
            load(sys.argv[1])
        case "race":
            race(sys.argv[1], sys.argv[3], int(sys.argv[4]))
        case "hold":
            hold(sys.argv[1])
