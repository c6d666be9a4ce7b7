"""Loss of each failure against a dense sweep per seed, certified."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from graphcredit.contagion import impact_of_each, linear_debtrank, prepare, shock_one
from graphcredit.exc import InputError, JobCancelledError, NotFoundError, ValueRangeError
from graphcredit.network import network_from_edges


def dense_stress(A: np.ndarray, E: np.ndarray, first: np.ndarray, rounds: int = 20_000) -> np.ndarray:
    """h(t+1) = min(1, h + Lam (h(t) - h(t-1))), straight from the equation."""
    lam = np.where(E[:, None] > 0, A / np.where(E > 0, E, 1)[:, None], 0.0)
    before, h = np.zeros(len(E)), np.where(E > 0, first, 1.0)
    for _ in range(rounds):
        before, h = h, np.minimum(1.0, h + lam @ (h - before))
        if (h - before).max() < 1e-17:
            break
    return h


def dense_impacts(A: np.ndarray, E: np.ndarray, v: np.ndarray) -> np.ndarray:
    n = len(E)
    base = dense_stress(A, E, np.zeros(n))
    losses = []
    for s in range(n):
        h = dense_stress(A, E, np.eye(n)[s])
        losses.append(float(np.delete(v * (h - base), s).sum()))
    return np.array(losses)


def random_case(seed: int, leverage: float, n: int = 14) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    A = rng.lognormal(0, 1, (n, n)) * (rng.random((n, n)) < 0.25)
    np.fill_diagonal(A, 0)
    E = A.sum(axis=1) / (leverage * rng.uniform(0.3, 1.0, n)) + 0.01
    return A, E


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), leverage=st.sampled_from([0.3, 0.9, 1.6, 4.0]), tol=st.sampled_from([1e-2, 1e-4]))
def test_every_loss_lies_in_its_certified_interval(seed: int, leverage: float, tol: float) -> None:
    A, E = random_case(seed, leverage)
    found = impact_of_each(A, E, tol=tol)
    true = dense_impacts(A, E, E / E.sum())
    assert (found.loss <= true * (1 + 1e-9) + 1e-14).all()
    assert (true <= found.loss + found.bound + 1e-9 * true + 1e-14).all()
    assert found.converged
    assert (found.bound <= tol * found.loss).all()


def chained(pairs: list[float], n_behind: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Mutual claims with the radii given, one pair behind the other, each with parties behind it that lose a tenth."""
    size = 2 + n_behind
    n = len(pairs) * size
    A = np.zeros((n, n))
    for k, radius in enumerate(pairs):
        a = k * size
        A[a, a + 1] = A[a + 1, a] = radius
        A[a + 2 : a + size, a] = 0.1
        if k:
            A[a, a - size] = 0.05  # the pair before sets it off
    return A, np.ones(n)


@pytest.mark.parametrize("pairs", [[1.5], [1.2, 3.0], [0.8, 2.0, 0.5, 1.1], [2.0, 0.9999, 1.0001]])
def test_circles_that_amplify_until_parties_are_used_up_are_certified_too(pairs: list[float]) -> None:
    A, E = chained(pairs)
    v = E / E.sum()
    found = impact_of_each(A, E, tol=1e-4)
    true = dense_impacts(A, E, v)
    assert found.converged
    assert (found.loss <= true * (1 + 1e-9) + 1e-14).all()
    assert (true <= found.loss + found.bound + 1e-9 * true + 1e-14).all()
    system = prepare(A, E)
    for s in range(len(E)):
        one = shock_one(system, {s: 1e-3}, tol=1e-6)
        h = dense_stress(A, E, 1e-3 * np.eye(len(E))[s])
        assert float(v @ h) - 1e-3 * v[s] == pytest.approx(one.loss, rel=2e-6, abs=1e-12)


def test_parties_without_equity_have_spent_their_damage_before_any_shock() -> None:
    A, E = random_case(3, 0.8)
    E[[2, 5]] = [0.0, -4.0]
    v = np.maximum(E, 0) / np.maximum(E, 0).sum()
    found = impact_of_each(A, E, tol=1e-6)
    np.testing.assert_allclose(found.loss, dense_impacts(A, E, v), rtol=2e-6, atol=1e-14)
    assert found.loss[2] == found.loss[5] == 0
    assert any("2 parties have no equity" in warning for warning in found.warnings)


def test_the_number_of_threads_and_chunks_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    A = sparse.random_array((9000, 9000), density=3e-4, rng=rng, format="csr")
    A.setdiag(0)
    E = np.asarray(A.sum(axis=1)).ravel() * 1.8 + 0.1
    calls: list[tuple[int, int]] = []
    one = impact_of_each(A, E, threads=1, progress=lambda done, of: calls.append((done, of)))
    three = impact_of_each(A, E, threads=3)
    np.testing.assert_array_equal(one.loss, three.loss)
    np.testing.assert_array_equal(one.bound, three.bound)
    assert calls[-1] == (9000, 9000)
    sample = [0, 17, 4711]
    v = E / E.sum()
    for s in sample:
        full = linear_debtrank(A, E, {s: 1.0}, tol=1e-15)
        assert one.loss[s] == pytest.approx(float(v @ (full.stress - full.shock)), rel=1.1e-4)


def test_progress_may_cancel() -> None:
    def stop(done: int, of: int) -> None:
        raise JobCancelledError(f"stopped after {done} of {of}")

    A, E = random_case(1, 0.5)
    with pytest.raises(JobCancelledError):
        impact_of_each(A, E, progress=stop)


@pytest.mark.parametrize("leverage", [0.5, 2.5])
def test_one_shock_and_its_explanation(leverage: float) -> None:
    A, E = random_case(11, leverage)
    system = prepare(A, E)
    answer = shock_one(system, {3: 0.7, 6: 0.2}, tol=1e-8)
    first = np.zeros(len(E))
    first[[3, 6]] = 0.7, 0.2
    true = dense_stress(A, E, first)
    stress = np.zeros(len(E))
    stress[answer.parties] = answer.stress
    np.testing.assert_allclose(stress, true, atol=1e-6)
    for party in answer.parties.tolist():
        told = answer.explain(party)
        assert sum(part.amount for part in told.contributions) + told.remainder == pytest.approx(told.total, rel=1e-12)
        assert all(A[b, a] > 0 for part in told.contributions for a, b in zip(part.path, part.path[1:], strict=False))


def test_names_and_bad_questions() -> None:
    network = network_from_edges({"lending": [("a", "b", 2.0), ("b", "c", 3.0)]})
    system = prepare(network, [4.0, 6.0, 5.0])
    assert shock_one(system, {"c": 1.0}).loss == pytest.approx((6 * 0.5 + 4 * 0.5 * 0.5) / 15)
    assert impact_of_each(system).worst(1)[0][0] == "c"
    with pytest.raises(NotFoundError):
        shock_one(system, {"z": 1.0})
    with pytest.raises(ValueRangeError):
        shock_one(system, {"a": 1.5})
    with pytest.raises(InputError, match="equity"):
        prepare(network)
    with pytest.raises(InputError, match="layers"):
        prepare(network, [4.0, 6.0, 5.0], layers=["loans"])
    with pytest.raises(ValueRangeError):
        impact_of_each(system, tol=0.0)
