"""A desk says of itself when an answer needs nothing but memory; whatever changed since makes it say no."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from graphcredit.desk import Credit, CreditDesk
from graphcredit.settings import Settings
from graphcredit.store import open_store
from tests.support.demo import Demo


@pytest.fixture
def credit(demo: Demo, tmp_path: Path) -> Iterator[Credit]:
    own = demo.copy(tmp_path / "demo")
    with open_store(own.url) as store:
        made = Credit(CreditDesk(store, Settings(store=own.url)))
        yield made
        made.desk.close()


def warm(credit: Credit, party_id: str) -> None:
    credit.desk.known().parties(credit.store)
    credit.desk.score(party_id, record=False)
    credit.headroom(party_id)
    if credit.book().groups.names:
        credit.book().drift(0)


def test_nothing_is_prepared_before_it_was_asked_for(credit: Credit, demo: Demo) -> None:
    assert credit.desk.prepared() is None
    assert not credit.desk.scores_prepared()
    assert not credit.prepared()
    warm(credit, demo.party)
    assert credit.desk.prepared() is credit.desk.known()
    assert credit.prepared()
    assert not credit.desk.scores_prepared()  # a score would be written before it is answered
    credit.desk.keep_later()
    assert credit.desk.scores_prepared()
    yesterday = credit.desk.day() - timedelta(days=1)
    assert not credit.desk.scores_prepared(yesterday)
    assert not credit.prepared(yesterday)


def test_facts_that_came_since_must_be_read_first(credit: Credit, demo: Demo) -> None:
    warm(credit, demo.party)
    credit.desk.keep_later()
    at = pa.array([credit.desk.day()], pa.date32()).cast(pa.timestamp("us"))
    row = {"party_id": ["NEW"], "kind": ["company"], "name": ["NEW"], "recorded_at": at}
    credit.store.upsert("parties", pa.table(row))
    assert credit.desk.prepared() is None
    assert not credit.desk.scores_prepared()
    assert not credit.prepared()
    warm(credit, "NEW")
    assert credit.desk.scores_prepared()
    assert credit.prepared()


def test_another_champion_must_be_read_first(credit: Credit, demo: Demo) -> None:
    warm(credit, demo.party)
    credit.desk.keep_later()
    credit.desk.registry.promote(credit.desk.champion_id(), "ada")
    assert not credit.desk.scores_prepared()
    warm(credit, demo.party)
    assert credit.desk.scores_prepared()


def test_a_store_in_another_process_may_be_away_and_is_always_waited_for_in_a_thread(
    credit: Credit, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm(credit, demo.party)
    credit.desk.keep_later()
    assert credit.prepared()
    monkeypatch.setattr(credit.store, "url", "neo4j://localhost:7687")
    assert credit.desk.prepared() is None
    assert not credit.desk.scores_prepared()
    assert not credit.prepared()
