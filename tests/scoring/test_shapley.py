"""Shapley values of trees, held to the definition over all coalitions and to the library `shap`."""

import pickle
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from graphcredit.scoring.boosting import Boosting, as_floats
from graphcredit.scoring.flat_trees import FlatTrees, from_boosting, from_forest
from graphcredit.scoring.kernels_shapley import quadrature
from tests.scoring.world import frame

Node = tuple[Any, ...]
"""A tree as nested tuples: a leaf is (value, cover), a split (column, threshold, missing_left, left, right)."""


def grown(rng: np.random.Generator, columns: int, leaves: int, *, chain: bool = False, empty: float = 0.0) -> Node:
    """A random tree; a chain splits off one leaf at a time, and `empty` of all leaves saw no training row."""
    if leaves == 1:
        return (float(rng.normal()), 0.0 if rng.random() < empty else float(rng.integers(1, 50)))
    left = int(rng.choice([1, leaves - 1])) if chain else int(rng.integers(1, leaves))
    children = [grown(rng, columns, part, chain=chain, empty=empty) for part in (left, leaves - left)]
    return (int(rng.integers(columns)), int(rng.integers(20, 230)), bool(rng.integers(2)), *children)


def path_of_all(rng: np.random.Generator, columns: Sequence[int]) -> Node:
    """A chain that asks for each column in turn."""
    node: Node = (float(rng.normal()), 5.0)
    for column in columns:
        leaf = (float(rng.normal()), float(rng.integers(1, 50)))
        node = (
            column,
            int(rng.integers(20, 230)),
            bool(rng.integers(2)),
            *((node, leaf) if rng.integers(2) else (leaf, node)),
        )
    return node


def cover(node: Node) -> float:
    return float(node[1]) if len(node) == 2 else cover(node[3]) + cover(node[4])


def flat(trees: list[Node]) -> FlatTrees:
    """Node arrays, depth first, as scikit-learn lays out its trees."""
    rows: list[list[Any]] = []

    def add(node: Node) -> int:
        at = len(rows)
        rows.append([])
        if len(node) == 2:
            rows[at] = [-1, 0, 0, 0, False, *node]
        else:
            left, right = add(node[3]), add(node[4])
            mean = rows[left][5] * cover(node[3]) + rows[right][5] * cover(node[4])
            rows[at] = [node[0], node[1], left, right, node[2], mean / max(cover(node), 1.0), cover(node)]
        return at

    roots = np.array([add(tree) for tree in trees], dtype=np.int32)
    feature, threshold, left, right, missing, value, covers = zip(*rows, strict=True)
    return FlatTrees(
        roots,
        np.array(feature, dtype=np.int32),
        np.array(threshold, dtype=np.uint8),
        np.array(left, dtype=np.int32),
        np.array(right, dtype=np.int32),
        np.array(missing, dtype=np.bool_),
        np.array(value, dtype=np.float64),
        np.array(covers, dtype=np.float64),
        0.25,
    )


