"""Sources in both languages: the whole table covers the shipped policy, and a debtor's deadlines show it."""

import re
from typing import Any

import pytest

from graphcredit.decisions.policy.load import default_policy
from graphcredit.decisions.policy.sources import chinese_sources, source_text

CHINESE = re.compile("[一-鿿]")


def named(node: Any) -> set[str]:
    """Every source that a policy names, at any depth."""
    if isinstance(node, dict):
        here = {str(value) for key, value in node.items() if key.endswith("source")}
        return here.union(*(named(value) for value in node.values()))
    return set().union(*(named(value) for value in node)) if isinstance(node, list) else set()


def test_every_source_of_the_shipped_policy_is_said_in_chinese() -> None:
    found = named(default_policy().model_dump(mode="json"))
    assert len(found) > 50
    assert [source for source in found if not CHINESE.search(source_text(source).zh)] == []


def test_the_table_holds_nothing_that_no_policy_says() -> None:
    assert set(chinese_sources()) - named(default_policy().model_dump(mode="json")) == {"limit of the party"}


def test_figures_of_a_source_are_the_same_in_both_languages() -> None:
    """Articles and shares survive translation; 1/2 and the like are written in words."""
    article = re.compile(r"(?:Art\.|par\.|CRE|No\.) ?(\d+)|(\d+(?:\.\d+)?)%")
    for english, chinese in chinese_sources().items():
        numbers = {a or b for a, b in article.findall(english)}
        assert numbers <= set(re.findall(r"\d+(?:\.\d+)?", chinese)) | {
            part for each in re.findall(r"\d+\.\d+", chinese) for part in each.split(".")
        }, english


@pytest.mark.parametrize(
    ("article", "english", "chinese"),
    [
        ("188", "PRC Civil Code Art. 188", "《中华人民共和国民法典》第188条"),
        ("692", "PRC Civil Code Art. 692", "《中华人民共和国民法典》第692条"),
        ("250", "PRC Civil Procedure Law (2023) Art. 250", "《中华人民共和国民事诉讼法》（2023年修正）第250条"),
    ],
)
def test_laws_behind_deadlines_are_named_by_their_names(article: str, english: str, chinese: str) -> None:
    rule = default_policy().collections
    sources = {
        "188": rule.limitation_years.source, "692": rule.guarantee_months.source, "250": rule.enforcement_years.source
    }  # fmt: skip
    said = source_text(sources[article])
    assert said.en.startswith(english)
    assert said.zh.startswith(chinese)


def test_a_line_rests_on_a_section_of_the_policy() -> None:
    assert source_text("policy default@1.0.0 caps.group").zh == "授信政策 default@1.0.0 的 caps.group"
    assert source_text("limit of the party").zh == "主体自身额度"


def test_a_source_of_ones_own_stands_as_it_is_written() -> None:
    own = source_text("董事会决议 2026-17")
    assert (own.en, own.zh) == ("董事会决议 2026-17", "董事会决议 2026-17")
