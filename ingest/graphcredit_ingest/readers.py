"""Files as tables of text: CSV, Parquet, XLSX and JSON lines, gzip too. Nothing is interpreted here."""

import gzip
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

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
    """A file's (or sheet's) rows as text: empty cells are null, `rows` gives each row's number (the header is 1)."""

    file: str
    name: str
    data: pa.Table
    rows: pa.Array
    encoding: str = ""
    rejects: tuple[Reject, ...] = field(default=())


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


def read_file(path: Path) -> Iterator[RawTable]:
    """The tables in a file: one, or one a sheet.

    Raises:
        ReadError: missing, empty, or not what its name says.
    """
    if not path.is_file():
        raise ReadError(f"{path} does not exist", remedy="check the path")
    if path.stat().st_size == 0:
        raise ReadError(f"{path.name} is empty (0 bytes)", remedy="export it again; a file needs at least a header")
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
    except (pa.ArrowInvalid, OSError, EOFError, zipfile.BadZipFile, gzip.BadGzipFile) as error:
        raise ReadError(f"{path.name} cannot be read: {error}", remedy="check that the file is whole") from None


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if content.startswith(_GZIP) else content


def _decoded(path: Path, content: bytes) -> tuple[bytes, str]:
    """UTF-8 bytes without BOM, and the encoding they came in.

    Raises:
        ReadError: neither UTF-8 nor GB18030.
    """
    if content.startswith(b"\xef\xbb\xbf"):
        content, found = content[3:], "utf-8 with BOM"
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16").encode(), "utf-16"
    else:
        found = "utf-8"
    try:
        if not content.isascii():
            pa.array([content], pa.binary()).cast(pa.string())  # validates at memory speed
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
    first, _, _ = content.lstrip().partition(b"\n")
    header = first.decode().strip()
    if not header:
        raise ReadError(f"{path.name} has no header", remedy="the first line must name the columns")
    delimiter = _delimiter(header)
    names = _header(path, next(_split(header, delimiter)))
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
            parse_options=pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=invalid),
            convert_options=pcsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""],
                quoted_strings_can_be_null=True,
            ),
        )  # fmt: skip

    data = parse(threads=True)
    if rejects:
        data = parse(threads=False)  # only one thread can number the lines
    skipped = {reject.row for reject in rejects}
    numbers = (number for number in range(2, data.num_rows + len(skipped) + 2) if number not in skipped)
    rows = pa.array(numbers, pa.int64()) if skipped else pa.array(range(2, data.num_rows + 2), pa.int64())
    return RawTable(path.name, table_name(path), _trimmed(data), rows, encoding, tuple(rejects))


def _split(line: str, delimiter: str) -> Iterator[list[str]]:
    import csv

    yield from csv.reader([line], delimiter=delimiter)


def _header(path: Path, cells: list[Any]) -> list[str]:
    names = [str(cell).strip() if cell is not None else "" for cell in cells]
    while names and not names[-1]:
        names.pop()
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ReadError(
            f"{path.name}: columns {repeated} appear twice", remedy="give each column a name of its own", row=1
        )
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
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def _parquet(path: Path) -> RawTable:
    source: Path | BinaryIO = BytesIO(_content(path)) if path.name.lower().endswith(".gz") else path
    table = pq.read_table(source)
    columns = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pa.types.is_nested(kind) or pa.types.is_floating(kind):
            column = pa.chunked_array([pa.array([_as_text(value) for value in column.to_pylist()], pa.string())])
        elif not pa.types.is_string(kind):
            column = column.cast(pa.string())
        columns.append(column)
        _header(path, [name])
    data = pa.table(columns, names=table.column_names)
    return RawTable(path.name, table_name(path), _trimmed(data), pa.array(range(2, data.num_rows + 2), pa.int64()))


def _sheets(path: Path) -> Iterator[RawTable]:
    import openpyxl

    book = openpyxl.load_workbook(BytesIO(_content(path)), read_only=True, data_only=True)
    for sheet in book.worksheets:
        lines = sheet.iter_rows(values_only=True)
        head = next(lines, None)
        if head is None or all(cell is None for cell in head):
            continue
        names = _header(path, list(head))
        columns: list[list[str | None]] = [[] for _ in names]
        numbers = []
        for number, line in enumerate(lines, 2):
            if all(cell is None for cell in line):
                continue
            numbers.append(number)
            for position, column in enumerate(columns):
                column.append(_as_text(line[position]) if position < len(line) else None)
        data = pa.table([pa.array(column, pa.string()) for column in columns], names=names)
        name = sheet.title if len(book.worksheets) > 1 else table_name(path)
        yield RawTable(path.name, name, _trimmed(data), pa.array(numbers, pa.int64()))
    book.close()


def _json_lines(path: Path) -> RawTable:
    content, encoding = _decoded(path, _content(path))
    names: dict[str, None] = {}
    lines, numbers, rejects = [], [], []
    for number, line in enumerate(content.decode().split("\n"), 1):
        if not line.strip():
            continue
        try:
            parsed = json.loads(line, parse_float=Decimal)
        except ValueError as error:
            rejects.append(Reject(number, line[:200], f"is not JSON ({error})", "write one JSON object a line"))
            continue
        if not isinstance(parsed, dict):
            rejects.append(Reject(number, line[:200], "is not a JSON object", "write one JSON object a line"))
            continue
        names.update(dict.fromkeys(map(str, parsed)))
        lines.append(parsed)
        numbers.append(number)
    data = pa.table(
        [pa.array([_as_text(line.get(name)) for line in lines], pa.string()) for name in names], names=list(names)
    )
    return RawTable(
        path.name, table_name(path), _trimmed(data), pa.array(numbers, pa.int64()), encoding, tuple(rejects)
    )
