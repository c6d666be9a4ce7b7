from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.optimize import minimize

from graphcredit.exc import InputError, ShapeError, ValueRangeError
from graphcredit.scoring.migration import generator_of, pd_term_structure
from graphcredit.scoring.migration.generator import REPAIRS

TRUE = np.array([[-0.3, 0.25, 0.05], [0.2, -0.5, 0.3], [0.0, 0.0, 0.0]])
AGENCY = np.array(  # one year, agency-like: nobody goes from AAA to default, yet over two years some do
    [[0.91, 0.08, 0.01, 0.0], [0.02, 0.90, 0.07, 0.01], [0.0, 0.05, 0.85, 0.10], [0.0, 0.0, 0.0, 1.0]]
)


def test_an_exponential_is_taken_back_exactly() -> None:
    found = generator_of(expm(TRUE * 2), years=2)
    np.testing.assert_allclose(found.generator, TRUE, atol=1e-9)
    assert found.exact
    assert found.excluded_by == ()
    assert found.repair == ""
    assert found.distance < 1e-12


@pytest.mark.parametrize("repair", REPAIRS)
def test_a_matrix_without_generator_is_mended_and_says_so(repair: str) -> None:
    found = generator_of(AGENCY, repair=repair)
    off = found.generator - np.diag(np.diag(found.generator))
    assert not found.exact
    assert found.most_negative < 0
    assert "not reached within the period" in found.excluded_by[0]
    assert (off >= 0).all()
    np.testing.assert_allclose(found.generator.sum(axis=1), 0, atol=1e-12)
    assert found.distance < 0.01
    assert found.repair == repair
    assert found.distance == pytest.approx(np.abs(expm(found.generator) - AGENCY).max(), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(row=st.lists(st.floats(-1, 1), min_size=3, max_size=5), at=st.integers(0, 2))
def test_the_quasi_optimal_repair_is_the_nearest_row(row: list[float], at: int) -> None:
    """Against brute force over which rates are 0: on each face the nearest point is a mean shift."""
    from graphcredit.scoring.migration.generator import _quasi_optimal

    k = len(row)
    matrix = np.zeros((k, k))
    matrix[at] = row
    mine = _quasi_optimal(matrix)[at]
    best = np.inf
    others = [j for j in range(k) if j != at]
    for size in range(k):
        for gone in combinations(others, size):
            kept = [j for j in range(k) if j not in gone]
            point = np.zeros(k)
            point[kept] = np.array(row)[kept] - np.mean(np.array(row)[kept])
            if all(point[j] >= -1e-12 for j in others):
                best = min(best, float(((point - row) ** 2).sum()))
    assert mine.sum() == pytest.approx(0, abs=1e-9)
    assert ((mine - row) ** 2).sum() == pytest.approx(best, abs=1e-9)


def test_the_quasi_optimal_repair_agrees_with_a_solver() -> None:
    from graphcredit.scoring.migration.generator import _quasi_optimal

    row = np.array([-0.12, 0.15, -0.04, 0.01])
    solved = minimize(
        lambda x: ((x - row) ** 2).sum(), np.zeros(4), method="SLSQP",
        bounds=[(None, None), (0, None), (0, None), (0, None)], constraints={"type": "eq", "fun": lambda x: x.sum()},
    )  # fmt: skip
    np.testing.assert_allclose(_quasi_optimal(np.vstack([row, np.zeros((3, 4))]))[0], solved.x, atol=1e-6)


def test_the_term_structure_is_the_exponentials_last_column() -> None:
    rows = pd_term_structure(("A", "B", "D"), TRUE, [0.5, 1, 3], default="D")
    for row in rows:
        exact = expm(TRUE * row["years"])
        assert row["cumulative"]["A"] == pytest.approx(exact[0, 2])
        assert row["cumulative"]["B"] == pytest.approx(exact[1, 2])
    survived = (1 - rows[1]["cumulative"]["B"]) * (1 - rows[2]["forward"]["B"]) ** 2
    assert 1 - survived == pytest.approx(rows[2]["cumulative"]["B"])
    assert set(rows[0]["cumulative"]) == {"A", "B"}
    with pytest.raises(ValueRangeError, match="do not ascend"):
        pd_term_structure(("A", "B", "D"), TRUE, [1, 1], default="D")


def test_what_is_no_matrix_of_probabilities_is_refused() -> None:
    with pytest.raises(ShapeError, match="not square"):
        generator_of(np.ones((2, 3)))
    with pytest.raises(ValueRangeError, match="not probabilities"):
        generator_of(np.array([[0.5, 0.6], [0.0, 1.0]]))
    with pytest.raises(ValueRangeError, match="determinant is not positive"):
        generator_of(np.array([[0.0, 1.0], [1.0, 0.0]]))
    with pytest.raises(InputError, match="unknown repair"):
        generator_of(np.eye(2), repair="hope")
