"""Load files into a store: read, map, validate, quarantine, upsert, then mend dangling references."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.exc import ReadError
from graphcredit.model.tables import ATTRIBUTE_PREFIX
from graphcredit.store import CreditStore, Progress, QuarantinedRow
from graphcredit_ingest.checks import find_currencies_without_rate, find_ownership_circles, mark_wrong_numbers
from graphcredit_ingest.faults import explain
from graphcredit_ingest.mapping import ColumnRule, load_mapping, quoted, text_sql, where_sql
from graphcredit_ingest.plan import Job, PlannedFile, jobs_of, plan_files
from graphcredit_ingest.readers import RawTable
from graphcredit_ingest.report import LoadReport
from graphcredit_ingest.stubs import create_stubs, referenced_parties
from graphcredit_ingest.validate import ROW_NAME, Plan, check

_Lines = Callable[[int], dict[str, str | None]]  # a row's number -> its whole content
_INTERNAL = ("_row", "_rounded", "_defaulted")

AT_ONCE = 1_000_000
"""Rows that wait, validated, to be written together."""


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

    A load that is interrupted is completed by running it again: batches are atomic and the same rows change nothing.

    Args:
        store: where facts go.
        sources: files or folders; without a mapping a file's (or sheet's) name tells its table.
        mapping: a shipped mapping's name or a YAML file.
        table: the table of all files, where their names do not tell.
        recorded_at: when rows without `recorded_at` became known; by default on the fact's own date, or always.
        book_currency: amounts without a currency are in it.
        progress: called with (rows done, rows expected); it may raise to stop between batches.

    Raises:
        ReadError: a file is missing, empty or unreadable, or nothing to load was found.
        MappingError: the mapping is unknown, malformed, or does not fit a file.
    """
    started = time.perf_counter()
    report = LoadReport()
    chosen = load_mapping(mapping) if mapping is not None else None
    run = _Load(store, report, None if recorded_at is None else recorded_at.isoformat(), progress)
    run.files(plan_files(sources, chosen, table, report))
    create_stubs(store, run.referenced, report)
    if "ownership" in report.tables:
        find_ownership_circles(store, report)
    find_currencies_without_rate(store, run.currencies, book_currency, report)
    report.seconds = time.perf_counter() - started
    return report


