"""EL, VaR and ES before and after contagion, and the effects of one failure."""

import numpy as np
import pytest

from graphcredit.contagion.cascade import cascade
from graphcredit.contagion.cascade_system import risk_system
from graphcredit.contagion.portfolio import failure_effects, measures, portfolio_risk
from graphcredit.exc import NotFoundError, ValueRangeError
from graphcredit.network import network_from_edges
from tests.contagion.test_cascade import INF, books, random_system


def economy(n: int = 60, seed: int = 3):
    """Firms in a ring of trade credit, one bank that lends to all, guarantees among neighbours."""
    rng = np.random.default_rng(seed)
    names = [f"F{k:03d}" for k in range(n)]
    ties = {
        "lending": [("bank", name, float(10 + k % 7)) for k, name in enumerate(names)],
        "receivable": [(names[k], names[(k + 1) % n], float(rng.uniform(3, 9))) for k in range(n)],
        "guarantee": [(names[k], names[(k + 5) % n], 4.0) for k in range(0, n, 3)],
        "trade": [
            (names[k], names[(k * 7 + 3) % n], float(rng.uniform(1, 5))) for k in range(n) if (k * 7 + 3) % n != k
        ],
    }
    fin = books(
        n + 1,
        equity=[*rng.uniform(2, 12, n), INF],  # F... sorts before bank
        revenue=[*rng.uniform(10, 20, n), 0],
        material_cost=[*rng.uniform(5, 10, n), 0],
        pd=[*rng.uniform(0.01, 0.06, n), 0],
    )
    return network_from_edges(ties), fin


def test_measures_of_known_losses() -> None:
    losses = np.arange(1.0, 1001.0)
    found = measures(np.random.default_rng(0).permutation(losses), 0.99)
    assert found.expected_loss.value == 500.5
    assert found.value_at_risk.value == 990.0
    assert found.expected_shortfall.value == pytest.approx(np.arange(990, 1001).mean())
    assert found.value_at_risk.low == pytest.approx(983, abs=2)
    assert found.value_at_risk.high == pytest.approx(996, abs=2)
    for measure in (found.expected_loss, found.expected_shortfall, found.value_at_risk):
        assert measure.low <= measure.value <= measure.high


def test_before_contagion_the_expected_loss_is_the_textbook_one() -> None:
    network, fin = economy()
    system = risk_system(network, fin, layers=("lending",), lgd=0.4)
    found = portfolio_risk(system, scenarios=4000, seed=1)
    loan = np.asarray(network.matrix("lending").sum(axis=0)).ravel()
    expected = float((fin.pd * loan).sum() * 0.4)
    wide = 1.6 * (found.before.expected_loss.high - found.before.expected_loss.value)
    assert found.before.expected_loss.value == pytest.approx(expected, abs=wide)
    assert found.exposure == loan.sum()
    np.testing.assert_array_equal(found.losses_before, found.losses_after)  # nothing but lending: nothing spreads


def test_contagion_multiplies_every_measure() -> None:
    network, fin = economy()
    found = portfolio_risk(network, fin, scenarios=1500, seed=2, lgd=0.4)
    assert (found.losses_after >= found.losses_before - 1e-9).all()
    assert all(ratio > 1.2 for ratio in found.multiplier.values())
    assert (found.default_rate >= found.failure_rate).all()
    assert found.after.value_at_risk.value <= found.after.expected_shortfall.value
    without = portfolio_risk(network, fin, scenarios=1500, seed=2, lgd=0.4, layers=("lending", "guarantee"))
    np.testing.assert_array_equal(without.losses_before, found.losses_before)  # common random numbers
    assert without.after.expected_loss.value < found.after.expected_loss.value


def test_the_same_seed_gives_the_same_answer_for_any_number_of_threads() -> None:
    network, fin = economy()
    one, two = (portfolio_risk(network, fin, scenarios=150, seed=5, threads=k) for k in (1, 3))
    np.testing.assert_array_equal(one.losses_after, two.losses_after)
    np.testing.assert_array_equal(one.mean_loss, two.mean_loss)
    other = portfolio_risk(network, fin, scenarios=150, seed=6)
    assert (other.losses_after != one.losses_after).any()


