"""Changes brought in equal a fresh build, and share what they did not touch."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from graphcredit.exc import NotFoundError, ValueRangeError
from graphcredit.network import (
    TieChange,
    apply_changes,
    build_network,
    network_from_edges,
    refresh_parties,
    same_network,
)
from graphcredit.network.change import set_entries
from tests.network.facts import DAY, parties, payment, put, sale, store_of

WEIGHTS = st.sampled_from([0.0, 1.0, 2.5, 7.0])


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)), WEIGHTS, max_size=14),
    st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)), WEIGHTS, max_size=10),
)
def test_setting_entries_equals_a_dense_assignment(before: dict, entries: dict) -> None:
    dense = np.zeros((6, 6))
    for place, weight in before.items():
        dense[place] = weight
    matrix = sparse.csr_array(dense)
    made = set_entries(matrix, entries)
    untouched = matrix.toarray()
    for place, weight in entries.items():
        dense[place] = weight
    assert np.array_equal(made.toarray(), dense)
    assert made.nnz == np.count_nonzero(dense)
    assert made.has_sorted_indices
    assert np.array_equal(matrix.toarray(), untouched)


def test_ties_are_added_changed_and_ended_and_other_layers_shared() -> None:
    network = network_from_edges({"trade": [("a", "b", 1.0), ("b", "c", 2.0)], "lending": [("c", "a", 9.0)]})
    made = apply_changes(network, [
        TieChange("trade", "a", "b", 0), TieChange("trade", "a", "c", 4.0), TieChange("trade", "b", "c", 5.0),
        TieChange("guarantee", "c", "b", 3.0),
    ], version=8)  # fmt: skip
    fresh = network_from_edges({
        "trade": [("a", "c", 4.0), ("b", "c", 5.0)], "lending": [("c", "a", 9.0)], "guarantee": [("c", "b", 3.0)],
    })  # fmt: skip
    assert same_network(made, fresh)
    assert made.version == 8
    assert made.layers["lending"] is network.layers["lending"]
    assert network.matrix("trade").toarray().tolist() == [[0, 1, 0], [0, 0, 2], [0, 0, 0]]
    only_weights = apply_changes(network, [TieChange("trade", "b", "c", 5.0)])
    assert np.shares_memory(only_weights.matrix("trade").indices, network.matrix("trade").indices)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (TieChange("trade", "a", "x", 1.0), NotFoundError),
        (TieChange("trade", "a", "b", -1.0), ValueRangeError),
        (TieChange("trade", "a", "b", float("nan")), ValueRangeError),
        (TieChange("trade", "a", "a", 1.0), ValueRangeError),
        (TieChange("love", "a", "b", 1.0), ValueRangeError),
    ],
)
def test_a_wrong_change_is_refused(change: TieChange, error: type[Exception]) -> None:
    network = network_from_edges({"trade": [("a", "b", 1.0)]})
    with pytest.raises(error):
        apply_changes(network, [change])


FACTS = {
    "parties": parties("a", "b", "c", "d"),
    "transactions": [
        sale("1", "a", "b", 100),
        sale("2", "c", "b", 50),
        sale("3", "d", "a", 30),
        sale("4", "c", "d", 20),
    ],
    "payments": [payment("p", "b", "a", 60, transaction_id="1"), payment("q", "d", "c", 5)],
    "guarantees": [{"guarantee_id": "g", "guarantor_id": "a", "obligor_id": "d", "amount": 10}],
    "ownership": [{"holder_id": "a", "held_id": "c", "relation": "shareholder", "share": 0.6}],
}


def test_refreshed_parties_equal_a_fresh_build(tmp_path: Path) -> None:
    later = {"recorded_at": datetime(2026, 5, 1)}
    with store_of(tmp_path, FACTS) as store:
        network = build_network(store, DAY)
        put(
            store,
            "parties",
            [{"party_id": "aa", "region": "Hunan", **later}, {"party_id": "b", "industry": "C13", **later}],
        )
        put(
            store,
            "transactions",
            [sale("5", "aa", "b", 12.5, **later), sale("1", "a", "b", 100, status="void", **later)],
        )
        put(
            store,
            "payments",
            [payment("r", "b", "c", 44, **later), payment("s", "aa", "a", 3, transaction_id="1", **later)],
        )
        put(store, "guarantees", [{"guarantee_id": "g", "guarantor_id": "a", "obligor_id": "d", "amount": 10,
                                   "valid_to": date(2026, 5, 1), **later}])  # fmt: skip
        put(store, "ownership", [{"holder_id": "b", "held_id": "c", "relation": "controller", **later}])
        fresh = build_network(store, DAY)
        made = refresh_parties(network, store, ["a", "aa", "b", "d"])
    assert same_network(made, fresh)
    assert not same_network(network, fresh)
    assert made.ids.tolist() == ["a", "aa", "b", "c", "d"]


def test_nothing_written_shares_every_layer(tmp_path: Path) -> None:
    with store_of(tmp_path, FACTS) as store:
        network = build_network(store, DAY)
        made = refresh_parties(network, store, ["a", "c"])
    assert same_network(made, network)
    assert all(made.matrix(name) is network.matrix(name) for name in ("trade", "receivable", "ownership"))
