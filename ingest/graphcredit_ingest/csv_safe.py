"""CSV for people: cells that a spreadsheet would run as a formula are made plain text."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from graphcredit.store import QuarantinedRow

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: Any) -> str:
    """A cell's text; a leading apostrophe keeps spreadsheets from running it (plain numbers stay numbers)."""
    text = "" if value is None else str(value)
    if not text.startswith(_DANGEROUS):
        return text
    try:
        float(text)
    except ValueError:
        return "'" + text
    return text


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as UTF-8 CSV with BOM (spreadsheets then read Chinese), whole or not at all."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([safe_cell(column) for column in columns])
        writer.writerows([safe_cell(value) for value in row] for row in rows)
    part.replace(path)


def quarantine_export(rows: Sequence[QuarantinedRow], path: Path) -> None:
    """Write quarantined rows with their reasons, remedies and whole content."""
    columns = ("file", "row", "table", "column", "value", "reason", "remedy", "content")
    lines = (
        (r.file, r.row, r.table, r.column, r.value, r.reason, r.remedy, json.dumps(dict(r.content), ensure_ascii=False))
        for r in rows
    )
    write_csv(path, columns, lines)
