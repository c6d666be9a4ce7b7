"""The log in either store: one chain whoever writes, nothing lost while the store is away."""

from concurrent.futures import ThreadPoolExecutor

from graphcredit.audit import AuditLog, AuditTrail, read_audit, verify_audit
from graphcredit.exc import StoreUnavailableError
from graphcredit.store import CreditStore, Record


def entries(first: int, count: int, who: str = "anna") -> list[dict[str, object]]:
    return [{"who": who, "action": "GET /v1/portfolio", "object": {"k": k}} for k in range(first, first + count)]


def test_batches_make_one_chain_that_is_read_newest_first(store: CreditStore) -> None:
    log = AuditLog(store)
    for k in range(4):
        log.append(entries(3 * k, 3))
    assert verify_audit(store).sound
    assert [entry["n"] for entry in read_audit(store)] == list(range(12, 0, -1))
    page = read_audit(store, before=8, limit=5)
    assert [entry["n"] for entry in page] == [7, 6, 5, 4, 3]
    assert [entry["object"]["k"] for entry in page] == [6, 5, 4, 3, 2]


def test_two_writers_continue_one_chain(store: CreditStore) -> None:
    logs = [AuditLog(store), AuditLog(store)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda k: logs[k % 2].append(entries(k, 2, who=f"writer{k % 2}")), range(16)))
    found = verify_audit(store)
    assert (found.sound, found.entries) == (True, 32)
    assert len(read_audit(store, who="writer1", limit=100)) == 16


def test_what_was_changed_behind_the_stores_back_is_seen(duckdb_store: CreditStore) -> None:
    log = AuditLog(duckdb_store)
    log.append(entries(0, 3))
    head = log.append(entries(3, 3))
    batch = duckdb_store.get_record("audit", f"{4:015d}")
    assert batch is not None
    body = {**batch.body, "entries": [{**batch.body["entries"][0], "who": "nobody"}, *batch.body["entries"][1:]]}
    duckdb_store.put_records([Record("audit", batch.record_id, body, revision=2)])
    found = verify_audit(duckdb_store, expected={head[0]: head[1]})
    assert (found.sound, found.first_fault) == (False, 4)


class Away:
    """A store that is away for the first calls."""

    def __init__(self, store: CreditStore, times: int) -> None:
        self.store, self.times = store, times

    def find_records(self, *arguments, **named):  # type: ignore[no-untyped-def]
        return self.store.find_records(*arguments, **named)

    def put_records(self, records) -> None:  # type: ignore[no-untyped-def]
        self.times -= 1
        if self.times >= 0:
            raise StoreUnavailableError("away")
        self.store.put_records(records)


def test_entries_wait_in_order_while_the_store_is_away(duckdb_store: CreditStore) -> None:
    trail = AuditTrail(AuditLog(Away(duckdb_store, 2)), gather=0.01)  # type: ignore[arg-type]
    added = [trail.put(entry, urgent=True) for entry in entries(0, 10)]
    assert [future.result(timeout=20) for future in added][-1][0] == 10
    trail.close()
    assert [entry["object"]["k"] for entry in reversed(read_audit(duckdb_store))] == list(range(10))
    assert verify_audit(duckdb_store).sound


def test_closing_commits_what_waits(duckdb_store: CreditStore) -> None:
    trail = AuditTrail(AuditLog(duckdb_store), gather=60)
    for entry in entries(0, 700):
        trail.put(entry)
    trail.close()
    assert verify_audit(duckdb_store).entries == 700
