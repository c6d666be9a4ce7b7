"""What a desk keeps in memory never hides what was written since: facts, holds, policies, champions, decisions."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from graphcredit.decisions import default_policy
from graphcredit.decisions.policy.adopt import adopt_policy
from graphcredit.decisions.policy.load import policy_from
from graphcredit.desk import Credit, CreditDesk
from graphcredit.desk.keeper import Given, Keeper
from graphcredit.exc import NotFoundError, StoreUnavailableError
from graphcredit.model.asof import as_of_moment
from graphcredit.network.cache import keep_newest
from graphcredit.settings import Settings
from graphcredit.store import Record, open_store
from tests.support.demo import Demo

APPLICATION = {"product": "loan", "amount": "1000.00", "tenor_days": 90}


@pytest.fixture
def credit(demo: Demo, tmp_path: Path) -> Iterator[Credit]:
    own = demo.copy(tmp_path / "demo")
    with open_store(own.url) as store:
        yield Credit(CreditDesk(store, Settings(store=own.url)))


def test_a_party_from_memory_is_the_party_of_the_store(credit: Credit) -> None:
    desk, day = credit.desk, credit.desk.day()
    rows = desk.store.read("parties", as_of=day).to_pylist()
    for row in rows[:40]:
        assert desk.party(row["party_id"]) == row  # asked of the store: nothing of the day is known yet
    desk.known()
    assert desk.at_hand(day) is not None
    for row in rows:
        assert desk.party(row["party_id"]) == row
    with pytest.raises(NotFoundError):
        desk.party("nobody")


def test_a_load_is_seen_by_the_next_question_and_a_later_fact_never(credit: Credit) -> None:
    desk, day = credit.desk, credit.desk.day()
    before = desk.known()
    late = as_of_moment(day).replace(microsecond=0)
    for name, recorded in (("NEW-1", late), ("NEW-2", datetime(day.year + 1, 1, 1))):
        at = pa.array([recorded], pa.timestamp("us"))
        desk.store.upsert(
            "parties", pa.table({"party_id": [name], "kind": ["company"], "name": [name], "recorded_at": at})
        )
    assert desk.party("NEW-1", day)["name"] == "NEW-1"
    assert desk.known(day).version > before.version
    assert "NEW-1" in desk.known(day).network.index
    with pytest.raises(NotFoundError):
        desk.party("NEW-2", day)
    assert desk.party("NEW-2", date(day.year + 1, 1, 2))["party_id"] == "NEW-2"


def test_a_hold_and_a_decision_count_in_the_next_decision(credit: Credit, demo: Demo) -> None:
    room = credit.headroom(demo.party).available
    made = credit.decide({"party_id": demo.party, **APPLICATION}, by="anna")
    if made.answer.exposure > 0:
        assert credit.headroom(demo.party).available < room
        assert credit.headroom(demo.party).available == Credit(credit.desk).headroom(demo.party).available
    body = {"state": "held", "by": "anna", "reason": "fraud", "at": "2026-07-01T00:00:00"}
    credit.store.put_records([Record("hold", demo.party, body, demo.party)])
    held = credit.decide({"party_id": demo.party, **APPLICATION}, by="anna")
    assert [reason.code for reason in held.answer.reasons if reason.code == "on_hold"] == ["on_hold"]
    credit.store.put_records([Record("hold", demo.party, {**body, "state": "released"}, demo.party, revision=2)])
    free = credit.decide({"party_id": demo.party, **APPLICATION}, by="anna")
    assert not any(reason.code == "on_hold" for reason in free.answer.reasons)


def test_an_application_with_an_id_is_still_decided_once(credit: Credit, demo: Demo) -> None:
    given = {"party_id": demo.party, "application_id": "A-1", **APPLICATION}
    assert credit.decide(given).decision_id == credit.decide(given).decision_id


def test_what_is_answered_is_what_is_recorded(credit: Credit, demo: Demo) -> None:
    made = credit.decide({"party_id": demo.party, **APPLICATION})
    record = credit.store.get_record("decision", made.decision_id)
    assert record is not None
    assert record.body == made.to_json() == made.model_copy().to_json()
    ratings = credit.store.find_records("rating", party_id=demo.party)
    assert [r for r in ratings if r.body["as_of"] == credit.desk.day().isoformat()]


def test_a_policy_adopted_now_is_in_force_for_the_next_question(credit: Credit) -> None:
    day, before = credit.desk.day(), credit.policy()
    assert credit.policy() is before
    body = {**default_policy().model_dump(mode="json"), "version": "77", "effective_from": day.isoformat()}
    policy = policy_from(body)
    adopt_policy(credit.store, policy, by="ada", today=day)
    assert credit.policy().label == policy.label != before.label
    assert credit.book().policy.label == policy.label


def test_a_policy_file_that_is_changed_is_read_again(credit: Credit, tmp_path: Path) -> None:
    import yaml

    file, body = tmp_path / "policy.yaml", default_policy().model_dump(mode="json")
    own = Credit(CreditDesk(credit.store, credit.desk.settings.model_copy(update={"policy": file})))
    for version in ("1", "22"):
        file.write_text(yaml.safe_dump({**body, "version": version}), encoding="utf-8")
        assert own.policy().version == version


def test_a_champion_promoted_now_scores_the_next_question(credit: Credit, demo: Demo) -> None:
    desk = credit.desk
    first = desk.model()
    assert desk.model() is first
    second = replace(first, model_id=f"{first.model_id}-again")
    desk.registry.save(second)
    desk.registry.promote(second.model_id, "ada")
    assert desk.model().model_id == second.model_id
    assert desk.score(demo.party, record=False).model_id == second.model_id


def test_two_first_questions_at_once_compute_once(credit: Credit) -> None:
    known, entered, free = credit.desk.known(), threading.Event(), threading.Event()
    made: list[int] = []

    def slow() -> int:
        entered.set()
        free.wait(20)
        made.append(1)
        return len(made)

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(known.once("slow", slow))) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert entered.wait(20)
    assert known.once("other", lambda: 7) == 7  # nobody waits for another value
    assert known.recent("third", lambda: known.once("fourth", lambda: 8)) == 8
    free.set()
    for thread in threads:
        thread.join(20)
    assert (found, made) == ([1] * 4, [1])
    assert known.recent("third", lambda: 9) == 8
    assert not known._making


def test_other_days_do_not_push_out_the_day_that_most_ask_for() -> None:
    kept: dict = __import__("collections").OrderedDict()
    today = date(2026, 6, 30)
    for version in (1, 2):
        keep_newest(kept, (today, version), version, keep=3, pinned=today)
    for month in range(1, 6):
        keep_newest(kept, (date(2026, month, 1), 2), month, keep=3, pinned=today)
    assert list(kept) == [(today, 2), (date(2026, 4, 1), 2), (date(2026, 5, 1), 2)]


def test_scores_kept_later_are_all_kept_once_also_when_the_store_was_away(credit: Credit) -> None:
    desk, known = credit.desk, credit.desk.known()
    kinds = known.network.attributes["kind"]
    firms = [str(party) for party in known.network.ids[kinds == "company"][:12]]
    away = [True]

    def keep(given) -> None:
        if away.pop() if away else False:
            raise StoreUnavailableError("away", remedy="wait")
        desk.keep_scores(given)

    desk.score(firms[0])  # kept at once
    desk.keeper = Keeper(keep, gather=0.0)
    for party in [*firms, *firms]:
        desk.score(party)
    desk.close()
    if not desk.store.find_records("score", party_id=firms[-1]):  # closed while the store was away
        desk.keep_scores([Given(desk.score(party, record=False), known) for party in firms])
    for party in firms:
        (record,) = desk.store.find_records("score", party_id=party)
        assert Decimal(str(record.body["pd"])) == Decimal(str(desk.score(party, record=False).pd))
    again = CreditDesk(desk.store, desk.settings)
    again.keep_scores([Given(again.score(party, record=False), again.known()) for party in firms])  # a later run
    assert all(len(desk.store.find_records("score", party_id=party)) == 1 for party in firms)
