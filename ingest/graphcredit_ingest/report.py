"""What a load did, in numbers and in words."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

COUNTS = ("read", "new", "changed", "unchanged", "quarantined")


@dataclass
class TableCount:
    """Rows of one table; read = new + changed + unchanged + quarantined."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0


@dataclass
class LoadReport:
    """The whole load. `notes` tell what was assumed, `warnings` what a person should look at."""

    tables: dict[str, TableCount] = field(default_factory=lambda: defaultdict(TableCount))
    seconds: float = 0.0
    files: dict[str, str] = field(default_factory=dict)  # file -> encoding
    unknown_columns: dict[str, list[str]] = field(default_factory=dict)
    ignored_files: list[str] = field(default_factory=list)
    outside_links: list[str] = field(default_factory=list)
    stubs: int = 0
    stub_examples: list[str] = field(default_factory=list)
    recorded_defaults: dict[str, str] = field(default_factory=dict)
    rounded: Counter[str] = field(default_factory=Counter)
    wrong_numbers: Counter[str] = field(default_factory=Counter)
    wrong_number_examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    currencies_without_rate: Counter[str] = field(default_factory=Counter)
    ownership_circles: list[list[str]] = field(default_factory=list)

    def total(self, count: str) -> int:
        """Sum of a count over the tables."""
        return sum(getattr(table, count) for table in self.tables.values())

    @property
    def rows_per_second(self) -> float:
        """Rows read a second."""
        return self.total("read") / self.seconds if self.seconds else 0.0

    @property
    def notes(self) -> list[str]:
        """What was assumed, one sentence each."""
        said = [
            f"{file} was read as {encoding}" for file, encoding in self.files.items() if encoding not in ("", "utf-8")
        ]
        said += [
            f"{file}: columns not known and not loaded: {', '.join(names)}"
            for file, names in self.unknown_columns.items()
        ]
        said += [f"{file}: no table of this name, not loaded" for file in self.ignored_files]
        said += [
            f"{file}: a link out of the folder is not followed; name the file itself to load it"
            for file in self.outside_links
        ]
        said += [f"{table}: recorded_at defaults to {rule}" for table, rule in self.recorded_defaults.items()]
        said += [
            f"{table}: {count:,} amounts rounded to four decimals" for table, count in self.rounded.items() if count
        ]
        if self.stubs:
            examples = _some(self.stub_examples, self.stubs)
            said.append(f"{self.stubs:,} parties that no row describes were created as stubs: {examples}")
        return said

    @property
    def warnings(self) -> list[str]:
        """What a person should look at, one sentence each."""
        said = [
            f"{count:,} parties have a wrong {number} ({_some(self.wrong_number_examples[number], count)}); "
            "they are kept and marked unverified"
            for number, count in self.wrong_numbers.items()
            if count
        ]
        said += [
            f"{count:,} amounts are in {currency} and the store has no rate for it: load a `rates` table"
            for currency, count in self.currencies_without_rate.items()
        ]
        said += [f"circular ownership: {' -> '.join(circle)}" for circle in self.ownership_circles]
        return said

    def to_json(self) -> dict[str, Any]:
        """Totals at the top, the same per table under `tables`."""
        return {
            **{count: self.total(count) for count in COUNTS},
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rows_per_second, 1),
            "tables": {name: {c: getattr(table, c) for c in COUNTS} for name, table in self.tables.items()},
            "files": dict(self.files),
            "unknown_columns": dict(self.unknown_columns),
            "ignored_files": list(self.ignored_files),
            "stubs": self.stubs,
            "stub_examples": list(self.stub_examples),
            "recorded_at_defaults": dict(self.recorded_defaults),
            "rounded": dict(+self.rounded),
            "wrong_numbers": dict(+self.wrong_numbers),
            "currencies_without_rate": dict(+self.currencies_without_rate),
            "ownership_circles": list(self.ownership_circles),
            "notes": self.notes,
            "warnings": self.warnings,
        }


def _some(examples: list[str], count: int) -> str:
    """Examples as a list that says when there are more."""
    return ", ".join(examples) + (", ..." if count > len(examples) else "")
