"""Circles that amplify, and the bounds that rest on them, against dense algebra and plain repetition."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from graphcredit.contagion import adjoint, impact_of_each, prepare
from graphcredit.contagion.growth import growth


def trade(seed: int, n: int, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Claims shaped like trade credit: few hubs that hold much, small suppliers with thin equity, pairs, rings, a core."""
    rng = np.random.default_rng(seed)
    claims = np.zeros((n, n))
    hubs = rng.choice(n, 3, replace=False)
    claims[hubs] = rng.lognormal(0, 2, (3, n)) * (rng.random((3, n)) < 0.6)
    for supplier in range(n):
        claims[supplier, rng.choice(n, 2)] += rng.lognormal(0, 2, 2)
    core = rng.choice(n, 6, replace=False)
    claims[np.ix_(core, core)] += rng.lognormal(0, 1, (6, 6))
    ring = rng.permutation(n)[: n // 3]
    claims[ring, np.roll(ring, 1)] += rng.lognormal(0, 1, len(ring))
    np.fill_diagonal(claims, 0)
    share = np.exp(rng.normal(np.log(strength), 1.5, n))  # claims to equity: most below one, some a hundredfold
    return claims, claims.sum(axis=1) / share + 1e-9


def repeated(lam: sparse.csr_array | np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """The least h = min(1, shock + Lam h) for the full failure of each seed, (n, seeds), by repetition until nothing moves."""
    h = np.zeros((lam.shape[0], len(seeds)))
    h[seeds, np.arange(len(seeds))] = 1.0
    for _ in range(200_000):
        higher = np.maximum(h, np.minimum(lam @ h, 1.0))
        if (higher - h <= 1e-14 * higher).all():
            return h
        h = higher
    raise AssertionError("repetition did not end")


def radii(lam: np.ndarray) -> dict[frozenset[int], float]:
    """Spectral radius of each circle of two and more."""
    graph = nx.DiGraph(list(zip(*np.nonzero(lam), strict=True)))
    circles = [sorted(c) for c in nx.strongly_connected_components(graph) if len(c) > 1]
    return {frozenset(c): float(np.abs(np.linalg.eigvals(lam[np.ix_(c, c)])).max()) for c in circles}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000), strength=st.sampled_from([0.1, 0.5, 2.0]), tol=st.sampled_from([1e-2, 1e-4]))
def test_losses_in_trade_credit_lie_in_their_certified_intervals(seed: int, strength: float, tol: float) -> None:
    claims, equity = trade(seed, 36, strength)
    lam = claims / equity[:, None]
    if any(0.99 < radius < 1.01 for radius in radii(lam).values()):
        return  # repetition would take too long
    h = repeated(lam, np.arange(36))
    weight = equity / equity.sum()
    true = weight @ (h - np.eye(36))
    found = impact_of_each(claims, equity, tol=tol)
    assert (found.loss <= true * (1 + 1e-8) + 1e-15).all()
    assert (true <= (found.loss + found.bound) * (1 + 1e-8) + 1e-15).all()
    assert (found.bound <= tol * found.loss).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 100_000), strength=st.sampled_from([0.05, 0.3, 2.0]))
def test_growth_and_decay_are_what_the_eigenvalues_say(seed: int, strength: float) -> None:
    claims, equity = trade(seed, 30, strength)
    lam = claims / equity[:, None]
    x, circles, calm = growth(sparse.csr_array(lam))
    grown = np.flatnonzero(x)
    assert (lam[:, grown] @ x[grown])[grown] == pytest.approx(np.maximum(lam @ x, x)[grown])  # no party shrinks
    told = radii(lam)
    assert {frozenset(circles.members[circles.of(k)].tolist()) for k in range(len(calm))} == set(told)
    for number in range(len(calm)):
        members = circles.members[circles.of(number)]
        radius = told[frozenset(members.tolist())]
        assert not (calm[number] and x[members].any())
        if calm[number]:
            assert radius < 1
        elif x[members].any():
            assert radius > 1 and x[members].max() == 1
        else:
            assert radius == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("solved", [3000, 0], ids=["elimination", "incomplete elimination"])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), strength=st.sampled_from([0.02, 0.1, 0.5]))
