"""Every kind of bad input, with the message that a user sees."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from graphcredit.exc import GraphCreditError, MappingError, ReadError
from graphcredit_ingest import load, load_mapping
from tests.ingest.support import INVOICE, PARTIES, ids, load_text, memory, told, waiting, write


def _refusal(tmp_path: Path, files: dict[str, str | bytes], **options: object) -> tuple[str, str]:
    with memory() as store, pytest.raises(GraphCreditError) as caught:
        load(store, [write(tmp_path, files)], **options)  # type: ignore[arg-type]
    return caught.value.message, caught.value.remedy


# -- files


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with memory() as store, pytest.raises(ReadError) as caught:
        load(store, [tmp_path / "parties.csv"])
    assert caught.value.message == f"{tmp_path / 'parties.csv'} does not exist"
    assert caught.value.remedy == "check the path"


def test_an_empty_file_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"parties.csv": PARTIES, "transactions.csv": b""}
    with memory() as store:
        with pytest.raises(ReadError) as caught:
            load(store, [write(tmp_path, files)])
        assert store.info().facts["parties"] == 0
    assert caught.value.message == "transactions.csv is empty (0 bytes)"
    assert caught.value.remedy == "export it again; a file needs at least a header"


@pytest.mark.parametrize("content", [b"\n\n", b"\xef\xbb\xbf", b"  \r\n"])
def test_a_file_without_any_text_is_empty(tmp_path: Path, content: bytes) -> None:
    message, _ = _refusal(tmp_path, {"parties.csv": content})
    assert message == "parties.csv is empty"


@pytest.mark.parametrize("content", ["party_id,kind,name", "party_id,kind,name\r\n"])
def test_a_header_only_is_a_table_without_rows(tmp_path: Path, content: str) -> None:
    with memory() as store:
        report = load_text(store, tmp_path, {"parties.csv": content})
        assert report.to_json()["tables"]["parties"]["read"] == 0
        assert store.info().facts["parties"] == 0


def test_a_folder_without_data_files(tmp_path: Path) -> None:
    message, remedy = _refusal(tmp_path, {"notes.doc": "x"})
    assert message == f"{tmp_path} holds no data files"
    assert remedy == "CSV, Parquet, XLSX or JSON lines are read"


def test_a_folder_without_known_files_names_what_it_found(tmp_path: Path) -> None:
    message, remedy = _refusal(tmp_path, {"customers.csv": PARTIES, "README.txt": "read me"})
    assert message == "nothing to load was found; found only README.txt, customers.csv"
    assert remedy.startswith("name files after tables (parties, ownership, transactions")


def test_other_files_in_a_folder_are_not_read_but_named(tmp_path: Path) -> None:
    with memory() as store:
        report = load_text(store, tmp_path, {"parties.csv": PARTIES, "README.txt": b"\xff\xff\x00"})
    assert "README.txt: no table of this name, not loaded" in report.notes


def test_a_named_file_whose_name_tells_no_table(tmp_path: Path) -> None:
    folder = write(tmp_path, {"customers.csv": PARTIES})
    with memory() as store:
        with pytest.raises(ReadError) as caught:
            load(store, [folder / "customers.csv"])
        assert caught.value.message == "customers.csv: its name tells no table"
        assert "--table" in caught.value.remedy
        assert load(store, [folder / "customers.csv"], table="parties").total("new") == 3


def test_an_unknown_table_lists_the_known(tmp_path: Path) -> None:
    message, remedy = _refusal(tmp_path, {"parties.csv": PARTIES}, table="clients")
    assert message == "there is no table 'clients'"
    assert "parties, ownership, transactions" in remedy


def test_an_encoding_that_nobody_knows(tmp_path: Path) -> None:
    message, remedy = _refusal(tmp_path, {"parties.csv": PARTIES.encode() + b"D,company,caf\xe9,\n"})
    assert message == "parties.csv, line 5: neither UTF-8 nor GB18030"
    assert remedy == "save the file as UTF-8"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("parties.parquet", b"PAR1 not really"),
        ("parties.xlsx", b"PK\x03\x04 not really"),
        ("parties.csv.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03broken"),
        ("parties.csv", b"\xff\xfea"),
        ("parties.json", b"[1, 2"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    message, remedy = _refusal(tmp_path, {name: content})
    assert message.startswith(name)
    assert remedy


def test_a_header_with_a_name_twice(tmp_path: Path) -> None:
    message, _ = _refusal(tmp_path, {"parties.csv": "party_id,kind,name,Name\nA,company,x,y\n"})
    assert message == "parties.csv: columns ['Name', 'name'] appear twice"


def test_a_file_of_another_table(tmp_path: Path) -> None:
    message, remedy = _refusal(tmp_path, {"parties.csv": "colour,size\nred,1\n"})
    assert message == "parties.csv: no column of parties was found"
    assert remedy.startswith("its columns are party_id, kind, name")


def test_lines_with_another_number_of_cells_wait_with_their_numbers(tmp_path: Path) -> None:
    text = "party_id,kind,name\nA,company,Alpha\n\nB,company\nC,bank,Gamma,9\nD,person,Delta\n"
    with memory() as store:
        report = load_text(store, tmp_path, {"parties.csv": text})
        assert ids(store, "parties") == ["A", "D"]
        assert [(q.row, q.value, q.reason) for q in waiting(store)] == [
            (4, "B,company", "has 2 cells, the header has 3"),
            (5, "C,bank,Gamma,9", "has 4 cells, the header has 3"),
        ]
    assert (report.total("read"), report.total("quarantined")) == (4, 2)


# -- keys


def test_equal_rows_in_one_file_count_as_unchanged(tmp_path: Path) -> None:
    row = "T1,A,B,2024-01-02,5\n"
    with memory() as store:
        report = load_text(store, tmp_path, {"transactions.csv": INVOICE + row + row})
        assert (report.tables["transactions"].new, report.tables["transactions"].unchanged) == (1, 1)


def test_a_contradiction_in_one_file_waits_and_the_first_row_stays(tmp_path: Path) -> None:
    text = INVOICE + "T1,A,B,2024-01-02,5\nT1,A,B,2024-01-02,6\n"
    with memory() as store:
        report = load_text(store, tmp_path, {"transactions.csv": text})
        assert report.tables["transactions"].quarantined == 1
        assert told(waiting(store)) == [
            (
                3,
                "transaction_id",
                "another row with the same key and recorded_at (2024-01-02) has different content",
                "if it is a correction, give it a later recorded_at; else remove the wrong one",
            )
        ]
        assert waiting(store)[0].content["amount"] == "6"
        assert store.read("transactions")["amount"].to_pylist() == [Decimal("5.0000")]


# -- values, one fault a row


CASES = [
    ("T1,A,B,2024-02-30,5", "issued_on", "issued_on '2024-02-30' is not a date", "write it as 2026-06-30"),
    ("T1,A,B,2024-13-01,5", "issued_on", "issued_on '2024-13-01' is not a date", "write it as 2026-06-30"),
    ("T1,A,B,infinity,5", "issued_on", "issued_on 'infinity' is not a date", "write it as 2026-06-30"),
    ("T1,A,B,0020-01-05,5", "issued_on", "issued_on '0020-01-05' is not a date", "write it as 2026-06-30"),
    (
        "T1,A,B,43835,5",
        "issued_on",
        "issued_on '43835' is not a date",
        "write it as 2026-06-30; if it is a spreadsheet's day number, it is 2020-01-05",
    ),
    ("T1,A,B,,5", "issued_on", "issued_on is missing", "fill it in"),
    ("T1,A,B,2024-01-02,", "amount", "amount is missing", "fill it in"),
    ("T1,,B,2024-01-02,5", "seller_id", "seller_id is missing", "fill it in"),
    ("T1,A,A,2024-01-02,5", "seller_id", "A sells to itself", "a transaction needs two different parties"),
]
PLAIN = "write digits and a decimal point only, no separators, signs or units (or allow them in a mapping)"
AMOUNTS = [
    ("1,234.50", "; here 1234.50"),
    ("¥1,234.50", "; here 1234.50"),
    ("-¥1,234.50", "; here -1234.50"),
    ("(1,234.50)", "; here -1234.50"),
    ("¥1万", "; here 10000"),
    ("1.2万", "; here 12000"),
    ("１２３", "; here 123"),
    ("1.23E+10", "; here 12300000000"),
    ("NaN", ""),
    ("inf", ""),
    ("1_000", ""),
    ("1.234,50", ""),
    ("123456789012345678901234", ""),
    ("n/a", ""),
]


@pytest.mark.parametrize(("line", "column", "reason", "remedy"), CASES)
def test_a_faulty_value_waits_with_its_reason(tmp_path: Path, line: str, column: str, reason: str, remedy: str) -> None:
    with memory() as store:
        report = load_text(store, tmp_path, {"transactions.csv": INVOICE + line + "\nT2,A,B,2024-01-02,7\n"})
        assert told(waiting(store)) == [(2, column, reason, remedy)]
        assert ids(store) == ["T2"]
    count = report.tables["transactions"]
    assert (count.read, count.new, count.quarantined) == (2, 1, 1)


@pytest.mark.parametrize(("text", "hint"), AMOUNTS)
def test_an_amount_that_is_not_plain_waits_and_says_what_it_may_mean(tmp_path: Path, text: str, hint: str) -> None:
    with memory() as store:
        load_text(store, tmp_path, {"transactions.csv": INVOICE + f'T1,A,B,2024-01-02,"{text}"\n'})
        [row] = waiting(store)
    assert (row.file, row.row, row.table, row.value) == ("transactions.csv", 2, "transactions", text)
    assert row.reason == f"amount {text!r} is not a plain amount"
    assert row.remedy == PLAIN + hint if hint else row.remedy.startswith(PLAIN)


OTHER = [
    (
        "guarantees",
        "guarantee_id,guarantor_id,obligor_id,amount\nG,A,B,-5\n",
        "amount -5 is out of range",
        "it must be at least 0",
    ),
    (
        "guarantees",
        "guarantee_id,guarantor_id,obligor_id,amount\nG,A,A,5\n",
        "A guarantees itself",
        "a guarantor answers for somebody else",
    ),
    (
        "guarantees",
        "guarantee_id,guarantor_id,obligor_id,amount,kind\nG,A,B,5,verbal\n",
        "kind 'verbal' is not known",
        "use one of joint, several, mortgage, pledge, insurance",
    ),
    (
        "ownership",
        "holder_id,held_id,relation\nA,A,shareholder\n",
        "A holds itself",
        "treasury shares are not an ownership link",
    ),
    (
        "ownership",
        "holder_id,held_id,relation,share\nA,B,shareholder,35\n",
        "share 35 is out of range",
        "it must be at least 0 and at most 1; write a share, 35% is 0.35",
    ),
    (
        "ownership",
        "holder_id,held_id,relation,valid_from,valid_to\nA,B,branch,2024-02-01,2024-01-01\n",
        "valid_to 2024-01-01 lies before valid_from",
        "swap the two dates or mend one",
    ),
    (
        "parties",
        "party_id,kind,name\nX,firm,Xi\n",
        "kind 'firm' is not known",
        "use one of company, person, bank",
    ),
    (
        "transactions",
        INVOICE.strip() + ",currency\nT,A,B,2024-01-02,5,RMB\n",
        "currency 'RMB' is not a currency code",
        "use an ISO 4217 code such as CNY",
    ),
    (
        "statements",
        "party_id,period_end,item,amount,months\nA,2024-12-31,revenue,5,1.5\n",
        "months '1.5' is not a whole number",
        "write digits only",
    ),
    ("labels", "party_id,observed_on,default\nA,2024-12-31,2\n", "default '2' is not known", "use one of 0, 1"),
    (
        "rates",
        "currency,quoted_on,rate\nUSD,2024-12-31,nan\n",
        "rate 'nan' is not a number",
        "write a finite number such as 0.35",
    ),
]


@pytest.mark.parametrize(("table", "text", "reason", "remedy"), OTHER)
def test_rules_of_the_other_tables(tmp_path: Path, table: str, text: str, reason: str, remedy: str) -> None:
    with memory() as store:
        report = load_text(store, tmp_path, {f"{table}.csv": text})
        assert [(q.reason, q.remedy) for q in waiting(store)] == [(reason, remedy)]
        assert report.tables[table].quarantined == 1


def test_open_choices_are_kept(tmp_path: Path) -> None:
    text = "event_id,party_id,kind,occurred_on\nE,A,licence_revoked,2024-01-02\n"
    with memory() as store:
        load_text(store, tmp_path, {"credit_events.csv": text})
        assert store.read("credit_events")["kind"].to_pylist() == ["licence_revoked"]


def test_a_ten_megabyte_cell_waits(tmp_path: Path) -> None:
    big = "x" * 10_000_000
    parties = f"party_id,kind,name,attr_note\nA,company,{big},\nB,company,Beta,{big}\nC,company,Gamma,fine\n"
    with memory() as store:
        load_text(store, tmp_path, {"parties.csv": parties})
        found = waiting(store)
        assert ids(store, "parties") == ["C"]
    assert [(q.column, q.reason) for q in found] == [
        ("name", "name has 10,000,000 characters"),
        ("attr_note", "attr_note has 10,000,000 characters"),
    ]
    assert found[0].remedy == "at most 10,000 (a key 400) are kept; shorten it"
    assert len(json.dumps([dict(q.content) for q in found])) < 10_000


def test_a_nul_character_waits(tmp_path: Path) -> None:
    with memory() as store:
        load_text(store, tmp_path, {"parties.csv": b"party_id,kind,name\nA,company,Al\x00pha\nB,company,Beta\n"})
        assert told(waiting(store)) == [(2, "name", "name contains a NUL character", "export the file again as text")]


# -- kept, with a warning


def test_a_wrong_registry_number_is_kept_and_marked(tmp_path: Path) -> None:
    text = (
        "party_id,kind,name,uscc,lei,verification\n"
        "A,company,Alpha,91350100M000100Y44,,registry\n"
        "B,company,Beta,91350100M000100Y43,,registry\n"
        "C,company,Gamma,,5493001KJTIIGC8Y1R13,registry\n"
    )
    with memory() as store:
        report = load_text(store, tmp_path, {"parties.csv": text})
        rows = store.read("parties", columns=["party_id", "verification", "attributes"]).to_pylist()
    assert [row["verification"] for row in rows] == ["self_reported", "registry", "self_reported"]
    assert [json.loads(row["attributes"] or "{}") for row in rows] == [
        {"unverified": "uscc"},
        {},
        {"unverified": "lei"},
    ]
    assert report.warnings == [
        "1 parties have a wrong uscc (A); they are kept and marked unverified",
        "1 parties have a wrong lei (C); they are kept and marked unverified",
    ]


def test_a_circle_of_owners_is_kept_and_told(tmp_path: Path) -> None:
    text = "holder_id,held_id,relation,share\nA,B,shareholder,0.5\nB,C,shareholder,0.5\nC,A,shareholder,0.5\n"
    with memory() as store:
        report = load_text(store, tmp_path, {"ownership.csv": text})
        assert store.info().facts["ownership"] == 3
    [circle] = report.ownership_circles
    assert circle[0] == circle[-1]
    assert set(circle) == {"A", "B", "C"}
    assert report.warnings == [f"circular ownership: {' -> '.join(circle)}"]


def test_amounts_without_a_rate_are_named(tmp_path: Path) -> None:
    text = INVOICE.strip() + ",currency\nT1,A,B,2024-01-02,5,USD\nT2,A,B,2024-01-02,5,USD\nT3,A,B,2024-01-02,5,EUR\n"
    rates = "currency,quoted_on,rate\nEUR,2024-01-01,7.8\n"
    with memory() as store:
        report = load_text(store, tmp_path, {"transactions.csv": text, "rates.csv": rates})
        assert store.info().facts["transactions"] == 3
    assert report.warnings == ["2 amounts are in USD and the store has no rate for it: load a `rates` table"]
    assert report.to_json()["currencies_without_rate"] == {"USD": 2}


# -- mappings


def test_a_wrong_mapping_lists_the_known(tmp_path: Path) -> None:
    message, remedy = _refusal(tmp_path, {"parties.csv": PARTIES}, mapping="cumcm2021")
    assert message == "there is no mapping 'cumcm2021'"
    assert remedy == "shipped are: cumcm2020c, fxiaoke, zoho; or give a .yaml file's path"


@pytest.mark.parametrize(
    "pattern", ["../secret.csv", "/etc/passwd", "..", "a/../../b.csv", "~/x.csv", "C:\\x.csv", "sub/x.csv"]
)
def test_path_tricks_in_a_mapping_are_refused(tmp_path: Path, pattern: str) -> None:
    columns = "columns: {party_id: a, kind: b, name: c}"
    text = f"name: t\nsources:\n- files: {json.dumps(pattern)}\n  tables:\n    parties:\n      {columns}\n"
    path = write(tmp_path, {"m.yaml": text}) / "m.yaml"
    with pytest.raises(MappingError) as caught:
        load_mapping(path)
    assert "leaves the folder that is loaded; give a file name such as sales*.csv" in caught.value.message
    assert "sources.0" in caught.value.message


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"guarantees.csv": "guarantee_id,guarantor_id,obligor_id,amount\nG,A,B,1\n"})
    inside = write(tmp_path / "inside", {"parties.csv": PARTIES})
    (inside / "guarantees.csv").symlink_to(outside / "guarantees.csv")
    with memory() as store:
        report = load(store, [inside])
        assert store.info().facts["guarantees"] == 0
    assert "guarantees.csv: a link out of the folder is not followed; name the file itself to load it" in report.notes
