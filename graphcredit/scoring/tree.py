"""One decision tree, small enough to be read aloud."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.tree import DecisionTreeClassifier

from graphcredit.scoring.base import EPSILON, Attribution, ScoringModel, logit, secant
from graphcredit.scoring.boosting import as_floats
from graphcredit.scoring.flat_trees import FlatTrees, from_forest
from graphcredit.scoring.kernels import Codes, Floats


@dataclass(frozen=True)
class TreeNode:
    """One node for readers: how many parties are in it, their default rate, and its question if it has one.

    Attributes:
        depth: 0 at the root.
        rate: default rate, shrunk toward the mean; rows: training rows.
        question: in words of the columns, "" in a leaf.
        test: the question's parts, None in a leaf.
        yes, no: where the answers lead.
    """

    depth: int
    rate: float
    rows: int
    question: str
    test: "TreeTest | None" = None
    yes: "TreeNode | None" = None
    no: "TreeNode | None" = None


@dataclass(frozen=True)
class TreeTest:
    """What a node asks of one feature.

    Attributes:
        feature: the column.
        below: the answer is yes below this value; None for a category, or where only being known counts.
        levels: categories that answer yes, None for a number.
        missing: whether a missing value answers yes.
    """

    feature: str
    below: float | None = None
    levels: tuple[str, ...] | None = None
    missing: bool = False


class Tree(ScoringModel):
    """A decision tree of at most four levels, leaves of at least 2% of the rows, pruned by cost-complexity.

    Leaf rates are shrunk toward the mean by the weight of ten rows.
    """

    kind: ClassVar[str] = "tree"
    complexity: ClassVar[int] = 3
    trees_: FlatTrees

    def _fit(self, codes: Codes, y: npt.NDArray[np.int64], weights: Floats | None) -> None:
        model = DecisionTreeClassifier(
            max_depth=4,
            min_samples_leaf=max(5, len(y) // 50),
            ccp_alpha=1e-4,
            random_state=self.seed,
            monotonic_cst=[int((self.signs or {}).get(name, 0)) for name in self.preparation_.names]
            if not (codes == 255).any()
            else None,
        )
        model.fit(as_floats(codes), y, sample_weight=weights)
        self.trees_ = from_forest([model])
        mean = np.average(y, weights=weights)
        cover = self.trees_.cover
        self.trees_.value = (self.trees_.value * cover + mean * 10) / (cover + 10)

    def log_odds_codes(self, codes: Codes) -> Floats:
        """Log-odds of the leaf's rate."""
        return logit(self.trees_.predict(codes))

    def attributions_codes(self, codes: Codes) -> Attribution:
        """What each split on the way changed, rescaled from probability to log-odds."""
        base, values = self.trees_.path_attribution(codes)
        log_odds = self.log_odds_codes(codes)
        ratio = secant(log_odds - float(logit(base)), values.sum(axis=1), 1 / max(base * (1 - base), EPSILON))
        values *= ratio[:, None]
        return Attribution(self.preparation_.names, log_odds - values.sum(axis=1), values)

    def _importance(self) -> Floats:
        return self.trees_.split_gain(len(self.preparation_.names))

    def root(self) -> TreeNode:
        """The tree for readers, thresholds in the features' own values."""
        return self._node(0, 0)

    def _node(self, at: int, depth: int) -> TreeNode:
        flat = self.trees_
        rate, rows = float(flat.value[at]), round(float(flat.cover[at]))
        if flat.feature[at] < 0:
            return TreeNode(depth, rate, rows, "")
        return TreeNode(
            depth,
            rate,
            rows,
            _question(self._test(at)),
            self._test(at),
            self._node(int(flat.left[at]), depth + 1),
            self._node(int(flat.right[at]), depth + 1),
        )

    def _test(self, at: int) -> TreeTest:
        flat = self.trees_
        column = self.preparation_.columns_[int(flat.feature[at])]
        code, missing = int(flat.threshold[at]), bool(flat.missing_left[at])
        if code >= len(column.edges):
            return TreeTest(column.name, missing=missing)
        bound = float(column.edges[code])
        if column.levels is None:
            return TreeTest(column.name, bound, missing=missing)
        chosen = tuple(sorted(level for level, value in column.levels.items() if value < bound))
        return TreeTest(column.name, levels=chosen, missing=missing)

    def text(self) -> str:
        """The tree as indented lines."""
        lines: list[str] = []

        def write(node: TreeNode, says: str) -> None:
            pad = "  " * node.depth
            lines.append(
                f"{pad}{says}default {node.rate:.1%} of {node.rows:,}" + (f": {node.question}?" * bool(node.question))
            )
            if node.yes and node.no:
                write(node.yes, "yes - ")
                write(node.no, "no  - ")

        write(self.root(), "")
        return "\n".join(lines)

    def describe(self) -> dict[str, Any]:
        """The tree as text beside its importances."""
        return {**super().describe(), "text": self.text()}


def _question(test: TreeTest) -> str:
    missing = " or missing" if test.missing else ""
    if test.levels is not None:
        more = f" and {len(test.levels) - 6} more" if len(test.levels) > 6 else ""
        return f"{test.feature} in {{{', '.join(test.levels[:6])}{more}}}{missing}"
    if test.below is None:
        return f"{test.feature} is {'anything' if test.missing else 'known'}"
    return f"{test.feature} < {test.below:,.6g}{missing}"
