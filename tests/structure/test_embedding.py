"""Axes that repeat, values that spread: dense algebra as oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.structure import diffuse, neighbour_mean, spectral_embedding
from graphcredit.structure.embedding import leading_axes
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


@pytest.mark.parametrize("groups", [6, 12])
def test_single_precision_finds_the_same_axes_as_a_dense_decomposition(groups: int) -> None:
    rng = np.random.default_rng(groups)
    side = rng.integers(0, groups, 500)
    near = side[:, None] == side[None, :]
    dense = (rng.random((500, 500)) < np.where(near, 0.3, 0.02)).astype(float)
    dense = np.maximum(np.triu(dense, 1), np.triu(dense, 1).T)
    scale = 1 / np.sqrt(dense.sum(axis=1))
    normal = dense * scale[:, None] * scale[None, :]
    u, s = leading_axes(csr(dense), scale, 5, seed=0)
    exact_u, exact_s, _ = np.linalg.svd(normal)
    assert s == pytest.approx(exact_s[:5], rel=0.02)
    assert u.T @ u == pytest.approx(np.eye(5), abs=1e-4)
    across = normal @ u
    assert np.linalg.norm(across, axis=0) == pytest.approx(s, rel=1e-4)  # what is claimed of each axis holds
    assert np.abs(u[:, 0] @ exact_u[:, 0]) == pytest.approx(1, abs=1e-4)
    again = leading_axes(csr(dense), scale, 5, seed=0)
    assert np.array_equal(again[0], u)


def test_single_precision_leaves_out_directions_that_are_not_there() -> None:
    pairs = np.kron(np.eye(3), np.array([[0.0, 1.0], [1.0, 0.0]]))
    pairs[4:, 4:] = 0.0
    u, s = leading_axes(csr(pairs), np.array([1.0, 1, 1, 1, 0, 0]), 6, seed=1)
    assert s == pytest.approx(np.ones(4), abs=1e-5)
    assert u.T @ u == pytest.approx(np.eye(4), abs=1e-4)
