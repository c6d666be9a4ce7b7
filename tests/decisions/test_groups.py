"""Who depends on whom is measured against all that a party takes in and spends, not against the invoices at hand alone."""

import pytest

from graphcredit.decisions import headroom_of
from graphcredit.store import CreditStore
from tests.decisions.world import DAY, build, invoice, statement
from tests.support.stores import facts, party


def groups_of(store: CreditStore, who: str) -> list[str]:
    return [line.name for line in headroom_of(store, who, as_of=DAY).lines if line.kind == "group"]


def state(store: CreditStore, who: str, *, at: str = "2026-04-01", **items: str) -> None:
    store.upsert("statements", facts("statements", [statement(who, item, items[item], at=at) for item in items]))


@pytest.mark.parametrize(
    ("amount", "revenue", "depends"),
    [(199_999_999, "200000000", False), (200_000_000, "200000000", True), (1_000, "1", True)],
    ids=["less than half of two years", "half of two years", "invoices beyond what is stated"],
)
def test_who_sells_little_of_its_revenue_to_a_customer_does_not_depend_on_it(
    duckdb_store: CreditStore, amount: int, revenue: str, depends: bool
) -> None:
    """Dependence is a share of all receipts (EBA/GL/2017/15 par. 23), of which the invoices at hand may be a small part."""
    build(duckdb_store, invoices=[invoice("I", amount)])
    state(duckdb_store, "buyer", revenue="2000000000", operating_profit="1000000")  # spends far more than this invoice
    state(duckdb_store, "seller", revenue=revenue)
    assert groups_of(duckdb_store, "seller") == (["buyer"] if depends else [])


def test_who_states_no_revenue_depends_on_whom_its_invoices_show(duckdb_store: CreditStore) -> None:
    build(duckdb_store, invoices=[invoice("I", 100, seller="stranger"), invoice("J", 1_000_000)])
    state(duckdb_store, "buyer", revenue="2000000000", operating_profit="1000000")
    duckdb_store.upsert("parties", facts("parties", [party("stranger")]))
    assert groups_of(duckdb_store, "stranger") == ["buyer"]
    assert groups_of(duckdb_store, "seller") == []


def test_who_buys_little_of_its_spending_from_a_supplier_does_not_depend_on_it(duckdb_store: CreditStore) -> None:
    """Spending is revenue less operating profit; where profit is not stated, what the invoices show is all there is."""
    build(duckdb_store, invoices=[invoice("I", 1_000_000)])
    assert groups_of(duckdb_store, "buyer") == ["seller"]
    state(duckdb_store, "buyer", operating_profit="20000000")
    assert groups_of(duckdb_store, "buyer") == []  # of 360,000,000
    state(duckdb_store, "buyer", operating_profit="199000000", at="2026-05-01")
    assert groups_of(duckdb_store, "buyer") == ["seller"]  # of 2,000,000
