"""Each kind of file gives the same rows as text, with the numbers a spreadsheet would show."""

import csv
import gzip
import io
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphcredit_ingest import load
from graphcredit_ingest.readers import RawTable, read_file
from tests.ingest.support import load_text, memory, write


def _one(path: Path) -> RawTable:
    [table] = read_file(path)
    return table


def _csv(tmp_path: Path, content: str | bytes, name: str = "t.csv") -> RawTable:
    return _one(write(tmp_path, {name: content}) / name)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_and_line_ends(tmp_path: Path, mark: str, end: str) -> None:
    table = _csv(tmp_path, end.join([mark.join("abc"), mark.join("123"), mark.join(["x", "", "z"])]))
    assert table.data.to_pylist() == [{"a": "1", "b": "2", "c": "3"}, {"a": "x", "b": None, "c": "z"}]
    assert table.rows.to_pylist() == [2, 3]


def test_quotes_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    table = _csv(tmp_path, '"a","b\nc"\n"x, ""y""","1\n2"\nz,3\n')
    assert table.data.column_names == ["a", "b\nc"]
    assert table.data["a"].to_pylist() == ['x, "y"', "z"]
    assert table.rows.to_pylist() == [2, 3]


def test_blank_lines_count_and_are_no_rows(tmp_path: Path) -> None:
    table = _csv(tmp_path, "\n\na,b\n1,2\n\n,\n3,4\n5\n\n")
    assert table.data["a"].to_pylist() == ["1", "3"]
    assert table.rows.to_pylist() == [4, 7]
    assert [(r.row, r.value) for r in table.rejects] == [(8, "5")]


def test_a_separator_after_the_last_column(tmp_path: Path) -> None:
    table = _csv(tmp_path, "a,b,\n1,2,\n")
    assert table.data.to_pylist() == [{"a": "1", "b": "2"}]


def test_cells_are_trimmed_and_empty_ones_are_null(tmp_path: Path) -> None:
    assert _csv(tmp_path, 'a,b\n"  x\u3000",  \n').data.to_pylist() == [{"a": "x", "b": None}]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8 with BOM"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
def test_encodings_are_detected(tmp_path: Path, encoding: str, found: str) -> None:
    table = _csv(tmp_path, "名称,b\n成都公司,1\n".encode(encoding))
    assert table.data["名称"].to_pylist() == ["成都公司"]
    assert table.encoding == found


def test_an_encoding_other_than_utf8_is_reported(tmp_path: Path) -> None:
    text = "party_id,kind,name\nA,company,成都公司\n"
    with memory() as store:
        report = load_text(store, tmp_path, {"parties.csv": text.encode("gb18030")})
        assert store.read("parties")["name"].to_pylist() == ["成都公司"]
    assert "parties.csv was read as gb18030" in report.notes
    assert report.to_json()["files"] == {"parties.csv": "gb18030"}


def test_a_gzipped_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    packed = gzip.compress(b"a,b\n1,2\n")
    assert _csv(tmp_path, packed, "t.csv.gz").data.num_rows == 1
    assert _csv(tmp_path, packed, "t.csv").data.num_rows == 1


ROWS = [
    {"d": date(2024, 1, 2), "t": datetime(2024, 1, 2, 3, 4, 5), "n": 0.1, "i": 7, "big": 1e16, "s": "x", "e": None},
    {"d": None, "t": None, "n": 1234.5, "i": None, "big": 2.5e-7, "s": " y ", "e": None},
]
TEXTS = [
    {"d": "2024-01-02", "n": "0.1", "i": "7", "big": "10000000000000000", "s": "x", "e": None},
    {"d": None, "n": "1234.5", "i": None, "big": "0.00000025", "s": "y", "e": None},
]


def _without_time(table: RawTable) -> list[dict[str, str | None]]:
    return [{name: value for name, value in row.items() if name != "t"} for row in table.data.to_pylist()]


def test_parquet_values_become_exact_text(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "t.parquet")
    table = _one(tmp_path / "t.parquet")
    assert _without_time(table) == TEXTS
    assert (table.data["t"][0].as_py() or "").startswith("2024-01-02 03:04:05")


