"""A list of the console: columns that know how to be shown, pages, and the whole of it as CSV or XLSX."""

import csv
import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, overload

from fastapi import Query, Request, Response
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from graphcredit_api.audit import note
from graphcredit_api.console.labels import label
from graphcredit_api.console.render import render
from graphcredit_api.console.texts import words
from graphcredit_api.language import language_of
from graphcredit_ingest.csv_safe import safe_cell

Format = Annotated[Literal["", "csv", "xlsx"], Query()]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
PER_PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXCEL_DIGITS = 15  # a spreadsheet's number holds no more; longer amounts stay exact as text
EXCEL_CELL = 32_767
WIDEST = 60
FORMATS = {"money": "#,##0.00", "share": "0.00%"}
DAY, MOMENT = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Column:
    """`key` of a row; `title` is a word of the console; `kind` says how it is shown:
    text, code, money, share, number, grade, party, decision, link, path."""

    key: str
    title: str
    kind: str = "text"


class Rows(Sequence[Mapping[str, Any]]):
    """Rows that are made when they are looked at: a page of fifty does not wait for the whole list.

    Args:
        of: what the rows are about.
        make: one of them -> its row.
    """

    def __init__(self, of: Sequence[Any], make: Callable[[Any], Mapping[str, Any]]) -> None:
        self.of, self.make = of, make

    def __len__(self) -> int:
        return len(self.of)

    @overload
    def __getitem__(self, place: int) -> Mapping[str, Any]: ...

    @overload
    def __getitem__(self, place: slice) -> "Rows": ...

    def __getitem__(self, place: int | slice) -> "Mapping[str, Any] | Rows":
        return Rows(self.of[place], self.make) if isinstance(place, slice) else self.make(self.of[place])


@dataclass(frozen=True)
class Listing:
    """Rows (mappings from a column's key to a plain value) under columns."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]
    note: str = ""

    def table(self, language: str) -> tuple[list[str], list[list[Any]]]:
        """Header and exact cells, for exports; codes are named in the language, their ids stay."""
        t = words(language)
        header = [t(column.title) for column in self.columns]
        return header, [[_exact(row.get(c.key), c, language) for c in self.columns] for row in self.rows]


def _exact(value: Any, column: Column, language: str) -> Any:
    if column.kind == "code":
        return label(value, language)
    if column.kind == "path":
        return " > ".join(str(step) for step in value or ())
    if column.kind == "money" and value not in (None, ""):
        return Decimal(str(value))
    if isinstance(value, dict):
        return value.get(language, "")
    return value


def as_csv(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """UTF-8 with BOM (spreadsheets then read Chinese); no cell runs as a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([safe_cell(name) for name in header])
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(header: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str, kinds: Sequence[str] = ()) -> bytes:
    """A workbook of one sheet; text is stored as text, so that no cell runs as a formula, and amounts are exact.

    Args:
        header, rows: as in `Listing.table`.
        title: of the sheet.
        kinds: of the columns: money and shares are numbers and look like it; days in columns of text are days.
    """
    kinds = [*kinds, *["text"] * (len(header) - len(kinds))]
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31] or "list")
    sheet.freeze_panes = "A2"

    def cell(value: Any, kind: str = "", *, bold: bool = False) -> Any:
        made, value = WriteOnlyCell(sheet), _typed(value, kind)
        if bold:
            made.font = Font(bold=True)
        if value is None or isinstance(value, date | datetime) or _fits(value):
            made.value = value
            if kind in FORMATS and value is not None:
                made.number_format = FORMATS[kind]
        else:
            made.value = CONTROL.sub("", str(value))[:EXCEL_CELL]
            made.data_type = "s"
        return made

    for place, name in enumerate(header):
        longest = max([_width(name), *(_width(row[place]) for row in rows[:1000])])
        sheet.column_dimensions[get_column_letter(place + 1)].width = min(longest + 2, WIDEST)
    sheet.append([cell(name, bold=True) for name in header])
    for row in rows:
        sheet.append([cell(value, kind) for value, kind in zip(row, kinds, strict=True)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _typed(value: Any, kind: str) -> Any:
    """A cell's value as what it is: a share as a number, a day as a day; text that is none stays."""
    try:
        if kind == "share" and isinstance(value, str) and value:
            return Decimal(value)
        if kind == "text" and isinstance(value, str) and DAY.fullmatch(value):
            return date.fromisoformat(value) if value >= "1900-03-01" else value  # a spreadsheet knows no earlier ones
        if kind == "text" and isinstance(value, str) and MOMENT.fullmatch(value):
            return datetime.fromisoformat(value) if value >= "1900-03-01" else value
    except (ValueError, InvalidOperation):
        return value
    return value


def _width(value: Any) -> int:
    """How many letters wide a value is; a Chinese one is two."""
    text = f"{value:,.2f}" if isinstance(value, Decimal) else str(value)[:WIDEST]
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _fits(value: Any) -> bool:
    """Whether a spreadsheet's number holds a value exactly."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, Decimal | int) and len(Decimal(value).normalize().as_tuple().digits) <= EXCEL_DIGITS


def respond(request: Request, listing: Listing, *, form: str = "", page: int = 1, **values: Any) -> Response:
    """The list as asked for: a page of it, or all of it as a file."""
    if form:
        note(request, list=listing.name, rows=len(listing.rows), exported=form)
        return exported(listing, form, language_of(request))
    pages = max(-(-len(listing.rows) // PER_PAGE), 1)
    page = min(page, pages)
    shown = listing.rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    query = {key: value for key, value in request.query_params.items() if key not in ("page", "format", "lang")}
    return render(request, "list.html.j2", listing=listing, rows=shown, page=page, pages=pages, query=query, **values)


def exported(listing: Listing, form: str, language: str) -> Response:
    """All rows as a file to keep."""
    header, rows = listing.table(language)
    if form == "csv":
        content, kind = as_csv(header, rows), "text/csv; charset=utf-8"
    else:
        title = words(language)(listing.title)
        content, kind = as_xlsx(header, rows, title=title, kinds=[column.kind for column in listing.columns]), XLSX
    name = re.sub(r"[^A-Za-z0-9._-]", "_", listing.name)[:80]
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'})
