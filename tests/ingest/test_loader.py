"""Loading: counts, versions, stubs, repetition, interruption."""

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphcredit.model.tables import ALWAYS_KNOWN
from graphcredit.store import CreditStore
from tests.ingest.support import INVOICE, PARTIES, ids, load_text, memory, waiting

FOLDER = {
    "transactions_2024.csv": INVOICE + "T1,A,B,2024-01-02,5\nT2,A,X,2024-01-03,6\nT3,A,A,2024-01-03,7\n",
    "parties-01.csv": PARTIES,
    "payments.csv": "payment_id,payer_id,payee_id,paid_on,amount\nP1,B,A,2024-02-01,5\n",
}


def _everything(store: CreditStore) -> dict[str, list[object]]:
    tables = ("parties", "transactions", "payments", "guarantees", "labels")
    return {name: store.versions(name).read_all().to_pylist() for name in tables}


def test_a_folder_is_loaded_and_counted(tmp_path: Path) -> None:
    with memory() as store:
        body = load_text(store, tmp_path, FOLDER).to_json()
    totals = ("read", "new", "changed", "unchanged", "quarantined")
    assert [body[name] for name in totals] == [7, 6, 0, 0, 1]
    assert list(body["tables"]) == ["parties", "transactions", "payments"]
    assert body["tables"]["transactions"] == dict(zip(totals, [3, 2, 0, 0, 1], strict=True))
    assert body["seconds"] > 0
    assert body["rows_per_second"] > 0


def test_the_same_files_again_change_nothing(tmp_path: Path) -> None:
    with memory() as store:
        load_text(store, tmp_path, FOLDER)
        version, facts = store.version(), _everything(store)
        again = load_text(store, tmp_path, FOLDER)
        assert (again.total("new"), again.total("changed"), again.total("unchanged")) == (0, 0, 6)
        assert (again.total("quarantined"), again.stubs) == (1, 0)
        assert store.version() == version
        assert _everything(store) == facts
        assert len(waiting(store)) == 1


def test_a_party_that_no_row_describes_becomes_a_stub_and_gives_way(tmp_path: Path) -> None:
    with memory() as store:
        report = load_text(store, tmp_path, FOLDER)
        assert (report.stubs, report.stub_examples) == (1, ["X"])
        assert "1 parties that no row describes were created as stubs: X" in report.notes
        [stub] = store.read("parties", where={"party_id": ["X"]}).to_pylist()
        assert (stub["kind"], stub["name"], stub["status"]) == ("company", "X", "stub")
        later = load_text(store, tmp_path / "later", {"parties.csv": "party_id,kind,name\nX,person,Xi\n"})
        assert later.total("changed") == 1
        assert store.read("parties", where={"party_id": ["X"]})["name"].to_pylist() == ["Xi"]


def test_a_party_known_only_later_is_no_stub(tmp_path: Path) -> None:
    files = {"parties.csv": "party_id,kind,name,recorded_at\nA,company,Alpha,2200-01-01\nB,company,Beta,2200-01-01\n"}
    with memory() as store:
        report = load_text(store, tmp_path, {**files, "transactions.csv": INVOICE + "T,A,B,2024-01-02,5\n"})
        assert report.stubs == 0


def test_a_correction_supersedes_and_both_remain_readable(tmp_path: Path) -> None:
    head = INVOICE.strip() + ",recorded_at\n"
    rows = "T,A,B,2024-01-02,5,2024-01-03\nT,A,B,2024-01-02,6,2024-02-01\n"
    with memory() as store:
        report = load_text(store, tmp_path, {"transactions.csv": head + rows})
        assert (report.tables["transactions"].new, report.tables["transactions"].changed) == (1, 1)
        known = {day: store.read("transactions", as_of=day)["amount"].to_pylist() for day in DAYS}
    assert known == {DAYS[0]: [], DAYS[1]: [Decimal("5.0000")], DAYS[2]: [Decimal("6.0000")]}


DAYS = (date(2024, 1, 2), date(2024, 1, 31), date(2024, 2, 1))


@pytest.mark.parametrize("given_at", [date(2025, 6, 30), datetime(2025, 6, 30, 12, 30)])
def test_recorded_at_of_rows_that_do_not_say(tmp_path: Path, given_at: date) -> None:
    with memory() as store:
        default = load_text(store, tmp_path / "a", {"transactions.csv": INVOICE + "T,A,B,2024-01-02,5\n"})
        load_text(store, tmp_path / "b", {"transactions.csv": INVOICE + "T,A,B,2024-01-02,6\n"}, recorded_at=given_at)
        moments = store.versions("transactions", key=["T"]).read_all()["recorded_at"].to_pylist()
        always = store.versions("parties").read_all()["recorded_at"].to_pylist()
    moment = given_at if isinstance(given_at, datetime) else datetime.combine(given_at, datetime.min.time())
    assert moments == [datetime(2024, 1, 2), moment]
    assert default.recorded_defaults == {"parties": "always known", "transactions": "issued_on, then always known"}
    assert "transactions: recorded_at defaults to issued_on, then always known" in default.notes
    assert set(always) == {datetime.fromisoformat(ALWAYS_KNOWN), moment}


