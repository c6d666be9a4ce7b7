"""Where facts and records live: one port, DuckDB and Neo4j behind it."""

from graphcredit.store.base import (
    AsOf,
    Chained,
    Claim,
    CreditStore,
    New,
    Progress,
    QuarantinedRow,
    Record,
    StoreInfo,
    UpsertResult,
)
from graphcredit.store.open import open_store

__all__ = [
    "AsOf",
    "Chained",
    "Claim",
    "CreditStore",
    "New",
    "Progress",
    "QuarantinedRow",
    "Record",
    "StoreInfo",
    "UpsertResult",
    "open_store",
]
