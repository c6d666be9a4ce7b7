"""The tree as a picture: it parses, stands alone, speaks both languages and shows what the tree does."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from graphcredit.exc import InputError, NotFoundError
from graphcredit.scoring import CreditModel, train
from graphcredit.scoring.matrix import FeatureInfo
from graphcredit.scoring.tree import TreeTest
from graphcredit.scoring.tree_picture import Captions, ask, tree_of, tree_svg, wrap
from tests.scoring.world import builder, fill, frame, labels
from tests.support.stores import empty_store

N = 600
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    table, y, _ = frame(N, seed=8)
    table = table.drop(columns="industry")  # categories are learned out of fold: its counts would be near, not equal
    with empty_store("duckdb", tmp_path_factory.mktemp("picture")) as store:
        fill(store, N)
        made = train(store, labels(y), build=builder(table), models=["logistic", "tree"], folds=2, repeats=1)
        plain = train(store, labels(y), build=builder(table), models=["logistic"], folds=2, repeats=1)
        yield table, made.model, plain.model


def leaves(picture: str) -> list[list[str]]:
    root = ElementTree.fromstring(picture)
    found = [group for group in root.iter(f"{SVG}g") if group.get("class") == "leaf"]
    return [[text.text or "" for text in group.iter(f"{SVG}text")] for group in found]


def test_each_leaf_shows_the_pd_that_the_model_gives_its_parties_and_how_many(world: Any) -> None:
    table, model, _ = world
    candidate = model.candidates[tree_of(model)]
    pds = np.round(candidate.pd(table), 8)
    values, counts = np.unique(pds, return_counts=True)
    wanted = sorted(
        (f"PD {pd:.2%} · grade {model.scale.grade(pd)}", f"{n:,} parties") for pd, n in zip(values, counts, strict=True)
    )
    assert sorted((texts[0], texts[1]) for texts in leaves(tree_svg(model))) == wanted
    assert sum(counts) == N


def test_it_speaks_both_languages_and_needs_nothing_from_outside(world: Any) -> None:
    _, model, _ = world
    english, chinese = tree_svg(model), tree_svg(model, "zh")
    for picture in (english, chinese):
        ElementTree.fromstring(picture)
        assert picture.count("http") == 1  # the namespace
        for word in ("<script", "<image", "href", "url(", "@import"):
            assert word not in picture
    assert "yes" in english
    assert "leverage &lt;" in english
    assert {"违约概率", "家", "是", "leverage（中）"} <= {
        w for w in ("违约概率", "家", "是", "leverage（中）") if w in chinese
    }
    assert 'lang="zh-CN"' in chinese
    with pytest.raises(InputError, match="no pictures in language 'fr'"):
        tree_svg(model, "fr")


def test_a_model_without_a_tree_says_so(world: Any) -> None:
    plain: CreditModel = world[2]
    with pytest.raises(NotFoundError, match="no decision tree was compared"):
        tree_of(plain)


def test_boxes_do_not_overlap_and_stay_in_the_picture(world: Any) -> None:
    root = ElementTree.fromstring(tree_svg(world[1]))
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    boxes = [
        (float(r.get("x", 0)), float(r.get("y", 0)), float(r.get("width", 0)), float(r.get("height", 0)))
        for r in root.iter(f"{SVG}rect")
    ]
    assert len(boxes) >= 5
    for i, (x, y, w, h) in enumerate(boxes):
        assert x >= 0
        assert y >= 50
        assert x + w <= width
        assert y + h <= height
        for a, b, c, d in boxes[:i]:
            assert x + w <= a or a + c <= x or y + h <= b or b + d <= y


@pytest.mark.parametrize(
    ("test", "english", "chinese"),
    [
        (TreeTest("debt", 0.6, missing=True), "debt ratio < 60.0% or not known", "资产负债率 < 60.0% 或未知"),
        (TreeTest("debt", levels=tuple("ABCDEFGH")), "debt ratio is A, B, C, D, E, F and 2 more",
         "资产负债率为 A、B、C、D、E、F 等另外 2 类"),
        (TreeTest("debt"), "debt ratio is known", "资产负债率已知"),
    ],
)  # fmt: skip
def test_questions_are_put_in_words(test: TreeTest, english: str, chinese: str) -> None:
    info = FeatureInfo("debt", unit="share", label_en="debt ratio", label_zh="资产负债率")
    assert ask(test, Captions("en", lambda _: info)) == english
    assert ask(test, Captions("zh", lambda _: info)) == chinese


def test_long_questions_are_wrapped_to_two_lines() -> None:
    lines = wrap("the share of revenue that comes from the five largest customers in the last two years < 3")
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(len(line) <= 42 for line in lines)
    assert len(wrap("过去两年来自前五大客户的收入占全部收入的比例 < 0.35 或未知")) == 2
    assert wrap("short") == ["short"]


def test_it_can_be_written_where_asked(world: Any, tmp_path: Path) -> None:
    (tmp_path / "tree.svg").write_text(tree_svg(world[1], "zh"), encoding="utf-8")
    assert ElementTree.parse(tmp_path / "tree.svg").getroot().tag == f"{SVG}svg"
