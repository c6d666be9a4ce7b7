"""A decision tree as a picture that a reader can follow with a finger: SVG, nothing from outside, English or Chinese."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from graphcredit.exc import InputError, NotFoundError
from graphcredit.scoring.base import logit
from graphcredit.scoring.matrix import FeatureInfo
from graphcredit.scoring.model import CreditModel
from graphcredit.scoring.texts import value_text
from graphcredit.scoring.tree import Tree, TreeNode, TreeTest

WIDTH, HEIGHT, ACROSS, GAP, TOP = 300, 74, 380, 16, 58
_LINE = 40
WORDS = {
    "en": {
        "yes": "yes", "no": "no", "parties": "{:,} parties", "pd": "PD {}", "rate": "{} in default", "or": " or not known",
        "known": "{} is known", "any": "{} is anything", "in": "{} is {}", "more": " and {} more", "grade": "grade {}",
        "title": "Decision tree of {}", "note": "Follow the answers from left to right. PD is calibrated; "
        "rates are of the parties learned from, drawn toward the mean by the weight of ten.",
        "plain": "Decision tree", "join": ", ",
    },
    "zh": {
        "yes": "是", "no": "否", "parties": "{:,} 家", "pd": "违约概率 {}", "rate": "违约率 {}", "or": " 或未知",
        "known": "{}已知", "any": "{}任意", "in": "{}为 {}", "more": " 等另外 {} 类", "grade": "等级 {}",
        "title": "{} 的决策树", "note": "从左到右按回答前进。违约概率已校准；违约率按训练样本计，并以十家的权重向均值收缩。",
        "plain": "决策树", "join": "、",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Captions:
    """How a picture speaks.

    Attributes:
        language: en or zh.
        describe: column -> what is known of the feature.
        pd: default rate of a leaf -> calibrated PD; None shows rates alone.
        grade: PD -> grade; None leaves it out.
        title: of the picture.
    """

    language: str = "en"
    describe: Callable[[str], FeatureInfo] = FeatureInfo
    pd: Callable[[float], float] | None = None
    grade: Callable[[float], str] | None = None
    title: str = ""

    @property
    def words(self) -> dict[str, str]:
        """Its vocabulary."""
        return WORDS[self.language]


def tree_of(model: CreditModel) -> str:
    """Key of the tree to show: the chosen candidate if it is one, else that of the same feature set, else the first.

    Raises:
        NotFoundError: no tree was among the kinds compared.
    """
    trees = [key for key in model.candidates if key.startswith("tree|")]
    if not trees:
        raise NotFoundError(
            f"no decision tree was compared when {model.model_id} was trained",
            remedy="train with --models tree, or without --models",
        )
    wanted = f"tree|{model.feature_set}"
    return wanted if wanted in trees else trees[0]


def tree_svg(model: CreditModel, language: str = "en") -> str:
    """A model's decision tree as SVG, with calibrated PD, grade and number of parties in every leaf.

    Raises:
        NotFoundError: the model has no tree; InputError: an unknown language.
    """
    key = tree_of(model)
    candidate = model.candidates[key]
    tree = candidate.estimator
    if not isinstance(tree, Tree):
        raise NotFoundError(f"{key} is not a tree", remedy="train again with this release")
    if language not in WORDS:
        raise InputError(f"no pictures in language {language!r}", remedy="en or zh")
    from graphcredit.features import registered

    known = {feature.name: FeatureInfo.of(feature) for feature in registered()}
    known |= {info.name: info for info in model.features}

    def calibrated(rate: float) -> float:
        return float(candidate.calibrator.pd(logit(rate)))

    captions = Captions(
        language,
        lambda name: known.get(name, FeatureInfo(name, label_en=name, label_zh=name)),
        calibrated,
        model.scale.grade,
        WORDS[language]["title"].format(f"{model.model_id} ({candidate.feature_set})"),
    )
    return draw(tree.root(), language, captions)


def draw(root: TreeNode, language: str = "en", captions: Captions | None = None) -> str:
    """SVG of a tree, first answer above: boxes shaded by risk, lines as wide as the share of parties that take them."""
    tell = captions or Captions(language)
    painter = _Painter(root, tell)
    painter.place(root)
    width, height = 40 + WIDTH + painter.depth * ACROSS, TOP + painter.leaves * (HEIGHT + GAP) + 10
    title = escape(tell.title or tell.words["plain"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" lang="{"zh-CN" if tell.language == "zh" else "en"}" font-size="13" '
        "font-family=\"system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif\">"
        f"<title>{title}</title><style>.s{{font-size:12px;fill:#334}}.h{{font-size:16px;font-weight:600}}"
        ".b{font-weight:600}.a{font-size:12px;fill:#223;paint-order:stroke;stroke:#fff;stroke-width:4px}</style>"
        f'<path d="M0 0H{width}V{height}H0Z" fill="#fff"/>'
        f'<text x="16" y="26" class="h">{title}</text><text x="16" y="46" class="s">{escape(tell.words["note"])}</text>'
        f"{''.join(painter.lines)}{''.join(painter.boxes)}</svg>"
    )


class _Painter:
    """Places nodes: leaves one below the other, every other node between its answers."""

    def __init__(self, root: TreeNode, tell: Captions) -> None:
        self.total, self.tell = max(root.rows, 1), tell
        self.lines: list[str] = []
        self.boxes: list[str] = []
        self.leaves, self.depth = 0, 0

    def place(self, node: TreeNode) -> float:
        x = 16 + node.depth * ACROSS
        self.depth = max(self.depth, node.depth)
        if node.yes and node.no:
            ends = self.place(node.yes), self.place(node.no)
            y = sum(ends) / 2
            for end, child, word in zip(ends, (node.yes, node.no), ("yes", "no"), strict=True):
                self.line(x + WIDTH, y, end, child.rows, self.tell.words[word])
        else:
            y = TOP + HEIGHT / 2 + self.leaves * (HEIGHT + GAP)
            self.leaves += 1
        self.box(x, y, node)
        return y

    def line(self, x: float, y: float, end: float, rows: int, word: str) -> None:
        wide = 1 + 7 * rows / self.total
        to = x + ACROSS - WIDTH
        half = (x + to) / 2
        self.lines.append(
            f'<path d="M{x:.0f} {y:.0f} C{half:.0f} {y:.0f} {half:.0f} {end:.0f} {to:.0f} {end:.0f}" '
            f'stroke="#9aa6b8" stroke-width="{wide:.1f}" fill="none"/>'
            f'<text x="{to - 8:.0f}" y="{end - 6:.0f}" text-anchor="end" class="a">{word}</text>'
        )

    def box(self, x: float, y: float, node: TreeNode) -> None:
        words, leaf = self.tell.words, node.test is None
        pd = node.rate if self.tell.pd is None else self.tell.pd(node.rate)
        shade = 97 - 32 * min(1.0, pd**0.5)
        parties = words["parties"].format(node.rows)
        share = words["rate"].format(f"{node.rate:.2%}")
        if leaf and self.tell.pd is not None:
            grade = f" · {words['grade'].format(self.tell.grade(pd))}" if self.tell.grade else ""
            texts = [f"{words['pd'].format(f'{pd:.2%}')}{grade}", parties, share]
        elif leaf:
            texts = [share, parties]
        else:
            texts = [f"{parties} · {share}", *wrap(ask(node.test, self.tell) if node.test else "")]
        full = escape(ask(node.test, self.tell)) if node.test else escape(", ".join(texts))
        top = y - 8 * (len(texts) - 1) + 4
        self.boxes.append(
            f'<g class="{"leaf" if leaf else "node"}"><title>{full}</title>'
            f'<rect x="{x:.0f}" y="{y - HEIGHT / 2:.0f}" width="{WIDTH}" height="{HEIGHT}" rx="8" '
            f'fill="hsl(8 75% {shade:.0f}%)" stroke="#667" stroke-width="{2 if leaf else 1}"/>'
            + "".join(
                f'<text x="{x + 12:.0f}" y="{top + 17 * i:.0f}" class="{"b" if i == 0 else "s"}">{escape(line)}</text>'
                for i, line in enumerate(texts)
            )
            + "</g>"
        )


def ask(test: TreeTest, tell: Captions) -> str:
    """A node's question in words."""
    info, words = tell.describe(test.feature), tell.words
    label = info.label(tell.language)
    unknown = words["or"] if test.missing else ""
    if test.levels is not None:
        more = words["more"].format(len(test.levels) - 6) if len(test.levels) > 6 else ""
        return words["in"].format(label, words["join"].join(test.levels[:6]) + more) + unknown
    if test.below is None:
        return words["any" if test.missing else "known"].format(label)
    return f"{label} < {value_text(info, test.below, tell.language)}{unknown}"


def wrap(text: str) -> list[str]:
    """At most two lines of a box's width; Chinese characters count twice; what is cut is in the box's title."""
    lines, now, size = [], "", 0
    for word in _pieces(text):
        wide = sum(2 if ord(c) > 0x2E7F else 1 for c in word)
        if size + wide > _LINE and now:
            lines.append(now.rstrip())
            now, size = "", 0
        now, size = now + word, size + wide
    lines.append(now.rstrip())
    return lines if len(lines) <= 2 else [lines[0], lines[1][: _LINE - 2] + " …"]


def _pieces(text: str) -> list[str]:
    """Words with the space behind them; a Chinese character is a word."""
    pieces: list[str] = []
    for c in text:
        if pieces and not pieces[-1].endswith(" ") and ord(c) <= 0x2E7F and ord(pieces[-1][-1]) <= 0x2E7F:
            pieces[-1] += c
        else:
            pieces.append(c)
    return pieces
