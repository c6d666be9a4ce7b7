"""Load files into a store: read, map, validate, quarantine, upsert, then mend dangling references."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatch
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.exc import ReadError
from graphcredit.model.tables import ALWAYS_KNOWN, ATTRIBUTE_PREFIX, TABLES, Table
from graphcredit.store import CreditStore, Progress, QuarantinedRow
from graphcredit_ingest.checks import find_currencies_without_rate, find_ownership_circles, mark_wrong_numbers
from graphcredit_ingest.faults import explain
from graphcredit_ingest.mapping import ColumnRule, SourceRule, TableRule, load_mapping, quoted, text_sql
from graphcredit_ingest.readers import RawTable, is_data_file, read_file
from graphcredit_ingest.report import LoadReport
from graphcredit_ingest.stubs import create_stubs, referenced_parties
from graphcredit_ingest.validate import check

_Lines = Callable[[int], dict[str, str | None]]  # a row's number -> its whole content


@dataclass(frozen=True)
class _Job:
    """One table of one file."""

    raw: RawTable
    table: Table
    rule: TableRule | None
    broken_lines: bool = True  # whether the file's unreadable lines are counted under this table


def load(
    store: CreditStore,
    sources: Sequence[Path | str],
    *,
    mapping: str | Path | None = None,
    table: str | None = None,
    recorded_at: date | datetime | None = None,
    book_currency: str = "CNY",
    progress: Progress | None = None,
) -> LoadReport:
    """Load files and folders into `store`; rows that fail wait in quarantine, the rest is loaded.

    Args:
        store: where facts go.
        sources: files or folders; without a mapping a file's (or sheet's) name tells its table.
        mapping: a shipped mapping's name or a YAML file.
        table: the table of all files, where their names do not tell.
        recorded_at: when rows became known that neither say so themselves nor carry a date of their own.
        book_currency: amounts without a currency are in it.
        progress: called with (rows done, rows known so far).

    Raises:
        ReadError: a file is missing, empty or unreadable, or nothing to load was found.
        MappingError: the mapping is unknown, malformed, or does not fit a file.
    """
    started = time.perf_counter()
    report = LoadReport()
    chosen = load_mapping(mapping) if mapping is not None else None
    default = ALWAYS_KNOWN if recorded_at is None else recorded_at.isoformat()
    waiting: dict[str, list[QuarantinedRow]] = {}
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
    referenced: set[str] = set()
    known = done = 0
    jobs = list(_jobs(_files(sources), chosen.sources if chosen else None, table, report))
    if not jobs and not report.files:
        raise ReadError(
            "nothing to load was found", remedy=f"name files after tables: {', '.join(TABLES)}; or use a mapping"
        )
    known = sum(job.raw.data.num_rows for job in jobs)
    try:
        for job in jobs:
            waiting.setdefault(job.raw.file, [])
            rows = _load_one(store, connection, job, report, waiting[job.raw.file], default)
            referenced |= referenced_parties(job.table, rows)
            done += job.raw.data.num_rows
            if progress:
                progress(done, known)
    finally:
        connection.close()
        for file, quarantined in waiting.items():
            store.quarantine(quarantined, source=file)
    create_stubs(store, referenced, report)
    if "ownership" in report.tables:
        find_ownership_circles(store, report)
    find_currencies_without_rate(store, report, book_currency)
    report.seconds = time.perf_counter() - started
    return report


def _files(sources: Sequence[Path | str]) -> Iterator[tuple[Path, bool]]:
    """Every file to read, and whether it was named itself (and not found in a folder)."""
    for source in map(Path, sources):
        if source.is_dir():
            found = [path for path in sorted(source.iterdir()) if path.is_file() and is_data_file(path)]
            if not found:
                raise ReadError(f"{source} holds no data files", remedy="CSV, Parquet, XLSX or JSON lines are read")
            yield from ((path, False) for path in found)
        else:
            yield source, True


def _jobs(
    paths: Iterable[tuple[Path, bool]], rules: Sequence[SourceRule] | None, table: str | None, report: LoadReport
) -> list[_Job]:
    """What to load, parties first, as the tables are ordered."""
    if table is not None and table not in TABLES:
        raise ReadError(f"there is no table {table!r}", remedy=f"one of {', '.join(TABLES)}")
    jobs = []
    for path, named in paths:
        rule = next((r for r in rules if fnmatch(path.name, r.files)), None) if rules is not None else None
        if rules is not None and rule is None:
            report.ignored_files.append(path.name)
            continue
        for raw in read_file(path):
            report.files[raw.file] = raw.encoding
            if rule is not None:
                last = list(rule.tables)[-1]
                jobs += [_Job(raw, TABLES[name], fed, name == last) for name, fed in rule.tables.items()]
                continue
            name = table or _table_of(raw.name)
            if name is None:
                if named:
                    raise ReadError(
                        f"{path.name}: its name tells no table", remedy=f"add --table with one of {', '.join(TABLES)}"
                    )
                report.ignored_files.append(raw.file)
                continue
            jobs.append(_Job(raw, TABLES[name], None))
    order = list(TABLES)
    return sorted(jobs, key=lambda job: order.index(job.table.name))


def _table_of(name: str) -> str | None:
    """The table that a file's name stands for: its own, or one followed by - _ . and anything."""
    lowered = name.lower()
    fits = [
        table for table in TABLES if lowered == table or lowered.startswith((f"{table}_", f"{table}-", f"{table}."))
    ]
    return max(fits, key=len) if fits else None


