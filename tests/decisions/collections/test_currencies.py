"""What is owed in another currency is asked for in that currency, and paid by money in it whatever the rates do."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.decisions.collections import ledger_of, rule_of
from graphcredit.decisions.collections.letters import letters_of
from graphcredit.decisions.policy import default_policy
from graphcredit.store import CreditStore
from tests.decisions.collections.test_collections import case, late, paid, world
from tests.decisions.world import DAY, invoice
from tests.support import stores
from tests.support.stores import facts

D = Decimal
RATES = [("USD", "2022-01-01", 7.0), ("USD", "2026-06-10", 6.5), ("EUR", "2022-01-01", 8.0)]


def foreign(
    store: CreditStore, invoices: Sequence[dict[str, Any]], payments: Sequence[dict[str, Any]] = ()
) -> CreditStore:
    rows = [{"currency": c, "quoted_on": on, "rate": r, "recorded_at": on} for c, on, r in RATES]
    store.upsert("rates", facts("rates", rows))
    return world(store, invoices, payments)


def owed(store: CreditStore) -> dict[str, tuple[str, Decimal, Decimal]]:
    """By invoice: currency, what is open in it, and in the book's currency."""
    return {each.transaction_id: (each.currency, each.amount_due, each.open) for each in case(store).invoices}


def test_a_letter_lists_what_is_owed_by_currency_and_never_adds_currencies_up(store: CreditStore) -> None:
    foreign(
        store,
        [late("A", 80_000, 35), late("B", 10_000, 35, currency="USD"), late("C", 5_000, 10, currency="USD"),
         late("D", 2_000, 40, currency="EUR")],
    )  # fmt: skip
    found = case(store)
    assert found.overdue == 80_000 + 15_000 * 7 + 2_000 * 8
    assert [(i.currency, i.amount_due, i.interest_due) for i in found.invoices if i.transaction_id == "B"] == [
        ("USD", D(10_000), D("43.15"))  # 10,000 x 4.5% x 35 / 365
    ]
    (letter,) = found.letters
    assert "USD 10,000.00" in letter.text.en
    assert "CNY 70,000.00" not in letter.text.en
    assert "Total: CNY 80,000.00, EUR 2,000.00 and USD 15,000.00" in letter.text.en
    assert "合计：CNY 80,000.00、EUR 2,000.00、USD 15,000.00" in letter.text.zh
    assert "CNY 80,345.21, EUR 2,009.86 and USD 15,049.31 in all" in letter.text.en  # and 345.21, 9.86, 43.15 + 6.16
    assert "合计 CNY 80,345.21、EUR 2,009.86、USD 15,049.31" in letter.text.zh
    assert json.loads(json.dumps(found.to_json()))["invoices"][0]["currency"] == "EUR"


def test_money_in_the_invoice_s_currency_pays_it_whatever_the_rates_were(store: CreditStore) -> None:
    foreign(
        store,
        [
            late("A", 1_000, 35, currency="USD"),
            late("B", 1_000, 30, currency="USD"),
            late("C", 500, 20, currency="USD"),
        ],
        [
            paid("P1", "1000", "2026-06-20", invoice_id="A")
            | {"currency": "USD"},  # at 6.5, invoiced at 7: nothing is left
            paid("P2", "1200", "2026-06-20") | {"currency": "USD"},  # without a link: B and 200 of C
        ],
    )
    assert owed(store) == {"C": ("USD", D(300), D(2_100))}
    assert [letter for letter in case(store).letters if "INV-A" in letter.text.en] == []


def test_money_in_another_currency_pays_at_the_rate_of_its_day(store: CreditStore) -> None:
    foreign(
        store,
        [late("A", 1_000, 35, currency="USD"), late("B", 900, 30), late("C", 1_000, 20, currency="USD")],
        [
            paid("P1", "3250", "2026-06-20", invoice_id="A"),  # at 6.5 half of A
            paid("P2", "1600", "2026-06-20"),  # all of B, and 700 of what is owed in USD: 100 at the rate of issue
        ],
    )
    assert owed(store) == {"A": ("USD", D(400), D(2_800)), "C": ("USD", D(1_000), D(7_000))}


def test_a_return_in_the_invoice_s_currency_is_taken_off_in_it(duckdb_store: CreditStore) -> None:
    back = invoice("R", -400, currency="USD", issued_on="2026-06-20", kind="credit_note")
    foreign(duckdb_store, [late("A", 1_000, 35, currency="USD"), back])
    assert owed(duckdb_store) == {"A": ("USD", D(600), D(4_200))}


def test_offers_are_in_the_invoice_s_currency_and_thresholds_in_the_policy_s(duckdb_store: CreditStore) -> None:
    least = int(rule_of(default_policy()).early_discount.min_amount.value)
    small = least // 7 - 1
    foreign(duckdb_store, [late("A", small, -45, currency="USD"), late("B", least // 7 + 1, -45, currency="USD")])
    offers = case(duckdb_store).offers
    assert {(offer.invoice_id, offer.currency, offer.amount) for offer in offers} == {("B", "USD", D(least // 7 + 1))}
    assert small < least


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_in_one_currency_nothing_depends_on_its_rates(data: st.DataObject) -> None:
    """All in USD: what is open in USD is what is open in CNY where all is in CNY."""
    amounts = data.draw(st.lists(st.integers(1, 5_000), min_size=1, max_size=5))
    given_ = data.draw(st.lists(st.tuples(st.integers(1, 4_000), st.integers(0, 5), st.integers(1, 29)), max_size=5))
    open_in = {}
    for currency in ("CNY", "USD"):
        invoices = [late(f"I{k}", amount, 40 - k, currency=currency) for k, amount in enumerate(amounts)]
        payments = [
            paid(f"P{k + 1}", str(amount), f"2026-06-{on:02d}", invoice_id=f"I{link}" if link < len(amounts) else None)
            | {"currency": currency}
            for k, (amount, link, on) in enumerate(given_)
        ]
        with TemporaryDirectory() as folder, stores.empty_store("duckdb", Path(folder)) as made:
            found = owed(foreign(made, invoices, payments))
        open_in[currency] = {name: amount for name, (_, amount, _) in found.items()}
    assert open_in["USD"] == open_in["CNY"]


@pytest.mark.parametrize("kind", ["reminder", "final_demand", "legal"])
def test_every_letter_names_each_currency(kind: str) -> None:
    lines = [("N1", date(2026, 5, 26), "USD", D(1000), D("4.32")), ("N2", date(2026, 5, 1), "CNY", D(50), D(0))]
    text = letters_of(kind, debtor="D", creditor_id="c", creditor="C", day=DAY, answer_by=DAY, invoices=lines,
                      rate=D("0.045")).text  # fmt: skip
    for told in (text.en, text.zh):
        assert "USD 1,000.00" in told
        assert "CNY 50.00" in told
        assert "1,050" not in told


def test_the_book_s_sums_stay_in_the_book_s_currency(duckdb_store: CreditStore) -> None:
    foreign(duckdb_store, [late("A", 1_000, 35, currency="USD"), late("B", 100, -10)])
    found = ledger_of(duckdb_store, default_policy(), DAY).book.documents
    assert sorted(zip(found.ids.tolist(), found.open.tolist(), found.owed.tolist(), strict=True)) == [
        ("A", 70_000_000, 10_000_000), ("B", 1_000_000, 1_000_000)
    ]  # fmt: skip
