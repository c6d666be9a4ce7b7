"""Files as tables of text: CSV, Parquet, XLSX and JSON lines, gzip too. Nothing is interpreted here."""

import csv
import gzip
import json
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from graphcredit.exc import ReadError

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".xlsx", ".jsonl", ".ndjson", ".json")
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 26  # a cell may be as long as this before the reader gives up; validation refuses it earlier


@dataclass(frozen=True)
class Reject:
    """A line that is not a row of its file."""

    row: int
    value: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class RawTable:
    """A file's (or sheet's) rows as text: empty cells are null, rows without any value are left out.

    `rows` gives each row's number as a spreadsheet counts (the header is 1; JSON lines have none, so the first is 1).
    `names` are what may tell the table: the sheet's name, the file's.
    """

    file: str
    names: tuple[str, ...]
    data: pa.Table
    rows: pa.Array
    encoding: str = ""
    rejects: tuple[Reject, ...] = field(default=())
    no_nul: bool = False  # known to hold no NUL character, so that nobody needs to look for one


def is_data_file(path: Path) -> bool:
    """Whether the file's name says that it can be read."""
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(SUFFIXES) and not path.name.startswith((".", "~$"))


def table_name(path: Path) -> str:
    """A file's name without its endings."""
    name = path.name
    while (suffix := Path(name).suffix.lower()) in (*SUFFIXES, ".gz"):
        name = name[: -len(suffix)]
    return name


def refuse_empty(path: Path) -> None:
    """Raise ReadError where a file has no bytes at all."""
    if path.stat().st_size == 0:
        raise ReadError(f"{path.name} is empty (0 bytes)", remedy="export it again; a file needs at least a header")


def read_file(path: Path) -> Iterator[RawTable]:
    """The tables in a file: one, or one a sheet.

    Raises:
        ReadError: missing, empty, or not what its name says.
    """
    if not path.is_file():
        raise ReadError(f"{path} does not exist", remedy="check the path")
    refuse_empty(path)
    kind = path.name.lower().removesuffix(".gz")
    try:
        if kind.endswith((".parquet", ".pq")):
            yield _parquet(path)
        elif kind.endswith(".xlsx"):
            yield from _sheets(path)
        elif kind.endswith((".jsonl", ".ndjson", ".json")):
            yield _json_lines(path)
        elif kind.endswith((".csv", ".tsv", ".txt")):
            yield _csv(path)
        else:
            raise ReadError(f"{path.name}: unknown kind of file", remedy=f"use one of {', '.join(SUFFIXES)}, gzip too")
    except (pa.ArrowException, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = str(error).splitlines()[0][:200]
        raise ReadError(f"{path.name} cannot be read: {reason}", remedy="check that the file is whole") from None


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    content = gzip.decompress(content) if content.startswith(_GZIP) else content
    if not content.strip(b"\xef\xbb\xbf\r\n\t "):
        raise ReadError(f"{path.name} is empty", remedy="export it again; a file needs at least a header", row=1)
    return content


def _decoded(path: Path, content: bytes) -> tuple[bytes, str]:
    """UTF-8 bytes without BOM, and the encoding they came in.

    Raises:
        ReadError: neither UTF-8 nor GB18030.
    """
    if content.startswith(b"\xef\xbb\xbf"):
        content, found = content[3:], "utf-8 with BOM"
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16").encode(), "utf-16"
        except UnicodeDecodeError:
            raise ReadError(f"{path.name} is damaged UTF-16", remedy="save the file as UTF-8") from None
    else:
        found = "utf-8"
    try:
        if not content.isascii():
            ends = pa.py_buffer(np.array([0, len(content)], np.int64))
            pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(content)).validate(full=True)  # at memory speed
        return content, found
    except pa.ArrowInvalid:
        pass
    try:
        return content.decode("gb18030").encode(), "gb18030"
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ReadError(
            f"{path.name}, line {line}: neither UTF-8 nor GB18030", remedy="save the file as UTF-8", row=line
        ) from None


def _delimiter(header: str) -> str:
    return max((",", ";", "\t", "|"), key=header.count)