def drawn(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    codes = rng.integers(0, 255, (rows, columns)).astype(np.uint8)
    codes[rng.random(codes.shape) < 0.25] = 255
    return codes


def expected(node: Node, row: np.ndarray, known: tuple[int, ...]) -> float:
    """Mean leaf of the training rows, where the columns that are known say where to go."""
    if len(node) == 2:
        return float(node[0])
    column, threshold, missing_left, left, right = node
    if column in known:
        goes_left = missing_left if row[column] == 255 else row[column] <= threshold
        return expected(left if goes_left else right, row, known)
    total = cover(left) + cover(right)
    share = cover(left) / total if total else 0.5
    return share * expected(left, row, known) + (1 - share) * expected(right, row, known)


def by_definition(trees: list[Node], row: np.ndarray) -> np.ndarray:
    """Shapley (1953): the mean of what each column adds, over all orders in which columns become known."""
    p = len(row)

    @cache
    def worth(known: tuple[int, ...]) -> float:
        return sum(expected(tree, row, known) for tree in trees)

    out = np.zeros(p)
    for j in range(p):
        others = [k for k in range(p) if k != j]
        for size in range(p):
            weight = factorial(size) * factorial(p - 1 - size) / factorial(p)
            for known in combinations(others, size):
                out[j] += weight * (worth(tuple(sorted((*known, j)))) - worth(known))
    return out


def explainer(model: Any) -> Any:
    with warnings.catch_warnings():  # of the plots that the library brings along
        warnings.simplefilter("ignore")
        import shap

    return shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")


def for_shap(trees: FlatTrees) -> dict[str, Any]:
    """The layout of trees that the library reads."""
    made = []
    for start, end in zip(trees.roots, [*trees.roots[1:], len(trees.feature)], strict=True):
        part = slice(int(start), int(end))
        leaf = trees.feature[part] < 0
        left, right = (np.where(leaf, -1, side[part] - start) for side in (trees.left, trees.right))
        made.append(
            {
                "children_left": left,
                "children_right": right,
                "children_default": np.where(trees.missing_left[part], left, right),
                "features": trees.feature[part],
                "thresholds": trees.threshold[part] + 0.5,
                "values": trees.value[part].reshape(-1, 1),
                "node_sample_weight": trees.cover[part],
            }
        )
    return {"trees": made}


def by_library(model: Any, codes: np.ndarray) -> np.ndarray:
    found = explainer(model).shap_values(as_floats(codes).astype(np.float64), check_additivity=False)
    return np.asarray(found).reshape(codes.shape)


@pytest.mark.parametrize("empty", [0.0, 0.4])
@pytest.mark.parametrize("chain", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_the_definition_over_all_coalitions(seed: int, chain: bool, empty: float) -> None:
    rng = np.random.default_rng(seed)
    trees = [grown(rng, 5, int(rng.integers(1, 13)), chain=chain, empty=empty) for _ in range(4)]
    codes = drawn(rng, 6, 5)
    found = flat(trees).shapley(codes)
    np.testing.assert_allclose(found, [by_definition(trees, row) for row in codes], atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_a_path_of_more_columns_than_one_group_of_points_takes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    trees = [path_of_all(rng, rng.permutation(10).tolist())]
    codes = drawn(rng, 3, 10)
    np.testing.assert_allclose(flat(trees).shapley(codes), [by_definition(trees, row) for row in codes], atol=1e-12)


@pytest.mark.parametrize("columns", [3, 12, 60])
@pytest.mark.parametrize("chain", [False, True])
def test_random_trees_as_the_library_explains_them(columns: int, chain: bool) -> None:
    rng = np.random.default_rng(columns)
    trees = [grown(rng, columns, leaves, chain=chain) for leaves in (2, 5, 16, 40, 16, 3)]
    trees.append(path_of_all(rng, rng.permutation(columns)[:30].tolist()))
    made, codes = flat(trees), drawn(rng, 40, columns)
    np.testing.assert_allclose(made.shapley(codes), by_library(for_shap(made), codes), atol=1e-9)


@pytest.mark.parametrize(
    "shape", [{"max_leaf_nodes": 4}, {"max_leaf_nodes": 16}, {"max_depth": 3}, {"max_leaf_nodes": None}]
)
def test_boosting_as_the_library_explains_scikit_learns_own(shape: dict[str, Any]) -> None:
    rng = np.random.default_rng(11)
    codes = drawn(rng, 900, 12)
    z = codes[:, 0] / 60.0 - 2 + (codes[:, 1] == 255) * (codes[:, 2] > 90)
    y = (rng.random(900) < 1 / (1 + np.exp(-z))).astype(np.int64)
    model = HistGradientBoostingClassifier(max_iter=30, min_samples_leaf=3, random_state=0, **shape).fit(
        as_floats(codes), y
    )
    unseen = drawn(rng, 50, 12)
    np.testing.assert_allclose(from_boosting(model).shapley(unseen), by_library(model, unseen), atol=1e-9)


def test_a_deep_forest_as_the_library_explains_it() -> None:
    rng = np.random.default_rng(12)
    codes = rng.integers(0, 255, (500, 20)).astype(np.uint8)
    y = (rng.random(500) < codes[:, 0] / 255).astype(np.int64)
    trees = from_forest(RandomForestClassifier(8, random_state=0).fit(as_floats(codes), y).estimators_)
    np.testing.assert_allclose(trees.shapley(codes[:30]), by_library(for_shap(trees), codes[:30]), atol=1e-9)


def test_of_boosting_the_parts_add_up_to_the_last_digit_and_the_base_is_the_mean_over_training_rows() -> None:
    X, y, _ = frame(600, seed=6)
    X = X[["leverage", "cash", "links"]]  # levels of a category are coded otherwise while a model learns
    model = Boosting(rounds=40).fit(X, y)
    codes = model.preparation_.transform(X)
    why = model.attributions_codes(codes)
    np.testing.assert_array_equal(why.base, model.log_odds_codes(codes) - why.values.sum(axis=1))
    np.testing.assert_allclose(why.base, model.log_odds_codes(codes).mean(), atol=1e-9)


def test_a_row_alone_is_explained_as_among_others_whatever_its_layout_and_thread() -> None:
    rng = np.random.default_rng(5)
    trees, codes = flat([grown(rng, 9, 16) for _ in range(30)]), drawn(rng, 64, 9)
    together = trees.shapley(codes)
    np.testing.assert_array_equal(trees.shapley(np.asfortranarray(codes)), together)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(trees.shapley, [codes[i : i + 1] for i in range(64)]))
    np.testing.assert_array_equal(np.concatenate(alone), together)
    assert trees.shapley(codes[:0]).shape == (0, 9)


def test_leaves_alone_explain_nothing_and_what_is_prepared_is_not_saved() -> None:
    rng = np.random.default_rng(7)
    codes = drawn(rng, 3, 4)
    assert not flat([(1.5, 10.0), (0.0, 0.0)]).shapley(codes).any()
    trees = flat([grown(rng, 4, 8)])
    before = len(pickle.dumps(trees))
    found = trees.shapley(codes)
    kept = pickle.dumps(trees)
    assert len(kept) == before
    np.testing.assert_array_equal(pickle.loads(kept).shapley(codes), found)


@pytest.mark.parametrize("groups", [1, 2, 5])
def test_the_quadrature_is_exact_for_polynomials(groups: int) -> None:
    points, weights = quadrature(groups)
    size = points.shape[1]
    for power in range(2 * size):
        assert float(weights[-1] @ points[-1] ** power) == pytest.approx(1 / (power + 1), abs=1e-14)
