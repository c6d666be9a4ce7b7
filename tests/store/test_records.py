"""One contract of records, claims and quarantine for every store."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from graphcredit.exc import CapacityError, ConflictError
from graphcredit.store import Claim, CreditStore, New, QuarantinedRow, Record
from tests.support.stores import facts, party

NOON = datetime(2024, 5, 1, 12, 0, 0, 250_000)


def record(name: str, revision: int = 1, *, kind: str = "decision", **columns) -> Record:
    body = {"verdict": "approve", "amount": "10.00", "n": revision, "中文": ["是", None, True, 1.5]}
    return Record(kind, name, columns.pop("body", body), at=columns.pop("at", NOON), revision=revision, **columns)


def claim(amount: int | str, name: str = "c", resource: str = "limit:A", capacity: int | str = 100) -> Claim:
    return Claim(resource, name, Decimal(amount), Decimal(capacity))


def test_a_record_comes_back_as_written(store: CreditStore) -> None:
    store.put_records([record("D1", party_id="A"), record("D1", kind="score")])
    assert store.get_record("decision", "D1") == record("D1", party_id="A")
    assert store.get_record("decision", "D2") is None
    assert store.info().records == {"decision": 1, "score": 1}


def test_a_record_without_a_moment_gets_the_clocks(store: CreditStore) -> None:
    store.put_records([Record("alert", "X", {})])
    written = store.get_record("alert", "X")
    assert written is not None
    assert written.at is not None
    assert written.at.tzinfo is None


def test_revisions_follow_each_other_and_stay_readable(store: CreditStore) -> None:
    for revision in (1, 2, 3):
        store.put_records([record("D1", revision)])
    latest, first = store.get_record("decision", "D1"), store.get_record("decision", "D1", revision=1)
    assert latest is not None
    assert first is not None
    assert (latest.revision, latest.body["n"], first.body["n"]) == (3, 3, 1)
    assert store.get_record("decision", "D1", revision=9) is None
    assert [r.revision for r in store.find_records("decision")] == [3]
    assert [r.revision for r in store.every_record()] == [1, 2, 3]


@pytest.mark.parametrize("revision", [1, 3, 5])
def test_a_revision_out_of_turn_is_a_conflict(store: CreditStore, revision: int) -> None:
    store.put_records([record("D1")])
    if revision == 3:
        store.put_records([record("D1", 2), record("D1", 3)])
    with pytest.raises(ConflictError, match="cannot follow") as conflict:
        store.put_records([record("D0"), record("D1", revision)])
    assert conflict.value.status == 409
    assert store.get_record("decision", "D0") is None


def test_records_are_paged_newest_first(store: CreditStore) -> None:
    days = [NOON + timedelta(days=k // 2) for k in range(10)]
    store.put_records([record(f"D{k}", at=at, party_id="AB"[k % 2]) for k, at in enumerate(days)])
    pages, before = [], None
    while page := store.find_records("decision", before=before, limit=4):
        pages.append([r.record_id for r in page])
        before = (page[-1].at, page[-1].record_id)
    assert pages == [["D9", "D8", "D7", "D6"], ["D5", "D4", "D3", "D2"], ["D1", "D0"]]
    assert [r.record_id for r in store.find_records("decision", party_id="B", limit=2)] == ["D9", "D7"]
    assert store.find_records("score") == []


def test_records_are_found_by_fields_of_their_body(store: CreditStore) -> None:
    bodies = [{"level": "high", "n": 1, "open": True}, {"level": "low", "n": 2, "open": False}, {"level": "high"}]
    store.put_records([record(f"D{k}", body=body) for k, body in enumerate(bodies)])

    def ids(**where: str) -> list[str]:
        return sorted(r.record_id for r in store.find_records("decision", where=where))

    assert ids(level="high") == ["D0", "D2"]
    assert ids(level="high", n="1") == ["D0"]
    assert ids(open="true") == ["D0"]
    assert ids(absent="x") == []


def test_many_records_are_filtered_past_the_first_page(store: CreditStore) -> None:
    rows = [record(f"D{k:03d}", body={"rare": str(k % 100 == 0)}, at=NOON + timedelta(hours=k)) for k in range(450)]
    store.put_records(rows)
    found = store.find_records("decision", where={"rare": "True"}, limit=3)
    assert [r.record_id for r in found] == ["D400", "D300", "D200"]


def test_latest_records_are_one_a_party_as_of_a_day(store: CreditStore) -> None:
    store.put_records(
        [
            record("S1", kind="score", party_id="A", at=datetime(2024, 1, 1)),
            record("S2", kind="score", party_id="A", at=datetime(2024, 3, 1)),
            record("S3", kind="score", party_id="B", at=datetime(2024, 2, 1)),
            record("S4", kind="score", at=datetime(2024, 2, 1)),
        ]
    )
    assert {p: r.record_id for p, r in store.latest_records("score").items()} == {"A": "S2", "B": "S3"}
    assert {p: r.record_id for p, r in store.latest_records("score", as_of=date(2024, 1, 31)).items()} == {"A": "S1"}


def test_records_leave_the_version_of_facts_alone(store: CreditStore) -> None:
    before = store.version()
    store.put_records([record("D1")], claims=[claim(1)])
    assert store.version() == before


def test_claims_never_exceed_their_capacity(store: CreditStore) -> None:
    store.put_records([], claims=[claim(60, "a"), claim(30, "b")])
    with pytest.raises(CapacityError) as refused:
        store.put_records([record("D1")], claims=[claim("0.0001", "x", "other", 1), claim("10.0001", "c")])
    assert refused.value.details["resource"] == "limit:A"
    assert (refused.value.details["claimed"], refused.value.details["capacity"]) == (90, 100)
    assert store.get_record("decision", "D1") is None
    assert store.claimed(["limit:A", "other", "none"]) == {"limit:A": 90, "other": 0, "none": 0}
    store.put_records([], claims=[claim(10, "c")])
    assert store.claimed(["limit:A"]) == {"limit:A": Decimal(100)}


def test_a_claim_counts_once_and_a_release_makes_room(store: CreditStore) -> None:
    for _ in range(3):
        store.put_records([], claims=[claim(100, "a")])
    assert store.claimed(["limit:A"]) == {"limit:A": 100}
    store.put_records([], claims=[claim("-40.5", "a:release")])
    store.put_records([], claims=[claim("40.5", "b")])
    assert store.claimed(["limit:A"]) == {"limit:A": 100}
    assert [(c.claim_id, c.amount) for c in store.every_claim()] == [
        ("a", Decimal(100)), ("b", Decimal("40.5")), ("a:release", Decimal("-40.5")),
    ]  # fmt: skip


def test_one_of_fifty_threads_wins(store: CreditStore) -> None:
    def finance(k: int) -> str:
        halves = [claim("0.5", f"{k}:{half}", "invoice:1", 1) for half in "ab"]
        try:
            store.put_records([record(f"D{k}")], claims=[*halves, claim(1, str(k), "limit:A", 1000)])
        except CapacityError:
            return "refused"
        return "won"

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(finance, range(50)))
    assert sorted(set(outcomes)) == ["refused", "won"]
    assert outcomes.count("won") == 1
    assert len(store.find_records("decision")) == 1
    assert store.claimed(["invoice:1", "limit:A"]) == {"invoice:1": 1, "limit:A": 1}


def test_one_of_many_writers_of_a_revision_wins(store: CreditStore) -> None:
    def write(k: int) -> bool:
        try:
            store.put_records([record("D1", body={"writer": k})])
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(16))) == 1


def test_records_know_their_party(store: CreditStore) -> None:
    store.upsert("parties", facts("parties", [party("A")]))
    store.put_records([record("S", kind="score", party_id="A")])
    assert [r.party_id for r in store.find_records("score", party_id="A")] == ["A"]


def test_quarantine_is_replaced_per_source(store: CreditStore) -> None:
    def row(file: str, number: int, column: str = "amount") -> QuarantinedRow:
        content = {"amount": "NaN", "buyer": None, "名": "值"}
        return QuarantinedRow(file, number, "transactions", column, "NaN", "not a number", "write 12.50", content)

    store.quarantine([row("b.csv", 7), row("b.csv", 2), row("b.csv", 2, "tax")], source="b.csv")
    store.quarantine([row("a.csv", 9)], source="a.csv")
    assert store.quarantined() == [row("a.csv", 9), row("b.csv", 2), row("b.csv", 2, "tax"), row("b.csv", 7)]
    assert store.quarantined(source="b.csv", limit=1) == [row("b.csv", 2)]
    assert store.info().quarantined == 4
    store.quarantine([], source="b.csv")
    assert store.quarantined() == [row("a.csv", 9)]


def test_callers_who_write_together_each_get_all_or_nothing(store: CreditStore) -> None:
    told = store.put_new_together(
        [
            New([record("D1"), record("L1", kind="line")], [claim(60, "D1")]),
            New([record("D2"), record("L2", kind="line")], [claim(30, "D2", "limit:B"), claim(50, "D2")]),
            New([record("D3")], [claim(40, "D3")]),
            New([record("D4")]),
        ]
    )
    assert [type(each) for each in told] == [type(None), CapacityError, type(None), type(None)]
    assert {kept.record_id for kept in store.every_record()} == {"D1", "L1", "D3", "D4"}
    assert store.claimed(["limit:A", "limit:B"]) == {"limit:A": Decimal(100), "limit:B": Decimal(0)}
    assert store.put_new_together([]) == []
