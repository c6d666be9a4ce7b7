"""Rows of a cascade's attribution operator, worked out where a path meets them, against the whole of it made densely."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from graphcredit.contagion.attribution import explain_paths
from graphcredit.contagion.cascade import NetworkCascade, cascade
from graphcredit.contagion.cascade_paths import PathGraph
from graphcredit.contagion.supply_inputs import economy
from tests.contagion.test_cascade import random_system


def dense_binding(sales: np.ndarray, sector: np.ndarray, need: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """What j loses for each unit of supplier i through the input that binds, firm by firm from the equations in esri.py."""
    n = len(sector)
    sold = sales.sum(1)
    made = np.zeros((n, n))
    rest = np.array([sum(sold[k] * (1 - loss[k]) for k in range(n) if sector[k] == p) for p in range(len(need))])
    replaceable = np.array([min(1.0, sold[i] / rest[sector[i]]) if rest[sector[i]] > 1e-9 else 1.0 for i in range(n)])
    for j in range(n):
        groups: dict[object, np.ndarray] = {}
        for i in np.flatnonzero(sales[:, j]):
            kind = need[sector[i], sector[j]]
            if kind == 0:
                continue
            whole = sales[sector == sector[i], j].sum() if kind == 2 else sales[:, j].sum()
            row = groups.setdefault(("vital", sector[i]) if kind == 2 else "useful", np.zeros(n))
            row[i] = sales[i, j] / whole * replaceable[i]
        if groups:
            names = sorted(groups, key=lambda name: (name != "useful", str(name)))  # of equals the useful ones bind
            made[j] = groups[max(names, key=lambda name: float(groups[name] @ loss))]
    return made


def dense_graph(found: NetworkCascade, shock: np.ndarray, down_operator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(operator, base, loss) of all nodes as dense blocks, scaled where a cap cut a loss off."""
    system, moments, since = found.system, found.outcome.moments, found.outcome.since
    n, count = system.n, len(moments)
    M = np.zeros(((3 * count + 4) * n,) * 2)

    def block(row: int, column: int):
        return M[row * n : (row + 1) * n, column * n : (column + 1) * n]

    A = {name: getattr(system, name).toarray() for name in ("receivable", "lending", "guarantee", "ownership")}
    equity, income = system.financials.equity, system.financials.income
    for t, moment in enumerate(moments):
        failed = ((since >= 0) & (since < moment.rounds)).astype(float)
        down_is_worse = moment.down >= moment.up
        block(t, count + t)[:] = np.diag(income * down_is_worse)
        block(t, 2 * count + t)[:] = np.diag(income * ~down_is_worse)
        block(t, 3 * count + 1)[:] = A["receivable"] * (failed * system.receivable_lgd)
        block(t, 3 * count + 2)[:] = A["lending"] * moment.severity
        block(t, 3 * count + 3)[:] = A["guarantee"] * (failed * system.called_share) * moment.honoured[:, None]
        if t:
            lost = moments[t - 1].total
            falls = np.minimum(lost, np.maximum(equity, 0)) / np.where(lost > 0, lost, 1)
            block(t, t - 1)[:] = A["ownership"] * falls
        stopped = np.array([system.defaulters_stop and shock[k] < 1 and 0 < since[k] < moment.rounds for k in range(n)])
        if system.supply is not None:
            block(count + t, count + t)[:] = down_operator(moment.down) * ~stopped[:, None]
            block(2 * count + t, 2 * count + t)[:] = system.supply.lu.toarray() * ~stopped[:, None]
        for kind in (count + t, 2 * count + t):
            block(kind, 3 * count)[:] = np.diag(stopped.astype(float))
        block(3 * count, t)[:] = np.diag((since == moment.rounds) / np.where(moment.total > 0, moment.total, 1))
    for kind in range(3 * count + 1, 3 * count + 4):
        block(kind, 3 * count)[:] = np.diag((since >= 0).astype(float))
    loss = np.concatenate([*(m.total for m in moments), *(m.down for m in moments), *(m.up for m in moments)])
    loss = np.concatenate([loss, *[(since >= 0).astype(float)] * 4])
    base = np.concatenate([np.zeros(n * count), *[shock] * (2 * count), (since == 0).astype(float), np.zeros(3 * n)])
    received = M @ loss
    factor = np.where(received > 0, np.maximum(loss - base, 0) / np.where(received > 0, received, 1), 0)
    return M * factor[:, None], base, loss


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["all", "useful", "no supply"]), st.booleans())
def test_rows_are_those_of_the_whole_operator_and_paths_are_the_same(seed: int, kind: str, stop: bool) -> None:
    network, fin, shock, rng = random_system(seed, 9)
    n, sector = network.n, rng.integers(0, 3, network.n)
    need = rng.integers(0, 3, (3, 3)) if kind == "all" else np.ones((3, 3), int)
    need[:, ~np.isin(np.arange(3), sector)] = need[~np.isin(np.arange(3), sector)] = 1
    kept = np.unique(sector)
    sector, need = np.searchsorted(kept, sector), need[np.ix_(kept, kept)]
    network.attributes["industry"] = np.array([f"s{k}" for k in sector], dtype=object)
    layers = ("receivable", "guarantee", "ownership", "lending") + (() if kind == "no supply" else ("supply",))
    found = cascade(network, shock, fin, essentiality=need, defaulters_stop=stop, layers=layers, tol=1e-12)
    sales = network.matrix("trade").toarray()
    operator, base, loss = dense_graph(found, shock, lambda lost: dense_binding(sales, sector, need, lost))
    graph = PathGraph(found.system, shock, found.outcome)
    for node in range(len(base)):
        assert graph.base[node] == base[node]
        assert graph.loss[node] == loss[node]
        sources, shares = graph.row(node)
        assert np.all(np.diff(sources) > 0)
        row = np.zeros(len(base))
        row[sources] = shares
        np.testing.assert_allclose(row * loss, operator[node] * loss, atol=1e-9 * max(loss[node], 1e-3))
    whole, count = sparse.csr_array(operator), len(found.outcome.moments)
    for node in range((count - 1) * n, count * n):
        lazy, at_once = (explain_paths(given, base, loss, node, top=20) for given in (graph.row, whole))
        assert lazy.total == at_once.total
        amounts, expected = ([part.amount for part in told.contributions] for told in (lazy, at_once))
        assert amounts == pytest.approx(expected, rel=1e-6, abs=1e-8 * max(lazy.total, 1e-3))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_the_inputs_that_bind_of_one_firm_and_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    sales = rng.lognormal(0, 1, (n, n)) * (rng.random((n, n)) < 0.5)
    np.fill_diagonal(sales, 0)
    sector = np.unique(rng.integers(0, 3, n), return_inverse=True)[1]
    need = rng.integers(0, 3, (sector.max() + 1,) * 2)
    loss = rng.random(n) * (rng.random(n) < 0.7)
    eco = economy(sales, sector, need)
    expected = dense_binding(sales, sector, need, loss)
    np.testing.assert_allclose(eco.binding_inputs(loss).toarray() * loss, expected * loss, atol=1e-12)
    left = eco.market_left(loss)
    for firm in range(n):
        suppliers, shares = eco.binding_inputs_of(firm, loss, left)
        row = np.zeros(n)
        row[suppliers] = shares
        assert row.tolist() == eco.binding_inputs(loss).toarray()[firm].tolist()
