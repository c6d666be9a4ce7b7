"""The incremental answer equals the fresh one within its bound, and few firms are closed anew."""

import numpy as np
import pytest
from scipy import sparse

from graphcredit.contagion import esri_all, esri_update
from graphcredit.exc import InputError


def draw(n: int, sectors: int, seed: int):
    rng = np.random.default_rng(seed)
    i, j = rng.choice(n, 5 * n), rng.choice(n, 5 * n)
    kept = i != j
    W = sparse.coo_array((rng.lognormal(0, 1.5, int(kept.sum())), (i[kept], j[kept])), shape=(n, n)).tocsr()
    W.sum_duplicates()
    pair = rng.random((sectors, sectors))
    need = np.where(pair < 0.15, 2, np.where(pair < 0.5, 1, 0))
    revenue = 1.25 * np.asarray(W.sum(axis=1)).ravel() + 0.5
    return W, np.concatenate([np.arange(sectors), rng.integers(0, sectors, n - sectors)]), need, revenue


def changed(W: sparse.csr_array, kind: str, seed: int) -> sparse.csr_array:
    rng = np.random.default_rng(seed)
    dense = W.tolil()
    i, j = (int(k) for k in rng.choice(W.shape[0], 2, replace=False))
    sellers, buyers = W.nonzero()
    place = int(rng.integers(len(sellers)))
    if kind == "more":
        dense[sellers[place], buyers[place]] *= 1.5
    elif kind == "end":
        dense[sellers[place], buyers[place]] = 0.0
    else:
        dense[i, j] = dense[i, j] + 0.7
    made = dense.tocsr()
    made.eliminate_zeros()
    return made


@pytest.mark.parametrize("kind", ["more", "end", "new"])
@pytest.mark.parametrize("seed", [0, 1])
def test_an_update_equals_a_fresh_sweep_within_its_bound(kind: str, seed: int) -> None:
    W, sector, need, revenue = draw(600, 15, seed)
    before = esri_all(W, sector, need, revenue=revenue, tol=2e-5)
    after = changed(W, kind, seed)
    update = esri_update(before, after, sector, need, revenue=revenue, tol=2e-5)
    fresh = esri_all(after, sector, need, revenue=revenue, tol=1e-9)
    for name in ("index", "upstream", "downstream"):
        off = np.abs(getattr(update.risks, name) - getattr(fresh, name))
        assert (off <= update.risks.residual + 1e-9).all()
        assert off.max() < 2e-5
    assert 0 < len(update.renewed) < 300
    assert np.abs(before.index - fresh.index).max() > 1e-7


def test_changes_add_up_in_the_bound() -> None:
    W, sector, need, revenue = draw(400, 12, 5)
    risks = esri_all(W, sector, need, revenue=revenue, tol=2e-5)
    for step in range(4):
        W = changed(W, ("new", "more")[step % 2], 10 + step)
        risks = esri_update(risks, W, sector, need, revenue=revenue, tol=2e-5).risks
    fresh = esri_all(W, sector, need, revenue=revenue, tol=1e-9)
    assert (np.abs(risks.index - fresh.index) <= risks.residual + 1e-9).all()


def test_nothing_changed_renews_nothing_and_other_sectors_renew_all() -> None:
    W, sector, need, revenue = draw(300, 10, 2)
    before = esri_all(W, sector, need, revenue=revenue)
    same = esri_update(before, W, sector, need, revenue=revenue)
    loose = before.residual > 4e-6  # bounds that were loose before are tried again
    assert set(same.renewed.tolist()) <= set(np.flatnonzero(loose).tolist())
    np.testing.assert_allclose(same.risks.index, before.index, atol=1e-12)
    moved = sector.copy()
    moved[50] = (moved[50] + 1) % 10
    other = esri_update(before, W, moved, need, revenue=revenue)
    assert len(other.renewed) == 300
    np.testing.assert_array_equal(other.risks.index, esri_all(W, moved, need, revenue=revenue).index)


def test_without_leakage_everything_is_renewed_and_a_partial_start_is_refused() -> None:
    W, sector, need, _ = draw(60, 5, 3)
    ring = sparse.coo_array((np.ones(60), (np.arange(60), (np.arange(60) + 1) % 60)), shape=(60, 60))
    W = sparse.csr_array(W + ring)
    before = esri_all(W, sector, need, tol=1e-4)
    assert not before.certified
    assert len(esri_update(before, W * 2.0, sector, need, tol=1e-4).renewed) == 60
    with pytest.raises(InputError):
        esri_update(esri_all(W, sector, need, tol=1e-4, firms=[1]), W, sector, need)
