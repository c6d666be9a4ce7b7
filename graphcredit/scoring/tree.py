"""One decision tree, small enough to be read aloud."""

from dataclasses import dataclass
from html import escape
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
    """One node for readers: the share of parties in it, their default rate, and its question if it has one."""

    depth: int
    rate: float
    rows: int
    question: str
    yes: "TreeNode | None" = None
    no: "TreeNode | None" = None


class Tree(ScoringModel):
    """A decision tree of at most four levels, leaves of at least 2% of the rows, pruned by cost-complexity.

    Leaf rates are shrunk toward the mean by the weight of ten rows.
    """

    kind: ClassVar[str] = "tree"
    complexity: ClassVar[int] = 3
    trees_: FlatTrees

    def _fit(self, codes: Codes, y: npt.NDArray[np.int64]) -> None:
        model = DecisionTreeClassifier(
            max_depth=4,
            min_samples_leaf=max(5, len(y) // 50),
            ccp_alpha=1e-4,
            random_state=self.seed,
            monotonic_cst=[int((self.signs or {}).get(name, 0)) for name in self.preparation_.names]
            if not (codes == 255).any()
            else None,
        )
        model.fit(as_floats(codes), y)
        self.trees_ = from_forest([model])
        mean = y.mean()
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
            self._question(at),
            self._node(int(flat.left[at]), depth + 1),
            self._node(int(flat.right[at]), depth + 1),
        )

    def _question(self, at: int) -> str:
        flat = self.trees_
        column = self.preparation_.columns_[int(flat.feature[at])]
        code = int(flat.threshold[at])
        missing = " or missing" if flat.missing_left[at] else ""
        if code >= len(column.edges):
            return f"{column.name} is {'known' if not missing else 'anything'}"
        bound = float(column.edges[code])
        if column.levels is None:
            return f"{column.name} < {bound:,.6g}{missing}"
        chosen = sorted(level for level, value in column.levels.items() if value < bound)
        shown = ", ".join(chosen[:6]) + (f" and {len(chosen) - 6} more" if len(chosen) > 6 else "")
        return f"{column.name} in {{{shown}}}{missing}"

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

    def svg(self) -> str:
        """The tree as a picture of its own: boxes left to right, darker where default is likelier."""
        return draw(self.root())

    def describe(self) -> dict[str, Any]:
        """The tree as text beside its importances."""
        return {**super().describe(), "text": self.text()}


_WIDTH, _HEIGHT, _GAP = 250, 46, 290


def draw(root: TreeNode) -> str:
    """An SVG of a tree."""
    boxes: list[str] = []
    rows = iter(range(10_000))

    def place(node: TreeNode) -> float:
        x = 10 + node.depth * _GAP
        if node.yes and node.no:
            first, second = place(node.yes), place(node.no)
            y = (first + second) / 2
            for end, word in ((first, "yes"), (second, "no")):
                boxes.append(
                    f'<path d="M{x + _WIDTH} {y:.0f} L{x + _GAP} {end:.0f}" stroke="#889" fill="none"/>'
                    f'<text x="{x + _WIDTH + 8}" y="{(y + end) / 2:.0f}" class="s">{word}</text>'
                )
        else:
            y = 35.0 + next(rows) * (_HEIGHT + 14)
        tint = round(min(1.0, node.rate) * 70)
        boxes.append(
            f'<rect x="{x}" y="{y - _HEIGHT / 2:.0f}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" '
            f'fill="hsl(8 75% {96 - tint * 0.6:.0f}%)" stroke="#667"/>'
            f'<text x="{x + 8}" y="{y - 5:.0f}">{node.rate:.1%} default, {node.rows:,} parties</text>'
            f'<text x="{x + 8}" y="{y + 13:.0f}" class="s">{escape(node.question[:44])}</text>'
        )
        return y

    place(root)
    leaves = next(rows)

    def depth(node: TreeNode) -> int:
        return max((depth(child) for child in (node.yes, node.no) if child), default=node.depth)

    width, height = 30 + _WIDTH + depth(root) * _GAP, 20 + leaves * (_HEIGHT + 14)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="system-ui, sans-serif" font-size="13"><style>.s{{font-size:11px;fill:#445}}</style>'
        f"{''.join(boxes)}</svg>"
    )