def test_parquet_of_decimals_and_categories(tmp_path: Path) -> None:
    data = pa.table(
        {
            "m": pa.array([Decimal("12345678901234567890.1234")], pa.decimal128(24, 4)),
            "c": pa.array(["x"]).dictionary_encode(),
            "f": pa.array([0.1], pa.float32()),
            "l": pa.array(["y"], pa.large_string()),
        }
    )
    pq.write_table(data, tmp_path / "t.parquet")
    assert _one(tmp_path / "t.parquet").data.to_pylist() == [
        {"m": "12345678901234567890.1234", "c": "x", "f": "0.1", "l": "y"}
    ]


def test_workbook_values_become_exact_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(ROWS[0]))
    sheet.append(list(ROWS[0].values()))
    sheet.append([])
    sheet.append(list(ROWS[1].values()))
    book.save(tmp_path / "t.xlsx")
    table = _one(tmp_path / "t.xlsx")
    assert _without_time(table) == TEXTS
    assert table.data["t"][0].as_py() == "2024-01-02 03:04:05"
    assert table.rows.to_pylist() == [2, 4]


def test_sheets_named_like_tables(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "notes"
    book.active.append(["whatever"])
    for name, rows in {
        "transactions": [
            ["transaction_id", "seller_id", "buyer_id", "issued_on", "amount"],
            ["T", "A", "B", date(2024, 1, 2), 0.1],
        ],
        "parties": [["party_id", "kind", "name"], ["A", "company", "Alpha"], ["B", "company", "Beta"]],
    }.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    with memory() as store:
        report = load(store, [tmp_path / "book.xlsx"])
        assert store.read("transactions")["amount"].to_pylist() == [Decimal("0.1000")]
    assert report.total("new") == 3
    assert "book.xlsx [notes]: no table of this name, not loaded" in report.notes


@pytest.mark.parametrize("packed", [False, True])
def test_json_lines(tmp_path: Path, packed: bool) -> None:
    lines = ['{"a": 1.10, "b": true}', "", "{broken", "[1]", '{"a": null, "c": {"k": 1}}']
    content = "\n".join(lines).encode()
    name = "t.jsonl.gz" if packed else "t.jsonl"
    table = _csv(tmp_path, gzip.compress(content) if packed else content, name)
    assert table.data.to_pylist() == [
        {"a": "1.10", "b": "true", "c": None},
        {"a": None, "b": None, "c": '{"k": 1}'},
    ]
    assert table.rows.to_pylist() == [1, 5]
    assert [r.row for r in table.rejects] == [3, 4]
    assert table.rejects[0].reason.startswith("is not JSON (")
    assert table.rejects[1].reason == "is not a JSON object"


def test_a_json_array(tmp_path: Path) -> None:
    table = _csv(tmp_path, json.dumps([{"a": 1}, {"a": 2}], indent=1), "t.json")
    assert table.data["a"].to_pylist() == ["1", "2"]


@pytest.mark.parametrize(("content", "waiting"), [("{}\n{}\n", []), ("[]", []), ("{broken\n{}\n[1]\n", [1, 3])])
def test_json_without_any_value_loads_nothing_and_keeps_what_is_broken(
    tmp_path: Path, content: str, waiting: list[int]
) -> None:
    with memory() as store:
        report = load(store, [write(tmp_path, {"payments.jsonl": content})])
        assert report.tables["payments"].new == 0
        assert [row.row for row in store.quarantined()] == waiting


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=8), mark=st.sampled_from(",;\t"))
def test_any_table_written_as_csv_is_read_back(tmp_path: Path, rows: list[list[str]], mark: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=mark, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["k", "b", "c"], *rows])
    table = _csv(tmp_path, out.getvalue())
    bare = [[cell.strip() or None for cell in row] for row in rows]
    kept = [(number, row) for number, row in enumerate(bare, 2) if any(row)]
    assert [list(row.values()) for row in table.data.to_pylist()] == [row for _, row in kept]
    assert table.rows.to_pylist() == [number for number, _ in kept]
    assert not table.rejects
