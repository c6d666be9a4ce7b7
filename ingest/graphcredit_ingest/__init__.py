"""Readers, mappings, validation and quarantine: from any layout of files to the canonical tables."""
