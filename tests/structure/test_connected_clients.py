"""Worked cases of connected clients: control, dependence, overlap, and what does not connect."""

from typing import Any

import numpy as np
import pytest

from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.network import Layer, Network, csr_from_edges, network_from_edges
from graphcredit.structure import ConnectionRules, connected_clients


def network(ties: dict[str, list], kinds: dict[str, dict[str, list]] | None = None, **attributes: Any) -> Network:
    """Ties by layer; `kinds` by layer and kind."""
    kinds = kinds or {}
    flat = {layer: [*ties.get(layer, []), *(tie for found in kinds.get(layer, {}).values() for tie in found)]
            for layer in {*ties, *kinds}}  # fmt: skip
    plain = network_from_edges(flat)
    where = {party: k for k, party in enumerate(plain.ids.tolist())}
    layers = dict(plain.layers)
    for layer, found in kinds.items():
        made = {
            kind: csr_from_edges([where[a] for a, *_ in rows], [where[b] for _, b, _ in rows],
                                 [w for *_, w in rows], plain.n)
            for kind, rows in found.items()
        }  # fmt: skip
        layers[layer] = Layer(layer, layers[layer].matrix, made)
    return Network(plain.ids, layers, {name: np.array(values) for name, values in attributes.items()})


def groups(found: Any) -> list[set[str]]:
    return [{member.party for member in group.members} for group in found.groups]


def reasons(group: Any) -> dict[str, str]:
    return {member.party: member.reason for member in group.members}


def test_a_chain_of_control_is_one_group_with_its_path() -> None:
    found = connected_clients(network({"ownership": [("a", "b", 0.6), ("b", "c", 0.51), ("c", "d", 0.5)]}))
    assert groups(found) == [{"a", "b", "c"}]  # 50% is not more than half
    path = {member.party: member.path for member in found.groups[0].members}
    assert path[found.groups[0].root] == (found.groups[0].root,)
    assert all(steps[0] == found.groups[0].root and steps[-1] == party for party, steps in path.items())


def test_sisters_under_one_parent_and_actual_control_without_a_share() -> None:
    ties = {"ownership": {"shareholder": [("p", "a", 0.9), ("m", "b", 0.2)], "controller": [("p", "b", 1e-9)]}}
    found = connected_clients(network({}, ties))
    assert groups(found) == [{"p", "a", "b"}]
    assert set(reasons(found.groups[0]).values()) == {"root", "control"}


def test_two_parents_without_a_majority_connect_nobody() -> None:
    assert not connected_clients(network({"ownership": [("p", "c", 0.5), ("q", "c", 0.5)]})).groups


def test_a_client_that_depends_on_two_unrelated_ones_gives_two_overlapping_groups() -> None:
    given = network({"trade": [("c", "a", 50.0), ("c", "b", 50.0)]})
    found = connected_clients(given, expenditure=np.full(3, 1000.0))
    assert sorted(map(sorted, groups(found))) == [["a", "c"], ["b", "c"]]
    assert len(found.of("c")) == 2
    assert len(found.of("a")) == 1
    assert found.of("nobody") == ()


def test_a_supplier_with_sixty_percent_of_sales_to_one_buyer_belongs_to_the_buyers_group() -> None:
    sales = {"trade": [("s", "b", 60.0), ("s", "x", 40.0), ("t", "b", 100.0), ("t", "y", 200.0), ("u", "x", 99.0),
                       ("v", "y", 800.0), ("w", "x", 1.0), ("w", "b", 1.0), ("w", "y", 1.0)]}  # fmt: skip
    rules = ConnectionRules(dependence=0.6)
    found = connected_clients(network(sales), rules=rules, expenditure=np.full(8, 1e6))
    (group,) = [g for g in found.groups if g.root == "b"]
    assert reasons(group) == {"b": "root", "s": "sales"}
    assert group.members[1].share == pytest.approx(0.6)
    assert group.members[1].path == ("b", "s")
    income = np.full(8, 1000.0)  # with all receipts known, 60 of 1,000 is no dependence
    assert not any("s" in g for g in connected_clients(network(sales), rules=rules, receipts=income,
                                                      expenditure=np.full(8, 1e6)).groups)  # fmt: skip


