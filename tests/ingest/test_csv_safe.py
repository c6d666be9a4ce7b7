"""Exported CSV runs nothing in a spreadsheet and loses nothing."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcredit_ingest import quarantine_export, safe_cell, write_csv
from tests.ingest.support import load_text, memory, waiting


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("-5.25", "-5.25"),
        (-5, "-5"),
        (None, ""),
        ("plain = text", "plain = text"),
    ],
)
def test_cells_that_would_run_are_quoted(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


@given(st.text())
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert cell in (text, "'" + text)
    if cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        float(cell)


def test_the_export_of_quarantine_is_safe_and_complete(tmp_path: Path) -> None:
    evil = "=cmd|' /C calc'!A0"
    with memory() as store:
        load_text(store, tmp_path, {"parties.csv": f"party_id,kind,name\nX,{evil},Xi\n"})
        rows = waiting(store)
        quarantine_export(rows, tmp_path / "out.csv")
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    [line] = csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8-sig", newline=""))
    assert line["value"] == "'" + evil
    assert line["reason"] == f"kind {evil.lower()!r} is not known" or line["reason"] == f"kind {evil!r} is not known"
    assert json.loads(line["content"]) == {"party_id": "X", "kind": evil, "name": "Xi"}
    assert (line["file"], line["row"], line["table"], line["column"]) == ("parties.csv", "2", "parties", "kind")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    write_csv(path, ["a"], [["1"]])

    def broken() -> object:
        yield ["2"]
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        write_csv(path, ["a"], broken())  # type: ignore[arg-type]
    assert path.read_text(encoding="utf-8-sig").split() == ["a", "1"]
