"""Worked cases of connected clients: control, dependence, overlap, and what does not connect."""

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.exc import NotFoundError, ShapeError, ValueRangeError
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


def by_definition(given: Network) -> dict[str, dict[str, int]]:
    """Distance of every member from the root of each group, straight from the rules: no own funds, trade and holdings only."""
    n, trade, held = given.n, given.matrix("trade").toarray(), given.matrix("ownership").toarray()
    leads = nx.DiGraph()
    leads.add_nodes_from(range(n))
    firms = nx.Graph()
    firms.add_nodes_from(range(n))
    for i in range(n):
        for j in range(n):
            if held[i, j] > 0.5:
                leads.add_edges_from([(i, j), (j, i)])
                firms.add_edge(i, j)
            if trade[i, j] > 0:
                if trade[i, j] >= 0.5 * trade[i].sum():
                    leads.add_edge(j, i)
                if trade[i, j] >= 0.5 * trade[:, j].sum():
                    leads.add_edge(i, j)
    whole = nx.condensation(leads)
    made = {}
    for circle in whole.nodes:
        if whole.in_degree(circle) == 0:
            near = {
                start: nx.single_source_shortest_path_length(leads, start) for start in whole.nodes[circle]["members"]
            }
            for start, found in near.items():
                if len(found) > 1:
                    made[str(given.ids[start])] = {str(given.ids[k]): steps for k, steps in found.items()}
    return made


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 25))
def test_groups_paths_and_sums_are_what_the_rules_say(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    names = [f"p{k:02d}" for k in range(n)]
    ties = {
        layer: [(names[a], names[b], float(w)) for (a, b), w in zip(rng.integers(0, n, (many, 2)), rng.random(many), strict=True)
                if a != b]
        for layer, many in (("trade", 2 * n), ("ownership", n // 2))
    }  # fmt: skip
    drawn = network_from_edges(ties, ids=names)
    found, expected = connected_clients(drawn), by_definition(drawn)
    circles = {frozenset(root for root in expected if expected[root].keys() == members.keys())
               for members in expected.values()}  # fmt: skip
    units = rng.integers(0, 100, n)
    assert len(found.groups) <= len(expected)
    reached = {frozenset(members) for members in expected.values()}
    assert {frozenset(m.party for m in group.members) for group in found.groups} == reached
    assert len({group.root for group in found.groups}) == len(found.groups) >= len(circles)
    for number, group in enumerate(found.groups):
        distance = expected[group.root]
        assert {m.party: len(m.path) - 1 for m in group.members} == distance
        assert all(m.path[0] == group.root and m.path[-1] == m.party for m in group.members)
        assert group.size == len(group) == len(distance)
        assert found.sums(units)[number] == sum(units[drawn.position(party)] for party in distance)
    assert list(found.sizes) == sorted(found.sizes, reverse=True)
    for party in names:
        holds = tuple(number for number, group in enumerate(found.groups) if party in expected[group.root])
        assert found.groups_of(party) == holds
        assert [party in group for group in found.groups] == [number in holds for number in range(len(found.groups))]


def test_a_long_chain_of_control_keeps_no_path() -> None:
    n = 50_000
    chain = csr_from_edges(np.arange(n - 1), np.arange(1, n), np.ones(n - 1), n)
    ids = np.array([f"{k:06d}" for k in range(n)], dtype=object)
    (group,) = connected_clients(Network(ids, {"ownership": Layer("ownership", chain)})).groups
    assert group.size == n
    assert len(group.member(ids[-1]).path) + len(group.member(ids[0]).path) - 1 == n
    with pytest.raises(NotFoundError):
        group.member("nobody")


def test_groups_that_overlap_everywhere_are_counted_without_being_kept() -> None:
    """A thousand roots that all lead to the same thousand: a million memberships, two thousand ties."""
    roots, members = [f"r{k:04d}" for k in range(1000)], [f"s{k:04d}" for k in range(1000)]
    sales = [("hub", root, 1.0) for root in roots] + [(member, "hub", 1.0) for member in members]
    rules = ConnectionRules(dependence=0.001)
    found = connected_clients(network_from_edges({"trade": sales}), rules=rules, expenditure=np.full(2001, 1e9))
    assert int(found.sizes.sum()) == 1000 * 1002
    assert len(found.groups_of("s0500")) == 1000
    assert found.groups[-1].members[:2] == (
        found.groups[-1].member(found.groups[-1].root),
        found.groups[-1].member("hub"),
    )
    assert [len(group.members) for group in found.groups[:3]] == [1002] * 3
    with pytest.raises(ShapeError):
        found.sums(np.ones(3, np.int64))
    with pytest.raises(IndexError):
        found.groups[1000]


def test_a_membership_and_a_group_are_told_in_json() -> None:
    found = connected_clients(network({"ownership": [("a", "b", 0.6)]}))
    told = found.groups[0].to_json()
    assert (told["root"], told["size"]) == ("a", 2)
    assert told["members"][1] == {"party": "b", "reason": "control", "share": 0.6, "path": ["a", "b"]}
