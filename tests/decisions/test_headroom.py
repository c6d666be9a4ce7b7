"""Limits, exposure, groups and headroom: worked examples, laws, and what happens when many decide at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.decisions import check_order, decide, default_policy, exposure_of, headroom_book, headroom_of, limit_of
from graphcredit.decisions.cover import Cover, CoverPart
from graphcredit.decisions.limits import LimitInputs, PartyScore, limit_from
from graphcredit.decisions.policy import Policy
from graphcredit.decisions.policy.load import policy_from
from graphcredit.exc import InputError, NotFoundError
from graphcredit.store import Claim, CreditStore, Record, open_store
from tests.decisions.world import DAY, FIRMS, build, invoice, loan
from tests.support.stores import facts

D = Decimal

POLICY = default_policy()


def guarantee(name: str, giver: str, obligor: str, amount: int) -> dict[str, Any]:
    return {
        "guarantee_id": name,
        "guarantor_id": giver,
        "obligor_id": obligor,
        "amount": str(amount),
        "kind": "joint",
        "valid_from": "2025-01-01",
        "recorded_at": "2025-01-01",
    }


def facility(name: str, borrower: str, drawn: int, **more: Any) -> dict[str, Any]:
    return {
        "facility_id": name,
        "lender_id": "other",
        "borrower_id": borrower,
        "limit": str(2 * drawn),
        "drawn": str(drawn),
        "valid_from": "2025-01-01",
        "recorded_at": "2025-01-01",
        **more,
    }


def with_caps(**values: str) -> Policy:
    made = POLICY.model_dump(mode="json")
    for name, value in values.items():
        made["caps"][name]["value"] = value
    made["exposure"]["creditors"] = ["*"]
    return policy_from(made | {"version": "caps"})


def test_exposure_nets_two_roles_pair_by_pair(store: CreditStore) -> None:
    build(
        store,
        invoices=[
            invoice("A", 100_000),
            invoice("B", 30_000, seller="buyer", buyer="seller"),
            invoice("C", 5000, seller="other"),
            invoice("O", 8000, seller="third", kind="order", due_on=None),
            invoice("R", -10_000),
        ],
    )
    store.upsert("facilities", facts("facilities", [facility("F", "buyer", 20_000), facility("DEC-1", "buyer", 7000)]))
    store.upsert("guarantees", facts("guarantees", [guarantee("G", "buyer", "third", 40_000)]))
    found = exposure_of(store, "buyer", as_of=DAY)
    assert {use.kind: use.amount for use in found.owed} == {
        "invoice": D(95000),
        "order": D(8000),
        "delivery": D(0),
        "drawn": D(20000),
        "undrawn": D(20000),
        "guarantee_given": D(40000),
    }
    assert (found.receivable, found.set_off) == (D(30000), D(30000))
    assert found.facts == D(95000) + 4000 + 20000 + 20000 - 30000  # orders and guarantees at half, undrawn at nothing
    assert found.items[0].transaction_id == "A"
    assert exposure_of(store, "seller", as_of=DAY).facts == 0  # 30,000 owed to who owes it 90,000


def test_payments_and_deliveries_close_documents_oldest_first(store: CreditStore) -> None:
    build(
        store,
        invoices=[
            invoice("old", 60_000, issued_on="2026-01-01", due_on="2026-03-01", recorded_at="2026-01-01"),
            invoice("new", 50_000),
            invoice("O1", 30_000, seller="other", kind="order", due_on=None, issued_on="2026-02-01"),
            invoice("D1", 20_000, seller="other", kind="delivery", due_on=None, issued_on="2026-03-01"),
            invoice("I1", 12_000, seller="other", issued_on="2026-03-02"),
        ],
    )
    base = {"payer_id": "buyer", "payee_id": "seller", "recorded_at": "2026-05-01", "paid_on": "2026-05-01"}
    store.upsert(
        "payments",
        facts(
            "payments",
            [
                {**base, "payment_id": "P1", "amount": "20000", "transaction_id": "old"},
                {**base, "payment_id": "P2", "amount": "25000"},
            ],
        ),
    )
    found = exposure_of(store, "buyer", as_of=DAY)
    owed = {use.kind: use.amount for use in found.owed}
    assert owed["invoice"] == D(15000) + 50000 + 12000
    assert (owed["order"], owed["delivery"]) == (D(10000), D(8000))
    assert (found.overdue, found.overdue_days) == (D(15000), (DAY - date(2026, 3, 1)).days)


def test_mutual_guarantees_add_nothing_and_one_way_cover_counts(store: CreditStore) -> None:
    build(store)
    plain = limit_of(store, "seller", as_of=DAY)
    store.upsert(
        "guarantees",
        facts(
            "guarantees", [guarantee("G1", "giver", "seller", 1_000_000), guarantee("G2", "seller", "giver", 1_000_000)]
        ),
    )
    mutual = limit_of(store, "seller", as_of=DAY)
    assert (mutual.cover_counted, mutual.cover_circular) == (D(0), D(1_000_000))
    assert mutual.amount <= plain.amount
    store.upsert("guarantees", facts("guarantees", [guarantee("G3", "parent", "seller", 2_000_000)]))
    covered = limit_of(store, "seller", as_of=DAY)
    assert covered.cover_counted == D(2_000_000)
    assert covered.amount - mutual.amount == D(1_900_000)  # 2,000,000 x 95% for BBB


def test_ring_of_three_and_a_guarantor_beyond_its_means(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    ring = [
        guarantee("R1", "seller", "third", 500_000),
        guarantee("R2", "third", "sister", 300_000),
        guarantee("R3", "sister", "seller", 800_000),
    ]
    duckdb_store.upsert("guarantees", facts("guarantees", ring))
    found = limit_of(duckdb_store, "seller", as_of=DAY)
    assert (found.cover_circular, found.cover_counted) == (D(300_000), D(500_000))
    duckdb_store.upsert(
        "guarantees",
        facts(
            "guarantees", [guarantee("G", "giver", "seller", 20_000_000), guarantee("H", "giver", "buyer", 10_000_000)]
        ),
    )
    cover = {part["source"]: D(part["counted"]) for part in limit_of(duckdb_store, "seller", as_of=DAY).cover_parts}
    assert cover["guarantees/G"] == D(10_000_000)  # half of 30,000,000, two thirds of it promised to the seller


def test_headroom_names_the_group_that_binds_with_its_path(store: CreditStore) -> None:
    build(store, invoices=[invoice("A", 90_000), invoice("B", 10_000, buyer="third")])
    rows = [
        {
            "holder_id": "parent",
            "held_id": held,
            "relation": "shareholder",
            "share": 0.9,
            "valid_from": "2020-01-01",
            "recorded_at": "2020-01-01",
        }
        for held in ("seller", "sister")
    ]
    store.upsert("ownership", facts("ownership", rows))
    policy = with_caps(group="0.0001")  # 500,000
    found = headroom_of(store, "sister", as_of=DAY, policy=policy)
    assert (found.binding.kind, found.binding.cap) == ("group", D("500000.0000"))
    assert any("common control" in step.en for step in found.binding.path)
    made = decide(store, loan("350000", who="sister"), as_of=DAY, policy=policy)
    assert made.outcome == "approve"
    assert headroom_of(store, "seller", as_of=DAY, policy=policy).available <= D(50_000)
    refused = decide(store, loan("450000", who="parent"), as_of=DAY, policy=policy)
    assert refused.answer.amount <= D(50_000)
    assert refused.outcome == "approve_with_conditions"


def test_a_party_in_two_groups_is_bound_by_either(duckdb_store: CreditStore) -> None:
    sales = [
        ("seller", "buyer"),
        ("giver", "buyer"),
        ("parent", "buyer"),
        ("seller", "third"),
        ("sister", "third"),
        ("other", "third"),
    ]
    half = 200_000_000  # of what a revenue of 200,000,000 a year brings in over the two years of trade that count
    build(duckdb_store, invoices=[invoice(f"I{k}", half, seller=a, buyer=b) for k, (a, b) in enumerate(sales)])
    found = headroom_of(duckdb_store, "seller", as_of=DAY)
    assert {line.name for line in found.lines if line.kind == "group"} == {"buyer", "third"}


def test_concentration_and_guarantor_caps_bind(store: CreditStore) -> None:
    build(store)
    store.upsert("guarantees", facts("guarantees", [guarantee("G", "parent", "seller", 9_000_000)]))
    free = headroom_of(store, "seller", as_of=DAY)
    assert free.binding.kind == "party"
    tight = headroom_of(store, "seller", as_of=DAY, policy=with_caps(guarantor="0.0009"))  # 5,400,000
    assert (tight.binding.kind, tight.binding.name) == ("guarantor", "parent")
    assert tight.available < free.available
    full = headroom_of(store, "seller", as_of=DAY, policy=with_caps(guarantor="0.0000001"))  # 600: worth nothing
    assert (full.binding.kind, full.left_out, full.blocks) == ("party", ("parent",), ())
    assert full.available == D("6824843.02")  # what it has without any cover, see test_decide
    refused = decide(store, loan("7000000"), as_of=DAY, policy=with_caps(guarantor="0.0000001"))
    assert "guarantor_full" in [reason.code for reason in refused.answer.reasons]
    assert refused.inputs.limit.cover_counted == 0
    assert not [held for held in refused.claims if held.resource == "limit:guarantor:parent"]
    industry = headroom_of(store, "seller", as_of=DAY, policy=with_caps(industry="0.00001"))
    assert (industry.binding.kind, industry.binding.cap) == ("industry", D("400000"))
    debtor = headroom_of(store, "seller", as_of=DAY, policy=with_caps(debtor="0.0001"), debtor_id="buyer")
    assert (debtor.binding.kind, debtor.binding.name, debtor.available) == ("debtor", "buyer", D(500_000) - 100_000)
    region = headroom_of(store, "seller", as_of=DAY, policy=with_caps(region="0.00001"))
    assert (region.binding.kind, region.binding.name) == ("region", "CN-31")


def test_overdrawn_headroom_is_a_block(store: CreditStore) -> None:
    build(store)
    store.upsert("facilities", facts("facilities", [facility("F", "seller", 50_000_000)]))
    found = headroom_of(store, "seller", as_of=DAY)
    assert found.available < 0
    assert found.blocks[0].code == "over_party_limit"
    made = decide(store, loan(), as_of=DAY)
    assert made.outcome == "decline"
    assert "over_party_limit" in [reason.code for reason in made.answer.reasons]
    with pytest.raises(NotFoundError):
        headroom_of(store, "nobody", as_of=DAY)


# -- laws ---------------------------------------------------------------------------------------------------------------


def inputs(
    pd: float, cover: int, worth: int, circular: int = 0, contagion: str = "0.1", share: str = "0.4"
) -> LimitInputs:
    score = PartyScore(party_id="p", pd=D(repr(pd)), grade=POLICY.scale.grade(pd), model_id="m")
    given_ = Cover((CoverPart("joint", "g", "g", D(cover), D(cover)),), D(circular))
    return LimitInputs("p", score, (("net_worth", D(worth), "s"),), given_, D(contagion), D(share))


@settings(max_examples=80, deadline=None)
@given(
    pd=st.floats(0.0001, 0.99),
    worse=st.floats(1.0, 100.0),
    cover=st.integers(0, 10**9),
    more=st.integers(0, 10**8),
    worth=st.integers(-(10**8), 10**10),
)
def test_more_cover_never_lowers_and_a_worse_grade_never_raises_a_limit(
    pd: float, worse: float, cover: int, more: int, worth: int
) -> None:
    base = limit_from(inputs(pd, cover, worth), POLICY).amount
    assert limit_from(inputs(pd, cover + more, worth), POLICY).amount >= base
    assert limit_from(inputs(min(pd * worse, 1.0), cover, worth), POLICY).amount <= base
    assert 0 <= base <= POLICY.cap("single")


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_more_cover_in_the_graph_never_lowers_the_limit_of_who_gets_it(data: st.DataObject) -> None:
    pairs = [(a, b) for a, b in permutations(FIRMS[:5], 2)]
    chosen = data.draw(st.lists(st.tuples(st.sampled_from(pairs), st.integers(1, 20_000_000)), max_size=8))
    giver = data.draw(st.sampled_from([name for name in FIRMS if name != "seller"]))
    extra = data.draw(st.integers(1, 20_000_000))
    rows = [guarantee(f"G{k}", a, b, amount) for k, ((a, b), amount) in enumerate(chosen)]
    amounts = []
    for more in ([], [guarantee("extra", giver, "seller", extra)]):
        with open_store("duckdb://:memory:") as opened:
            build(opened)
            if rows + more:
                opened.upsert("guarantees", facts("guarantees", rows + more))
            book = headroom_book(opened, POLICY, as_of=DAY)
            amounts.append(book.cover.cover_of(book.position("seller")).counted)
    assert amounts[1] >= amounts[0]


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_cover_of_guarantors_at_their_cap_never_takes_headroom_away(data: st.DataObject) -> None:
    """Other borrowers rely on the guarantors, whose cap is small; decisions have claimed some of it."""
    policy = with_caps(guarantor=data.draw(st.sampled_from(("0.0000001", "0.0002", "0.001", "0.1"))))
    pairs = st.tuples(
        st.sampled_from(("giver", "parent", "buyer")), st.sampled_from(("seller", "third")), st.integers(1, 20_000_000)
    )
    drawn = data.draw(st.lists(pairs, min_size=1, max_size=5))
    rows = [guarantee(f"G{k}", giver, obligor, amount) for k, (giver, obligor, amount) in enumerate(drawn)]
    found = []
    for given_ in ([], rows):
        with open_store("duckdb://:memory:") as opened:
            build(opened)
            if given_:
                opened.upsert("guarantees", facts("guarantees", given_))
            taken = {"limit:guarantor:giver": D(100_000), "limit:guarantor:parent": D(3_000_000)}
            claims = [Claim(name, "elsewhere", amount, amount) for name, amount in taken.items()]
            opened.put_records([Record("test", "elsewhere", {})], claims=claims)
            found.append(headroom_of(opened, "seller", as_of=DAY, policy=policy))
    bare, covered = found
    assert covered.available >= bare.available
    assert covered.available == covered.binding.available == min(line.available for line in covered.lines)
    assert all(room.available >= 0 or room.blocks for room in found)


@settings(max_examples=12, deadline=None)
@given(amounts=st.lists(st.integers(10_000, 4_000_000), min_size=2, max_size=4), seed=st.integers(0, 10))
def test_the_order_of_decisions_does_not_change_what_is_used(amounts: list[int], seed: int) -> None:
    shuffled = [int(amount) for amount in np.random.default_rng(seed).permutation(amounts)]
    used: list[dict[str, Decimal]] = []
    for order in (amounts, shuffled):
        with open_store("duckdb://:memory:") as opened:
            build(opened)
            limit = limit_of(opened, "seller", as_of=DAY).amount
            made = [decide(opened, loan(str(amount), tenor_days=1000), as_of=DAY) for amount in order]
            room = headroom_of(opened, "seller", as_of=DAY)
            resources = sorted({held.resource for each in made for held in each.claims})
            used.append(opened.claimed(resources))
            assert (
                used[-1]["limit:party:seller"] == sum(each.answer.exposure for each in made) == limit - room.available
            )
            assert room.available >= 0 or room.blocks
    if sum(amounts) <= limit:
        assert used[0] == used[1]
        assert used[0]["limit:party:seller"] == sum(amounts)
    else:  # whoever comes last gets the rest, if it is as much as a loan's least amount
        assert all(limit - 10_000 < each["limit:party:seller"] <= limit for each in used)


def test_a_limit_is_never_exceeded_whatever_the_interleaving(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    limit = limit_of(duckdb_store, "seller", as_of=DAY).amount
    amounts = [str(390_000 + 7000 * k) for k in range(24)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda amount: decide(duckdb_store, loan(amount), as_of=DAY), amounts))
    used = duckdb_store.claimed(["limit:party:seller"])["limit:party:seller"]
    assert used == sum((each.answer.exposure for each in made), D(0))
    assert limit - 10_000 < used <= limit  # what is left is less than the least amount of a loan


def test_orders_are_checked_against_headroom_overdue_and_hold_in_one_call(store: CreditStore) -> None:
    from graphcredit.decisions import hold, hold_history, release
    from graphcredit.exc import ConflictError

    build(store)
    assert check_order(store, "seller", D(1000), as_of=DAY).result == "ok"
    assert (
        check_order(store, "seller", D(12_000_000), as_of=DAY).result == "warn"
    )  # half counts: 824,843.02 would be left
    beyond = check_order(store, "seller", D(14_000_000), as_of=DAY)
    assert (beyond.result, beyond.reasons[0].code) == ("block", "beyond_headroom")
    assert check_order(store, "seller", D(14_000_000), kind="quotation", as_of=DAY).result == "warn"
    with pytest.raises(InputError, match="not held without a reason"):
        hold(store, "seller", by="ann", reason=" ")
    hold(store, "seller", by="ann", reason="court case")
    held = check_order(store, "seller", D(1000), as_of=DAY)
    assert (held.result, held.hold, held.reasons[0].code) == ("block", True, "on_hold")
    assert decide(store, loan(), as_of=DAY).outcome == "decline"
    with pytest.raises(ConflictError, match="on hold already"):
        hold(store, "seller", by="ann", reason="again")
    release(store, "seller", by="bob", reason="settled out of court")
    assert check_order(store, "seller", D(1000), as_of=DAY).result == "ok"
    assert [(step.action, step.by, step.reason) for step in hold_history(store, "seller")] == [
        ("held", "ann", "court case"),
        ("released", "bob", "settled out of court"),
    ]
    for amount, more, said in (
        (D(0), {}, "above 0"),
        (D(5), {"kind": "gift"}, "unknown kind"),
        (D(5), {"currency": "QQQ"}, "unknown currency"),
    ):
        with pytest.raises(InputError, match=said):
            check_order(store, "seller", amount, as_of=DAY, **more)
    with pytest.raises(NotFoundError):
        hold(store, "nobody", by="ann", reason="none")


def test_scores_recorded_later_are_seen_at_once(duckdb_store: CreditStore) -> None:
    from tests.decisions.world import score_record

    build(duckdb_store)
    before = limit_of(duckdb_store, "seller", as_of=DAY).amount
    duckdb_store.put_records([score_record("seller", 0.05, at=datetime(2026, 6, 20))])
    assert limit_of(duckdb_store, "seller", as_of=DAY).amount < before
