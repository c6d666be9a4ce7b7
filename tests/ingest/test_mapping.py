"""Mappings: what they can say, and how they refuse what they do not understand."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from graphcredit.exc import MappingError
from graphcredit_ingest import load, load_mapping, shipped_mappings
from tests.ingest.support import load_text, memory, waiting, write

BOOK: dict[str, Any] = {
    "name": "erp",
    "sources": [
        {
            "files": "book*.csv",
            "tables": {
                "parties": {
                    "distinct": True,
                    "columns": {"party_id": "Kunde", "kind": {"value": "company"}, "name": "Kunde"},
                },
                "transactions": {
                    "where": {"Art": ["RE", "GU"]},
                    "columns": {
                        "transaction_id": {"template": "{Nr}|{fingerprint}"},
                        "seller_id": {"value": "ME"},
                        "buyer_id": "Kunde",
                        "issued_on": {"from": "Datum", "date": "%d.%m.%Y"},
                        "amount": {"from": "Betrag", "numbers": "formatted", "factor": "1000"},
                        "kind": {"from": "Art", "map": {"RE": "invoice", "GU": "credit_note"}},
                        "number": "Nr",
                        "attr_note": {"from": "Notiz", "optional": True},
                    },
                },
            },
        }
    ],
}
ROWS = 'Nr,Art,Kunde,Datum,Betrag\n1, RE ,K1,05.01.2024,"1,234.5"\n2,GU,K1,06.01.2024,(¥2)\n3,XX,K2,07.01.2024,1\n'


def _mapping(folder: Path, content: Any) -> Path:
    text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
    return write(folder, {"m.yaml": text}) / "m.yaml"


def test_one_file_feeds_several_tables(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", {"book_2024.csv": ROWS, "other.csv": "x\n1\n"})
    with memory() as store:
        report = load(store, [folder], mapping=_mapping(tmp_path, BOOK))
        rows = store.read("transactions").to_pylist()
        assert [(r["number"], r["kind"], r["issued_on"], r["amount"]) for r in rows] == [
            ("1", "invoice", date(2024, 1, 5), Decimal("1234500.0000")),
            ("2", "credit_note", date(2024, 1, 6), Decimal("-2000.0000")),
        ]
        assert store.read("parties")["party_id"].to_pylist() == ["K1", "K2", "ME"]
    assert report.stub_examples == ["ME"]
    assert report.ignored_files == ["other.csv"]
    assert report.to_json()["tables"]["parties"]["read"] == 2


def test_faults_of_mapped_rows_show_the_row_as_it_was(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", {"book.csv": ROWS + "4,RE,K1,31.02.2024,1\n"})
    with memory() as store:
        load(store, [folder], mapping=_mapping(tmp_path, BOOK))
        [row] = waiting(store)
    assert (row.row, row.table, row.column, row.value) == (5, "transactions", "issued_on", "31.02.2024")
    assert row.content["Kunde"] == "K1"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.50", "1234.5"),
        ("¥1,234.50", "1234.5"),
        ("-￥1,234.50", "-1234.5"),
        ("RMB 5", "5"),
        ("１２，３４５．６", "12345.6"),
        ("¥1万", "10000"),
        ("1.5亿元", "150000000"),
        ("2千", "2000"),
        ("(1,234.50)", "-1234.5"),
        ("（3）", "-3"),
    ],
)
def test_formatted_numbers(tmp_path: Path, text: str, amount: str) -> None:
    plain = yaml.safe_load(yaml.safe_dump(BOOK))
    del plain["sources"][0]["tables"]["transactions"]["columns"]["amount"]["factor"]
    folder = write(tmp_path / "data", {"book.csv": f'Nr,Art,Kunde,Datum,Betrag\n1,RE,K1,05.01.2024,"{text}"\n'})
    with memory() as store:
        load(store, [folder], mapping=_mapping(tmp_path, plain))
        assert store.read("transactions")["amount"].to_pylist() == [Decimal(amount)]


@pytest.mark.parametrize("text", ["1,23", "1万亿", "12,34.5", "1e5", "((3))", "万", "¥", "999999999999999999999999亿"])
def test_formatted_numbers_that_stay_unclear_wait(tmp_path: Path, text: str) -> None:
    folder = write(tmp_path / "data", {"book.csv": f'Nr,Art,Kunde,Datum,Betrag\n1,RE,K1,05.01.2024,"{text}"\n'})
    with memory() as store:
        load(store, [folder], mapping=_mapping(tmp_path, BOOK))
        assert [row.column for row in waiting(store)] == ["amount"]


def test_spreadsheet_days(tmp_path: Path) -> None:
    days = yaml.safe_load(yaml.safe_dump(BOOK))
    days["sources"][0]["tables"]["transactions"]["columns"]["issued_on"]["date"] = "excel"
    folder = write(tmp_path / "data", {"book.csv": "Nr,Art,Kunde,Datum,Betrag\n1,RE,K1,43835,1\n2,RE,K1,12,1\n"})
    with memory() as store:
        load(store, [folder], mapping=_mapping(tmp_path, days))
        assert store.read("transactions")["issued_on"].to_pylist() == [date(2020, 1, 5)]
        assert [row.row for row in waiting(store)] == [3]


def test_columns_may_swap_names(tmp_path: Path) -> None:
    swap = {
        "name": "swap",
        "sources": [
            {
                "files": "*",
                "tables": {"parties": {"columns": {"party_id": "name", "name": "party_id", "kind": {"value": "bank"}}}},
            }
        ],
    }
    folder = write(tmp_path / "data", {"p.csv": "party_id,name\nx,y\n"})
    with memory() as store:
        load(store, [folder], mapping=_mapping(tmp_path, swap))
        assert store.read("parties", columns=["party_id", "name"]).to_pylist() == [{"party_id": "y", "name": "x"}]


def test_a_template_reaches_columns_only(tmp_path: Path) -> None:
    trick = yaml.safe_load(yaml.safe_dump(BOOK))
    trick["sources"][0]["tables"]["transactions"]["columns"]["transaction_id"] = {"template": "{Nr.__class__}"}
    folder = write(tmp_path / "data", {"book.csv": ROWS})
    with memory() as store, pytest.raises(MappingError) as caught:
        load(store, [folder], mapping=_mapping(tmp_path, trick))
    assert caught.value.message == "book.csv has no column 'Nr.__class__', which the mapping reads"
    assert caught.value.remedy == "its columns are Art, Betrag, Datum, Kunde, Nr; mend the mapping or the file"


def test_names_and_values_are_never_sql(tmp_path: Path) -> None:
    nasty = {
        "name": "n",
        "sources": [
            {
                "files": "*",
                "tables": {
                    "parties": {
                        "where": {'a"b': ["x' OR '1'='1", "ok"]},
                        "columns": {
                            "party_id": {"template": "'; DROP TABLE parties; --{a\"b}"},
                            "kind": {"value": "company"},
                            "name": {"from": 'a"b', "map": {"ok": "it's"}},
                        },
                    }
                },
            }
        ],
    }
    folder = write(tmp_path / "data", {"p.csv": '"a""b",c\nok,1\nno,2\n'})
    with memory() as store:
        load(store, [folder], mapping=_mapping(tmp_path, nasty))
        assert store.read("parties", columns=["party_id", "name"]).to_pylist() == [
            {"party_id": "'; DROP TABLE parties; --ok", "name": "it's"}
        ]


def _with(path: str, value: Any) -> Any:
    changed = yaml.safe_load(yaml.safe_dump(BOOK))
    at = changed
    *steps, last = path.split("/")
    for step in steps:
        at = at[int(step) if step.isdigit() else step]
    at[last] = value
    return changed


COLUMNS = "sources/0/tables/transactions/columns"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: [", "not YAML"),
        ("", "the file: Input should be a valid dictionary"),
        ("name: x\nsources: []\n", "sources: List should have at least 1 item"),
        (_with("extra", 1), "extra: Extra inputs are not permitted"),
        (_with("sources/0/tables/clients", {"columns": {}}), "'clients' is not a table; one of parties, ownership"),
        (_with(COLUMNS + "/colour", "Farbe"), "transactions has no column 'colour'; further facts are named attr_..."),
        (_with("sources/0/tables/transactions/columns", {"kind": "Art"}), "transactions needs columns ['amount', 'buyer_id'"),
        (_with(COLUMNS + "/kind", {"from": "Art", "value": "x"}), "give exactly one of from, value, template, fingerprint"),
        (_with(COLUMNS + "/amount", {"from": "Betrag", "factor": "1; DROP"}), "factor '1; DROP' is not a plain number"),
        (_with(COLUMNS + "/issued_on", {"from": "Datum", "date": "%Q"}), "date '%Q' is not a date format"),
        (_with(COLUMNS + "/amount", {"from": "Betrag", "numbers": "german"}), "Input should be 'plain' or 'formatted'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_mapping_is_said(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(MappingError) as caught:
        load_mapping(_mapping(tmp_path, content))
    assert said in caught.value.message
    assert "m.yaml" in caught.value.message
    assert caught.value.remedy


def test_a_mapping_that_is_not_text(tmp_path: Path) -> None:
    path = write(tmp_path, {"m.yaml": b"\xff\xfe\x00"}) / "m.yaml"
    with pytest.raises(MappingError, match="not UTF-8"):
        load_mapping(path)


def test_a_mapping_that_fits_no_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", {"parties.csv": "party_id,kind,name\nA,company,Alpha\n"})
    with memory() as store, pytest.raises(Exception, match="nothing to load was found") as caught:
        load(store, [folder], mapping=_mapping(tmp_path, BOOK))
    assert caught.value.remedy == "the mapping reads book*.csv"  # type: ignore[attr-defined]


def test_every_shipped_mapping_is_valid() -> None:
    assert "cumcm2020c" in shipped_mappings()
    assert [load_mapping(name).name for name in shipped_mappings()] == shipped_mappings()


@pytest.mark.parametrize(
    ("form", "text", "day"),
    [
        ("epoch_ms", "0", date(1970, 1, 1)),
        ("epoch_ms", "1772294399999", date(2026, 2, 28)),
        ("epoch_ms+08:00", "1772294400000", date(2026, 3, 1)),
        ("epoch_ms-05:30", "0", date(1969, 12, 31)),
        ("epoch_ms", "soon", None),
        ("epoch_ms", "1772294400000000000", None),
    ],
)
def test_milliseconds_are_days_of_a_zone(tmp_path: Path, form: str, text: str, day: date | None) -> None:
    mapping = tmp_path / "own.yaml"
    mapping.write_text(
        "name: own\nsources:\n  - files: sold.csv\n    tables:\n      transactions:\n        columns:\n"
        "          transaction_id: id\n          seller_id: {value: A}\n          buyer_id: {value: B}\n"
        f'          issued_on: {{from: at, date: "{form}"}}\n          amount: {{value: "1"}}\n'
    )
    with memory() as store:
        load_text(store, tmp_path / "in", {"sold.csv": f"id,at\n1,{text}\n"}, mapping=mapping)
        found = store.read("transactions", as_of=date(2030, 1, 1))["issued_on"].to_pylist()
        assert found == ([day] if day else [])
        assert len(store.quarantined()) == (0 if day else 1)