class _Load:
    """One run of `load`: what is carried from file to file.

    Validated rows of several files are written together, up to AT_ONCE: a store writes few large batches best.
    """

    def __init__(self, store: CreditStore, report: LoadReport, known_at: str | None, progress: Progress | None) -> None:
        self.store, self.report, self.known_at, self.progress = store, report, known_at, progress
        self.referenced: set[str] = set()
        self.currencies: Counter[str] = Counter()
        self.waiting: dict[str, list[QuarantinedRow]] = {}
        self.pending: dict[str, list[tuple[Job, pa.Table]]] = {}
        self.finished: set[str] = set()  # files whose rows are all checked
        self.done = self.seen = self.expected = 0

    def files(self, planned: Sequence[PlannedFile]) -> None:
        """Load files one after the other; the next is read meanwhile."""
        sizes = [file.path.stat().st_size for file in planned]
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
        try:
            for position, jobs in enumerate(self._read_ahead(planned)):
                self.seen += sum(job.raw.data.num_rows for job in jobs)
                self.expected = self.seen * sum(sizes) // sum(sizes[: position + 1])  # the rest is as dense as this
                for job in jobs:
                    self._check(connection, job)
                self.finished |= {job.raw.file for job in jobs}
                if sum(good.num_rows for items in self.pending.values() for _, good in items) >= AT_ONCE:
                    self._write()
        finally:
            connection.close()
        self._write()

    def _read_ahead(self, planned: Sequence[PlannedFile]) -> Iterator[list[Job]]:
        with ThreadPoolExecutor(max_workers=1) as reader:
            coming = reader.submit(jobs_of, planned[0], self.report)
            for file in planned[1:]:
                jobs = coming.result()
                coming = reader.submit(jobs_of, file, self.report)
                yield jobs
                del jobs
            yield coming.result()

    def _check(self, connection: duckdb.DuckDBPyConnection, job: Job) -> None:
        """Validate one table of one file; good rows wait to be written, bad ones for a person."""
        raw, table, report = job.raw, job.table, self.report
        plan = _plan(job, self.known_at, report)
        checked = check(connection, plan, raw.data.append_column(ROW_NAME, raw.rows))
        _note_recorded(plan, checked.good, report)
        good = mark_wrong_numbers(checked.good, report) if table.name == "parties" else checked.good
        report.rounded[table.name] += int(pc.sum(good["_rounded"]).as_py() or 0)
        self.referenced |= referenced_parties(table, good)
        if "currency" in good.column_names and table.name != "rates":
            counted = pc.value_counts(good["currency"].drop_null()).to_pylist()
            self.currencies.update({entry["values"]: entry["counts"] for entry in counted})
        if good.num_rows:
            self.pending.setdefault(table.name, []).append((job, good))
        else:  # nothing to write, perhaps not even columns
            self.done += raw.data.num_rows
        apart = _faulty(job, checked.bad)
        self.waiting.setdefault(raw.file, []).extend(apart)
        count = report.tables[table.name]
        count.quarantined += len(apart)
        count.read += len(apart) + good.num_rows

    def _write(self) -> None:
        """Write what is pending, then replace the quarantine of the files that are finished."""
        pending, self.pending = self.pending, {}
        for name, items in pending.items():
            facts = pa.concat_tables(
                [good.drop_columns(list(_INTERNAL)) for _, good in items], promote_options="default"
            )
            before, rows = self.done, sum(job.raw.data.num_rows for job, _ in items)

            def step(done: int, total: int, before: int = before, rows: int = rows) -> None:
                if self.progress:
                    self.progress(before + done * rows // max(total, 1), self.expected)

            result = self.store.upsert(name, facts, progress=step)
            self.done = before + rows
            count = self.report.tables[name]
            count.new, count.changed = count.new + result.new, count.changed + result.changed
            count.unchanged += result.unchanged
            if result.conflicts is not None:
                count.quarantined += result.conflicts.num_rows
                self._refused(items, result.conflicts)
        for file in sorted(self.finished):
            self.store.quarantine(self.waiting[file], source=file)
        self.finished.clear()

    def _refused(self, items: Sequence[tuple[Job, pa.Table]], conflicts: pa.Table) -> None:
        """Give each row that the store refused back to its file."""
        start = 0
        for job, good in items:
            at = pc.subtract(conflicts["batch_row"], start)
            mine = conflicts.filter(pc.and_(pc.greater_equal(at, 0), pc.less(at, good.num_rows)))
            if mine.num_rows:
                rows = good["_row"].take(pc.subtract(mine["batch_row"], start)).to_pylist()
                self.waiting[job.raw.file] += _conflicts(job, rows, mine)
                self.finished.add(job.raw.file)
            start += good.num_rows


def _plan(job: Job, known_at: str | None, report: LoadReport) -> Plan:
    """What to take from a file for a table; columns that nobody knows are noted.

    Raises:
        ReadError: none of the file's columns belongs to the table.
        MappingError: the file lacks a column that the mapping reads.
    """
    raw, table, names = job.raw, job.table, job.raw.data.column_names
    if job.rule is not None:
        present = set(names)
        texts = {name: text_sql(rule, present, file=raw.file) for name, rule in job.rule.columns.items()}
        where = where_sql(job.rule, present, file=raw.file)
        return Plan(table, texts, job.rule.columns, where, job.rule.distinct, known_at, raw.no_nul)
    known = [name for name in names if name in table.names or name.startswith(ATTRIBUTE_PREFIX)]
    if unknown := [name for name in names if name not in known]:
        report.unknown_columns[raw.file] = unknown
    if not known and names:
        raise ReadError(
            f"{raw.file}: no column of {table.name} was found",
            remedy=f"its columns are {', '.join(table.names)}; or use a mapping",
            row=1,
        )
    rules: Mapping[str, ColumnRule] = {}
    return Plan(table, {name: quoted(name) for name in known}, rules, known_at=known_at, no_nul=raw.no_nul)


def _note_recorded(plan: Plan, good: pa.Table, report: LoadReport) -> None:
    """Say by which rule `recorded_at` was filled, where it was."""
    if pc.any(good["_defaulted"]).as_py():
        own = [name for name in plan.table.own_date if name in plan.texts]
        known = "always known" if plan.known_at is None else plan.known_at
        report.recorded_defaults[plan.table.name] = known if plan.known_at else ", then ".join([*own, known])


def _by_row(raw: RawTable, wanted: Sequence[int]) -> _Lines:
    """A function from a row's number to its whole content, for the few rows that need it."""
    positions = pc.index_in(pa.array(wanted, pa.int64()), value_set=raw.rows)
    picked = raw.data.take(positions) if wanted else raw.data.slice(0, 0)
    content = dict(zip(wanted, picked.to_pylist(), strict=True))

    def line(row: int) -> dict[str, str | None]:
        return {
            name: value if value is None or len(value) <= 2000 else value[:2000] + "…"
            for name, value in content[row].items()
        }

    return line


def _faulty(job: Job, bad: pa.Table) -> list[QuarantinedRow]:
    """Rows with a fault, and lines that are no rows, as a person is told of them."""
    raw, table = job.raw, job.table
    rows, *others = (bad[name].to_pylist() for name in ("_row", "col", "code", "value"))
    lines = _by_row(raw, rows)
    apart = []
    for row, column, code, value in zip(rows, *others, strict=True):
        reason, remedy = explain(table, column, code, value or "")
        short = (value or "")[:500]
        apart.append(QuarantinedRow(raw.file, row, table.name, column, short, reason, remedy, lines(row)))
    if job.broken_lines:
        apart += [QuarantinedRow(raw.file, r.row, table.name, "", r.value, r.reason, r.remedy) for r in raw.rejects]
    return apart


def _conflicts(job: Job, rows: Sequence[int], conflicts: pa.Table) -> list[QuarantinedRow]:
    keys = list(zip(*(conflicts[name].to_pylist() for name in job.table.key), strict=True))
    known = conflicts["recorded_at"].to_pylist()
    column, lines = "+".join(job.table.key), _by_row(job.raw, rows)
    remedy = "if it is a correction, give it a later recorded_at; else remove the wrong one"
    return [
        QuarantinedRow(
            job.raw.file, row, job.table.name, column, " | ".join(map(str, key)),
            f"another row with the same key and recorded_at ({at:%Y-%m-%d}) has different content", remedy, lines(row),
        )
        for row, key, at in zip(rows, keys, known, strict=True)
    ]  # fmt: skip
