"""A validation report as one HTML file: self-contained, offline, in English or Chinese, light or dark."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from graphcredit.viz.validation_quality import (
    calibration_section,
    discrimination_section,
    feature_sets_section,
    findings_section,
    grades_section,
)
from graphcredit.viz.validation_texts import Words
from graphcredit.viz.validation_use import (
    against_section,
    cutoffs_section,
    drift_section,
    migration_section,
    segments_section,
    sources_section,
)

_CHAPTERS = (
    findings_section,
    discrimination_section,
    feature_sets_section,
    calibration_section,
    grades_section,
    drift_section,
    migration_section,
    segments_section,
    cutoffs_section,
    against_section,
    sources_section,
)


def validation_html(report: Mapping[str, Any], *, language: str = "en") -> str:
    """The page of a report.

    Args:
        report: `graphcredit.scoring.validation.Validation.to_dict()`.
        language: en or zh.
    """
    words = Words(language)
    made = [chapter(report, words) for chapter in _CHAPTERS]
    environment = Environment(loader=PackageLoader("graphcredit.viz"), autoescape=select_autoescape(["html", "j2"]))
    about = report["about"]
    versions = ", ".join(f"{name} {version}" for name, version in about["code_version"].items())
    return environment.get_template("validation.html.j2").render(
        language="zh-CN" if words.language == "zh" else "en",
        title=words("title"),
        model=about["model_id"],
        lines=_head(about, report, words),
        sections=[section for section in made if section is not None],
        footer=f"{about['model_id']} · SHA-256 {about['data_fingerprint']} · {versions}",
    )


def _head(about: Mapping[str, Any], report: Mapping[str, Any], words: Words) -> list[str]:
    labels, found = about["labels"], report["discrimination"]
    days = labels["dates"]
    features = words({"all": "all_features"}.get(about["feature_set"], about["feature_set"]))
    kind = words(about["kind"])
    split = {"test": words("test_split"), "cross-validation": words("cross-validation")}.get(about["split"])
    lines = [
        words("subtitle", kind=kind, features=features, model=about["model_id"]),
        words(
            "rows", n=f"{found['n']:,}", defaults=f"{found['defaults']:,}", rate=f"{found['default_rate']:.2%}",
            split=split or words("split", name=about["split"]),
            days=days[0] if len(days) == 1 else f"{days[0]} – {days[-1]}", horizon=labels["horizon_months"] or "–",
        ),
        words(
            "trained", at=about["trained_at"][:10], to=about["trained_to"], method=words(about["calibration"]["method"]),
            philosophy=words(about["calibration"]["philosophy"]),
        ),
        words("overlay"),
    ]  # fmt: skip
    return [*lines, words("out_of_fold")] if about["out_of_fold"] else lines


def write_validation_page(report: Mapping[str, Any], path: Path, *, language: str = "en") -> None:
    """Write the page to a file, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(validation_html(report, language=language), encoding="utf-8")
    part.replace(path)
