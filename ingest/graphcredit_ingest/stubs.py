"""Parties that facts refer to and no row describes: created as stubs, so that no tie dangles."""

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.model.tables import Table
from graphcredit.store import CreditStore
from graphcredit_ingest.report import LoadReport

STUB_RECORDED_AT = datetime(1899, 12, 31)
"""Before ALWAYS_KNOWN, so that a later row about the party supersedes the stub instead of contradicting it."""


def referenced_parties(table: Table, rows: pa.Table) -> set[str]:
    """Party ids that a batch of facts refers to."""
    found: set[str] = set()
    for name in table.party_columns:
        if name in rows.column_names:
            found.update(pc.unique(rows[name]).drop_null().to_pylist())
    return found


def create_stubs(store: CreditStore, referenced: set[str], report: LoadReport) -> None:
    """Create a stub for each referenced party that the store does not know at any time."""
    if not referenced:
        return
    known: set[str] = set()
    for batch in store.versions("parties"):
        known.update(batch.column(batch.schema.get_field_index("party_id")).to_pylist())
    missing = sorted(referenced - known)
    if not missing:
        return
    size = len(missing)
    rows = pa.table(
        {
            "party_id": pa.array(missing, pa.string()),
            "kind": pa.array(["company"] * size, pa.string()),
            "name": pa.array(missing, pa.string()),
            "status": pa.array(["stub"] * size, pa.string()),
            "recorded_at": pa.array([STUB_RECORDED_AT] * size, pa.timestamp("us")),
        }
    )
    store.upsert("parties", rows)
    report.stubs = size
    report.stub_examples = missing[:5]
