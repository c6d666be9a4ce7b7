"""One cascade over all layers: a dense twin, worked cases, and what must hold of any."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphcredit.contagion.cascade import NetworkCascade, cascade
from graphcredit.contagion.cascade_system import CASCADE_LAYERS, risk_system
from graphcredit.contagion.financials import Financials
from graphcredit.exc import InputError, NotFoundError, ShapeError, ValueRangeError
from graphcredit.network import Layer, Network, csr_from_edges, network_from_edges
from tests.contagion.dense_supply import dense_esri

INF = np.inf


def books(n: int, **columns) -> Financials:
    base = {"equity": np.full(n, INF), "revenue": np.zeros(n), "material_cost": np.zeros(n)}
    base |= {"liquid_assets": np.full(n, INF), "pd": np.full(n, 0.02)}
    return Financials(**(base | {name: np.asarray(values, dtype=float) for name, values in columns.items()}))


def dense_cascade(network, fin, shock, lgd, receivable_lgd, rounds=200):
    """The order of events of cascade.py, dense and slow; every market is one sector and all inputs are linear."""
    A = {name: network.matrix(name).toarray() for name in ("trade", "receivable", "lending", "guarantee", "ownership")}
    n = network.n
    E, income = fin.equity, np.maximum(fin.revenue - fin.material_cost, 0)
    broke = E <= 0
    since = np.where((shock >= 1) | broke, 0, -1)
    helpless = since == 0
    psi, total, lend = 1 - shock, np.zeros(n), np.zeros(n)
    loan, covered = A["lending"].sum(0), A["guarantee"].sum(0)
    lost = np.where(loan > 0, loan * lgd, covered * lgd)
    share = np.where(covered > 0, np.minimum(lost, covered) / np.where(covered > 0, covered, 1), 0)
    for step in range(1, rounds):
        hd, hu, _ = dense_esri(A["trade"], np.zeros(n, int), np.array([[1]]), psi, revenue=fin.revenue)
        D = since >= 0
        supply = (1 - np.minimum(hd, hu)) * income
        receivable = A["receivable"] @ (D * receivable_lgd)
        owned = A["ownership"] @ np.minimum(total, np.maximum(E, 0))
        called = A["guarantee"] @ (D * share)
        able = np.where(helpless, 0, np.maximum(E - supply - receivable - owned - lend, 0))
        paid = np.minimum(called, able)
        rate = np.where(called > 0, paid / np.where(called > 0, called, 1), 1)
        recovered = (A["guarantee"].T @ rate) * D * share
        lend = A["lending"] @ np.maximum(D * lgd - recovered / np.where(loan > 0, loan, 1), 0)
        new_total = supply + receivable + owned + paid + lend
        drain = supply + receivable + paid
        new = ~D & (((new_total > 0) & (new_total >= E)) | ((drain > 0) & (drain >= fin.liquid_assets)))
        same = np.abs(new_total - total).max() <= 1e-13 * max(new_total.max(), 1e-300)
        total = new_total
        if same and not new.any():
            break
        since[new] = step
        psi = np.where(new, 0.0, psi)
    return {"supply": supply, "receivable": receivable, "guarantee": paid, "ownership": owned, "lending": lend}, since


def random_system(seed: int, n: int = 12):
    rng = np.random.default_rng(seed)

    def layer(name, density, scale, cap=None):
        weights = rng.lognormal(0, 1, (n, n)) * scale * (rng.random((n, n)) < density)
        np.fill_diagonal(weights, 0)
        if cap:
            weights = weights / np.maximum(weights.sum(0), 1) * cap
        i, j = weights.nonzero()
        return Layer(name, csr_from_edges(i, j, weights[i, j], n))

    layers = [
        layer("trade", 0.25, 5), layer("receivable", 0.2, 1.5), layer("lending", 0.2, 3),
        layer("guarantee", 0.2, 2), layer("ownership", 0.15, 0.3, 0.9),
    ]  # fmt: skip
    ids = np.array([f"P{k:02d}" for k in range(n)], dtype=object)
    network = Network(ids, {made.name: made for made in layers})
    sold = network.matrix("trade").sum(axis=1)
    revenue = sold * rng.uniform(1.1, 2, n) + 0.5
    equity = np.where(rng.random(n) < 0.1, -1.0, rng.lognormal(1.5, 0.7, n))
    liquid = np.where(rng.random(n) < 0.5, INF, rng.lognormal(1.5, 0.7, n))
    fin = books(
        n, equity=equity, revenue=revenue, material_cost=revenue * rng.uniform(0.5, 1.1, n), liquid_assets=liquid
    )
    shock = np.zeros(n)
    shock[rng.choice(n, 2, replace=False)] = 1.0, rng.random()
    return network, fin, shock, rng


@pytest.mark.parametrize("seed", range(15))
def test_the_rounds_agree_with_the_dense_twin(seed: int) -> None:
    network, fin, shock, rng = random_system(seed)
    lgd, receivable_lgd = rng.random(12), rng.random(12)
    found = cascade(network, shock, fin, lgd=lgd, receivable_lgd=receivable_lgd, tol=1e-13)
    losses, since = dense_cascade(network, fin, shock, lgd, receivable_lgd)
    assert found.converged
    assert found.round_of_default.tolist() == since.tolist()
    for layer, expected in losses.items():
        np.testing.assert_allclose(found.losses[layer], expected, atol=1e-8, err_msg=layer)
    np.testing.assert_allclose(found.loss, sum(losses.values()), atol=1e-8)
    assert found.book_loss == pytest.approx(losses["lending"].sum(), abs=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_paths_and_events_add_up(seed: int) -> None:
    network, fin, shock, _ = random_system(seed)
    found = cascade(network, shock, fin, tol=1e-12)
    scale = found.loss.max()
    for party in range(network.n):
        told = found.explain(party, top=5)
        assert told.total == pytest.approx(found.loss[party])
        assert sum(part.amount for part in told.contributions) + told.remainder == pytest.approx(told.total)
        assert told.remainder >= -1e-6 * scale
        for part in told.contributions:
            assert part.path[-1] == party
            assert len(part.layers) == len(part.path) - 1
            assert found.round_of_default[part.path[0]] == 0 or shock[part.path[0]] > 0
    happened = found.events()
    for layer in CASCADE_LAYERS:
        sums = np.zeros(network.n)
        for event in happened:
            if event.cause == layer:
                sums[event.party] += event.amount
        np.testing.assert_allclose(sums, found.losses[layer], atol=1e-6 * scale)
    falls = [(event.party, event.round) for event in happened if event.cause == "default"]
    assert sorted(falls) == [(k, r) for k, r in enumerate(found.round_of_default.tolist()) if r >= 0]


def test_a_full_explanation_leaves_nothing_over() -> None:
    ties = {"receivable": [("b", "a", 8.0), ("c", "b", 9.0)], "lending": [("bank", "c", 10.0)]}
    network = network_from_edges(ties)
    found = cascade(network, {"a": 1.0}, books(4, equity=[1, 8, INF, 9]), lgd=0.5)
    assert found.new_defaults.tolist() == [1, 3]
    told = found.explain("bank")
    assert [(part.path, part.layers) for part in told.contributions] == [
        ((0, 1, 3, 2), ("receivable", "receivable", "lending"))
    ]
    assert (told.total, told.remainder) == (pytest.approx(5.0), pytest.approx(0.0))
    assert found.table()["party_id"].tolist()[:2] == ["c", "b"]


def test_lost_sales_become_lost_profit_and_default_and_a_loss_of_the_bank() -> None:
    network = network_from_edges({"trade": [("supplier", "buyer", 80.0)], "lending": [("bank", "supplier", 50.0)]})
    fin = books(3, equity=[INF, 100, 10], revenue=[0, 200, 100], material_cost=[0, 150, 60])
    found = cascade(network, {"buyer": 1.0}, fin, lgd=0.4)
    assert found.losses["supply"].tolist() == pytest.approx([0, 50, 40])  # it lost .8 of 40, defaulted, and stopped
    going_on = cascade(network, {"buyer": 1.0}, fin, lgd=0.4, defaulters_stop=False)
    assert going_on.losses["supply"].tolist() == pytest.approx([0, 50, 0.8 * 40])
    assert found.round_of_default.tolist() == [-1, 0, 1]
    assert found.lender_loss.tolist() == pytest.approx([20, 0, 0])
    without = cascade(network, {"buyer": 1.0}, fin, lgd=0.4, layers=("lending",))
    assert without.book_loss == 0.0
    assert without.new_defaults.tolist() == []


def test_liquidity_alone_can_bring_a_firm_down() -> None:
    network = network_from_edges({"receivable": [("a", "b", 10.0)]})
    found = cascade(network, {"b": 1.0}, books(2, equity=[1000, 1], liquid_assets=[9, INF]))
    assert found.illiquid.tolist() == [True, False]
    assert found.defaulted.all()


def test_mutual_guarantees_add_nothing() -> None:
    ties = {"lending": [("bank", "a", 100.0), ("bank", "b", 100.0)]}
    covered = ties | {"guarantee": [("a", "b", 100.0), ("b", "a", 100.0)]}
    fin = books(3, equity=[30, 30, INF])
    both = {"a": 1.0, "b": 1.0}
    plain, circle = (cascade(network_from_edges(t), both, fin, lgd=1.0) for t in (ties, covered))
    assert circle.book_loss == plain.book_loss == 200
    one = cascade(network_from_edges(covered), {"a": 1.0}, fin, lgd=1.0)
    assert one.losses["guarantee"].tolist() == [0, 30, 0]
    assert one.defaulted.tolist() == [True, True, False]
    assert one.book_loss == pytest.approx(
        170
    )  # b pays its 30 of equity, then fails; a, which guarantees it, has nothing
    assert one.honoured[1] == pytest.approx(0.3)


def test_a_strong_guarantor_saves_the_lender_and_calls_are_shared_pro_rata() -> None:
    ties = {"lending": [("bank", "a", 100.0)], "guarantee": [("g1", "a", 60.0), ("g2", "a", 20.0)]}
    found = cascade(network_from_edges(ties), {"a": 1.0}, books(4, equity=[1, INF, 500, 500]), lgd=0.4)
    assert found.losses["guarantee"].tolist() == pytest.approx([0, 0, 30, 10])
    assert found.book_loss == pytest.approx(0.0)


def test_holders_write_down_their_share() -> None:
    ties = {"ownership": [("holder", "held", 0.6), ("top", "holder", 1.0)], "receivable": [("held", "x", 50.0)]}
    found = cascade(network_from_edges(ties), {"x": 1.0}, books(4, equity=[20, 100, 100, 1]))
    assert found.losses["ownership"].tolist() == pytest.approx([0, 12, 12, 0])  # equity of `held` was 20
    assert [event.cause for event in found.events() if event.party == 2] == ["ownership"]


def test_parties_without_equity_are_in_default_before_the_shock_and_pass_it_on() -> None:
    network = network_from_edges({"lending": [("bank", "zombie", 10.0)]})
    found = cascade(network, {}, books(2, equity=[100, 0]), lgd=0.5)
    assert found.round_of_default.tolist() == [-1, 0]
    assert found.book_loss == 5.0
    assert any("no equity" in note for note in found.warnings)


def test_a_guarantor_that_pays_all_it_has_is_in_default_whatever_rounding_says() -> None:
    ties = {
        "lending": [("bank", "a", 100.0)], "guarantee": [("g", "a", 100.0)], "ownership": [("g", "held", 0.7)],
        "receivable": [("g", "a", 0.1), ("held", "a", 0.9)],
    }  # fmt: skip
    for equity in np.linspace(0.9, 7.3, 41):
        network = network_from_edges(ties)
        own = {"a": 1.0, "bank": INF, "g": float(equity), "held": 50.0}
        found = cascade(network, {"a": 1.0}, books(4, equity=[own[str(party)] for party in network.ids]))
        at = network.index["g"]
        assert found.defaulted[at], equity
        assert found.loss[at] == pytest.approx(equity, rel=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
@example(131)  # a guarantor that pays all it has
def test_monotone_permuted_scaled_and_layers_only_add(seed: int) -> None:
    network, fin, shock, rng = random_system(seed, 9)
    found = cascade(network, shock, fin, tol=1e-11)
    worse = cascade(network, np.maximum(shock, rng.random(9) * (rng.random(9) < 0.3)), fin, tol=1e-11)
    assert (worse.loss >= found.loss - 1e-7).all()
    assert (worse.defaulted | ~found.defaulted).all()
    for off in ("receivable", "ownership", "supply"):
        fewer = cascade(network, shock, fin, layers=[x for x in CASCADE_LAYERS if x != off], tol=1e-11)
        assert (fewer.loss <= found.loss + 1e-7).all()
        assert not fewer.losses[off].any() or off == "supply"
    order = rng.permutation(9)
    layers = {
        name: Layer(name, csr_from_edges(*_moved(layer.matrix, order), 9)) for name, layer in network.layers.items()
    }
    columns = {name: getattr(fin, name)[order] for name in ("equity", "revenue", "material_cost", "liquid_assets")}
    moved = cascade(Network(network.ids, layers), shock[order], books(9, **columns), tol=1e-11)
    np.testing.assert_allclose(moved.loss, found.loss[order], atol=1e-7)
    big = {
        name: Layer(
            name, csr_from_edges(*layer.matrix.nonzero(), layer.matrix.data * (1 if name == "ownership" else 1e4), 9)
        )
        for name, layer in network.layers.items()
    }
    columns = {name: getattr(fin, name) * 1e4 for name in ("equity", "revenue", "material_cost", "liquid_assets")}
    scaled = cascade(Network(network.ids, big), shock, books(9, **columns), tol=1e-11)
    np.testing.assert_allclose(scaled.loss, found.loss * 1e4, atol=1e-2)


def _moved(matrix, order):
    dense = matrix.toarray()[np.ix_(order, order)]
    i, j = dense.nonzero()
    return i, j, dense[i, j]


def test_no_shock_no_loss_and_an_isolated_party_changes_nothing() -> None:
    network, fin, shock, _ = random_system(4)
    calm = books(12, equity=np.abs(fin.equity), revenue=fin.revenue, material_cost=fin.material_cost)
    assert not cascade(network, {}, calm).loss.any()
    wider = Network(
        np.append(network.ids, "Z"),
        {k: Layer(k, csr_from_edges(*v.matrix.nonzero(), v.matrix.data, 13)) for k, v in network.layers.items()},
    )
    columns = {k: np.append(getattr(fin, k), 1.0) for k in ("equity", "revenue", "material_cost", "liquid_assets")}
    found = cascade(wider, np.append(shock, 0.0), books(13, **columns))
    np.testing.assert_allclose(found.loss[:12], cascade(network, shock, fin).loss, atol=1e-7)
    assert found.loss[12] == 0.0


def test_bad_input_is_refused_with_a_remedy() -> None:
    network = network_from_edges({"lending": [("bank", "a", 10.0)]})
    fin = books(2)
    for error, arguments in [
        (NotFoundError, ({"nobody": 1.0}, fin, {})),
        (ValueRangeError, ({"a": 1.5}, fin, {})),
        (ValueRangeError, ({"a": float("nan")}, fin, {})),
        (InputError, ({"a": 1.0}, fin, {"layers": ("rumour",)})),
        (ShapeError, ({"a": 1.0}, books(3), {})),
        (ValueRangeError, ({"a": 1.0}, fin, {"lgd": 1.2})),
        (ValueRangeError, ({"a": 1.0}, fin, {"tol": 0})),
    ]:
        with pytest.raises(error) as caught:
            cascade(network, arguments[0], arguments[1], **arguments[2])
        assert caught.value.remedy
    with pytest.raises(ValueRangeError):
        books(2, equity=[np.nan, 1])


def test_the_cap_on_rounds_is_told() -> None:
    network = network_from_edges({"receivable": [(f"n{k + 1}", f"n{k}", 5.0) for k in range(6)]})
    found: NetworkCascade = cascade(network, {"n0": 1.0}, books(7, equity=np.ones(7)), max_rounds=3)
    assert not found.converged
    assert any("not converged" in note for note in found.warnings)


def test_a_prepared_system_answers_the_same() -> None:
    network, fin, shock, _ = random_system(2)
    system = risk_system(network, fin)
    np.testing.assert_array_equal(cascade(system, shock).loss, cascade(network, shock, fin).loss)


def test_financials_say_what_stands_in() -> None:
    plain = network_from_edges({"trade": [("a", "b", 100.0)]}, ids=["c"])
    capital = np.array([np.nan, 50.0, np.nan])
    network = Network(plain.ids, plain.layers, {"registered_capital": capital})
    found = Financials.from_network(network, operating_profit=[10.0, np.nan, np.nan])
    assert found.revenue.tolist() == [100, 0, 0]
    assert found.income.tolist() == [10, 0, 0]
    assert found.equity.tolist() == [30, 50, INF]
    assert np.isinf(found.liquid_assets).all()
    text = " ".join(found.warnings)
    for word in ("revenue", "registered capital", "never default", "liquidity is not tested", "PD"):
        assert word in text
    with pytest.raises(ShapeError):
        Financials.of(3, {"equity": [1.0, 2.0]})
    with pytest.raises(ValueRangeError):
        Financials.of(2, {"pd": [0.1, 1.2]})


@pytest.mark.parametrize("off", CASCADE_LAYERS)
@pytest.mark.parametrize("seed", [1, 7])
def test_each_layer_can_be_switched_off(off: str, seed: int) -> None:
    network, fin, shock, _ = random_system(seed)
    found = cascade(network, shock, fin, layers=[layer for layer in CASCADE_LAYERS if layer != off])
    own = shock * fin.income if off == "supply" else np.zeros(network.n)  # the shock itself still costs its profit
    np.testing.assert_allclose(found.losses[off], own)
    assert off not in {event.cause for event in found.events() if event.source is not None}