def _csv(path: Path) -> RawTable:
    content, encoding = _decoded(path, _content(path))
    bare = content.lstrip(b"\r\n")
    above = content[: len(content) - len(bare)].count(b"\n")  # blank lines over the header count as lines
    head = bare[: 1 << 20].decode(errors="ignore")
    delimiter = _delimiter(head.splitlines()[0])
    try:
        cells = next(csv.reader(StringIO(head), delimiter=delimiter))
    except csv.Error as error:
        raise ReadError(f"{path.name}: the header cannot be read: {error}", remedy="mend the first line") from None
    names = _header(path, cells)
    padded = names + [f"\x00{position}" for position in range(len(names), len(cells))]
    data, rejects = _parse(bare if bare.endswith(b"\n") else bare + b"\n", padded, delimiter)
    data = _trimmed(data.select(names))
    skipped = [reject.row for reject in rejects]
    rows = np.arange(2, data.num_rows + len(skipped) + 2)
    if skipped:
        rows = np.delete(rows, np.array(skipped) - 2)
    data, numbers = _filled(data, rows + above)
    told = tuple(Reject(reject.row + above, reject.value, reject.reason, reject.remedy) for reject in rejects)
    return RawTable(path.name, (table_name(path),), data, numbers, encoding, told, b"\x00" not in bare)


def _parse(content: bytes, names: list[str], delimiter: str) -> tuple[pa.Table, list[Reject]]:
    """All rows as text, and the lines that have another number of cells than the header."""
    rejects: list[Reject] = []

    def invalid(row: Any) -> str:
        number = int(row.number) if row.number is not None else 0
        reason = f"has {row.actual_columns} cells, the header has {row.expected_columns}"
        rejects.append(
            Reject(number, str(row.text)[:200], reason, "quote cells that hold the separator, or mend the line")
        )
        return "skip"

    def parse(*, threads: bool) -> pa.Table:
        rejects.clear()
        return pcsv.read_csv(
            BytesIO(content),
            read_options=pcsv.ReadOptions(
                column_names=names, skip_rows_after_names=1, block_size=_BLOCK, use_threads=threads
            ),
            parse_options=pcsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=invalid, ignore_empty_lines=False
            ),
            convert_options=pcsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""],
                quoted_strings_can_be_null=True,
            ),
        )  # fmt: skip

    data = parse(threads=True)
    if rejects:
        data = parse(threads=False)  # only one thread can number the lines
    return data, rejects


def _filled(data: pa.Table, rows: Any) -> tuple[pa.Table, pa.Array]:
    """The rows that hold any value, with their numbers."""
    numbers = pa.array(rows, pa.int64())
    if not data.num_columns or any(column.null_count == 0 for column in data.columns):
        return data, numbers
    empty = data.columns[0].is_null()
    for column in data.columns[1:]:
        empty = pc.and_(empty, column.is_null())
    some = pc.invert(empty)
    return data.filter(some), numbers.filter(some.combine_chunks())


def _header(path: Path, cells: list[Any]) -> list[str]:
    names = [str(cell).strip() if cell is not None else "" for cell in cells]
    while names and not names[-1]:
        names.pop()
    folded = [name.casefold() for name in names]
    if repeated := sorted({name for name in names if name and folded.count(name.casefold()) > 1}):
        raise ReadError(
            f"{path.name}: columns {repeated} appear twice", remedy="give each column a name of its own", row=1
        )
    if not names:
        raise ReadError(f"{path.name} has no header", remedy="the first line must name the columns", row=1)
    if "" in names:
        where = names.index("") + 1
        raise ReadError(f"{path.name}: column {where} has no name", remedy="name it or remove it", row=1)
    if any("\x00" in name for name in names):
        raise ReadError(
            f"{path.name}: the header is not text", remedy="check that the file is what its name says", row=1
        )
    return names


def _trimmed(data: pa.Table) -> pa.Table:
    """Cells without surrounding space; what is then empty is null."""
    columns = []
    for column in data.columns:
        bare = pc.utf8_trim_whitespace(column)
        columns.append(pc.if_else(pc.equal(bare, ""), pa.scalar(None, pa.string()), bare))
    return pa.table(columns, names=data.column_names)


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return _plain(repr(value))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_as_text)
    return str(value)


