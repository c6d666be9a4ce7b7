"""Copies between engines hold the same facts, and verify names what differs."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from graphcredit.exc import ConflictError
from graphcredit.store import Claim, CreditStore, QuarantinedRow, Record, open_store
from graphcredit.store.copy import copy
from graphcredit.store.verify import verify
from tests.support.stores import NEO4J_MARKS, empty_store, facts, party, sale

PAIRS = [
    "duckdb-duckdb",
    pytest.param("duckdb-neo4j", marks=NEO4J_MARKS),
    pytest.param("neo4j-duckdb", marks=NEO4J_MARKS),
]


def fill(store: CreditStore) -> None:
    store.upsert(
        "parties", facts("parties", [party("A", "2024-01-01"), party("A", "2024-02-01", name="B", region="沪")])
    )
    store.upsert("transactions", facts("transactions", [sale(f"T{k}", "A", "B", f"{k}.0{k % 9}") for k in range(30)]))
    owner = {"holder_id": "A", "held_id": "B", "share": 0.1, "recorded_at": "2024-01-01", "attributes": '{"a": 1}'}
    ties = [owner | {"relation": relation} for relation in ("shareholder", "controller")]
    store.upsert("ownership", facts("ownership", ties))
    store.put_records([Record("decision", f"D{k}", {"n": k}, "A", date_of(k)) for k in range(3)])
    store.put_records([Record("decision", "D1", {"n": 9}, "A", date_of(9), revision=2)])
    hundred, fifty = Decimal(100), Decimal(50)
    store.put_records([], claims=[Claim("limit:A", "a", hundred, hundred), Claim("limit:B", "a", fifty, fifty)])
    store.put_records([], claims=[Claim("limit:A", "r", -hundred, hundred), Claim("limit:B", "0", fifty, hundred)])
    store.put_records([], claims=[Claim("limit:A", "b", hundred, hundred)])
    store.quarantine([QuarantinedRow("f.csv", 3, "parties", "kind", "x", "why", "how", {"kind": "x"})], source="f.csv")


def date_of(number: int) -> datetime:
    return datetime(2024, 1, 1, 8, 0, 0, 125) + timedelta(days=number)


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest, tmp_path: Path):
    source, target = request.param.split("-")
    (tmp_path / "target").mkdir()
    with empty_store(source, tmp_path) as src, empty_store(target, tmp_path / "target") as dst:
        yield src, dst


def test_a_copy_holds_everything_and_can_be_repeated(pair) -> None:
    src, dst = pair
    fill(src)
    told: list[tuple[int, int]] = []
    report = copy(src, dst, lambda done, total: told.append((done, total)))
    assert report.facts == {"parties": 2, "transactions": 30, "ownership": 2}
    assert (report.written, report.records, report.claims, report.quarantined) == (34, 4, 5, 1)
    assert told[-1] == (34, 34)
    found = verify(src, dst)
    assert list(found.lines()) == []
    assert found.equal
    assert found.compared["transactions"] == 30
    assert copy(src, dst).written == 0
    assert verify(src, dst).equal
    latest = dst.get_record("decision", "D1")
    assert latest is not None
    assert (latest.revision, latest.body) == (2, {"n": 9})
    assert dst.claimed(["limit:A", "limit:B"]) == {"limit:A": 100, "limit:B": 100}
    assert dst.read("parties", as_of=date(2024, 1, 15))["name"].to_pylist() == ["A Ltd"]
    dst.put_records([Record("decision", "D1", {}, revision=3)])  # work goes on in the copy


def test_verify_names_each_difference(pair) -> None:
    a, b = pair
    fill(a)
    fill(b)
    assert verify(a, b).equal
    a.upsert("parties", facts("parties", [party("only-a")]))
    b.upsert("parties", facts("parties", [party("only-b")]))
    a.upsert("transactions", facts("transactions", [sale("X", "A", "B", "1.5", goods="steel")]))
    b.upsert("transactions", facts("transactions", [sale("X", "A", "B", "1.5001")]))
    a.put_records([Record("decision", "D9", {}, at=date_of(1))])
    b.put_records([], claims=[Claim("r", "c", Decimal(1), Decimal(1))])
    b.quarantine([], source="f.csv")
    found = verify(a, b)
    assert not found.equal
    assert found.counts == {
        "parties": {"missing": 1, "extra": 1},
        "transactions": {"differing": 2},
        "records": {"missing": 1},
        "claims": {"extra": 1},
        "quarantine": {"missing": 1},
    }
    text = "\n".join(found.lines())
    assert "parties only-a | 2020-01-01 00:00:00.000000: only in the first store" in text
    assert "amount is '1.5000' and '1.5001'" in text
    assert "goods is 'steel' and None" in text


def test_a_copy_into_other_facts_is_refused(pair) -> None:
    src, dst = pair
    src.upsert("parties", facts("parties", [party("A")]))
    dst.upsert("parties", facts("parties", [party("A", name="Other")]))
    with pytest.raises(ConflictError, match="another content for 1 versions") as refused:
        copy(src, dst)
    assert refused.value.details["table"] == "parties"
    assert "verify" in refused.value.remedy


def test_a_copy_into_other_records_is_refused(tmp_path: Path) -> None:
    with open_store("duckdb://:memory:") as src, open_store(f"duckdb:///{tmp_path / 'b.duckdb'}") as dst:
        src.put_records([Record("decision", "D", {"n": 1}, at=date_of(1))])
        dst.put_records([Record("decision", "D", {"n": 2}, at=date_of(1))])
        with pytest.raises(ConflictError, match="decision D revision 1"):
            copy(src, dst)
