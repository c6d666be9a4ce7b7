"""Fixtures shared by all tests; random names, real servers, no mocks of our own parts."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("GRAPHCREDIT_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session")
def cumcm2020c() -> Path:
    """The folder of real invoices; skips where ../shared is absent."""
    folder = SHARED / "data" / "cumcm2020c"
    if not folder.is_dir():
        pytest.skip(f"real invoices not found: {folder} is absent")
    return folder
