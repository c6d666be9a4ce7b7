"""The network from a store: each layer's rule, time, currencies, any order of facts."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphcredit.exc import CurrencyError
from graphcredit.network import LAYERS, build_network
from graphcredit.network.build import months_before
from tests.network.facts import DAY, parties, payment, put, sale, store_of


def ties(network: Any, layer: str) -> dict[tuple[str, str], float]:
    found = network.matrix(layer).tocoo()
    return {(network.ids[a], network.ids[b]): float(w) for a, b, w in zip(*found.coords, found.data, strict=True)}


def test_trade_nets_returns_and_credit_notes_and_leaves_void_orders_and_old_ones_out(tmp_path: Path) -> None:
    facts = {
        "parties": parties("a", "b", "c"),
        "transactions": [
            sale("1", "a", "b", 100), sale("2", "a", "b", -30), sale("3", "a", "b", 20, kind="credit_note"),
            sale("4", "a", "b", 7, status="void"), sale("5", "a", "b", 9, kind="order"), sale("6", "a", "c", 10),
            sale("7", "a", "c", -25), sale("8", "c", "b", 1, issued_on=date(2020, 1, 1)), sale("9", "a", "a", 4),
            sale("10", "a", "stranger", 5),
        ],
    }  # fmt: skip
    with store_of(tmp_path, facts) as store:
        network = build_network(store, DAY, window_months=12)
    assert ties(network, "trade") == {("a", "b"): 50.0}
    assert network.dropped == {"trade_not_positive": 1, "trade_unknown_party": 1, "trade_with_itself": 1}
    assert network.ids.tolist() == ["a", "b", "c"]


def test_receivables_net_payments_linked_or_not_and_assume_nothing_where_none_are_recorded(tmp_path: Path) -> None:
    facts = {
        "parties": parties("a", "b", "c", "d"),
        "transactions": [
            sale("1", "a", "b", 100), sale("2", "a", "b", 50), sale("3", "a", "d", 40),
            sale("4", "c", "b", 30), sale("5", "c", "b", 20, due_on=date(2026, 7, 30)),
            sale("6", "c", "b", 5, due_on=date(2026, 2, 1)),
        ],
        "payments": [payment("p", "b", "a", 70, transaction_id="1"), payment("q", "b", "a", 20), payment("r", "d", "a", 60)],
    }  # fmt: skip
    with store_of(tmp_path, facts) as store:
        network = build_network(store, DAY)
    assert ties(network, "receivable") == {("a", "b"): 60.0, ("c", "b"): 20.0}


def test_other_layers_follow_their_rules(tmp_path: Path) -> None:
    facts = {
        "parties": parties("a", "b", "c", region="Zhejiang"),
        "facilities": [
            {"facility_id": "1", "lender_id": "c", "borrower_id": "a", "limit": 100, "drawn": 40},
            {"facility_id": "2", "lender_id": "c", "borrower_id": "b", "limit": 70},
            {"facility_id": "3", "lender_id": "c", "borrower_id": "b", "limit": 70, "valid_to": date(2026, 1, 31)},
        ],
        "guarantees": [{"guarantee_id": "1", "guarantor_id": "a", "obligor_id": "b", "amount": 9}],
        "ownership": [
            {"holder_id": "a", "held_id": "b", "relation": "shareholder", "share": 0.7},
            {"holder_id": "a", "held_id": "b", "relation": "controller"},
            {"holder_id": "b", "held_id": "c", "relation": "director"},
        ],
        "relations": [{"source_id": "a", "target_id": "c", "kind": "shared_address"},
                      {"source_id": "a", "target_id": "c", "kind": "litigation", "weight": 3.0}],
    }  # fmt: skip
    with store_of(tmp_path, facts) as store:
        network = build_network(store, DAY)
    assert ties(network, "lending") == {("c", "a"): 40.0, ("c", "b"): 70.0}
    assert ties(network, "guarantee") == {("a", "b"): 9.0}
    assert ties(network, "ownership") == {("a", "b"): 1.0, ("b", "c"): 1e-9}
    assert set(network.layer("ownership").kinds) == {"controller", "director", "shareholder"}
    assert network.layer("ownership").kinds["shareholder"].data.tolist() == [0.7]
    assert ties(network, "other") == {("a", "c"): 4.0}
    assert network.attributes["region"].tolist() == ["Zhejiang"] * 3
    assert np.isnan(network.attributes["registered_capital"]).all()


def test_only_what_was_known_and_held_counts(tmp_path: Path) -> None:
    facts = {"parties": parties("a", "b"), "transactions": [sale("1", "a", "b", 100)]}
    with store_of(tmp_path, facts) as store:
        put(store, "transactions", [sale("1", "a", "b", 130, recorded_at=datetime(2026, 8, 1))])
        put(store, "transactions", [sale("2", "a", "b", 5, recorded_at=datetime(2026, 7, 1))])
        assert ties(build_network(store, DAY), "trade") == {("a", "b"): 100.0}
        assert ties(build_network(store, date(2026, 8, 1)), "trade") == {("a", "b"): 135.0}
        assert build_network(store, date(2025, 1, 1)).n == 0


def test_amounts_in_other_currencies_use_the_rate_of_their_day_or_say_which_is_missing(tmp_path: Path) -> None:
    facts = {
        "parties": parties("a", "b"),
        "rates": [{"currency": "USD", "quoted_on": date(2026, 1, 1), "rate": 7.0},
                  {"currency": "USD", "quoted_on": date(2026, 2, 1), "rate": 8.0}],
        "transactions": [sale("1", "a", "b", 10, currency="USD"),
                         sale("2", "a", "b", 10, currency="USD", issued_on=date(2026, 3, 1)), sale("3", "a", "b", 1)],
    }  # fmt: skip
    with store_of(tmp_path, facts) as store:
        assert ties(build_network(store, DAY, currency="CNY"), "trade") == {("a", "b"): 151.0}
        put(store, "transactions", [sale("4", "a", "b", 10, currency="EUR")])
        with pytest.raises(CurrencyError, match="EUR") as caught:
            build_network(store, DAY, currency="CNY")
    assert "rates" in caught.value.remedy


def test_an_empty_store_gives_an_empty_network_and_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with store_of(tmp_path, {}) as store:
        network = build_network(store, DAY, progress=lambda done, total: told.append((done, total)))
    assert network.n == 0
    assert all(network.layer(name).size == 0 for name in LAYERS)
    assert told == [(k, 5) for k in range(1, 6)]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 6, 30), 12, date(2025, 7, 1)),
        (date(2026, 3, 31), 1, date(2026, 3, 1)),
        (date(2024, 2, 29), 12, date(2023, 3, 1)),
    ],
)
def test_a_window_of_months_ends_to_the_day(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected
