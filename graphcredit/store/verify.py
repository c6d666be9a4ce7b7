"""Compare two stores fact by fact: which versions one lacks, and where contents differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.model.tables import TABLES, Table
from graphcredit.store.base import CreditStore

SHOWN = 20
"""Differences listed per table and kind; all of them are counted."""

_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: `kind` is missing (only the first store has it), extra (only the second) or differing."""

    table: str
    kind: str
    key: str
    column: str = ""
    first: str | None = None
    second: str | None = None

    def __str__(self) -> str:
        if self.kind == "missing":
            return f"{self.table} {self.key}: only in the first store"
        if self.kind == "extra":
            return f"{self.table} {self.key}: only in the second store"
        return f"{self.table} {self.key}: {self.column} is {self.first!r} and {self.second!r}"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was compared and what differs; `counts` are per table and kind, `differences` the first of each."""

    compared: Mapping[str, int]
    counts: Mapping[str, Mapping[str, int]]
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether both stores hold the same."""
        return not self.counts

    def lines(self) -> Iterator[str]:
        """The report as a person reads it, one difference a line."""
        for table, kinds in self.counts.items():
            yield f"{table}: " + ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
            yield from (f"  {d}" for d in self.differences if d.table == table)


def verify(a: CreditStore, b: CreditStore) -> VerifyReport:
    """Compare every version of every fact, every record, claim and quarantined row of two stores."""
    compared: dict[str, int] = {}
    counts: dict[str, dict[str, int]] = {}
    differences: list[Difference] = []
    for table in TABLES.values():
        first, second = a.versions(table.name).read_all(), b.versions(table.name).read_all()
        compared[table.name] = max(first.num_rows, second.num_rows)
        _note(table.name, _compare(table, first, second), counts, differences)
    for name, left, right in (
        ("records", _records(a), _records(b)),
        ("claims", _claims(a), _claims(b)),
        ("quarantine", _quarantine(a), _quarantine(b)),
    ):
        compared[name] = max(len(left), len(right))
        _note(name, _compare_mappings(name, left, right), counts, differences)
    return VerifyReport(compared, counts, tuple(differences))


def _note(
    table: str,
    found: Iterator[Difference],
    counts: dict[str, dict[str, int]],
    differences: list[Difference],
) -> None:
    kinds: dict[str, int] = {}
    for difference in found:
        kinds[difference.kind] = kinds.get(difference.kind, 0) + 1
        if kinds[difference.kind] <= SHOWN:
            differences.append(difference)
    if kinds:
        counts[table] = kinds


def _compare(table: Table, a: pa.Table, b: pa.Table) -> Iterator[Difference]:
    """Differences of two ordered tables of versions; equal tables cost one comparison."""
    b = b.select(a.column_names).cast(a.schema)
    if a.equals(b):
        return
    keys = [_version_keys(table, rows) for rows in (a, b)]
    places = pc.index_in(keys[0], value_set=keys[1])
    for key in keys[0].filter(pc.is_null(places)).to_pylist():
        yield Difference(table.name, "missing", key)
    for key in keys[1].filter(pc.invert(pc.is_in(keys[1], value_set=keys[0]))).to_pylist():
        yield Difference(table.name, "extra", key)
    common = pc.is_valid(places)
    left, right, names = a.filter(common), b.take(places.filter(common)), keys[0].filter(common)
    for column in a.column_names:
        x, y = left[column], right[column]
        same = pc.or_(pc.fill_null(pc.equal(x, y), False), pc.and_(pc.is_null(x), pc.is_null(y)))
        other = pc.invert(same)
        for key, one, two in zip(*(v.filter(other).to_pylist() for v in (names, x, y)), strict=True):
            yield Difference(table.name, "differing", key, column, _shown(one), _shown(two))


def _version_keys(table: Table, rows: pa.Table) -> pa.Array:
    """A readable text that identifies each version."""
    parts = [rows[name].cast(pa.string()).combine_chunks() for name in (*table.key, "recorded_at")]
    return pc.replace_substring(pc.binary_join_element_wise(*parts, _SEPARATOR), _SEPARATOR, " | ")


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)


def _records(store: CreditStore) -> dict[str, dict[str, Any]]:
    return {
        f"{r.kind} {r.record_id} revision {r.revision}": {"body": r.body, "party_id": r.party_id, "at": r.at}
        for r in store.every_record()
    }


def _claims(store: CreditStore) -> dict[str, dict[str, Any]]:
    return {f"{c.resource} {c.claim_id}": {"amount": c.amount, "capacity": c.capacity} for c in store.every_claim()}


def _quarantine(store: CreditStore) -> dict[str, dict[str, Any]]:
    return {
        f"{q.file} row {q.row} {q.column} {q.reason}": {"value": q.value, "remedy": q.remedy, "content": q.content}
        for q in store.quarantined()
    }


def _compare_mappings(
    name: str, a: Mapping[str, Mapping[str, Any]], b: Mapping[str, Mapping[str, Any]]
) -> Iterator[Difference]:
    yield from (Difference(name, "missing", key) for key in a if key not in b)
    yield from (Difference(name, "extra", key) for key in b if key not in a)
    for key in a:
        for column, one in a[key].items() if key in b else ():
            if one != b[key][column]:
                yield Difference(name, "differing", key, column, _shown(one), _shown(b[key][column]))
