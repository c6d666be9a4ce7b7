"""Trees as flat arrays on codes: what boosting, forests and the single tree become once fitted.

Arrays only: quick to score, safe to save, and the same for every kind of tree.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graphcredit.scoring.kernels import Codes, Floats, changed_sum, pack_trees, packed_sum, tree_paths
from graphcredit.scoring.kernels_shapley import plan_splits, quadrature, shapley_sum

BLOCK = 512
"""Rows that go down the trees together: their codes stay in the first or second cache."""


@dataclass
class FlatTrees:
    """Many trees in one set of node arrays, shape (nodes,) each; a prediction is `base` + the sum of leaf values.

    Attributes:
        roots: first node of each tree, shape (trees,).
        feature: column split on, -1 in a leaf.
        threshold: codes <= threshold go left.
        left, right: children's positions.
        missing_left: where a missing value goes.
        value: leaf value; in inner nodes the mean over training rows below.
        cover: training rows that passed.
        base: added to every prediction.
    """

    roots: npt.NDArray[np.int32]
    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.uint8]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    missing_left: npt.NDArray[np.bool_]
    value: Floats
    cover: Floats
    base: float = 0.0

    def predict(self, codes: Codes) -> Floats:
        """Sum of leaves per row, shape (n,)."""
        out = np.full(len(codes), self.base)
        words, values, depths, _ = self._packed()
        codes = np.ascontiguousarray(codes)
        for start in range(0, len(codes), BLOCK):
            part = slice(start, start + BLOCK)
            packed_sum(codes[part], self.roots, depths, words, values, out[part])
        return out

    def changed(self, codes: Codes, columns: npt.NDArray[np.int64], targets: Codes) -> Floats:
        """`predict` of one row (1, p) with `columns[i]` (m,) at each of `targets[i]` (m, q) instead; shape (m, q)."""
        out = np.full(targets.shape, self.predict(codes)[0])
        words, values, depths, _ = self._packed()
        trees = (self.roots, depths, words, values)
        changed_sum(np.ascontiguousarray(codes[0]), trees, *self._users(codes.shape[1]), columns, targets, out)
        return out

    def _users(self, width: int) -> Any:
        """Trees that split on each of `width` columns, one column after the other, and where each column's begin."""
        made = self.__dict__.get("_by_column")
        if made is None or len(made[1]) != width + 1:
            trees = len(self.roots)
            tree = np.searchsorted(self.roots, np.arange(len(self.feature)), side="right") - 1
            pairs = np.unique((self.feature.astype(np.int64) * trees + tree)[self.feature >= 0])
            starts = np.searchsorted(pairs // trees, np.arange(width + 1))
            made = self.__dict__["_by_column"] = (pairs % trees, starts)
        return made

    def shapley(self, codes: Codes) -> Floats:
        """Exact Shapley values of the columns (n, p), tree path dependent; each row adds up to `predict` less a constant.

        Source: Lundberg et al. (2020), Nature Machine Intelligence 2; computed by quadrature, see `kernels_shapley`.
        """
        out = np.zeros(codes.shape, dtype=np.float64)
        shapley_sum(np.ascontiguousarray(codes), *self._planned(), out)
        return out

    def _packed(self) -> Any:
        made = self.__dict__.get("_words")
        if made is None:
            made = self.__dict__["_words"] = pack_trees(*self._walk())
        return made

    def _planned(self) -> Any:
        made = self.__dict__.get("_plan")
        if made is None:
            words, values, _, order = self._packed()
            plan = plan_splits(self.roots, words, self.cover[order])
            made = self.__dict__["_plan"] = (self.roots, words, values), plan, quadrature(int(plan[-1].max()))
        return made

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key not in ("_words", "_plan", "_by_column")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def path_attribution(self, codes: Codes) -> tuple[float, Floats]:
        """Expected value and per-column changes along each row's paths (n, p); they add up to `predict`.

        Source: Saabas (2014), "Interpreting random forests"; linear in the number of trees.
        """
        out = np.zeros(codes.shape, dtype=np.float64)
        tree_paths(codes, *self._walk(), out)
        return self.base + float(self.value[self.roots].sum()), out

    def _walk(self) -> tuple[Any, ...]:
        return self.roots, self.feature, self.threshold, self.left, self.right, self.missing_left, self.value

    def split_gain(self, columns: int) -> Floats:
        """Per column, the cover-weighted variance of node values that its splits explain, shape (p,)."""
        inner = np.flatnonzero(self.feature >= 0)
        gain = sum(
            self.cover[child[inner]] * (self.value[child[inner]] - self.value[inner]) ** 2
            for child in (self.left, self.right)
        )
        return np.bincount(self.feature[inner], weights=np.asarray(gain), minlength=columns).astype(np.float64)


def _joined(parts: list[dict[str, npt.NDArray[Any]]], base: float) -> FlatTrees:
    sizes = [len(part["feature"]) for part in parts]
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    shift = np.repeat(roots, sizes)

    def all_of(name: str) -> npt.NDArray[Any]:
        return np.concatenate([part[name] for part in parts])

    return FlatTrees(
        roots,
        all_of("feature").astype(np.int32),
        np.clip(np.floor(all_of("threshold")), 0, 254).astype(np.uint8),
        (all_of("left") + shift).astype(np.int32),
        (all_of("right") + shift).astype(np.int32),
        all_of("missing_left").astype(bool),
        all_of("value").astype(np.float64),
        all_of("cover").astype(np.float64),
        base,
    )


def from_forest(trees: list[Any]) -> FlatTrees:
    """Fitted scikit-learn trees (`DecisionTreeClassifier.tree_`); the prediction is the mean probability of class 1."""
    parts = []
    for tree in trees:
        node = tree.tree_
        leaf = node.children_left < 0
        share = node.value[:, 0, 1] / node.value[:, 0].sum(axis=1)
        parts.append(
            {
                "feature": np.where(leaf, -1, node.feature),
                "threshold": np.where(leaf, 0, node.threshold),
                "left": np.where(leaf, 0, node.children_left),
                "right": np.where(leaf, 0, node.children_right),
                "missing_left": np.asarray(node.missing_go_to_left) != 0,
                "value": share / len(trees),
                "cover": node.weighted_n_node_samples,
            }
        )
    return _joined(parts, 0.0)


def from_boosting(model: Any) -> FlatTrees:
    """A fitted `HistGradientBoostingClassifier` (binary); the prediction is its raw score, log-odds."""
    parts = []
    for (predictor,) in model._predictors:
        node = predictor.nodes
        leaf = node["is_leaf"].astype(bool)
        value = node["value"].astype(np.float64).copy()
        cover = node["count"].astype(np.float64)
        left, right = node["left"].astype(np.int64), node["right"].astype(np.int64)
        for i in np.flatnonzero(~leaf)[::-1]:  # children follow their parents
            a, b = left[i], right[i]
            value[i] = (value[a] * cover[a] + value[b] * cover[b]) / (cover[a] + cover[b])
        parts.append(
            {
                "feature": np.where(leaf, -1, node["feature_idx"].astype(np.int64)),
                "threshold": np.where(leaf, 0, node["num_threshold"]),
                "left": np.where(leaf, 0, left),
                "right": np.where(leaf, 0, right),
                "missing_left": node["missing_go_to_left"].astype(bool),
                "value": value,
                "cover": cover,
            }
        )
    return _joined(parts, float(np.ravel(model._baseline_prediction)[0]))
