"""Losses after a change equal fresh ones within their bounds, and few parties are pushed anew."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from graphcredit.contagion import impact_of_each, impact_update
from graphcredit.exc import InputError
from graphcredit.network import network_from_edges
from tests.contagion.test_impact import chained, dense_impacts, random_case


def sparse_case(n: int, seed: int) -> tuple[sparse.csr_array, np.ndarray]:
    """Heavy-tailed claims whose losses fade."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, n, 3 * n), (n * rng.random(3 * n) ** 2).astype(int)
    kept = a != b
    A = sparse.coo_array((rng.lognormal(0, 1, int(kept.sum())), (a[kept], b[kept])), shape=(n, n)).tocsr()
    A.sum_duplicates()
    return A, np.asarray(A.sum(axis=1)).ravel() * 3 + 0.5


def altered(A: np.ndarray, E: np.ndarray, kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    A, E = A.copy(), E.copy()
    i, j = rng.choice(len(E), 2, replace=False)
    rows, columns = np.nonzero(A)
    k = int(rng.integers(len(rows)))
    if kind == "new":
        A[i, j] += 0.7
    elif kind == "end":
        A[rows[k], columns[k]] = 0.0
    elif kind == "more":
        A[rows[k], columns[k]] *= 1.5
    else:
        E[i] *= 0.8
    return A, E


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    leverage=st.sampled_from([0.4, 0.9, 2.0]),
    kind=st.sampled_from(["new", "end", "more", "equity"]),
    broke=st.booleans(),
)
def test_losses_after_a_change_lie_in_their_certified_intervals(
    seed: int, leverage: float, kind: str, broke: bool
) -> None:
    A, E = random_case(seed, leverage)
    if broke:
        E[[3, 7]] = [0.0, -1.0]
    after, equity = altered(A, E, kind, np.random.default_rng(seed))
    update = impact_update(impact_of_each(A, E, tol=1e-3), after, equity, tol=1e-2)
    true = dense_impacts(after, equity, np.maximum(equity, 0) / np.maximum(equity, 0).sum())
    found = update.impacts
    assert (found.loss <= true * (1 + 1e-9) + 1e-12).all()
    assert (true <= found.loss + found.bound + 1e-9 * true + 1e-12).all()


@pytest.mark.parametrize("kind", ["new", "end", "more"])
def test_only_what_the_change_reaches_is_pushed_anew(kind: str) -> None:
    A, E = sparse_case(3000, 1)
    before = impact_of_each(A, E, tol=1e-5)
    dense, _ = altered(A.toarray(), E, kind, np.random.default_rng(2))
    after = sparse.csr_array(dense)
    update = impact_update(before, after, E, tol=1e-4)
    fresh = impact_of_each(after, E, tol=1e-8)
    off = np.abs(update.impacts.loss - fresh.loss)
    assert (off <= update.impacts.bound + fresh.bound).all()
    assert update.impacts.converged
    assert 0 < len(update.renewed) < 600
    assert np.abs(before.loss - fresh.loss).max() > 1e-7  # the change mattered


def test_changes_of_weights_and_equity_add_up_in_the_bound() -> None:
    A, E = sparse_case(800, 3)
    known = impact_of_each(A, E, tol=1e-5)
    rng = np.random.default_rng(0)
    for kind in ("equity", "new", "equity", "end"):
        dense, E = altered(A.toarray(), E, kind, rng)
        A = sparse.csr_array(dense)
        known = impact_update(known, A, E, tol=1e-4).impacts
    fresh = impact_of_each(A, E, tol=1e-8)
    assert (np.abs(known.loss - fresh.loss) <= known.bound + fresh.bound).all()
    assert known.converged


def test_nothing_changed_pushes_nothing() -> None:
    A, E = sparse_case(500, 4)
    before = impact_of_each(A, E)
    update = impact_update(before, A, E)
    assert len(update.renewed) == 0
    np.testing.assert_array_equal(update.impacts.loss, before.loss)


def test_a_circle_that_begins_to_amplify_is_found() -> None:
    A, E = chained([0.8, 0.5])
    after = A.copy()
    after[0, 1] = after[1, 0] = 1.4
    update = impact_update(impact_of_each(A, E, tol=1e-4), after, E, tol=1e-4)
    true = dense_impacts(after, E, E / E.sum())
    assert (np.abs(update.impacts.loss - true) <= update.impacts.bound + 1e-12).all()
    assert update.impacts.converged


def test_parties_are_told_apart_by_id_and_may_join() -> None:
    ties = [("b", "c", 2.0), ("c", "d", 3.0), ("d", "e", 1.0)]
    old = network_from_edges({"lending": ties})
    new = network_from_edges({"lending": [("a", "c", 1.0), *ties]})
    equity = {"a": 5.0, "b": 4.0, "c": 6.0, "d": 5.0, "e": 3.0}
    before = impact_of_each(old, [equity[k] for k in old.ids], tol=1e-6)
    update = impact_update(before, new, [equity[k] for k in new.ids], tol=1e-4)
    fresh = impact_of_each(new, [equity[k] for k in new.ids], tol=1e-9)
    np.testing.assert_allclose(update.impacts.loss, fresh.loss, atol=1e-4 * fresh.loss.max())
    assert update.impacts.worst(1) == [
        (fresh.worst(1)[0][0], pytest.approx(fresh.worst(1)[0][1]), pytest.approx(0.0, abs=1e-5))
    ]
    with pytest.raises(InputError, match="are gone"):
        impact_update(fresh, old, [equity[k] for k in old.ids])
    with pytest.raises(InputError, match="some parties only"):
        impact_update(impact_of_each(new, [equity[k] for k in new.ids], parties=["a"]), new, list(equity.values()))
