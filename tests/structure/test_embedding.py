"""Axes that repeat, values that spread: dense algebra as oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.structure import diffuse, neighbour_mean, spectral_embedding
from tests.structure.graphs import csr, weighted


@settings(max_examples=40, deadline=None)
@given(weighted(), st.integers(0, 99))
def test_means_and_diffusion_equal_dense_algebra(dense: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=len(dense))
    values[rng.random(len(dense)) < 0.3] = np.nan

    def mean(given: np.ndarray) -> np.ndarray:
        known = np.isfinite(given)
        weight = dense[:, known].sum(axis=1)
        with np.errstate(invalid="ignore"):
            return np.where(weight > 0, dense[:, known] @ given[known] / np.where(weight > 0, weight, 1), np.nan)

    assert neighbour_mean(csr(dense), values) == pytest.approx(mean(values), nan_ok=True)
    assert diffuse(csr(dense), values, 2) == pytest.approx(mean(mean(values)), nan_ok=True)
    both = neighbour_mean(csr(dense), np.column_stack([values, values * 2]))
    assert both[:, 1] == pytest.approx(2 * mean(values), nan_ok=True)


def test_a_constant_stays_and_wrong_shapes_are_refused() -> None:
    ring = csr(np.roll(np.eye(5), 1, axis=1))
    assert diffuse(ring, np.full(5, 3.0), 3).tolist() == [3.0] * 5
    with pytest.raises(ShapeError):
        neighbour_mean(ring, np.ones(4))
    with pytest.raises(ValueRangeError):
        diffuse(ring, np.ones(5), 0)


def test_axes_repeat_and_reproduce_the_leading_singular_values() -> None:
    rng = np.random.default_rng(5)
    dense = (rng.random((40, 40)) < 0.2).astype(float)
    dense = np.maximum(dense, dense.T)
    np.fill_diagonal(dense, 0)
    axes = spectral_embedding(csr(dense), 3)
    assert np.array_equal(axes, spectral_embedding(csr(dense), 3))
    scale = 1 / np.sqrt(dense.sum(axis=1))
    exact = np.linalg.svd(dense * scale[:, None] * scale[None, :], compute_uv=False)[:3]
    assert np.linalg.norm(axes, axis=0) / np.sqrt(40) == pytest.approx(exact, rel=0.02)
    assert (axes[np.abs(axes).argmax(axis=0), range(3)] > 0).all()
    assert spectral_embedding(csr(np.zeros((4, 4))), 2).tolist() == [[0.0, 0.0]] * 4
