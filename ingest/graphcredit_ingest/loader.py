"""Load files into a store: read, map, validate, quarantine, upsert, then mend dangling references."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
    """One run of `load`: what is carried from file to file."""

    def __init__(self, store: CreditStore, report: LoadReport, known_at: str | None, progress: Progress | None) -> None:
        self.store, self.report, self.known_at, self.progress = store, report, known_at, progress
        self.referenced: set[str] = set()
        self.currencies: Counter[str] = Counter()
        self.waiting: dict[str, list[QuarantinedRow]] = {}
        self.done = 0
        self.expected = 0

    def files(self, planned: Sequence[PlannedFile]) -> None:
        """Load files one after the other, so that memory holds one at a time."""
        sizes = [file.path.stat().st_size for file in planned]
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
        try:
            for position, file in enumerate(planned):
                jobs = jobs_of(file, self.report)
                rows = self.done + sum(job.raw.data.num_rows for job in jobs)
                self.expected = rows * sum(sizes) // sum(sizes[: position + 1])  # the rest is as dense as what was read
                for job in jobs:
                    self._job(connection, job)
                for name in {job.raw.file for job in jobs}:
                    self.store.quarantine(self.waiting.get(name, []), source=name)
        finally:
            connection.close()

    def _job(self, connection: duckdb.DuckDBPyConnection, job: Job) -> None:
        raw, table, report = job.raw, job.table, self.report
        plan = _plan(job, self.known_at, report)
        checked = check(connection, plan, raw.data.append_column(ROW_NAME, raw.rows))
        _note_recorded(plan, checked.good, report)
        good = mark_wrong_numbers(checked.good, report) if table.name == "parties" else checked.good
        report.rounded[table.name] += int(pc.sum(good["_rounded"]).as_py() or 0)
        before = self.done

        def step(done: int, total: int) -> None:
            if self.progress:
                self.progress(before + done * raw.data.num_rows // max(total, 1), self.expected)

        facts = good.drop_columns(list(_INTERNAL))
        result = self.store.upsert(table.name, facts, progress=step)
        self.done = before + raw.data.num_rows
        self._set_apart(job, checked.bad, good, result.conflicts)
        self.referenced |= referenced_parties(table, good)
        if "currency" in good.column_names and table.name != "rates":
            counted = pc.value_counts(good["currency"].drop_null()).to_pylist()
            self.currencies.update({entry["values"]: entry["counts"] for entry in counted})
        rejects = len(raw.rejects) if job.broken_lines else 0
        refused = result.conflicts.num_rows if result.conflicts is not None else 0
        count = report.tables[table.name]
        count.new, count.changed = count.new + result.new, count.changed + result.changed
        count.unchanged += result.unchanged
        count.quarantined += checked.bad.num_rows + refused + rejects
        count.read += checked.bad.num_rows + good.num_rows + rejects

    def _set_apart(self, job: Job, bad: pa.Table, good: pa.Table, conflicts: pa.Table | None) -> None:
        """Put rows that failed beside those of the same file."""
        raw, table = job.raw, job.table
        waiting = self.waiting.setdefault(raw.file, [])
        lines = _by_row(raw, bad["_row"], conflicts, good)
        for row, column, code, value in zip(
            *(bad[c].to_pylist() for c in ("_row", "col", "code", "value")), strict=True
        ):
            reason, remedy = explain(table, column, code, value or "")
            waiting.append(
                QuarantinedRow(raw.file, row, table.name, column, (value or "")[:500], reason, remedy, lines(row))
            )
        if conflicts is not None:
            waiting += _conflicts(job, good, conflicts, lines)
        if job.broken_lines:
            waiting += [
                QuarantinedRow(raw.file, r.row, table.name, "", r.value, r.reason, r.remedy) for r in raw.rejects
            ]


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


def _conflicts(job: Job, good: pa.Table, conflicts: pa.Table, lines: _Lines) -> list[QuarantinedRow]:
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