def test_what_a_unit_causes_at_most_is_above_the_solution_and_close(solved: int, seed: int, strength: float) -> None:
    claims, equity = trade(seed, 40, strength)
    lam = claims / equity[:, None]
    weight = equity / equity.sum()
    graph = nx.DiGraph(list(zip(*np.nonzero(lam.T), strict=True)))  # from who fails to who loses
    endless = np.zeros(40, dtype=bool)
    for circle, radius in radii(lam).items():
        if abs(radius - 1) < 1e-6:
            return
        if radius > 1:
            endless[sorted(nx.ancestors(graph, next(iter(circle))) | circle)] = True
    kept = np.flatnonzero(~endless)
    within = lam[np.ix_(kept, kept)].T
    true = np.linalg.solve(np.eye(len(kept)) - within, within @ weight[kept])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(adjoint, "SOLVED", solved)
        bound, unbounded = adjoint.downstream_bound(sparse.csr_array(lam.T), weight)
    np.testing.assert_array_equal(unbounded, endless)
    assert (bound[kept] >= true * (1 - 1e-9)).all()
    np.testing.assert_allclose(bound[kept], true, rtol=3e-6, atol=1e-8 * weight.min())


def test_what_a_unit_causes_at_least_is_below_the_solution_and_close() -> None:
    claims, equity = trade(5, 40, 0.3)
    lam = claims / equity[:, None]
    weight = equity / equity.sum()
    saturable = lam.sum(axis=1) > 1
    assert 0 < saturable.sum() < 40
    free = np.where(saturable, 0.0, 1.0)
    true = np.linalg.solve(np.eye(40) - lam.T * free, lam.T @ (weight * free))
    floor = adjoint.downstream_floor(sparse.csr_array(lam.T), weight, saturable)
    assert (floor <= true).all()
    np.testing.assert_allclose(floor, true, rtol=1e-5)


def large(n: int = 6000) -> tuple[sparse.csr_array, np.ndarray]:
    """One circle of thousands that amplifies in a few places only, fast in one, and barely calms down in others."""
    rng = np.random.default_rng(7)
    rows = np.repeat(np.arange(n), 2)
    columns = np.concatenate([(np.arange(n) + 1) % n, rng.integers(0, n, n)]).reshape(2, n).T.ravel()
    data = rng.lognormal(-4, 1.5, 2 * n)
    pairs = rng.permutation(n)[:40].reshape(20, 2)
    radius = np.concatenate([[40.0], np.full(4, 1.04), np.full(15, 0.999)])
    ends = np.concatenate([pairs, pairs[:, ::-1]])
    lam = sparse.coo_array(
        (
            np.concatenate([data, np.tile(radius, 2)]),
            (np.concatenate([rows, ends[:, 0]]), np.concatenate([columns, ends[:, 1]])),
        ),
        shape=(n, n),
    ).tocsr()
    lam.setdiag(0)
    lam.eliminate_zeros()
    return sparse.csr_array(lam), pairs


def test_a_large_circle_that_amplifies_in_a_few_places_is_certified_throughout() -> None:
    lam, pairs = large()
    n = lam.shape[0]
    system = prepare(lam, np.ones(n))
    assert system.unbounded.all()
    assert not system.ignition.loose.any()
    used_up = np.concatenate(system.ignition.used_up)
    assert set(pairs[:5].ravel()) <= set(used_up.tolist())
    seeds = np.array([int(pairs[0, 0]), int(pairs[10, 1]), 17, 4711])
    h = repeated(lam, seeds)
    true = (h.sum(axis=0) - 1.0) / n
    for tol in (1e-2, 1e-4):
        found = impact_of_each(system, tol=tol, parties=seeds.tolist())
        assert found.converged
        assert (found.loss <= true * (1 + 1e-8)).all()
        assert (true <= (found.loss + found.bound) * (1 + 1e-8)).all()


def test_what_has_faded_when_walks_are_cut_short_is_bounded_all_the_same() -> None:
    uneven = np.array(
        [[0.0, 100.0], [1e-4, 0.0]]
    )  # walks of two steps have faded, one step more is worth as much as none
    endless = np.array([[0.0, 1.0], [1.0, 0.0]])
    ties = sparse.csr_array(sparse.block_diag([uneven, endless], format="csr"))
    for rounds in (2, 4, 6):
        d, unsettled = adjoint._series(ties, np.ones(4), 1.0, rounds)
        assert unsettled.tolist() == [False, False, True, True]
        assert (d >= ties @ d + 1.0)[:2].all()
