"""What a load will read: which files, in which order, each for which tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from graphcredit.exc import ReadError
from graphcredit.model.tables import TABLES, Table
from graphcredit_ingest.mapping import Mapping, SourceRule, TableRule
from graphcredit_ingest.readers import RawTable, is_data_file, read_file, refuse_empty, table_name
from graphcredit_ingest.report import LoadReport

_ORDER = list(TABLES)


@dataclass(frozen=True)
class PlannedFile:
    """A file, whether its user named it (or a folder was searched), and what is known before reading it."""

    path: Path
    named: bool
    rule: SourceRule | None = None
    table: str | None = None  # None: its sheets will tell
    stated: str | None = None  # the table that the user stated for all files

    @property
    def first(self) -> int:
        """Where the file's first table stands in the order of tables."""
        names = list(self.rule.tables) if self.rule else [self.table] if self.table else []
        return min((_ORDER.index(name) for name in names), default=0)


@dataclass(frozen=True)
class Job:
    """One table of one file (or sheet)."""

    raw: RawTable
    table: Table
    rule: TableRule | None
    broken_lines: bool = True  # whether the file's unreadable lines are counted under this table


def plan_files(
    sources: Sequence[Path | str], mapping: Mapping | None, table: str | None, report: LoadReport
) -> list[PlannedFile]:
    """The files to load, those with parties first; others are noted in the report.

    Raises:
        ReadError: a file is missing or its name tells no table, or there is nothing to load.
    """
    if table is not None and table not in TABLES:
        raise ReadError(f"there is no table {table!r}", remedy=f"one of {', '.join(TABLES)}")
    planned = []
    for path, named in _found(sources, report):
        rule = next((r for r in mapping.sources if fnmatch(path.name, r.files)), None) if mapping else None
        known = None if mapping else table or table_of(table_name(path))
        sheets = path.name.lower().removesuffix(".gz").endswith(".xlsx")
        if rule is None and known is None and (mapping is not None or not sheets):
            if named and mapping is None:
                raise ReadError(
                    f"{path.name}: its name tells no table", remedy=f"add --table with one of {', '.join(TABLES)}"
                )
            report.ignored_files.append(path.name)
            continue
        planned.append(PlannedFile(path, named, rule, known, table))
        refuse_empty(path)
    if not planned:
        expected = ", ".join(r.files for r in mapping.sources) if mapping else ", ".join(TABLES)
        found = f"; found only {', '.join(report.ignored_files[:5])}" if report.ignored_files else ""
        raise ReadError(
            f"nothing to load was found{found}",
            remedy=f"the mapping reads {expected}"
            if mapping
            else f"name files after tables ({expected}) or use a mapping",
        )
    return sorted(planned, key=lambda file: file.first)


def _found(sources: Sequence[Path | str], report: LoadReport) -> Iterator[tuple[Path, bool]]:
    """Every file, and whether it was named itself."""
    for source in map(Path, sources):
        if source.is_dir():
            found = [path for path in sorted(source.iterdir()) if path.is_file() and is_data_file(path)]
            if not found:
                raise ReadError(f"{source} holds no data files", remedy="CSV, Parquet, XLSX or JSON lines are read")
            for path in found:
                if path.resolve().is_relative_to(source.resolve()):
                    yield path, False
                else:
                    report.outside_links.append(path.name)
        elif source.is_file():
            if not is_data_file(source):
                raise ReadError(f"{source.name}: unknown kind of file", remedy="use CSV, Parquet, XLSX or JSON lines")
            yield source, True
        else:
            raise ReadError(f"{source} does not exist", remedy="check the path")


def jobs_of(file: PlannedFile, report: LoadReport) -> list[Job]:
    """Read a file: its tables in their order.

    Raises:
        ReadError: it cannot be read, or no sheet's name tells a table.
    """
    jobs, unknown = [], []
    tables = list(read_file(file.path))
    for raw in tables:
        report.files[raw.file] = raw.encoding
        if file.rule is not None:
            last = list(file.rule.tables)[-1]
            jobs += [Job(raw, TABLES[name], fed, name == last) for name, fed in file.rule.tables.items()]
            continue
        names = raw.names if len(tables) == 1 else raw.names[:1]  # one of several sheets has to say what it is
        name = file.stated or next(filter(None, map(table_of, names)), None)
        if name is None:
            unknown.append(f"{raw.file} [{raw.names[0]}]")
        else:
            jobs.append(Job(raw, TABLES[name], None))
    if not jobs and unknown and file.named:
        raise ReadError(
            f"{', '.join(unknown)}: its name tells no table", remedy=f"add --table with one of {', '.join(TABLES)}"
        )
    report.ignored_files += unknown
    return sorted(jobs, key=lambda job: _ORDER.index(job.table.name))


def table_of(name: str) -> str | None:
    """The table that a file's or sheet's name stands for: its own, or one followed by - _ . and anything."""
    lowered = name.strip().lower()
    fits = [t for t in TABLES if lowered == t or lowered.startswith((f"{t}_", f"{t}-", f"{t}.", f"{t} "))]
    return max(fits, key=len) if fits else None
