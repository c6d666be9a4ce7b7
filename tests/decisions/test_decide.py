"""Application in, decision out: answers, bad input, approval by others, replay."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from graphcredit.decisions import (
    approve,
    decide,
    headroom_of,
    list_decisions,
    override,
    parse_application,
    replay,
    settle,
    show_decision,
)
from graphcredit.exc import CapacityError, ConflictError, ForbiddenError, GraphCreditError, InputError, NotFoundError
from graphcredit.store import CreditStore
from tests.decisions.world import DAY, FIRMS, build, factoring, invoice, loan, statement
from tests.support.stores import facts, party

D = Decimal


@pytest.fixture
def world(store: CreditStore) -> CreditStore:
    return build(store)


def codes(decision: Any) -> list[str]:
    return [reason.code for reason in decision.answer.reasons]


def test_factoring_by_hand(world: CreditStore) -> None:
    made = decide(world, factoring(amount="90000"), as_of=DAY)
    assert made.outcome == "approve_with_conditions"
    assert made.answer.amount == D("80000.00")  # 100,000 x 80%
    # own capacity: 10,000,000 x 150% x 0.65 (BBB) x (1 - 30% dependence), less a contagion of PD 0.5% x LGD 45% x 1% leverage
    assert made.inputs.limit.amount == D("6824843.02")
    assert {c.code for c in made.answer.conditions} == {"notify_debtor", "lower_amount"}
    assert made.answer.price is not None
    assert made.answer.price.expected_loss == D("0.00225")  # 0.5% x 45%
    assert (made.policy, made.model_id) == ("default@1.0.0", "test-model")
    assert headroom_of(world, "seller", as_of=DAY).available == D("6824843.02") - 80000


def test_every_figure_names_its_source_in_two_languages(world: CreditStore) -> None:
    made = decide(world, factoring(assignment_notice=True), as_of=DAY)
    assert made.outcome == "approve"
    assert [reason.rank for reason in made.answer.reasons] == list(range(1, len(made.answer.reasons) + 1))
    for reason in made.answer.reasons:
        assert reason.text.en
        assert reason.text.zh
        assert all(figure.source for figure in reason.figures)
    sources = {figure.source for reason in made.answer.reasons for figure in reason.figures}
    assert {"transactions/T1", "statements/seller/2025-12-31/equity", "model test-model"} <= sources


def test_a_recorded_decision_reads_as_it_was_taken(world: CreditStore) -> None:
    made = decide(world, factoring(), as_of=DAY, by="clerk")
    assert show_decision(world, made.decision_id) == made
    assert [d.decision_id for d in list_decisions(world, party_id="seller")] == [made.decision_id]
    assert list_decisions(world, outcome="decline") == []
    body = made.to_json()
    assert (body["amount"], body["outcome"]) == ("50000.00", "approve_with_conditions")


def test_without_a_score_it_refers_and_says_so(store: CreditStore) -> None:
    build(store, pds={})
    made = decide(store, loan(), as_of=DAY)
    assert made.outcome == "refer"
    assert made.answer.reasons[0].code == "no_score"
    assert store.claimed(["limit:party:seller"])["limit:party:seller"] == 0


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"party_id": "nobody"}, NotFoundError, "party 'nobody' is not known"),
        ({"product": "lottery"}, InputError, "unknown product 'lottery'"),
        ({"currency": "XYZ"}, InputError, "unknown currency 'XYZ'"),
        ({"currency": "yuan"}, InputError, "unknown currency 'yuan'"),
        ({"amount": "-1"}, InputError, "amount must be above 0"),
        ({"amount": "0"}, InputError, "amount must be above 0"),
        ({"amount": "1.234"}, InputError, "at most two decimals"),
        ({"amount": "NaN"}, InputError, "amount"),
        ({"tenor_days": 366}, InputError, "past the cap of 365 days"),
        ({"tenor_days": 0}, InputError, "tenor_days"),
        ({"invoice_ids": []}, InputError, "factoring needs invoice_ids"),
        ({"invoice_ids": ["T1", "T1"]}, InputError, "one document twice"),
        ({"invoice_ids": ["T9"]}, NotFoundError, "invoice 'T9' is not known"),
        ({"invoice_ids": ["void"]}, InputError, "invoice void is void"),
        ({"invoice_ids": ["foreign"]}, InputError, "belongs to another party"),
        ({"invoice_ids": ["return"]}, InputError, "returns finance nothing"),
        ({"invoice_ids": ["T1", "two"]}, InputError, "several debtors"),
        ({"debtor_id": "other"}, InputError, "not by other"),
        ({"colour": "red"}, InputError, "colour"),
    ],
)
def test_bad_applications_get_a_clear_message(
    duckdb_store: CreditStore, change: dict[str, Any], error: type[GraphCreditError], said: str
) -> None:
    build(duckdb_store, invoices=[
        invoice("T1", 100_000), invoice("void", 5000, status="void"), invoice("foreign", 5000, seller="other"),
        invoice("return", -500), invoice("two", 700, buyer="third"),
    ])  # fmt: skip
    content = {"party_id": "seller", "product": "factoring", "amount": "50000", "tenor_days": 60, "invoice_ids": ["T1"]}
    with pytest.raises(error, match=said):
        decide(duckdb_store, {**content, **change}, as_of=DAY)
    assert list_decisions(duckdb_store) == []


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InputError) as error:
        parse_application({"party_id": "", "product": "loan", "amount": -1, "tenor_days": "soon"})
    assert len(error.value.details["faults"]) == 3


def test_overdue_status_events_and_bad_grades_block(store: CreditStore) -> None:
    late = invoice(
        "late",
        50_000,
        seller="other",
        buyer="seller",
        issued_on="2026-01-10",
        due_on="2026-03-01",
        recorded_at="2026-01-10",
    )
    build(store, invoices=[invoice("T1", 100_000), late], pds={**dict.fromkeys(FIRMS, 0.005), "third": 0.5})
    paid = {
        "payment_id": "P1",
        "payer_id": "buyer",
        "payee_id": "other",
        "paid_on": "2026-02-01",
        "amount": "1",
        "recorded_at": "2026-02-01",
    }
    store.upsert("payments", facts("payments", [paid]))
    assert "overdue" in codes(made := decide(store, factoring(), as_of=DAY))
    assert made.outcome == "decline"
    assert "grade" in codes(decide(store, loan(who="third"), as_of=DAY))
    event = {
        "event_id": "E1",
        "party_id": "giver",
        "kind": "court",
        "occurred_on": "2026-05-01",
        "recorded_at": "2026-05-02",
    }
    store.upsert("credit_events", facts("credit_events", [event]))
    store.upsert("parties", facts("parties", [party("sister", "2026-06-02", status="dissolved")]))
    assert decide(store, loan(who="giver"), as_of=DAY).answer.reasons[0].code == "credit_event"
    assert decide(store, loan(who="sister"), as_of=DAY).answer.reasons[0].code == "status"


def test_reverse_factoring_uses_the_buyers_limit(world: CreditStore) -> None:
    made = decide(world, factoring(product="reverse_factoring", confirmed=True, amount="100000"), as_of=DAY)
    assert (made.outcome, made.answer.amount, made.answer.risk_party) == ("approve", D("100000.00"), "buyer")
    assert world.claimed(["limit:party:buyer", "limit:debtor:buyer", "limit:party:seller"]) == {
        "limit:party:buyer": D(100000), "limit:debtor:buyer": D(100000), "limit:party:seller": D(0)
    }  # fmt: skip
    asked = decide(world, loan("100000", who="buyer"), as_of=DAY)
    assert asked.inputs.party_claimed == D(100000)


def test_levels_and_four_eyes(store: CreditStore) -> None:
    build(store, pds=dict.fromkeys(FIRMS, 0.0005))
    made = decide(store, loan("2000000", who="buyer", submitted_by="ann"), as_of=DAY, by="bob")
    assert (made.approval.state, made.approval.level, made.approval.needed) == ("pending", 1, 1)
    for who, level, said in (
        ("ann", 3, "nobody approves their own"),
        ("bob", 3, "nobody approves their own"),
        ("eve", 0, "1 is needed"),
    ):
        with pytest.raises(ForbiddenError, match=said):
            approve(store, made.decision_id, by=who, level=level)
    assert approve(store, made.decision_id, by="eve", level=1).approval.state == "final"
    with pytest.raises(ConflictError, match="not pending"):
        approve(store, made.decision_id, by="dan", level=1)
    large = decide(store, loan("9500000", who="buyer", submitted_by="ann", tenor_days=1000), as_of=DAY)
    assert (large.approval.level, large.approval.needed) == (2, 2)
    assert approve(store, large.decision_id, by="eve", level=2).approval.state == "pending"
    with pytest.raises(ForbiddenError, match="agreed already"):
        approve(store, large.decision_id, by="eve", level=2)
    assert approve(store, large.decision_id, by="dan", level=2).approval.state == "final"


def test_override_by_a_second_person_with_a_reason(store: CreditStore) -> None:
    build(store, pds={})
    made = decide(store, loan(submitted_by="ann"), as_of=DAY, by="bob")
    why = "known for years, pays on the day"
    with pytest.raises(ForbiddenError, match="nobody approves their own"):
        override(store, made.decision_id, by="ann", level=3, outcome="approve", reason=why)
    with pytest.raises(InputError, match="reason of at least ten"):
        override(store, made.decision_id, by="eve", level=3, outcome="approve", reason="ok")
    with pytest.raises(InputError, match="cannot answer 'maybe'"):
        override(store, made.decision_id, by="eve", level=3, outcome="maybe", reason=why)
    with pytest.raises(CapacityError):  # without a score there is no limit, and no override makes one
        override(store, made.decision_id, by="eve", level=3, outcome="approve", reason=why, amount=D(1000))
    assert show_decision(store, made.decision_id).revision == 1


def test_override_changes_what_is_claimed_and_settling_releases_it(world: CreditStore) -> None:
    resources = ["limit:party:seller", "invoice:id:T1"]
    made = decide(world, factoring(submitted_by="ann"), as_of=DAY)
    assert world.claimed(resources) == {"limit:party:seller": D(50000), "invoice:id:T1": D(1)}
    less = override(
        world, made.decision_id, by="eve", level=1, outcome="approve", reason="less is enough here", amount=D(20000)
    )
    assert world.claimed(resources) == {"limit:party:seller": D(20000), "invoice:id:T1": D(1)}
    assert less.history[-1].reason == "less is enough here"
    none = override(world, made.decision_id, by="eve", level=1, outcome="decline", reason="the goods were sent back")
    assert (none.outcome, none.revision) == ("decline", 3)
    assert world.claimed(resources) == {"limit:party:seller": D(0), "invoice:id:T1": D(0)}
    again = decide(world, factoring(), as_of=DAY)
    assert again.outcome == "approve_with_conditions"
    settle(world, again.decision_id, by="desk")
    assert world.claimed(resources) == {"limit:party:seller": D(0), "invoice:id:T1": D(0)}
    with pytest.raises(ConflictError, match="claims nothing"):
        settle(world, again.decision_id, by="desk")


def test_replay_gives_the_same_answer_and_names_what_was_corrected(world: CreditStore) -> None:
    made = decide(world, factoring(), as_of=DAY)
    first = replay(world, made.decision_id)
    assert (first.same, first.inputs_intact, first.differences) == (True, True, ())
    world.upsert("statements", facts("statements", [statement("seller", "equity", "4000000", at="2026-07-15")]))
    later = replay(world, made.decision_id)
    assert later.same
    (found,) = later.differences
    assert (found.source, found.column) == ("statements/seller/2025-12-31/equity", "amount")
    assert (found.then, found.now) == ("10000000.00", "4000000.00")
    with pytest.raises(NotFoundError, match="does not exist"):
        replay(world, "DEC-0")


def test_facts_recorded_later_do_not_change_a_decision_as_of_a_day(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    before = decide(duckdb_store, loan(), as_of=DAY).inputs.limit.amount
    duckdb_store.upsert("statements", facts("statements", [statement("seller", "equity", "1", at="2026-07-01")]))
    assert decide(duckdb_store, loan(), as_of=DAY).inputs.limit.amount == before
    assert decide(duckdb_store, loan(), as_of=date(2026, 7, 2)).inputs.limit.amount < before


def test_an_old_score_refers(duckdb_store: CreditStore) -> None:
    from tests.decisions.world import score_record

    build(duckdb_store, pds={})
    duckdb_store.put_records([score_record("seller", 0.005, at=datetime(2025, 6, 1))])
    made = decide(duckdb_store, loan(), as_of=DAY)
    assert (made.outcome, made.answer.reasons[0].code) == ("refer", "old_score")


def test_an_application_sent_twice_is_decided_once(store: CreditStore) -> None:
    build(store)
    first = decide(store, loan(application_id="A-1"), as_of=DAY)
    assert decide(store, loan(application_id="A-1"), as_of=DAY) == first
    assert store.claimed(["limit:party:seller"])["limit:party:seller"] == D(100_000)
    with pytest.raises(ConflictError, match="decided already with other content"):
        decide(store, loan("5", application_id="A-1"), as_of=DAY)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: decide(store, loan(application_id="A-2"), as_of=DAY), range(8)))
    assert len({each.decision_id for each in made}) == 1
