"""The validation page: offline, in two languages, safe, and complete for reports with gaps."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from graphcredit.scoring.validation import (
    SOURCES,
    ProfitTerms,
    brier_parts,
    calibration_curve,
    calibration_line,
    compare_scores,
    cutoff_table,
    discrimination,
    feature_sets,
    grade_tests,
    hosmer_lemeshow,
    migration,
    segments,
    spiegelhalter,
    swap_sets,
)
from graphcredit.viz.svg import Chart, ticks
from graphcredit.viz.validation_names import STATISTICS, statistic_name, terms_source
from graphcredit.viz.validation_page import validation_html, write_validation_page
from graphcredit.viz.validation_texts import _TEXTS, Words

HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    pd = rng.beta(1, 9, 300)
    y = (rng.random(300) < pd).astype(np.int64)
    grade = np.digitize(pd, [0.05, 0.15])
    noisy = pd + rng.normal(0, 0.05, 300)
    figures = {"auc": 0.7, "auc_ci": [0.6, None], "ks": 0.3, "f1": 0.2, "brier": 0.1, "n": 300, "chosen": True}
    pair = compare_scores(y, {"this": pd, "other": noisy}, [("this", "other")], repeats=200)
    calibration = {
        "brier": brier_parts(y, pd), "curve": calibration_curve(y, pd), "expected_calibration_error": 0.01,
        "line": calibration_line(y, pd), "hosmer_lemeshow": hosmer_lemeshow(y, pd), "spiegelhalter": spiegelhalter(y, pd),
    }  # fmt: skip
    drift = {
        "note": None, "periods": ["2025"],
        "score": [{"period": None, "light": "green", "n": 300, "psi": 0.02, "noise": 0.1}],
        "features": [{"feature": "x", "label": {"en": "the x", "zh": "某特征"}, "light": "grey", "csi": None, "noise": None,
                      "importance": 0.5, "missing_then": None, "missing_now": 0.1, "periods": {"2025": None}}],
    }  # fmt: skip
    return {
        "about": {
            "model_id": HOSTILE, "kind": "boosting", "feature_set": "all", "trained_at": "2026-01-01T00:00:00",
            "trained_to": "2025-12-31", "calibration": {"method": "isotonic", "philosophy": "point-in-time"},
            "split": "test", "out_of_fold": True, "data_fingerprint": "ab", "code_version": {"python": "3.11"},
            "labels": {"dates": ["2025-06-30", "2025-12-31"], "horizon_months": None},
        },
        "findings": [{"light": "red", "text": {"en": "bad " + HOSTILE, "zh": "不好"}}],
        "models": {"boosting": {"all": figures}},
        "discrimination": discrimination(y, pd),
        "calibration": calibration,
        "grades": grade_tests(y, pd, grade, ("A", "B", "C")),
        "segments": {
            "divisions": segments(y, pd, {"industry": np.array(["C", HOSTILE, ""] * 100, dtype=object)}),
            "size_rule": None,
        },
        "feature_sets": feature_sets(y, {"tabular": noisy, "all": pd}, kind="boosting", repeats=200),
        "cutoffs": cutoff_table(y, pd, ProfitTerms(), own=0.2),
        "drift": drift,
        "migration": {"from": "2024-12-31", "to": "2025-12-31", "parties": 300, "note": None,
                      "moved": {"score": drift["score"][0], "features": drift["features"]}}
        | migration(grade, grade[::-1], ("A", "B", "C")),
        "against": {"model_id": "m2", "scores": pair["scores"], "comparison": pair["pairs"][0], "note": None,
                    "brier": {"this": 0.1, "other": 0.2}, "rank_correlation": 0.9, "same_grade": 0.5,
                    "swaps": swap_sets(y, pd, noisy)},
        "sources": SOURCES,
    }  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_is_offline_safe_and_whole(report: dict[str, Any], language: str) -> None:
    html = validation_html(report, language=language)
    words = Words(language)
    assert HOSTILE not in html
    assert not re.search(r"https?://|<script|<link|@import|url\(", html)
    assert len(re.findall(r"<svg", html)) == 6
    assert len(re.findall(r"<section id=", html)) == 11
    for name in ("discrimination", "grades", "drift", "migration", "segments", "cutoffs", "against", "sources"):
        assert f"<h2>{words(name)}</h2>" in html
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in html
    assert "prefers-color-scheme: dark" in html
    assert not re.search(r"\b(nan|None|inf)\b", re.sub(r"<style>.*?</style>", "", html, flags=re.S))


def test_charts_are_well_formed(report: dict[str, Any]) -> None:
    for drawn in re.findall(r"<svg.*?</svg>", validation_html(report), flags=re.S):
        root = ElementTree.fromstring(drawn)
        assert root.attrib["aria-label"]
        assert root.findall("polyline")


def test_chapters_without_data_are_left_out_or_say_why(report: dict[str, Any]) -> None:
    bare = {name: value for name, value in report.items() if name not in ("drift", "against")}
    bare["migration"] = {"n": 0, "note": {"en": "nothing was known", "zh": "尚无信息"}}
    bare["segments"] = {"divisions": {}, "size_rule": None}
    html = validation_html(bare)
    assert "nothing was known" in html
    assert len(re.findall(r"<section id=", html)) == 8


def test_a_page_is_written_whole(report: dict[str, Any], tmp_path: Path) -> None:
    write_validation_page(report, tmp_path / "r.html", language="zh")
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_every_text_has_both_languages_with_the_same_blanks() -> None:
    for key, (en, zh) in _TEXTS.items():
        assert set(re.findall(r"{(\w+)}", en)) == set(re.findall(r"{(\w+)}", zh)), key


def test_statistics_and_terms_are_named_in_the_readers_language() -> None:
    assert set(STATISTICS) == set(SOURCES)
    assert statistic_name("auc_ci", "en") == "AUC interval"
    assert statistic_name("own_test", "zh") == "own test"
    assert "初级法" in terms_source(ProfitTerms().source, "zh")
    assert terms_source("credit committee, 2026", "zh") == "credit committee, 2026"
    assert terms_source(ProfitTerms().source, "en") == ProfitTerms().source


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(-0.008, 0.013) == [-0.005, 0.0, 0.005, 0.01]
    assert ticks(2, 2) == [2]


def test_points_stay_inside_the_frame() -> None:
    chart = Chart("t", "x", "y", (0, 1), (0, 1))
    assert chart.x(-5) == chart.x(0) < chart.x(1) == chart.x(9)
    assert chart.y(2) == chart.y(1) < chart.y(0)
