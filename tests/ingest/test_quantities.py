"""Quantities and their units: exact from every kind of file, and what a person reads when they are not plain."""

import json
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ingest.support import INVOICE, load_text, memory, waiting


@pytest.mark.parametrize(
    ("text", "hint"), [("12.5 t", "; here quantity 12.5, unit t"), ("3件", "; here quantity 3, unit 件"), ("1,200", "")]
)
def test_a_quantity_that_is_not_plain_waits_and_names_its_own_column(tmp_path: Path, text: str, hint: str) -> None:
    header = INVOICE.replace("amount", "amount,quantity,unit")
    with memory() as store:
        load_text(store, tmp_path, {"transactions.csv": header + f'T1,A,B,2024-01-02,5,"{text}",\n'})
        [row] = waiting(store)
    assert (row.column, row.reason) == ("quantity", f"quantity {text!r} is not a plain quantity")
    assert row.remedy == "write digits, and the unit in the column unit" + hint


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet", "jsonl"])
def test_a_quantity_and_its_unit_arrive_exactly_from_every_kind_of_file(tmp_path: Path, kind: str) -> None:
    row = {"transaction_id": "T1", "seller_id": "A", "buyer_id": "B", "issued_on": "2024-01-02", "amount": "5",
           "quantity": "1200.125", "unit": "t"}  # fmt: skip
    file = tmp_path / f"transactions.{kind}"
    if kind == "csv":
        file.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    elif kind == "jsonl":
        file.write_text(json.dumps(row | {"quantity": 1200.125}) + "\n")
    elif kind == "parquet":
        pq.write_table(
            pa.table({name: [value] for name, value in (row | {"quantity": Decimal("1200.125")}).items()}), file
        )
    else:
        book = openpyxl.Workbook()
        book.active.append(list(row))
        book.active.append([*list(row.values())[:-2], 1200.125, "t"])
        book.save(file)
    with memory() as store:
        load_text(store, tmp_path, {})
        (found,) = store.read("transactions", columns=["quantity", "unit"]).to_pylist()
    assert found == {"quantity": Decimal("1200.1250"), "unit": "t"}
