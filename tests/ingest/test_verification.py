"""Checks of a party: what they change, what they leave, and what is refused; on both stores."""

from datetime import date, datetime, timedelta

import pytest

from graphcredit.exc import InputError, NotFoundError
from graphcredit.store import CreditStore
from graphcredit_ingest.verification import Verification, record_verification, verifications
from tests.support.stores import facts, party

CODE = "91350100M000100Y43"
BEFORE = date(2026, 1, 1)


@pytest.fixture
def known(store: CreditStore) -> CreditStore:
    row = party("A", verification="self_reported", attributes='{"size": 3}')
    store.upsert("parties", facts("parties", [row, party("B", uscc=CODE)]))
    return store


def held(store: CreditStore, party_id: str = "A", as_of: date | None = None) -> dict:
    return store.read("parties", as_of=as_of, where={"party_id": [party_id]}).to_pylist()[0]


def test_a_register_check_and_a_visit_are_new_versions_of_the_party(known: CreditStore) -> None:
    before = held(known)
    checked = Verification("A", "registry", "li.wei", date(2026, 6, 1), "as registered", CODE)
    body = record_verification(known, checked)
    assert (body["verification"], body["verified_on"], body["uscc"]) == ("registry", date(2026, 6, 1), CODE)
    record_verification(known, Verification("A", "site_visit", "wang", date(2026, 6, 12), "two shifts"))
    record_verification(known, Verification("A", "registry", "li.wei", date(2026, 7, 1), number=CODE))
    after = held(known)
    assert (after["verification"], after["verified_on"]) == ("site_visit", date(2026, 7, 1))
    assert (after["attributes"], after["name"]) == ('{"size": 3}', before["name"])
    assert held(known, as_of=BEFORE) == before
    assert known.versions("parties", key=["A"]).read_all().num_rows == 4
    assert [one["way"] for one in verifications(known, "A")] == ["registry", "site_visit", "registry"]
    assert verifications(known, "B") == []


def test_the_same_check_again_changes_nothing(known: CreditStore) -> None:
    checked = Verification("A", "site_visit", "wang", date(2026, 6, 12), "two shifts")
    assert record_verification(known, checked)["new"] is True
    version = known.version()
    again = record_verification(known, checked)
    assert (again["new"], known.version(), len(again["history"])) == (False, version, 1)


def test_an_older_check_is_kept_and_does_not_outdate_a_newer_one(known: CreditStore) -> None:
    record_verification(known, Verification("A", "registry", "li", date(2026, 6, 12)))
    body = record_verification(known, Verification("A", "registry", "li", date(2026, 3, 1)))
    assert (body["verified_on"], len(body["history"])) == (date(2026, 6, 12), 2)


def test_a_check_that_contradicts_makes_facts_self_reported_again(known: CreditStore) -> None:
    record_verification(known, Verification("B", "registry", "li", date(2026, 6, 12), number=CODE))
    body = record_verification(
        known, Verification("B", "site_visit", "wang", date(2026, 7, 1), "nobody there", confirmed=False)
    )
    assert (body["verification"], body["verified_on"], body["uscc"]) == ("self_reported", None, CODE)


@pytest.mark.parametrize(
    ("party_id", "by", "days", "number", "said"),
    [
        ("A", " ", 0, None, "nobody is named"),
        ("A", "li", 3, None, "lies in the future"),
        ("A", "li", 0, "91350100M000100Y44", "is no unified social credit code"),
        ("B", "li", 0, "91110000600037341L", "the register says"),
    ],
)
def test_what_is_refused(known: CreditStore, party_id: str, by: str, days: int, number: str | None, said: str) -> None:
    on = datetime.now().date() + timedelta(days=days)
    version = known.version()
    with pytest.raises(InputError, match=said):
        record_verification(known, Verification(party_id, "registry", by, on, number=number))
    assert (known.version(), verifications(known, party_id)) == (version, [])


def test_a_party_that_is_not_known_is_said_so(known: CreditStore) -> None:
    with pytest.raises(NotFoundError, match="'Z' is not known"):
        record_verification(known, Verification("Z", "registry", "li", date(2026, 1, 1)))
