"""How Neo4j's facts travel: pages hold each fact once, and a store written by an earlier release knows its rows again."""

from datetime import datetime

import pytest

from graphcredit.store import open_store
from tests.support.stores import facts, party, sale

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j")]


@pytest.mark.parametrize("values", [1, 40, 333, 10_000])
def test_pages_of_any_size_hold_each_fact_once(neo4j_url: str, monkeypatch, values: int) -> None:
    rows = facts("transactions", [sale(f"T{k:03d}", f"S{k % 7}", "B", k + 1) for k in range(200)])
    with open_store(neo4j_url) as store:
        store.upsert("transactions", rows)
        monkeypatch.setattr("graphcredit.store.neo4j.read.VALUES", max(values, 20))
        columns = ["transaction_id", "seller_id", "amount"]
        assert store.read("transactions", columns=columns).equals(rows.select(columns))
        few = store.read("transactions", columns=columns, where={"seller_id": ["S3"]})
        assert few["transaction_id"].to_pylist() == [f"T{k:03d}" for k in range(3, 200, 7)]
        assert store.read("transactions", where={"seller_id": ["nobody"]}).num_rows == 0
        assert store.versions("transactions", key=["T005"]).read_all().num_rows == 1


def test_rows_of_a_store_that_kept_whole_contents_are_still_unchanged(neo4j_url: str) -> None:
    rows = facts("parties", [party("A"), party("B")])
    with open_store(neo4j_url) as store:
        store.upsert("parties", rows)
        kept = store.versions("parties").read_all()
        text = [
            "" if v is None else str(v) for k, v in kept.to_pylist()[0].items() if k not in ("party_id", "recorded_at")
        ]
        content = "\x1f".join(text)
        with store._driver.session() as session:
            session.run("MATCH (v:PartyVersion {party_id: 'A'}) SET v.content = $content", content=content).consume()
        again = store.upsert("parties", rows)
        assert (again.new, again.changed, again.unchanged, again.conflicts) == (0, 0, 2, None)
        other = store.upsert("parties", facts("parties", [party("A", name="Other")]))
        assert other.conflicts is not None


def test_a_key_that_begins_like_another_is_another_fact(neo4j_url: str) -> None:
    with open_store(neo4j_url) as store:
        store.upsert("parties", facts("parties", [party("A"), party("AB"), party("A B")]))
        assert store.versions("parties", key=["A"]).read_all()["party_id"].to_pylist() == ["A"]
        changed = store.upsert("parties", facts("parties", [party("A", recorded_at=datetime(2026, 5, 1))]))
        assert (changed.new, changed.changed) == (0, 1)
        assert store.versions("parties", key=["A"]).read_all().num_rows == 2
        assert store.versions("parties", key=["AB"]).read_all().num_rows == 1


def test_an_index_of_an_earlier_release_is_dropped_when_the_store_opens(neo4j_url: str) -> None:
    with open_store(neo4j_url) as store, store._driver.session() as session:
        session.run("CREATE INDEX transaction_by_fact_key FOR (n:Transaction) ON (n.fact_key)").consume()
    with open_store(neo4j_url) as store, store._driver.session() as session:
        names = {row["name"] for row in session.run("SHOW INDEXES YIELD name")}
    assert "transaction_by_fact_key" not in names
    assert "transaction_by_seller_id" in names
