"""Linkages, multipliers, single points, tiers, substitutes: published numbers, dense algebra, networkx."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from graphcredit.exc import NotFoundError, ShapeError, ValueRangeError
from graphcredit.network import network_from_edges
from graphcredit.structure import (
    all_order_multipliers,
    dependence,
    dependence_on,
    linkages,
    single_points,
    substitutes,
    tiers,
)
from graphcredit.structure.dependence import LEAKAGE, solve_leontief
from tests.structure.graphs import csr, digraph, weighted

Z, X = np.array([[150.0, 500], [200, 100]]), np.array([1000.0, 2000])


def test_miller_and_blair() -> None:
    found = linkages(Z, X)
    assert found.inverse == pytest.approx(np.array([[1.25412541, 0.33003300], [0.26402640, 1.12211221]]), abs=5e-9)
    assert found.output_for([600, 1500]) == pytest.approx([1247.52475, 1841.58416], abs=5e-6)
    assert found.backward == pytest.approx(found.inverse.sum(axis=0))
    ghosh = np.linalg.inv(np.eye(2) - np.diag(1 / X) @ Z)
    assert found.forward == pytest.approx(ghosh.sum(axis=1))
    assert solve_leontief(csr(Z), X, np.array([600.0, 1500])) == pytest.approx([1247.52475, 1841.58416], abs=5e-6)


def test_flows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError):
        linkages(Z, [1.0])
    for flows, output in ((Z, [0.0, 1]), (-Z, X), (Z * np.nan, X)):
        with pytest.raises(ValueRangeError):
            linkages(flows, output)
    with pytest.raises(ValueRangeError, match="final demand"):
        linkages([[0.0, 1.0], [1.0, 0.0]], [1.0, 1.0])


@settings(max_examples=40, deadline=None)
@given(weighted())
def test_multipliers_and_dependence_on_one_equal_dense_inverses(dense: np.ndarray) -> None:
    n = len(dense)
    sold, bought = dense.sum(axis=1), dense.sum(axis=0)
    total = np.maximum(sold, bought) * LEAKAGE
    inverse = np.divide(1, total, out=np.zeros(n), where=total > 0)
    backward, forward = all_order_multipliers(csr(dense))
    assert backward == pytest.approx(np.linalg.inv(np.eye(n) - (dense * inverse[None, :])).sum(axis=0), rel=1e-7)
    assert forward == pytest.approx(np.linalg.inv(np.eye(n) - (dense * inverse[:, None])).sum(axis=1), rel=1e-7)
    for side, rows in (("supplier", dense.T), ("customer", dense)):
        spent = rows.sum(axis=1) * LEAKAGE
        shares = rows * np.divide(1, spent, out=np.zeros(n), where=spent > 0)[:, None]
        exact = np.linalg.inv(np.eye(n) - shares)
        expected = exact[:, 0] / exact[0, 0]
        expected[0] = 0
        found = dependence_on(dense, 0, side=side)
        assert found.all_orders == pytest.approx(expected, abs=1e-8)
        assert found.first == pytest.approx(np.where(np.arange(n) == 0, 0, shares[:, 0]))
        assert ((found.all_orders >= found.first - 1e-12) & (found.all_orders <= 1)).all()
        assert found.convergence.converged


@settings(max_examples=60, deadline=None)
@given(weighted(most=12))
def test_single_points_and_tiers_equal_networkx(dense: np.ndarray) -> None:
    graph = digraph(dense)
    assert single_points(csr(dense)).tolist() == sorted(nx.articulation_points(graph.to_undirected()))
    condensed = nx.condensation(graph)
    depth = {}
    for node in nx.topological_sort(condensed):
        depth[node] = max((depth[before] + 1 for before in condensed.predecessors(node)), default=0)
    expected = [depth[condensed.graph["mapping"][k]] for k in range(len(dense))]
    assert tiers(csr(dense)).tolist() == expected


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    n = 5000
    chain = network_from_edges({"trade": [(f"{k:05d}", f"{k + 1:05d}", 1.0) for k in range(n)]})
    assert len(single_points(chain.matrix("trade"))) == n - 1
    assert tiers(chain.matrix("trade")).tolist() == list(range(n + 1))


def test_everything_of_a_small_supply_layer() -> None:
    network = network_from_edges({"trade": [("a", "c", 6.0), ("b", "c", 4.0), ("c", "d", 9.0), ("c", "e", 1.0)]})
    found = dependence(network, sector=["steel", "coal", "cars", "shop", "shop"])
    assert found.top_customer.tolist()[:3] == [1.0, 1.0, 0.9]
    assert np.isnan(found.top_customer[3])
    assert found.top_supplier.tolist()[2:] == [0.6, 1.0, 1.0]
    assert found.single_points.tolist() == [2]
    assert found.tier.tolist() == [0, 0, 1, 2, 2]
    assert found.substitutes.tolist() == [0, 0, 1, 1, 1]
    assert substitutes(network.matrix("trade"), ["s", "s", "t", "t", "t"]).tolist() == [0, 0, 2, 1, 1]
    assert found.convergence.converged


def test_wrong_figures_are_refused() -> None:
    network = network_from_edges({"trade": [("a", "b", 1.0)]})
    with pytest.raises(ShapeError):
        dependence(network, revenue=[1.0])
    with pytest.raises(ShapeError):
        dependence(network, sector=["x"])
    with pytest.raises(ValueRangeError):
        dependence(network, revenue=[np.nan, 1.0])
    with pytest.raises(ValueRangeError):
        dependence_on(network, "a", side="left")
    with pytest.raises(NotFoundError):
        dependence_on(network, "x")
