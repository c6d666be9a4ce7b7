"""`graphcredit validate`: the figures, the report and its page, as a user runs it."""

import json
from pathlib import Path

import pytest

from tests.support.demo import Demo, graphcredit

pytestmark = pytest.mark.xdist_group("demo")


def test_validate_writes_a_page_and_complete_json(demo: Demo, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = graphcredit("validate", "--split", "test", "--store", demo.url, "--html", page, "--lang", "zh", "--json")
    assert done.code == 0, done.err
    assert not {"NaN", "Infinity"} & set(done.out.replace(",", " ").split())
    body = done.json
    for sets in body["models"].values():
        for figures in sets.values():
            assert {"auc", "auc_ci", "ks", "f1", "brier", "n", "chosen"} <= set(figures)
    assert {"chosen", "discrimination", "calibration", "grades", "drift", "migration", "segments", "cutoffs"} <= set(
        body
    )
    assert body["cutoffs"]["terms"]["lgd"] == 0.45
    assert "policy default" in body["cutoffs"]["terms"]["source"]
    html = page.read_text(encoding="utf-8")
    assert "模型验证报告" in html
    assert "http" not in html
    json.dumps(body, allow_nan=False)


def test_terms_against_and_language_are_taken_from_the_line(demo: Demo) -> None:
    model = graphcredit("models", "list", "--store", demo.url, "--json").json["models"][0]["model_id"]
    body = graphcredit(
        "validate", "--store", demo.url, "--against", model, "--lgd", "0.6", "--margin", "0.08", "--cost", "0.01",
        "--no-stability", "--json",
    ).json  # fmt: skip
    terms = body["cutoffs"]["terms"]
    assert (terms["lgd"], terms["margin"], terms["cost"]) == (0.6, 0.08, 0.01)
    assert body["against"]["comparison"]["difference"] == 0
    assert "drift" not in body
    wrong = graphcredit("validate", "--store", demo.url, "--lang", "fr")
    assert wrong.code == 2
    assert "no page in 'fr'" in wrong.err
    assert graphcredit("validate", "--store", demo.url, "--lgd", "2").code == 2