def _plain(number: str) -> str:
    """A float's shortest text without an exponent or a needless .0; nan and inf as they are."""
    text = format(Decimal(number), "f") if "e" in number.lower() else number
    return text.removesuffix(".0")


def _parquet(path: Path) -> RawTable:
    source: Path | BinaryIO = BytesIO(_content(path)) if path.name.lower().endswith(".gz") else path
    table = pq.read_table(source)
    columns = []
    for column in table.columns:
        kind = column.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pa.types.is_floating(kind):
            texts = column.cast(pa.string()).to_pylist()
            column = pa.chunked_array([pa.array([text and _plain(text) for text in texts], pa.string())])
        elif pa.types.is_nested(kind):
            column = pa.chunked_array([pa.array([_as_text(value) for value in column.to_pylist()], pa.string())])
        elif not pa.types.is_string(kind):
            column = column.cast(pa.string())
        columns.append(column)
    data = _trimmed(pa.table(columns, names=_header(path, table.column_names)))
    data, rows = _filled(data, np.arange(2, data.num_rows + 2))
    return RawTable(path.name, (table_name(path),), data, rows)


def _sheets(path: Path) -> Iterator[RawTable]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that do not matter for values
            book = openpyxl.load_workbook(BytesIO(_content(path)), read_only=True, data_only=True)
            tables = [table for sheet in book.worksheets for table in _sheet(path, sheet)]
            book.close()
    except (KeyError, ValueError, TypeError, ParseError, InvalidFileException) as error:
        raise ReadError(f"{path.name} is not a workbook: {error}", remedy="save it again as .xlsx") from None
    yield from tables


def _sheet(path: Path, sheet: Any) -> Iterator[RawTable]:
    """A sheet's rows: dates and numbers as typed in their cells, formulas by their last values."""
    lines = sheet.iter_rows(values_only=True)
    head = next(lines, None)
    if head is None or all(cell is None for cell in head):
        return
    names = _header(path, list(head))
    columns: list[list[str | None]] = [[] for _ in names]
    for line in lines:
        for position, column in enumerate(columns):
            column.append(_as_text(line[position]) if position < len(line) else None)
    data = _trimmed(pa.table([pa.array(column, pa.string()) for column in columns], names=names))
    data, rows = _filled(data, np.arange(2, data.num_rows + 2))
    yield RawTable(path.name, (sheet.title, table_name(path)), data, rows)


def _json_lines(path: Path) -> RawTable:
    content, encoding = _decoded(path, _content(path))
    names: dict[str, None] = {}
    lines, numbers, rejects = [], [], []
    for number, text, parsed in _json_objects(path, content.decode()):
        if not isinstance(parsed, dict):
            reason = f"is not JSON ({parsed})" if isinstance(parsed, Exception) else "is not a JSON object"
            rejects.append(Reject(number, text[:200], reason, "write one JSON object a line"))
            continue
        if not parsed:  # a row without any value, which no column would carry where it stands alone
            continue
        names.update(dict.fromkeys(parsed))
        lines.append(parsed)
        numbers.append(number)
    columns = [pa.array([_as_text(line.get(name)) for line in lines], pa.string()) for name in names]
    data = _trimmed(pa.table(columns, names=_header(path, list(names)) if names else []))
    data, rows = _filled(data, np.array(numbers, np.int64))
    return RawTable(path.name, (table_name(path),), data, rows, encoding, tuple(rejects))


def _json_objects(path: Path, content: str) -> Iterator[tuple[int, str, Any]]:
    """(number, text, value) of every line, or of every element where the file is one array; a fault is the value."""
    if content.lstrip().startswith("["):
        try:
            elements = json.loads(content, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise ReadError(f"{path.name} is not JSON: {error}", remedy="write one JSON object a line") from None
        yield from ((number, str(element), element) for number, element in enumerate(elements, 1))
        return
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, line, json.loads(line, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            yield number, line, error
