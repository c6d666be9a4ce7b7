"""Re-rating: what is proposed follows the policy's own formula, and more cover really reaches what is used."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from graphcredit.decisions import decide, headroom_book
from graphcredit.monitor import Proposal, rerate
from graphcredit.store import CreditStore, Record
from tests.decisions.world import build, invoice, loan
from tests.monitor.world import LATER, POLICY, add, books, event, lent, promised, scores


def of(found: tuple[Proposal, ...]) -> dict[str, Proposal]:
    return {proposal.party_id: proposal for proposal in found}


def test_a_worse_grade_cuts_the_limit_to_what_the_policy_says(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    add(duckdb_store, "facilities", [lent("L1", "seller", "1000")])
    before, after = books(duckdb_store, after={"seller": 0.02})
    found = of(rerate(duckdb_store, before, after))["seller"]
    assert found.action == "cut_limit"
    assert (found.grade_before, found.grade) == ("BBB", "BB")
    assert found.limit_before == before.limit("seller").amount
    assert found.limit == after.limit("seller").amount < found.limit_before
    assert (found.used, found.cover_wanted, found.repay) == (Decimal("1000"), 0, 0)


@pytest.mark.parametrize("over", ["1", "123456.78", "900000"])
def test_the_cover_asked_for_brings_the_limit_up_to_what_is_used(duckdb_store: CreditStore, over: str) -> None:
    build(duckdb_store)
    limit = headroom_book(duckdb_store, POLICY, as_of=LATER, scores=scores()).limit("seller").amount
    used = limit + Decimal(over)
    add(duckdb_store, "facilities", [lent("L1", "seller", str(used))])
    found = of(rerate(duckdb_store, *books(duckdb_store)))["seller"]
    assert (found.action, found.repay) == ("more_cover", 0)
    row = POLICY.grade_row("BBB")
    assert row is not None
    assert (
        found.cover_wanted * row.cover_factor
        >= Decimal(over)
        > (found.cover_wanted - Decimal("0.02")) * row.cover_factor
    )
    add(
        duckdb_store,
        "facilities",
        [lent("L1", "seller", str(used)) | {"collateral_value": "0", "recorded_at": "2026-06-02"}],
    )
    stated = found.cover_wanted / POLICY.cover.collateral.value
    add(duckdb_store, "facilities", [
        lent("L1", "seller", str(used)) | {"collateral_value": str(round(stated + 1, 2)), "recorded_at": "2026-06-03"}
    ])  # fmt: skip
    covered = headroom_book(duckdb_store, POLICY, as_of=LATER, scores=scores()).limit("seller").amount
    assert covered >= used


def test_what_cover_cannot_reach_must_be_repaid(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    add(duckdb_store, "facilities", [lent("L1", "seller", "400000000")])
    before, after = books(duckdb_store)
    found = of(rerate(duckdb_store, before, after))["seller"]
    limit = after.limit("seller")
    most = min(limit.cap, limit.own * (1 + POLICY.cover.max_multiple_of_own.value))
    assert found.action == "repay"
    assert abs(found.repay - (Decimal("400000000") - most)) <= Decimal("0.02")


def test_what_blocks_stops(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    add(duckdb_store, "facilities", [lent("L1", "seller", "1000")])
    add(duckdb_store, "guarantees", [promised("G1", "giver", "seller", "10")])
    add(duckdb_store, "credit_events", [event("seller", "court", "2026-06-10")])
    found = of(rerate(duckdb_store, *books(duckdb_store)))["seller"]
    assert found.action == "stop"
    assert [block.code for block in found.blocks] == ["credit_event"]


def test_nothing_to_be_done_is_said_only_where_asked(duckdb_store: CreditStore) -> None:
    build(duckdb_store, invoices=[invoice("T1", 1000, issued_on="2026-05-01")])
    add(duckdb_store, "facilities", [lent("L1", "seller", "1000")])
    before, after = books(duckdb_store)
    assert rerate(duckdb_store, before, after) == ()
    assert of(rerate(duckdb_store, before, after, all_customers=True))["seller"].action == "keep"


def test_a_review_falls_due_by_the_grades_months(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    made = decide(duckdb_store, loan("10000"), as_of=LATER, book=books(duckdb_store)[1])
    assert made.answer.exposure > 0
    reviewed = made.at.date()
    before = books(duckdb_store)[0]
    later = date(reviewed.year + 2, 1, 1)
    after = headroom_book(duckdb_store, POLICY, as_of=later, scores=scores())
    found = of(rerate(duckdb_store, before, after, all_customers=True))["seller"]
    assert found.reviewed_on == reviewed
    expected = datetime(reviewed.year + 1, reviewed.month, reviewed.day).date()
    assert (found.review_due, found.overdue_review) == (expected, True)


def test_what_is_kept_is_worked_out_again_when_claims_holds_or_decisions_change_it(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    add(duckdb_store, "facilities", [lent("L1", "seller", "1000"), lent("L2", "buyer", "1000")])
    before, after = books(duckdb_store)

    def now() -> dict[str, Proposal]:
        return of(rerate(duckdb_store, before, after, all_customers=True))

    first = now()
    assert all(again is first[party] for party, again in now().items())  # nothing was worked out twice
    lends = decide(duckdb_store, loan("10000"), as_of=LATER, book=after).answer.exposure
    assert lends > 0
    lending = now()
    assert (lending["seller"].used, lending["buyer"]) == (first["seller"].used + lends, first["buyer"])
    held = {"state": "held", "by": "ann", "reason": "fraud?", "at": "2026-06-30T09:00:00"}
    duckdb_store.put_records([Record("hold", "seller", held, "seller", datetime(2026, 6, 30, 9))])
    assert (now()["seller"].action, now()["buyer"]) == ("stop", first["buyer"])
    duckdb_store.put_records(
        [Record("hold", "seller", {**held, "state": "lifted"}, "seller", datetime(2026, 6, 30, 10), 2)]
    )
    assert now()["seller"].blocks == first["seller"].blocks
    assert of(rerate(duckdb_store, *books(duckdb_store, after={"seller": 0.02})))["seller"].grade == "BB"


def test_who_becomes_a_customer_by_a_decision_is_looked_at_from_then_on(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    before, after = books(duckdb_store)
    assert "seller" not in of(rerate(duckdb_store, before, after, all_customers=True))
    made = decide(duckdb_store, loan("10000"), as_of=LATER, book=after)
    found = of(rerate(duckdb_store, before, after, all_customers=True))["seller"]
    assert found.used == made.answer.exposure > 0