def test_mutual_dependence_is_one_group() -> None:
    found = connected_clients(network({"trade": [("a", "b", 10.0), ("b", "a", 10.0)]}))
    assert groups(found) == [{"a", "b"}]


def test_dependents_of_a_dependent_and_of_a_controlled_firm_follow() -> None:
    ties = {"ownership": [("p", "a", 1.0)], "trade": [("s", "a", 9.0), ("t", "s", 9.0)]}
    found = connected_clients(network(ties), expenditure=np.full(4, 1e6))
    assert groups(found) == [{"p", "a", "s", "t"}]
    assert {m.party: m.path for m in found.groups[0].members}["t"][-3:] == ("a", "s", "t")


@pytest.mark.parametrize(("threshold", "connected"), [(1 / 3, True), (0.5, False)])
def test_a_guarantor_of_a_third_of_its_own_funds_connects_where_the_rules_say_so(
    threshold: float, connected: bool
) -> None:
    given = network({"guarantee": [("g", "o", 40.0)]})
    rules = ConnectionRules(guarantee=threshold)
    found = connected_clients(given, rules=rules, own_funds=[120.0, 1.0])
    assert groups(found) == ([{"g", "o"}] if connected else [])
    if connected:
        assert found.groups[0].root == "o"
        assert reasons(found.groups[0])["g"] == "guarantee"
    assert not connected_clients(given, rules=rules, own_funds=[np.nan, 1.0]).groups


def test_a_common_source_of_repayment_connects_and_a_shared_landlord_does_not() -> None:
    kinds = {"repayment_source": [("a", "src", 1.0), ("b", "src", 1.0)],
             "shared_address": [("a", "c", 1.0)], "landlord": [("l", "a", 1.0), ("l", "d", 1.0)]}  # fmt: skip
    found = connected_clients(network({}, {"other": kinds}))
    assert groups(found) == [{"src", "a", "b"}]
    assert reasons(found.groups[0]) == {"src": "root", "a": "repayment", "b": "repayment"}


def test_a_shared_sector_or_region_never_connects_and_a_replaceable_supplier_neither() -> None:
    same = network({"trade": [(f"s{k}", f"b{k % 2}", 10.0) for k in range(12)]},
                   industry=["C13"] * 14, region=["Hunan"] * 14)  # fmt: skip
    assert groups(connected_clients(same, receipts=np.full(14, 1e6))) == []
    alone = network({"trade": [("s", "b", 10.0)]}, industry=["C14", "C13"])
    found = connected_clients(alone, receipts=np.full(2, 1e6))
    assert reasons(found.groups[0]) == {"s": "root", "b": "purchases"}


def test_relabelling_parties_changes_nothing_else() -> None:
    ties = {"trade": [("a", "b", 9.0), ("c", "b", 9.0)], "ownership": [("d", "b", 0.7)], "guarantee": []}
    swap = dict(zip("abcd", "zyxw", strict=True))
    renamed = {layer: [(swap[a], swap[b], w) for a, b, w in found] for layer, found in ties.items()}
    one = groups(connected_clients(network(ties)))
    two = groups(connected_clients(network(renamed)))
    assert sorted(sorted(swap[p] for p in group) for group in one) == sorted(map(sorted, two))


def test_wrong_thresholds_and_figures_are_refused() -> None:
    with pytest.raises(ValueRangeError):
        connected_clients(network({"trade": [("a", "b", 1.0)]}), rules=ConnectionRules(control=0.0))
    with pytest.raises(ShapeError, match="own_funds"):
        connected_clients(network({"trade": [("a", "b", 1.0)]}), own_funds=[1.0])