def test_a_common_factor_fattens_the_tail_and_keeps_the_mean() -> None:
    network, fin = economy()
    options = {"scenarios": 4000, "seed": 7, "layers": ("lending",)}
    apart, together = (portfolio_risk(network, fin, correlation=rho, **options) for rho in (0.0, 0.4))
    assert together.before.value_at_risk.value > 1.3 * apart.before.value_at_risk.value
    np.testing.assert_allclose(together.failure_rate[:-1].mean(), fin.pd[:-1].mean(), rtol=0.15)


def test_a_book_of_some_lenders_and_nobody_failing() -> None:
    network = network_from_edges({"lending": [("b1", "a", 10.0), ("b2", "a", 30.0)]})
    fin = books(3, equity=[1, INF, INF], pd=[0.5, 0, 0])
    found = portfolio_risk(network, fin, book=["b2"], scenarios=400, lgd=1.0)
    assert set(found.losses_before.tolist()) == {0.0, 30.0}
    safe = portfolio_risk(network, books(3, equity=[1, INF, INF], pd=[0, 0, 0]), scenarios=50)
    assert safe.after.expected_loss.value == 0.0
    assert np.isnan(safe.multiplier["expected_loss"])
    assert any("rough" in note for note in safe.warnings)


def test_simulation_refuses_nonsense_and_may_be_cancelled() -> None:
    network, fin = economy(8)
    for bad in ({"scenarios": 1}, {"level": 1.0}, {"correlation": 1.0}, {"tol": 0.0}, {"correlation": -0.1}):
        with pytest.raises(ValueRangeError):
            portfolio_risk(network, fin, **bad)
    with pytest.raises(NotFoundError):
        portfolio_risk(network, fin, book=["nobody"])
    seen: list[tuple[int, int]] = []
    portfolio_risk(network, fin, scenarios=70, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (70, 70)

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        portfolio_risk(network, fin, scenarios=70, progress=stop)


def test_a_failure_changes_the_expected_loss_of_each_counterparty() -> None:
    ties = {
        "receivable": [("seller", "x", 6.0), ("other", "x", 50.0)],
        "lending": [("bank", "seller", 100.0), ("bank", "other", 100.0), ("bank", "x", 40.0), ("bank", "far", 10.0)],
    }
    network = network_from_edges(ties)
    fin = books(5, equity=[INF, 30, 40, 60, 5], pd=[0, 0.02, 0.03, 0.04, 0.05])  # bank, far, other, seller, x
    found = failure_effects(network, "x", fin, lgd=0.5, book=["bank"])
    rows = found.table.set_index("party_id")
    assert rows.loc["other", "defaulted"]
    assert rows.loc["other", "change"] == pytest.approx((1 - 0.03) * 100 * 0.5)
    assert rows.loc["seller", "pd_after"] == pytest.approx(0.04 + 0.96 * 0.1)
    assert rows.loc["seller", "change"] == pytest.approx(0.96 * 0.1 * 100 * 0.5)
    assert "far" not in rows.index
    assert found.change == pytest.approx(48.5 + 4.8)
    assert found.failed_loss == pytest.approx(0.95 * 40 * 0.5)
    assert found.table["party_id"].iloc[0] == "other"


@pytest.mark.parametrize("seed", range(4))
def test_effects_agree_with_the_cascade(seed: int) -> None:
    network, fin, _, _ = random_system(seed)
    fin = books(12, equity=np.abs(fin.equity) + 1, revenue=fin.revenue, material_cost=fin.material_cost)
    found = failure_effects(network, "P03", fin).table.set_index("party_id")
    run = cascade(network, {"P03": 1.0}, fin)
    for party, row in found.iterrows():
        place = network.position(party)
        assert row["loss"] == pytest.approx(run.loss[place], rel=1e-9)
        assert row["defaulted"] == run.defaulted[place]
        assert 0 <= row["pd_before"] <= row["pd_after"] <= 1
    assert failure_effects(network, {"P03": 0.0}, fin).change == 0.0
