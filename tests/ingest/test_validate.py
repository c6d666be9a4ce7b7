"""Values against Python's own decimals, dates and JSON."""

import json
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.support import INVOICE, load_text, memory, waiting

QUIET = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUIET
@given(st.lists(st.from_regex(r"\A[+-]?[0-9]{1,15}(\.[0-9]{1,9})?\Z"), min_size=1, max_size=60))
def test_amounts_are_exact_and_rounded_half_to_even(tmp_path: Path, texts: list[str]) -> None:
    lines = "".join(f"T{i:03d},A,B,2024-01-02,{text}\n" for i, text in enumerate(texts))
    with memory() as store:
        report = load_text(store, tmp_path, {"transactions.csv": INVOICE + lines})
        found = store.read("transactions")["amount"].to_pylist()
    exact = [Decimal(text) for text in texts]
    assert found == [value.quantize(Decimal("0.0001"), ROUND_HALF_EVEN) for value in exact]
    lost = sum(value != value.quantize(Decimal("0.0001")) for value in exact)
    assert report.rounded["transactions"] == lost
    assert (f"transactions: {lost:,} amounts rounded to four decimals" in report.notes) == bool(lost)


@pytest.mark.parametrize(
    ("text", "rounded"),
    [("0.00005", "0.0000"), ("0.00015", "0.0002"), ("-0.00025", "-0.0002"), ("0.000250001", "0.0003"), (".5", "0.5")],
)
def test_ties_go_to_the_even_digit(tmp_path: Path, text: str, rounded: str) -> None:
    with memory() as store:
        load_text(store, tmp_path, {"transactions.csv": INVOICE + f"T,A,B,2024-01-02,{text}\n"})
        assert store.read("transactions")["amount"].to_pylist() == [Decimal(rounded)]


@pytest.mark.parametrize(
    "text",
    ["2020-01-05", "2020-1-5", "2020/1/5", "2020/01/05", "20200105", "2020.1.5", "2020年1月5日", "2020-01-05 13:14:15"],
)
def test_forms_of_a_date(tmp_path: Path, text: str) -> None:
    with memory() as store:
        load_text(store, tmp_path, {"transactions.csv": INVOICE + f"T,A,B,{text},1\n"})
        assert store.read("transactions")["issued_on"].to_pylist() == [date(2020, 1, 5)]


@QUIET
@given(st.lists(st.text("0123456789-/.", min_size=6, max_size=11), min_size=1, max_size=60))
def test_a_text_is_a_date_or_waits(tmp_path: Path, texts: list[str]) -> None:
    """Nothing is guessed: what is loaded has the digits of the text, year first."""
    lines = "".join(f"T{i:03d},A,B,{text},1\n" for i, text in enumerate(texts))
    with memory() as store:
        report = load_text(store, tmp_path, {"transactions.csv": INVOICE + lines})
        found = store.read("transactions", as_of=date(9999, 1, 1)).to_pylist()
    assert report.tables["transactions"].quarantined == len(texts) - len(found)
    for row in found:
        text = texts[int(row["transaction_id"][1:])]
        digits = "".join(part.zfill(2) for part in text.replace("/", "-").replace(".", "-").split("-"))
        assert digits.startswith(f"{row['issued_on']:%Y%m%d}")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-01-05", datetime(2020, 1, 5)),
        ("2020/1/5", datetime(2020, 1, 5)),
        ("2020-01-05 10:11:12", datetime(2020, 1, 5, 10, 11, 12)),
        ("2020-01-05T10:11:12.5", datetime(2020, 1, 5, 10, 11, 12, 500_000)),
        ("2020-01-05T10:00:00+08:00", datetime(2020, 1, 5, 2)),
        ("2020-01-05T10:00:00Z", datetime(2020, 1, 5, 10)),
    ],
)
def test_moments_are_utc(tmp_path: Path, text: str, moment: datetime) -> None:
    with memory() as store:
        load_text(store, tmp_path, {"parties.csv": f"party_id,kind,name,recorded_at\nA,company,Alpha,{text}\n"})
        assert store.read("parties", columns=["recorded_at"])["recorded_at"].to_pylist() == [moment]


@pytest.mark.parametrize(("text", "share"), [("0.35", 0.35), ("35%", 0.35), ("100%", 1.0), ("1e-2", 0.01), ("0", 0.0)])
def test_shares(tmp_path: Path, text: str, share: float) -> None:
    with memory() as store:
        load_text(store, tmp_path, {"ownership.csv": f"holder_id,held_id,relation,share\nA,B,shareholder,{text}\n"})
        assert store.read("ownership")["share"].to_pylist() == [share]


@pytest.mark.parametrize("text", ["35%%", "%", "1_0", "0x1", "101%"])
def test_numbers_that_are_none_wait(tmp_path: Path, text: str) -> None:
    with memory() as store:
        load_text(store, tmp_path, {"ownership.csv": f"holder_id,held_id,relation,share\nA,B,shareholder,{text}\n"})
        assert [row.column for row in waiting(store)] == ["share"]


def test_defaults_of_the_table_fill_gaps(tmp_path: Path) -> None:
    with memory() as store:
        load_text(
            store,
            tmp_path,
            {"transactions.csv": INVOICE.strip() + ",status\nT,A,B,2024-01-02,1,\nU,A,B,2024-01-02,1,VOID\n"},
        )
        assert store.read("transactions")["status"].to_pylist() == ["valid", "void"]
        assert store.read("transactions")["kind"].to_pylist() == ["invoice", "invoice"]


ATTRIBUTES = [
    ("5", 5),
    ("-1.5", -1.5),
    ("true", True),
    ("FALSE", False),
    ("007", "007"),
    ("1e3", 1000.0),
    ("AB-1", "AB-1"),
    ("成都", "成都"),
    ('say "hi"\\n', 'say "hi"\\n'),
    ("12345678901234567890123", "12345678901234567890123"),
    ("NaN", "NaN"),
]


@pytest.mark.parametrize(("text", "value"), ATTRIBUTES)
def test_attributes_keep_their_type(tmp_path: Path, text: str, value: object) -> None:
    cell = '"' + text.replace('"', '""') + '"'
    with memory() as store:
        load_text(
            store,
            tmp_path,
            {"parties.csv": f'party_id,kind,name,attr_z,"attr_a""b",attr_empty\nA,company,Alpha,{cell},1,\n'},
        )
        [found] = store.read("parties", columns=["attributes"])["attributes"].to_pylist()
    assert json.loads(found) == {'a"b': 1, "z": value}
    assert type(json.loads(found)["z"]) is type(value)
    assert found.index('"z"') > found.index('b"')