def test_statements_are_known_when_published(tmp_path: Path) -> None:
    head = "party_id,period_end,item,amount,published_on\n"
    text = head + "A,2023-12-31,revenue,5,2024-04-30\nB,2023-12-31,revenue,5,\n"
    with memory() as store:
        load_text(store, tmp_path, {"statements.csv": text})
        rows = store.read("statements", columns=["party_id", "recorded_at"]).to_pylist()
    assert [row["recorded_at"] for row in rows] == [datetime(2024, 4, 30), datetime(2023, 12, 31)]


def test_a_mended_file_leaves_nothing_in_quarantine(tmp_path: Path) -> None:
    with memory() as store:
        load_text(store, tmp_path, FOLDER)
        [row] = waiting(store)
        assert (row.file, row.row, row.content["amount"]) == ("transactions_2024.csv", 4, "7")
        mended = {**FOLDER, "transactions_2024.csv": FOLDER["transactions_2024.csv"].replace("T3,A,A", "T3,A,C")}
        report = load_text(store, tmp_path, mended)
        assert (report.total("new"), report.total("unchanged"), report.total("quarantined")) == (1, 6, 0)
        assert waiting(store) == []


def test_unknown_columns_are_named_and_left_out(tmp_path: Path) -> None:
    with memory() as store:
        report = load_text(store, tmp_path, {"parties.csv": "party_id,kind,name,colour,attr_x\nA,bank,Alpha,red,1\n"})
        assert store.read("parties", columns=["attributes"])["attributes"].to_pylist() == ['{"x": 1}']
    assert report.unknown_columns == {"parties.csv": ["colour"]}
    assert "parties.csv: columns not known and not loaded: colour" in report.notes


def test_progress_counts_rows_and_can_stop_the_load(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with memory() as store:
        load_text(store, tmp_path, FOLDER, progress=lambda done, total: seen.append((done, total)))
        assert seen[-1] == (7, 7)
        assert all(done <= total for done, total in seen)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with memory() as store:
        with pytest.raises(KeyboardInterrupt):
            load_text(store, tmp_path, FOLDER, progress=stop)
        assert load_text(store, tmp_path, FOLDER).total("quarantined") == 1
        assert len(ids(store)) == 2


ROW = st.tuples(
    st.sampled_from(["T1", "T2", "T3", ""]),
    st.sampled_from(["A", "B", "Z"]),
    st.sampled_from(["2024-01-02", "2024-01-03", "soon"]),
    st.sampled_from(["1", "2.5", "x"]),
    st.sampled_from(["", "2024-05-01", "2024-06-01"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(ROW, max_size=8), min_size=1, max_size=3))
def test_counts_and_facts_agree_with_a_dictionary(
    tmp_path: Path, loads: list[list[tuple[str, str, str, str, str]]]
) -> None:
    """read = new + changed + unchanged + quarantined, and the store is what a plain dictionary would be."""
    facts: dict[tuple[str, str], tuple[str, str, str]] = {}
    with memory() as store:
        load_text(store, tmp_path / "parties", {})
        for rows in loads:
            counts: Counter[str] = Counter(new=0, changed=0, unchanged=0, quarantined=0)
            keys = {key for key, _ in facts}
            for key, seller, day, amount, known in rows:
                version, content = (key, known or day), (seller, day, amount)
                if not key or day == "soon" or amount == "x" or facts.get(version, content) != content:
                    counts["quarantined"] += 1
                elif version in facts:
                    counts["unchanged"] += 1
                else:
                    counts["changed" if key in keys else "new"] += 1
                    facts[version] = content
                    keys.add(key)
            lines = "".join(f"{key},{a},C,{day},{amount},{known}\n" for key, a, day, amount, known in rows)
            report = load_text(store, tmp_path, {"transactions.csv": INVOICE.strip() + ",recorded_at\n" + lines})
            count = report.tables["transactions"]
            assert {name: getattr(count, name) for name in counts} == counts
            assert count.read == len(rows) == count.new + count.changed + count.unchanged + count.quarantined
            assert len(waiting(store)) == counts["quarantined"]
        stored = store.versions("transactions").read_all().to_pylist()
    assert {
        (row["transaction_id"], f"{row['recorded_at']:%Y-%m-%d}"): (
            row["seller_id"],
            str(row["issued_on"]),
            row["amount"],
        )
        for row in stored
    } == {version: (seller, day, Decimal(amount)) for version, (seller, day, amount) in facts.items()}


def test_every_store_loads_alike(tmp_path: Path, store: CreditStore) -> None:
    """Counts, facts and quarantine on DuckDB and on Neo4j are those of a store in memory, twice over."""
    text = FOLDER["transactions_2024.csv"] + "T2,A,B,2024-01-03,6\nT2,A,X,2024-02-03,9\nT4,A,B,2024-02-30,1\n"
    files = {**FOLDER, "transactions_2024.csv": text}
    with memory() as other:
        for _ in range(2):
            mine, theirs = load_text(store, tmp_path, files), load_text(other, tmp_path, files)
            assert mine.to_json()["tables"] == theirs.to_json()["tables"]
            assert mine.stubs == theirs.stubs
            assert _everything(store) == _everything(other)
            assert waiting(store) == waiting(other)