def _load_one(
    store: CreditStore,
    connection: duckdb.DuckDBPyConnection,
    job: _Job,
    report: LoadReport,
    waiting: list[QuarantinedRow],
    default: str,
) -> pa.Table:
    """Load one table of one file; returns the rows written."""
    raw, table, count = job.raw, job.table, report.tables[job.table.name]
    texts, rules = _texts(job, report)
    connection.register("raw_rows", raw.data.append_column("_row", raw.rows))
    checked = check(
        connection,
        table,
        "raw_rows",
        texts,
        rules=rules,
        only_if=job.rule.only_if if job.rule else None,
        distinct=bool(job.rule and job.rule.distinct),
        recorded_default=default,
    )
    connection.unregister("raw_rows")
    _note_recorded(table, texts, default, report)
    good = mark_wrong_numbers(checked.good, report) if table.name == "parties" else checked.good
    report.rounded[table.name] += int(pc.sum(good["_rounded"]).as_py() or 0)
    result = store.upsert(table.name, good.drop_columns(["_row", "_rounded"]))
    count.new, count.changed = count.new + result.new, count.changed + result.changed
    count.unchanged += result.unchanged
    lines = _by_row(raw, checked.bad["_row"], result.conflicts, good)
    for row, column, code, value in zip(
        *(checked.bad[c].to_pylist() for c in ("_row", "col", "code", "value")), strict=True
    ):
        reason, remedy = explain(table, column, code, value or "")
        waiting.append(
            QuarantinedRow(raw.file, row, table.name, column, (value or "")[:500], reason, remedy, lines(row))
        )
    refused = 0 if result.conflicts is None else result.conflicts.num_rows
    if result.conflicts is not None:
        waiting += _conflicts(job, good, result.conflicts, lines)
    rejects = raw.rejects if job.broken_lines else ()
    waiting += [QuarantinedRow(raw.file, r.row, table.name, "", r.value, r.reason, r.remedy) for r in rejects]
    quarantined = checked.bad.num_rows + refused + len(rejects)
    count.quarantined += quarantined
    count.read += result.new + result.changed + result.unchanged + quarantined
    return good


def _texts(job: _Job, report: LoadReport) -> tuple[dict[str, str], Mapping[str, ColumnRule]]:
    """SQL of each canonical column's text, and the rules behind it."""
    present = set(job.raw.data.column_names)
    if job.rule is not None:
        rules = job.rule.columns
        return {name: text_sql(rule, present, file=job.raw.file) for name, rule in rules.items()}, rules
    known = [name for name in job.raw.data.column_names if name in job.table.names or name.startswith(ATTRIBUTE_PREFIX)]
    if unknown := [name for name in job.raw.data.column_names if name not in known]:
        report.unknown_columns[job.raw.file] = unknown
    if not known:
        raise ReadError(
            f"{job.raw.file}: no column of {job.table.name} was found",
            remedy=f"its columns are {', '.join(job.table.names)}; or use a mapping",
            row=1,
        )
    return {name: quoted(name) for name in known}, {}


def _note_recorded(table: Table, texts: Mapping[str, str], default: str, report: LoadReport) -> None:
    own = [name for name in table.own_date if name in texts]
    if "recorded_at" not in texts or own:
        rule = ", then ".join([*own, "always known" if default == ALWAYS_KNOWN else default])
        report.recorded_defaults[table.name] = rule


def _by_row(raw: RawTable, bad: pa.ChunkedArray, conflicts: pa.Table | None, good: pa.Table) -> _Lines:
    """A function from a row's number to its whole content, for the few rows that need it."""
    wanted = list(bad.to_pylist())
    if conflicts is not None:
        wanted += good["_row"].take(conflicts["batch_row"]).to_pylist()
    positions = pc.index_in(pa.array(wanted, pa.int64()), value_set=raw.rows)
    picked = raw.data.take(positions) if wanted else raw.data.slice(0, 0)
    content = dict(zip(wanted, picked.to_pylist(), strict=True))

    def line(row: int) -> dict[str, str | None]:
        return {
            name: value if value is None or len(value) <= 2000 else value[:2000] + "…"
            for name, value in content[row].items()
        }

    return line


def _conflicts(job: _Job, good: pa.Table, conflicts: pa.Table, lines: _Lines) -> list[QuarantinedRow]:
    rows = good["_row"].take(conflicts["batch_row"]).to_pylist()
    keys = list(zip(*(conflicts[name].to_pylist() for name in job.table.key), strict=True))
    known = conflicts["recorded_at"].to_pylist()
    column = "+".join(job.table.key)
    remedy = "if it is a correction, give it a later recorded_at; else remove the wrong one"
    return [
        QuarantinedRow(
            job.raw.file, row, job.table.name, column, " | ".join(map(str, key)),
            f"another row with the same key and recorded_at ({at:%Y-%m-%d}) has different content", remedy, lines(row),
        )
        for row, key, at in zip(rows, keys, known, strict=True)
    ]  # fmt: skip
