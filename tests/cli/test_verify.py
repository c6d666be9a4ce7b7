"""`graphcredit verify`: a check written down and shown, and what is refused."""

from pathlib import Path

from graphcredit.store import open_store
from tests.support.demo import graphcredit
from tests.support.stores import facts, party


def test_a_visit_is_written_down_and_shown(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'book.duckdb'}"
    with open_store(url) as store:
        store.upsert("parties", facts("parties", [party("A")]))
    visit = ("verify", "A", "--way", "site_visit", "--by", "li.wei", "--on", "2026-06-12", "--finding", "two shifts")
    body = graphcredit(*visit, "--store", url, "--json").json
    assert (body["verification"], body["verified_on"], body["new"]) == ("site_visit", "2026-06-12", True)
    shown = graphcredit("verify", "A", "--store", url).out
    assert "two shifts" in shown
    assert "li.wei" in shown
    assert graphcredit("verify", "A", "--store", url, "--json").json["history"][0]["finding"] == "two shifts"
    refused = graphcredit("verify", "A", "--way", "rumour", "--by", "li", "--store", url)
    assert (refused.code, "registry or site_visit" in refused.err) == (2, True)
    assert graphcredit("verify", "Z", "--way", "registry", "--by", "li", "--store", url).code == 3
