"""Parties that facts refer to and no row describes: created as stubs, so that no tie dangles."""

from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.model.tables import Table
from graphcredit.store import CreditStore
from graphcredit_ingest.report import LoadReport

STUB_RECORDED_AT = datetime(1899, 12, 31)
"""Before ALWAYS_KNOWN, so that a later row about the party supersedes the stub instead of contradicting it."""

FAR_FUTURE = date(9999, 12, 30)
"""A read as of this day sees every fact."""


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
    known = store.read("parties", as_of=FAR_FUTURE, columns=["party_id"], ordered=False)["party_id"]
    asked = pa.array(sorted(referenced), pa.string())
    missing = asked.filter(pc.invert(pc.is_in(asked, value_set=known.cast(pa.string()).combine_chunks()))).to_pylist()
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
