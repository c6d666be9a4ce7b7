"""Readers, mappings, validation and quarantine: from any layout of files to the canonical tables."""

from graphcredit_ingest.csv_safe import quarantine_export, safe_cell, write_csv
from graphcredit_ingest.loader import load
from graphcredit_ingest.mapping import Mapping, load_mapping, shipped_mappings
from graphcredit_ingest.report import LoadReport

__all__ = [
    "LoadReport",
    "Mapping",
    "load",
    "load_mapping",
    "quarantine_export",
    "safe_cell",
    "shipped_mappings",
    "write_csv",
]
