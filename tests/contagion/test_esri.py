"""ESRI: published numbers, the dense twin, and what must hold of any supply cascade."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from graphcredit.contagion import esri, esri_all
from graphcredit.exc import InputError, NotFoundError, ShapeError, ValueRangeError
from graphcredit.network import Network, network_from_edges
from tests.contagion.dense_supply import close, dense_esri

EDGES = [(2, 1), (2, 3), (3, 7), (6, 7), (7, 4), (7, 11), (8, 11), (9, 5), (9, 10), (10, 7)]
ELEVEN = np.zeros((11, 11))
for seller, buyer in EDGES:
    ELEVEN[seller - 1, buyer - 1] = 1.0
SECTOR = np.array([1, 2, 1, 3, 4, 2, 4, 1, 2, 3, 5])
INDEX = [0.1, 0.3666667, 0.2666667, 0.35, 0.1, 0.1666667, 0.7, 0.1, 0.3666667, 0.2666667, 0.45]
DOWN = [0, 0.3666667, 0.1666667, 0, 0, 0.1666667, 0.2, 0.1, 0.3666667, 0.1666667, 0]
UP = [0.1, 0.2, 0.2, 0.35, 0.1, 0.1, 0.7, 0.1, 0.2, 0.2, 0.45]

SIX = np.array(
    [[0, 3, 2, 7, 5, 11], [4, 0, 9, 1, 8, 6], [10, 2, 0, 4, 3, 7], [6, 5, 1, 0, 9, 2], [8, 3, 6, 10, 0, 4], [2, 7, 5, 3, 11, 0]],
    dtype=float,
)  # fmt: skip
SIX_SECTOR = np.array([1, 2, 3, 1, 2, 3])
SIX_NEED = np.array([[2, 1, 0], [0, 2, 1], [1, 0, 2]])


@pytest.mark.parametrize("firm", range(11))
def test_eleven_firms_each_its_own_market(firm: int) -> None:
    found = esri(ELEVEN, SECTOR, 1, market=np.arange(11), closed=firm)
    assert (found.index, found.downstream, found.upstream) == pytest.approx(
        (INDEX[firm], DOWN[firm], UP[firm]), abs=5e-8
    )
    assert found.converged


def test_eleven_firms_all_at_once_and_with_the_sector_as_market() -> None:
    own = esri_all(ELEVEN, SECTOR, 1, market=np.arange(11), tol=1e-12)
    np.testing.assert_allclose(own.index, INDEX, atol=5e-8)
    np.testing.assert_allclose(own.downstream, DOWN, atol=5e-8)
    np.testing.assert_allclose(own.upstream, UP, atol=5e-8)
    shared = esri_all(ELEVEN, SECTOR, 1, tol=1e-12)
    changed = np.array(INDEX)
    changed[[1, 5, 8]] = 0.3, 0.1166667, 0.3111111
    np.testing.assert_allclose(shared.index, changed, atol=5e-8)


def test_six_firms_with_essential_and_linear_inputs() -> None:
    found = esri(SIX, SIX_SECTOR, SIX_NEED, closed=0, tol=1e-14)
    assert found.downstream == pytest.approx(0.5068798821474254, abs=1e-12)
    expected = [0, 0.6, 0.7894068197, 0, 0.6111111111, 0.8786670561]
    np.testing.assert_allclose(found.remaining_down, expected, atol=5e-11)


def test_without_final_demand_the_result_says_so() -> None:
    found = esri(SIX, SIX_SECTOR, SIX_NEED, closed=0, tol=1e-8)
    assert found.spectral_radius == pytest.approx(1.0)
    assert any("leakage" in note for note in found.warnings)
    assert found.upstream > 0.99
    given_demand = esri(SIX, SIX_SECTOR, SIX_NEED, closed=0, revenue=SIX.sum(axis=1) * 1.25)
    assert given_demand.spectral_radius == pytest.approx(0.8, abs=1e-9)
    assert given_demand.warnings == ()
    chain = esri(ELEVEN, SECTOR, 1, closed=0)
    assert chain.spectral_radius == 0.0
    assert any("leakage" in note for note in chain.warnings)


def test_a_closed_group_inside_a_leaking_network_is_found() -> None:
    W = np.zeros((4, 4))
    W[0, 1] = W[1, 0] = 5.0
    W[2, 3] = W[3, 2] = 1.0
    found = esri(W, [1, 1, 2, 2], 1, revenue=[5, 5, 2, 2], closed=2)
    assert found.spectral_radius == 1.0
    assert any("2 firms sell among themselves" in note for note in found.warnings)


def random_economy(seed: int, n: int = 14):
    rng = np.random.default_rng(seed)
    W = rng.lognormal(0, 1.2, (n, n)) * (rng.random((n, n)) < 0.3)
    np.fill_diagonal(W, 0.0)
    p = rng.integers(0, 4, n)
    p[:4] = range(4)
    e = rng.choice([0, 1, 2], (4, 4), p=[0.4, 0.35, 0.25])
    market = rng.integers(0, 3, n)
    return W, p, e, market, W.sum(axis=1) * rng.uniform(1.1, 2.0, n) + 0.1, rng


@pytest.mark.parametrize("seed", range(12))
def test_any_shock_agrees_with_the_dense_twin(seed: int) -> None:
    W, p, e, market, revenue, rng = random_economy(seed)
    psi = np.where(rng.random(len(p)) < 0.3, rng.random(len(p)), 1.0)
    for shops in (None, market):
        hd, hu, w = dense_esri(W, p, e, psi, market=shops, revenue=revenue)
        found = esri(sparse.csr_array(W), p, e, market=shops, revenue=revenue, remaining=psi, tol=1e-14)
        np.testing.assert_allclose(found.remaining_down, hd, atol=1e-9)
        np.testing.assert_allclose(found.remaining_up, hu, atol=1e-9)
        assert found.index == pytest.approx(w @ (1 - np.minimum(hd, hu)), abs=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_every_firm_in_turn_agrees_with_the_dense_twin_within_its_residual(seed: int) -> None:
    W, p, e, market, revenue, _ = random_economy(100 + seed, 16)
    for tol, shops in ((1e-12, None), (1e-12, market), (1e-5, None)):
        found = esri_all(W, p, e, market=shops, revenue=revenue, tol=tol, threads=1)
        for k in range(16):
            hd, hu, w = dense_esri(W, p, e, close(16, k), market=shops, revenue=revenue)
            allowed = max(found.residual[k], 1e-9)
            assert found.index[k] == pytest.approx(w @ (1 - np.minimum(hd, hu)), abs=allowed)
            assert found.upstream[k] == pytest.approx(w @ (1 - hu), abs=allowed)
            assert found.downstream[k] == pytest.approx(w @ (1 - hd), abs=allowed)


def test_without_leakage_every_firm_in_turn_equals_closing_it_alone() -> None:
    found = esri_all(SIX, SIX_SECTOR, SIX_NEED, tol=1e-10)
    alone = [esri(SIX, SIX_SECTOR, SIX_NEED, closed=k, tol=1e-10).index for k in range(6)]
    np.testing.assert_allclose(found.index, alone, atol=1e-8)
    assert any("leakage" in note for note in found.warnings)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_bounds_monotone_permuted_scaled_isolated(seed: int) -> None:
    W, p, e, _, revenue, rng = random_economy(seed, 10)
    psi = np.where(rng.random(10) < 0.4, rng.random(10), 1.0)
    found = esri(W, p, e, revenue=revenue, remaining=psi, tol=1e-13)
    for value in (found.index, found.upstream, found.downstream):
        assert -1e-12 <= value <= 1 + 1e-12
    assert max(found.upstream, found.downstream) <= found.index + 1e-12
    worse = esri(W, p, e, revenue=revenue, remaining=psi * rng.random(10), tol=1e-13)
    assert (worse.remaining_down <= found.remaining_down + 1e-11).all()
    assert (worse.remaining_up <= found.remaining_up + 1e-11).all()
    order = rng.permutation(10)
    moved = esri(W[np.ix_(order, order)], p[order], e, revenue=revenue[order], remaining=psi[order], tol=1e-13)
    np.testing.assert_allclose(moved.loss, found.loss[order], atol=1e-10)
    scaled = esri(W * 1e6, p, e, revenue=revenue * 1e6, remaining=psi, tol=1e-13)
    np.testing.assert_allclose(scaled.loss, found.loss, atol=1e-10)
    wider = np.zeros((11, 11))
    wider[:10, :10] = W
    alone = esri(wider, [*p, 0], e, revenue=[*revenue, 0.0], remaining=[*psi, 1.0], tol=1e-13)
    np.testing.assert_allclose(alone.loss[:10], found.loss, atol=1e-10)
    assert alone.loss[10] == 0.0


def test_the_result_does_not_depend_on_threads_and_firms_chosen() -> None:
    rng = np.random.default_rng(5)
    W = sparse.random_array((700, 700), density=0.008, rng=rng, format="csr")
    W.setdiag(0)
    W.eliminate_zeros()
    sector = rng.integers(0, 12, 700)
    need = rng.choice([0, 1, 2], (12, 12))
    revenue = np.asarray(W.sum(axis=1)) * 1.25
    one = esri_all(W, sector, need, revenue=revenue, threads=1)
    two = esri_all(W, sector, need, revenue=revenue, threads=3)
    some = esri_all(W, sector, need, revenue=revenue, firms=[600, 5])
    assert (one.index == two.index).all()
    assert (one.residual == two.residual).all()
    assert some.index.tolist() == one.index[[600, 5]].tolist()


def test_progress_is_told_and_may_cancel() -> None:
    seen: list[tuple[int, int]] = []
    esri_all(SIX, SIX_SECTOR, SIX_NEED, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (6, 6)

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        esri_all(SIX, SIX_SECTOR, SIX_NEED, progress=stop)


def test_paths_sum_to_the_loss() -> None:
    W, p, e, _, revenue, _ = random_economy(3)
    found = esri(W, p, e, revenue=revenue, closed=[2, 5], tol=1e-14)
    for party in range(len(p)):
        told = found.explain(party, top=6)
        assert told.total == pytest.approx(found.loss[party])
        assert sum(part.amount for part in told.contributions) + told.remainder == pytest.approx(told.total)
        assert all(part.path[0] in (2, 5) and part.path[-1] == party for part in told.contributions)
        assert told.remainder >= -1e-9
    near = found.explain(2)
    assert near.contributions[0].path == (2,)


def test_labels_of_any_kind_mean_the_same() -> None:
    numbers = esri(SIX, SIX_SECTOR, SIX_NEED, closed=0, tol=1e-12).downstream
    names = ["a", "b", "c", "a", "b", "c"]
    frame = pd.DataFrame(SIX_NEED, index=["a", "b", "c"], columns=["a", "b", "c"])
    shuffled = frame.loc[["c", "a", "b"], ["b", "c", "a"]]
    assert esri(SIX, names, frame, closed=0, tol=1e-12).downstream == pytest.approx(numbers)
    assert esri(SIX, names, shuffled, closed=0, tol=1e-12).downstream == pytest.approx(numbers)
    assert esri(SIX, names, SIX_NEED, closed=0, tol=1e-12).downstream == pytest.approx(numbers)
    large = np.array([2, 10, 30, 2, 10, 30], dtype=object)  # sorted as numbers, not as text
    assert esri(SIX, large, SIX_NEED, closed=0, tol=1e-12).downstream == pytest.approx(numbers)
    mixed = ["a", 7, "c", "a", 7, "c"]
    table = pd.DataFrame(SIX_NEED, index=["a", 7, "c"], columns=["a", 7, "c"])
    assert esri(SIX, mixed, table, closed=0, tol=1e-12).downstream == pytest.approx(numbers)


def test_a_network_brings_its_ids_industries_and_revenue() -> None:
    edges = [(f"P{i}", f"P{j}", SIX[i, j]) for i in range(6) for j in range(6) if SIX[i, j]]
    plain = network_from_edges({"trade": edges})
    industry = np.array(["a", "b", "c", "a", "b", "c"], dtype=object)
    network = Network(plain.ids, plain.layers, {"industry": industry, "revenue": SIX.sum(axis=1) * 1.25})
    need = pd.DataFrame(SIX_NEED, index=list("abc"), columns=list("abc"))
    found = esri(network, None, need, closed="P0")
    array = esri(SIX, SIX_SECTOR, SIX_NEED, revenue=SIX.sum(axis=1) * 1.25, closed=0)
    assert found.index == pytest.approx(array.index)
    assert found.explain("P1").total == pytest.approx(array.loss[1])
    assert esri(network, None, need, closed=["P0", "P1"]).index > found.index
    with pytest.raises(NotFoundError):
        esri(network, None, need, closed="nobody")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"sales": -SIX}, ValueRangeError),
        ({"sales": np.where(SIX == 3, np.nan, SIX)}, ValueRangeError),
        ({"sales": SIX + np.eye(6)}, ValueRangeError),
        ({"sales": SIX[:5]}, ShapeError),
        ({"sector": [1, 2, 3]}, ShapeError),
        ({"sector": [1, 2, 3, 1, 2, None]}, ValueRangeError),
        ({"sector": ["a", "b", "c", "a", "b", np.nan]}, ValueRangeError),
        ({"sector": None}, InputError),
        ({"market": [1.0, np.nan, 1, 1, 1, 1]}, ValueRangeError),
        ({"essentiality": np.ones((2, 2))}, ShapeError),
        ({"essentiality": 3}, ValueRangeError),
        ({"essentiality": np.full((3, 3), np.nan)}, ValueRangeError),
        ({"essentiality": pd.DataFrame([[1, 1], [1, 1]], index=[1, 2], columns=[1, 2])}, InputError),
        ({"essentiality": pd.DataFrame(np.ones((4, 3)), index=[1, 1, 2, 3], columns=[1, 2, 3])}, InputError),
        ({"revenue": [1, 2]}, ShapeError),
        ({"revenue": [1, 2, 3, 4, 5, np.nan]}, ValueRangeError),
        ({"revenue": [1, 2, 3, 4, 5, -1]}, ValueRangeError),
        ({"closed": 6}, ValueRangeError),
        ({"closed": -1}, ValueRangeError),
        ({"closed": []}, InputError),
        ({"closed": None}, InputError),
        ({"closed": None, "remaining": np.full(6, 1.1)}, ValueRangeError),
        ({"closed": None, "remaining": np.full(6, np.nan)}, ValueRangeError),
        ({"closed": None, "remaining": np.ones(5)}, ShapeError),
        ({"tol": 0.0}, ValueRangeError),
        ({"tol": float("nan")}, ValueRangeError),
        ({"max_rounds": 0}, ValueRangeError),
    ],
)
def test_bad_input_is_refused_with_a_remedy(change: dict, error: type[Exception]) -> None:
    good = {"sales": SIX, "sector": SIX_SECTOR, "essentiality": SIX_NEED, "closed": 0}
    with pytest.raises(error) as caught:
        esri(**(good | change))
    assert caught.value.remedy


def test_a_cap_that_is_reached_is_told() -> None:
    found = esri(SIX, SIX_SECTOR, SIX_NEED, closed=0, max_rounds=2)
    assert not found.converged
    assert found.rounds == 2
    assert any("not converged" in note for note in found.warnings)


def test_nobody_sells() -> None:
    found = esri(np.zeros((3, 3)), [1, 1, 2], 2, closed=1)
    assert (found.index, found.upstream, found.downstream) == (0.0, 0.0, 0.0)
    assert any("no sales" in note for note in found.warnings)
    assert esri_all(np.zeros((3, 3)), [1, 1, 2], 2).index.tolist() == [0, 0, 0]
