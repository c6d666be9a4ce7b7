"""One contract of facts for every store: versions, counts, conflicts, exact values, reads as of a moment."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest

from graphcredit.exc import StoreError
from graphcredit.model.tables import TABLES, Kind
from graphcredit.store import CreditStore
from tests.support.stores import facts, party, sale

LOAN = {"facility_id": "F1", "lender_id": "B", "borrower_id": "A", "limit": "100", "recorded_at": "2024-01-01"}


def counts(result) -> tuple[int, int, int, int]:
    refused = result.conflicts.num_rows if result.conflicts is not None else 0
    return result.new, result.changed, result.unchanged, refused


def full_row(table: str, number: int) -> dict:
    values = {
        Kind.TEXT: f"text {number} 中文 'quoted'",
        Kind.DATE: date(2024, 1, 1) + timedelta(days=number),
        Kind.TIMESTAMP: datetime(2024, 6, 1, 12, 30, 15, 123456),
        Kind.MONEY: Decimal("12345678901234567890.1234") - number,
        Kind.NUMBER: 0.1 + number,
        Kind.INTEGER: 2**53 + 1 + number,
    }
    row = {column.name: values[column.kind] for column in TABLES[table]}
    if table == "ownership":
        row["relation"] = ("shareholder", "controller")[number % 2]
    row |= {"valid_to": date(2099, 1, 1)} if "valid_to" in TABLES[table].names else {}
    return row | {"attributes": '{"age": 3, "name": "名"}'}


@pytest.mark.parametrize("table", list(TABLES))
def test_every_column_of_every_table_comes_back_exactly(store: CreditStore, table: str) -> None:
    sparse = {name: full_row(table, 9)[name] for name in (*TABLES[table].required, "recorded_at")}
    rows = facts(table, [full_row(table, 1), full_row(table, 2), sparse])
    assert counts(store.upsert(table, rows)) == (3, 0, 0, 0)
    found = store.read(table, as_of=date(2024, 12, 31))
    keys = [(name, "ascending") for name in TABLES[table].key]
    assert found.select(rows.column_names).sort_by(keys).equals(rows.sort_by(keys))
    assert store.info().facts[table] == 3


def test_the_same_rows_again_change_nothing(store: CreditStore) -> None:
    rows = facts("parties", [party(f"P{k}") for k in range(50)])
    assert counts(store.upsert("parties", rows)) == (50, 0, 0, 0)
    version = store.version()
    assert counts(store.upsert("parties", rows)) == (0, 0, 50, 0)
    assert store.version() == version
    assert store.info().facts["parties"] == 50


def test_a_changed_fact_supersedes_and_both_stay_readable(store: CreditStore) -> None:
    store.upsert("parties", facts("parties", [party("A", "2024-01-01", name="Old"), party("B", "2024-01-01")]))
    before = store.version()
    assert counts(store.upsert("parties", facts("parties", [party("A", "2024-03-01", name="New")]))) == (0, 1, 0, 0)
    assert store.version() > before

    def name(day: date) -> list[str]:
        return store.read("parties", as_of=day, where={"party_id": ["A"]})["name"].to_pylist()

    assert name(date(2023, 12, 31)) == []
    assert name(date(2024, 1, 1)) == ["Old"]
    assert name(date(2024, 2, 29)) == ["Old"]
    assert name(date(2024, 3, 1)) == ["New"]
    history = store.versions("parties", key=("A",)).read_all()
    assert history["name"].to_pylist() == ["Old", "New"]


def test_a_late_arrival_falls_into_its_place(store: CreditStore) -> None:
    for day, name in (("2024-01-01", "first"), ("2024-05-01", "third"), ("2024-03-01", "second")):
        store.upsert("parties", facts("parties", [party("A", day, name=name)]))
    seen = [store.read("parties", as_of=date(2024, month, 15))["name"].to_pylist() for month in (1, 3, 5)]
    assert seen == [["first"], ["second"], ["third"]]
    store.upsert("parties", facts("parties", [party("A", "2023-01-01", name="zeroth")]))
    assert store.read("parties", as_of=date(2023, 6, 1))["name"].to_pylist() == ["zeroth"]
    assert store.read("parties")["name"].to_pylist() == ["third"]


def test_versions_within_one_second_are_told_apart(store: CreditStore) -> None:
    moments = [datetime(2024, 1, 1, 9, 0, 0, micro) for micro in (300, 0, 999_999, 500)]
    for k, moment in enumerate(moments):
        row = party("A", name=f"v{k}") | {"recorded_at": moment}
        store.upsert("parties", facts("parties", [row]))
    assert [store.read("parties", as_of=m)["name"].to_pylist() for m in moments] == [[f"v{k}"] for k in range(4)]
    assert store.versions("parties").read_all()["name"].to_pylist() == ["v1", "v0", "v3", "v2"]


def test_one_batch_may_hold_several_versions_of_a_key(store: CreditStore) -> None:
    batch = [party("A", "2024-02-01", name="two"), party("A", "2024-01-01", name="one"), party("B", "2024-01-01")]
    assert counts(store.upsert("parties", facts("parties", batch))) == (2, 1, 0, 0)
    assert store.read("parties", as_of=date(2024, 1, 5), columns=["name"])["name"].to_pylist() == ["one", "B Ltd"]
    assert store.read("parties", columns=["name"])["name"].to_pylist() == ["two", "B Ltd"]


def test_conflicts_are_returned_and_not_written(store: CreditStore) -> None:
    store.upsert("parties", facts("parties", [party("A", name="Right")]))
    batch = [party("B"), party("A", name="Wrong"), party("C"), party("C", name="Other"), party("C"), party("B")]
    result = store.upsert("parties", facts("parties", batch))
    assert counts(result) == (2, 0, 2, 2)
    assert result.conflicts["name"].to_pylist() == ["Wrong", "Other"]
    assert result.conflicts["batch_row"].to_pylist() == [1, 3]
    assert store.read("parties", columns=["name"])["name"].to_pylist() == ["Right", "B Ltd", "C Ltd"]


@pytest.mark.parametrize(
    "change", [{"amount": "10.0001"}, {"tax": "0"}, {"goods": "steel"}, {"due_on": "2024-02-01"}, {"attributes": "{}"}]
)
def test_any_other_content_is_a_conflict(store: CreditStore, change: dict) -> None:
    store.upsert("transactions", facts("transactions", [sale("T", "A", "B", "10")]))
    result = store.upsert("transactions", facts("transactions", [sale("T", "A", "B", "10") | change]))
    assert counts(result) == (0, 0, 0, 1)


def test_an_absent_column_is_a_null_and_an_empty_text_too(store: CreditStore) -> None:
    store.upsert("parties", facts("parties", [party("A")]))
    row = party("A", region="", industry=None, registered_capital=None, attributes="")
    assert counts(store.upsert("parties", facts("parties", [row]))) == (0, 0, 1, 0)
    assert store.read("parties")["region"].to_pylist() == [None]


@pytest.mark.parametrize("amount", ["0.0001", "-0.0001", "99999999999999999999.9999", "-12345678901234.5678", "0"])
def test_amounts_are_exact(store: CreditStore, amount: str) -> None:
    store.upsert("transactions", facts("transactions", [sale("T", "A", "B", amount)]))
    found = store.read("transactions", columns=["amount"])
    assert found["amount"].to_pylist() == [Decimal(amount)]
    assert found.schema.field("amount").type == pa.decimal128(24, 4)
    assert store.read("transactions", columns=["amount"], floats=True)["amount"].to_pylist() == [float(amount)]


def test_attributes_are_kept_as_text(store: CreditStore) -> None:
    text = '{"rating": "A", "score": 1.5, "标签": ["一", "二"]}'
    store.upsert("parties", facts("parties", [party("A", attributes=text), party("B")]))
    assert store.read("parties", columns=["attributes"])["attributes"].to_pylist() == [text, None]


def test_a_fact_holds_between_its_dates(store: CreditStore) -> None:
    row = LOAN | {"valid_from": "2024-02-01", "valid_to": "2024-06-30"}
    store.upsert("facilities", facts("facilities", [row, LOAN | {"facility_id": "F2"}]))

    def held(day: date, **how) -> list[str]:
        return store.read("facilities", as_of=day, columns=["facility_id"], **how)["facility_id"].to_pylist()

    assert held(date(2024, 1, 31)) == ["F2"]
    assert held(date(2024, 2, 1)) == ["F1", "F2"]
    assert held(date(2024, 6, 30)) == ["F1", "F2"]
    assert held(date(2024, 7, 1)) == ["F2"]
    assert held(date(2024, 7, 1), holding=False) == ["F1", "F2"]


def test_a_correction_that_ends_a_fact_does_not_bring_the_old_version_back(store: CreditStore) -> None:
    store.upsert("facilities", facts("facilities", [LOAN]))
    ended = LOAN | {"recorded_at": "2024-05-01", "valid_to": "2024-05-31"}
    store.upsert("facilities", facts("facilities", [ended]))
    assert store.read("facilities", as_of=date(2024, 4, 1)).num_rows == 1
    assert store.read("facilities", as_of=date(2024, 6, 1)).num_rows == 0


def test_reads_choose_columns_rows_and_dates(store: CreditStore) -> None:
    rows = [sale(f"T{k}", "A" if k % 2 else "C", "B", k, f"2024-01-{k + 1:02d}") for k in range(10)]
    store.upsert("transactions", facts("transactions", rows))
    found = store.read("transactions", columns=["amount", "transaction_id"], where={"seller_id": ["A"]}, floats=True)
    assert found.column_names == ["amount", "transaction_id"]
    assert found.to_pylist() == [{"amount": float(k), "transaction_id": f"T{k}"} for k in (1, 3, 5, 7, 9)]
    recent = store.read("transactions", since=date(2024, 1, 9), columns=["transaction_id"], ordered=False)
    assert sorted(recent["transaction_id"].to_pylist()) == ["T8", "T9"]
    assert store.read("transactions", where={"seller_id": ["A"], "transaction_id": ["T1", "T2"]}).num_rows == 1
    assert store.read("transactions", where={"seller_id": []}).num_rows == 0
    assert store.read("transactions", where={"issued_on": ["2024-01-03"]}).num_rows == 1


def test_a_moment_with_a_zone_is_understood(store: CreditStore) -> None:
    row = party("A") | {"recorded_at": datetime(2024, 1, 1, 12, 0)}
    store.upsert("parties", facts("parties", [row]))
    assert store.read("parties", as_of=datetime(2024, 1, 1, 12, 0, tzinfo=UTC)).num_rows == 1
    shanghai = timezone(timedelta(hours=8))
    assert store.read("parties", as_of=datetime(2024, 1, 1, 19, 59, tzinfo=shanghai)).num_rows == 0
    assert store.read("parties", as_of=datetime(2024, 1, 1, 20, 0, tzinfo=shanghai)).num_rows == 1


def test_an_ownership_that_turns_into_control_is_one_fact_per_relation(store: CreditStore) -> None:
    tie = {"holder_id": "A", "held_id": "B", "recorded_at": "2024-01-01"}
    rows = [tie | {"relation": "shareholder", "share": 0.6}, tie | {"relation": "controller"}]
    assert counts(store.upsert("ownership", facts("ownership", rows))) == (2, 0, 0, 0)
    assert store.read("ownership", columns=["relation"])["relation"].to_pylist() == ["controller", "shareholder"]
    result = store.upsert("ownership", facts("ownership", [rows[0], rows[1] | {"share": 0.5}]))
    assert counts(result) == (0, 0, 1, 1)
    assert result.conflicts["batch_row"].to_pylist() == [1]


def test_an_empty_batch_is_nothing(store: CreditStore) -> None:
    assert counts(store.upsert("parties", facts("parties", [party("A")]).slice(0, 0))) == (0, 0, 0, 0)
    assert store.version() == 0


def test_progress_is_told_and_may_cancel(store: CreditStore) -> None:
    told: list[tuple[int, int]] = []
    store.upsert("parties", facts("parties", [party("A")]), progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 1)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (pa.table({"party_id": ["A"]}), "are missing"),
        (facts("parties", [party("A")]).append_column("colour", pa.array(["red"])), "not known"),
        (facts("parties", [party("A", name=None)]), "has nulls"),
        (facts("parties", [party("A") | {"recorded_at": None}]), "recorded_at has nulls"),
    ],
)
def test_unvalidated_rows_are_refused(store: CreditStore, rows: pa.Table, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        store.upsert("parties", rows)
    assert store.info().facts["parties"] == 0


def test_unknown_tables_and_columns_are_named(store: CreditStore) -> None:
    with pytest.raises(StoreError, match="no table 'invoices'"):
        store.read("invoices")
    with pytest.raises(StoreError, match="no columns \\['colour'\\]"):
        store.read("parties", columns=["colour"])
    with pytest.raises(StoreError, match="no columns \\['colour'\\]"):
        store.read("parties", where={"colour": ["red"]})


def test_an_empty_store_says_so(store: CreditStore) -> None:
    info = store.info()
    assert set(info.facts.values()) == {0}
    assert (info.version, info.records, info.quarantined, info.latest_recorded_at) == (0, {}, 0, None)
    assert store.read("transactions").num_rows == 0
    assert store.versions("parties").read_all().num_rows == 0
    assert store.search_parties("anything").num_rows == 0


def test_info_counts_versions_and_names_the_latest_moment(store: CreditStore) -> None:
    store.upsert("parties", facts("parties", [party("A", "2024-01-01"), party("A", "2024-02-01", name="B")]))
    store.upsert("transactions", facts("transactions", [sale("T", "A", "B", 1, "2024-03-04")]))
    info = store.info()
    assert (info.facts["parties"], info.facts["transactions"]) == (2, 1)
    assert info.latest_recorded_at == datetime(2024, 3, 4)
    assert info.version == 2


def test_search_finds_numbers_first_then_names(store: CreditStore) -> None:
    rows = [
        party("P1", name="Harbour Steel"),
        party("P2", name="Steel"),
        party("P3", name="Steelworks North", uscc="91310000MA1FL0000X"),
        party("P4", name="Paper Mill"),
        party("P5", "2024-06-01", name="Steel Late"),
    ]
    store.upsert("parties", facts("parties", rows))

    def ids(text: str, **how) -> list[str]:
        return store.search_parties(text, **how)["party_id"].to_pylist()

    assert ids("steel", as_of=date(2024, 1, 1)) == ["P2", "P3", "P1"]
    assert ids("steel")[:4] == ["P2", "P5", "P3", "P1"]
    assert ids("91310000MA1FL0000X") == ["P3"]
    assert ids("P4") == ["P4"]
    assert ids("Papr Mill") == ["P4"]
    assert ids("steel", limit=1) == ["P2"]
    assert ids("zzzz") == []


def test_a_name_with_a_wrong_character_is_found_whole_or_in_part_nearest_first(store: CreditStore) -> None:
    rows = [
        party("F000062", name="浙江金永电子科技00062有限公司"),
        party("F000178", name="浙江永宏电子科技00178有限公司"),
        party("F000179", name="上海安恒物流00179有限公司"),
    ]
    store.upsert("parties", facts("parties", rows))

    def ids(text: str) -> list[str]:
        return store.search_parties(text)["party_id"].to_pylist()

    assert ids("永宏电孑科技") == ["F000178"]
    assert ids("浙江永宏电孑科技00178有限公司")[0] == "F000178"
    assert ids("F00017") == ["F000179", "F000178"]  # a number is no part of a name
    assert ids("安恒物硫") == ["F000179"]
    assert ids("宏电") == ["F000178"]
