"""`graphcredit pull`: a CRM into the store from the command line, and what is refused."""

import json
from pathlib import Path

import pytest

from graphcredit.settings import get_settings
from graphcredit.store import open_store
from tests.support.crm import crm_server
from tests.support.demo import graphcredit


@pytest.fixture(autouse=True)
def fresh_settings():
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def test_a_pull_reports_modules_and_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"duckdb:///{tmp_path / 'book.duckdb'}"
    with crm_server() as crm:
        for name, value in {
            "ACCOUNTS_URL": crm.url, "CLIENT_ID": "ID", "CLIENT_SECRET": "SECRET", "REFRESH_TOKEN": "REFRESH",
        }.items():  # fmt: skip
            monkeypatch.setenv(f"GRAPHCREDIT_ZOHO_{name}", value)
        monkeypatch.setenv("GRAPHCREDIT_PULL_DIR", str(tmp_path / "pages"))
        row = {"id": "1", "Account_Name": "Firm", "Modified_Time": "2026-03-01T10:00:00+08:00"}
        crm.modules = {"Accounts": [row], "Sales_Orders": [], "Invoices": []}
        body = graphcredit("pull", "zoho", "--own", "ME", "--store", url, "--json").json
        assert (body["crm"], body["modules"]["Accounts"]["rows"], body["new"]) == ("zoho", 1, 1)
        again = graphcredit("pull", "zoho", "--own", "ME", "--store", url)
        assert again.code == 0
        assert "2026-03-01T02:00:00" in again.out
        missing = graphcredit("pull", "zoho", "--store", url)
        assert (missing.code, "add --own PARTY" in missing.err) == (2, True)
    with open_store(url) as store:
        assert json.loads(store.read("parties")["attributes"][0].as_py()) == {"x_source": "crm:zoho"}


def test_a_pull_without_credentials_says_which(tmp_path: Path) -> None:
    refused = graphcredit("pull", "fxiaoke", "--own", "ME", "--store", f"duckdb:///{tmp_path / 'b.duckdb'}")
    assert refused.code == 2
    assert "GRAPHCREDIT_FXIAOKE_APP_ID is not set" in refused.err
