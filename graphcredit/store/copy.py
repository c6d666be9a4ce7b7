"""Copy a store into another one, of the same engine or another: every version, record, claim and waiting row."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from graphcredit.exc import ConflictError
from graphcredit.model.tables import TABLES
from graphcredit.store.base import Claim, CreditStore, Progress, QuarantinedRow, Record

BATCH = 20_000


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What a copy read and wrote; `facts` counts versions per table, `written` those that were not there yet."""

    facts: Mapping[str, int]
    written: int
    records: int
    claims: int
    quarantined: int


def copy(src: CreditStore, dst: CreditStore, progress: Progress | None = None) -> CopyReport:
    """Copy everything that `src` holds; what `dst` holds already stays, so an interrupted copy is simply repeated.

    Args:
        src: read only.
        dst: written batch by batch, each all or nothing.
        progress: called with (done, total) versions of facts.

    Raises:
        ConflictError: `dst` holds another content for a version, a record or a claim of `src`.
    """
    counts = src.info().facts
    total, done, written = sum(counts.values()), 0, 0
    copied: dict[str, int] = {}
    for table in TABLES:
        copied[table] = 0
        for batch in src.versions(table):
            rows = pa.Table.from_batches([batch])
            result = dst.upsert(table, rows)
            if result.conflicts is not None and result.conflicts.num_rows:
                _refuse_facts(table, result.conflicts)
            copied[table] += rows.num_rows
            written += result.new + result.changed
            done += rows.num_rows
            if progress:
                progress(done, total)
    records, claims = _copy_records(src, dst)
    return CopyReport({t: n for t, n in copied.items() if n}, written, records, claims, _copy_quarantine(src, dst))


def _refuse_facts(table: str, conflicts: pa.Table) -> None:
    first = conflicts.slice(0, 1).to_pylist()[0]
    key = {name: first[name] for name in TABLES[table].key}
    raise ConflictError(
        f"{table}: the target holds another content for {conflicts.num_rows} versions, the first is {key} "
        f"recorded at {first['recorded_at']}",
        remedy="copy into an empty store, or look at the differences with `graphcredit store verify`",
        table=table,
        key={name: str(value) for name, value in key.items()},
    )


def _copy_records(src: CreditStore, dst: CreditStore) -> tuple[int, int]:
    """Records and claims that the target lacks; what it has must be the same."""
    there = {(record.kind, record.record_id, record.revision): record for record in dst.every_record()}
    records = 0

    def lacking() -> Iterator[Record]:
        nonlocal records
        for record in src.every_record():
            records += 1
            held = there.get((record.kind, record.record_id, record.revision))
            if held is None:
                yield record
            elif held != record:
                _refuse(f"{record.kind} {record.record_id} revision {record.revision}")

    source = lacking()
    while chunk := list(islice(source, BATCH)):
        dst.restore(chunk)
    held = {(claim.resource, claim.claim_id): claim for claim in dst.every_claim()}
    claims = list(src.every_claim())
    for claim in claims:
        if held.get((claim.resource, claim.claim_id), claim) != claim:
            _refuse(f"claim {claim.claim_id} on {claim.resource}")
    missing = [claim for claim in claims if (claim.resource, claim.claim_id) not in held]
    for chunk_of_claims in _chunks(missing):
        dst.restore([], chunk_of_claims)
    return records, len(claims)


def _chunks(claims: Sequence[Claim]) -> Iterator[Sequence[Claim]]:
    for start in range(0, len(claims), BATCH):
        yield claims[start : start + BATCH]


def _refuse(what: str) -> None:
    raise ConflictError(f"the target holds another {what}", remedy="copy into an empty store")


def _copy_quarantine(src: CreditStore, dst: CreditStore) -> int:
    by_file: dict[str, list[QuarantinedRow]] = defaultdict(list)
    for row in src.quarantined():
        by_file[row.file].append(row)
    for file, rows in by_file.items():
        dst.quarantine(rows, source=file)
    return sum(map(len, by_file.values()))
