"""Trade that goes in circles, invoices that come back, documents that do not match; products decided end to end."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.decisions import Application, decide, default_policy, simulate_policy
from graphcredit.decisions.authenticity import circular_trade
from graphcredit.decisions.products import e_receivable
from graphcredit.decisions.products.e_receivable_life import issue
from graphcredit.exc import CapacityError, InputError, NotFoundError
from graphcredit.network import network_from_edges
from graphcredit.store import CreditStore, open_store
from tests.decisions.world import DAY, build, factoring, invoice, loan
from tests.support.stores import facts

D = Decimal
POLICY = default_policy()


def codes(made: object) -> list[str]:
    return [reason.code for reason in made.answer.reasons]  # type: ignore[attr-defined]


def test_circular_trade_is_found_with_its_path() -> None:
    ring = network_from_edges(
        {"trade": [("s", "b", 100.0), ("b", "x", 90.0), ("x", "s", 80.0), ("b", "z", 1.0), ("z", "s", 1.0)]}
    )
    (found,) = circular_trade(ring, "s", "b")
    assert found.path == ("s", "b", "x", "s")
    assert circular_trade(network_from_edges({"trade": [("s", "b", 100.0), ("b", "s", 10.0)]}), "s", "b") == []
    long = network_from_edges(
        {"trade": [("s", "b", 9.0), ("b", "c", 9.0), ("c", "d", 9.0), ("d", "e", 9.0), ("e", "s", 9.0)]}
    )
    assert circular_trade(long, "s", "b", length=4) == []
    assert len(circular_trade(long, "s", "b", length=5)) == 1


def test_round_trip_invoices_are_refused(store: CreditStore) -> None:
    build(
        store,
        invoices=[
            invoice("T1", 100_000),
            invoice("BACK", 99_000, seller="buyer", buyer="seller", issued_on="2026-06-20"),
        ],
    )
    made = decide(store, factoring(), as_of=DAY)
    assert made.outcome == "decline"
    found = next(reason for reason in made.answer.reasons if reason.code == "round_trip")
    assert found.path == ("seller", "buyer", "seller")


def test_documents_are_matched(duckdb_store: CreditStore) -> None:
    build(
        duckdb_store,
        invoices=[
            invoice("T1", 100_000),
            invoice("O1", 100_500, kind="order", issued_on="2026-05-01", due_on=None),
            invoice("D1", 40_000, kind="delivery", issued_on="2026-05-20", due_on=None),
        ],
    )
    made = decide(duckdb_store, factoring(), as_of=DAY)
    assert "order_matched" in codes(made)
    assert "no_delivery" in codes(made)
    assert made.outcome == "refer"


def test_related_parties_and_past_due_invoices(duckdb_store: CreditStore) -> None:
    build(
        duckdb_store,
        invoices=[
            invoice("T1", 100_000),
            invoice("OLD", 900, issued_on="2026-01-01", due_on="2026-02-01", recorded_at="2026-01-01"),
        ],
    )
    rows = [
        {
            "holder_id": "buyer",
            "held_id": "seller",
            "relation": "shareholder",
            "share": 0.2,
            "valid_from": "2020-01-01",
            "recorded_at": "2020-01-01",
        }
    ]
    duckdb_store.upsert("ownership", facts("ownership", rows))
    assert "related_parties" in codes(decide(duckdb_store, factoring(), as_of=DAY))
    assert "past_due" in codes(decide(duckdb_store, factoring("OLD", amount="500"), as_of=DAY))


def test_order_finance_looks_at_fulfilment(duckdb_store: CreditStore) -> None:
    past = [
        invoice(f"P{k}", 10_000, kind="order", issued_on=f"2025-0{k}-10", due_on=None, recorded_at=f"2025-0{k}-10")
        for k in (1, 2, 3)
    ]
    done = [
        invoice(f"I{k}", 9_000, issued_on=f"2025-0{k}-20", due_on=f"2025-0{k + 1}-20", recorded_at=f"2025-0{k}-20")
        for k in (1, 2, 3)
    ]
    build(duckdb_store, invoices=[*past, *done, invoice("NEW", 60_000, kind="order", due_on=None)])
    wanted = Application(
        party_id="seller", product="order_finance", amount=D(40_000), tenor_days=90, order_ids=("NEW",)
    )
    made = decide(duckdb_store, wanted, as_of=DAY)
    assert made.inputs.facts.fulfilment == D("0.900000")
    assert (made.outcome, made.answer.amount) == ("approve_with_conditions", D("30000.00"))
    with pytest.raises(InputError, match="order_finance finances orders"):
        decide(duckdb_store, wanted.model_copy(update={"order_ids": ("I1",)}), as_of=DAY)


def test_inventory_warehouse_discount_and_cover_end_to_end(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    goods = {"name": "copper", "quantity": "100", "unit_price": "7000", "liquidity": "daily"}
    pledge = decide(
        duckdb_store,
        {"party_id": "seller", "product": "inventory_pledge", "amount": "600000", "tenor_days": 90, "goods": goods},
        as_of=DAY,
    )
    assert pledge.answer.amount == D("554166.66")  # 665,000 / 1.2
    assert pledge.answer.numbers["margin_call_price"] == "6416.67"
    bill = decide(
        duckdb_store,
        {
            "party_id": "seller",
            "product": "confirming_warehouse",
            "amount": "100000",
            "deposit": "40000",
            "tenor_days": 90,
            "seller_id": "other",
        },
        as_of=DAY,
    )
    assert (bill.outcome, bill.answer.exposure) == ("approve", D("60000.00"))
    early = decide(
        duckdb_store,
        {
            "party_id": "seller",
            "product": "dynamic_discount",
            "amount": "100000",
            "tenor_days": 60,
            "invoice_ids": ["T1"],
            "days_early": 45,
            "apr": "0.08",
        },
        as_of=DAY,
    )
    assert (early.outcome, early.answer.exposure, early.answer.numbers["discount"]) == ("approve", D(0), "986.30")
    bare = decide(duckdb_store, loan("5000"), as_of=DAY)
    covered = decide(duckdb_store, loan("10000", cover=[{"kind": "mortgage", "amount": "1000000"}]), as_of=DAY)
    assert bare.outcome == "decline"
    assert covered.inputs.limit.cover_counted == D("700000.0000")


def test_e_receivable_is_issued_on_the_limit_split_and_financed_once(store: CreditStore) -> None:
    build(store)
    begun = {"issuer_id": "buyer", "holder_id": "seller", "issued_on": DAY, "due_on": DAY.replace(month=12)}
    made = issue(store, POLICY, amount=D(1000), on=D(1500), **begun)
    with pytest.raises(CapacityError):
        issue(store, POLICY, amount=D(600), on=D(1500), **begun)
    e_receivable.transfer(store, made.certificate_id, giver="seller", taker="third", amount=D("400"), on=DAY)
    kept = e_receivable.read_certificate(store, made.certificate_id)
    assert kept.balances == {"seller": D("600.00"), "third": D("400.00")}
    wanted = {
        "party_id": "third",
        "product": "e_receivable",
        "amount": "400",
        "tenor_days": 90,
        "certificate_id": made.certificate_id,
    }
    assert decide(store, wanted, as_of=DAY).outcome == "approve"
    with pytest.raises(InputError, match="is financed already"):
        decide(store, wanted, as_of=DAY)
    with pytest.raises(NotFoundError):
        e_receivable.read_certificate(store, "ERC-none")
    with pytest.raises(InputError, match="holds nothing"):
        decide(store, {**wanted, "party_id": "other"}, as_of=DAY)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.integers(1, 120_000)), max_size=12))
def test_splitting_an_e_receivable_conserves_its_amount(steps: list[tuple[str, str, int]]) -> None:
    with open_store("duckdb://:memory:") as opened:
        made = issue(
            opened,
            POLICY,
            issuer_id="i",
            holder_id="a",
            amount=D("1000.00"),
            issued_on=DAY,
            due_on=DAY.replace(month=12),
            on=D(5000),
        )
        for giver, taker, cents in steps:
            try:
                e_receivable.transfer(
                    opened, made.certificate_id, giver=giver, taker=taker, amount=D(cents) / 100, on=DAY
                )
            except InputError:
                continue
            kept = e_receivable.read_certificate(opened, made.certificate_id)
            assert sum(kept.balances.values()) == D("1000.00")
            assert all(part > 0 for part in kept.balances.values())


def test_simulation_of_past_decisions_and_of_parties(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    first = decide(duckdb_store, factoring(), as_of=DAY)
    decide(duckdb_store, loan("300000"), as_of=DAY)
    again = simulate_policy(duckdb_store, POLICY, as_of=DAY)
    assert (again.changed, again.amount, again.old_amount) == (0, D("350000.00"), D("350000.00"))
    assert again.rows[0].decision_id == first.decision_id
    firms = simulate_policy(duckdb_store, POLICY, parties=["seller", "buyer", "nobody"], as_of=DAY, amount=D(50_000))
    assert [row.outcome for row in firms.rows] == ["approve", "approve", "refused"]
    assert all(row.reasons for row in firms.rows)
    assert firms.rows[0].rate is not None
