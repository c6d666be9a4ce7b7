"""Chapters on a model's use: stability, migration, segments, cut-offs, another model, sources."""

from collections.abc import Mapping
from typing import Any

from graphcredit.features.units import number_text
from graphcredit.viz.svg import Chart, number
from graphcredit.viz.validation_blocks import (
    DASH,
    Cell,
    Row,
    Section,
    charts,
    count,
    figures,
    note,
    num,
    p_value,
    pct,
    row,
    span,
    table,
)
from graphcredit.viz.validation_names import statistic_name, terms_source
from graphcredit.viz.validation_quality import Report, light, pair_head, pair_rows
from graphcredit.viz.validation_texts import Words

MOST_FEATURES = 20


def drift_section(report: Report, words: Words) -> Section | None:
    """PSI by period, CSI of the most shifted features."""
    found = report.get("drift")
    if not found:
        return None
    blocks: list[Mapping[str, Any]] = []
    if found["note"]:
        blocks.append(note(words.of(found["note"])))
    if found["score"]:
        rows = [
            row(each["period"] or words("all"), light(words, each["light"]), count(each["n"]), num(each["psi"]),
                num(each["noise"]), strong=each["period"] is None)
            for each in found["score"]
        ]  # fmt: skip
        head = (words("period"), words("light"), words("n"), "PSI", words("noise"))
        blocks.append(table(head, rows, caption=words("drift_score"), left=2))
    shown = found["features"][:MOST_FEATURES]
    periods = found["periods"] if len(found["periods"]) > 1 else []
    rows = [
        row(words.of(each["label"]) or each["feature"], light(words, each["light"]), num(each["csi"]),
            num(each["noise"]), pct(each["importance"], 1), f"{pct(each['missing_then'], 0)} → {pct(each['missing_now'], 0)}",
            *(num(each["periods"][name]) for name in periods))
        for each in shown
    ]  # fmt: skip
    head = (words("feature"), words("light"), "CSI", words("noise"), words("weight"), words("missing"), *periods)
    caption = words("drift_features", shown=len(shown), all=len(found["features"]))
    blocks.append(table(head, rows, caption=caption, left=2))
    return Section("drift", words("drift"), words("drift_intro"), tuple(blocks))


def migration_section(report: Report, words: Words) -> Section | None:
    """Where parties went, as a heat table."""
    found = report.get("migration")
    if not found:
        return None
    if not found["n"]:
        return Section("migration", words("migration"), "", (note(words.of(found["note"])),))
    grades, counts = found["grades"], found["counts"]
    used = [i for i in range(len(grades)) if any(counts[i]) or any(line[i] for line in counts)]
    rows = [
        row(grades[i], count(sum(counts[i])),
            *(Cell(pct(found["shares"][i][j], 0) if counts[i][j] else "", share=found["shares"][i][j]) for j in used))
        for i in used
        if found["shares"][i] is not None
    ]  # fmt: skip
    blocks = (
        figures(
            *((words(name), pct(found[name], 1)) for name in ("stable", "better", "worse")),
            (words("moved_score"), num(found["moved"]["score"]["psi"])),
        ),
        table((f"{found['from']} \\ {found['to']}", words("n"), *(grades[j] for j in used)), rows),
        _moved(found, words),
    )
    intro = words("migration_intro", first=found["from"], last=found["to"], n=found["n"], all=found["parties"])
    return Section("migration", words("migration"), intro, blocks)


def _moved(found: Mapping[str, Any], words: Words) -> Mapping[str, Any]:
    """The features whose distribution moved most between the two days."""
    features = found["moved"]["features"]
    shown = features[:MOST_FEATURES]
    rows = [
        row(words.of(each["label"]) or each["feature"], light(words, each["light"]), num(each["csi"]), num(each["noise"]),
            pct(each["importance"], 1), f"{pct(each['missing_then'], 0)} → {pct(each['missing_now'], 0)}")
        for each in shown
    ]  # fmt: skip
    head = (words("feature"), words("light"), "CSI", words("noise"), words("weight"), words("missing"))
    caption = words("moved_features", first=found["from"], last=found["to"], shown=len(shown), all=len(features))
    return table(head, rows, caption=caption, left=2)


def segments_section(report: Report, words: Words) -> Section | None:
    """Industry, region, size."""
    found = report["segments"]
    if not found["divisions"]:
        return None
    head = (
        words("segment"), words("light"), words("n"), words("defaults"), words("expected"), words("mean_pd"), words("rate"),
        words("jeffreys"), "AUC", words("interval"), words("note"),
    )  # fmt: skip
    blocks: list[Mapping[str, Any]] = []
    for name, rows in found["divisions"].items():
        made = [
            row(_segment(name, each["segment"], words), light(words, each["light"]), count(each["n"]),
                count(each["defaults"]), num(each["expected"], 1), pct(each["mean_pd"]), pct(each["rate"]),
                p_value(each["jeffreys_p"]), num(each["auc"]), span(each["auc_ci"]), words.of(each["note"]))
            for each in rows
        ]  # fmt: skip
        blocks.append(table(head, made, caption=words(name), left=2, remarks=True))
    rule = found["size_rule"]
    if rule and "size" in found["divisions"]:
        low, high = (number_text(bound, rule["unit"], words.language) for bound in rule["bounds"])
        blocks.append(note(words("size_rule", label=words.of(rule["label"]), low=low, high=high)))
    return Section("segments", words("segments"), words("segments_intro"), tuple(blocks))


def _segment(division: str, name: str, words: Words) -> str:
    if name == "*":
        return words("other")
    if not name:
        return words("unknown")
    return words(name) if division == "size" else name


def cutoffs_section(report: Report, words: Words) -> Section:
    """Profit by approval rate, and the table."""
    found = report["cutoffs"]
    terms = found["terms"]
    steps = [each for each in found["rows"] if each["kind"] == "step"]
    values = [each[name] for each in steps for name in ("expected_profit", "realised_profit")]
    low, high = min([0.0, *values]), max([0.0, *values])
    room = 0.08 * (high - low) or 0.01
    chart = Chart(
        words("profit"), words("approval"), words("profit"), (0, 1), (low - room, high + room), y_format=number
    )
    chart.level(0.0)
    for key, text, style in (
        ("expected_profit", "profit_expected", "s0"),
        ("realised_profit", "profit_realised", "s1"),
    ):
        chart.line([(0, 0), *((each["approval_rate"], each[key]) for each in steps)], words(text), style)
    rows = [_cutoff(each, words({"model": "own"}.get(each["kind"], each["kind"]))) for each in found["rows"]]
    rows += [_cutoff(found[name], words(name)) for name in ("best_expected", "best_realised")]
    head = (
        words("cutoff"), words("note"), words("approval"), words("n"), words("defaults"), words("mean_pd"), words("rate"),
        words("declined"), words("profit_expected"), words("profit_realised"),
    )  # fmt: skip
    intro = words(
        "cutoffs_intro",
        lgd=pct(terms["lgd"], 0),
        margin=pct(terms["margin"], 1),
        cost=pct(terms["cost"], 1),
        source=terms_source(terms["source"], words.language),
    )
    blocks = (charts((words("profit"), chart.render())), table(head, rows, left=2))
    return Section("cutoffs", words("cutoffs"), intro, blocks)


def _cutoff(each: Mapping[str, Any], name: str) -> Row:
    return row(
        pct(each["cutoff"]), name, pct(each["approval_rate"], 1), count(each["approved"]), count(each["defaults"]),
        pct(each["mean_pd"]), pct(each["default_rate"]), pct(each["defaults_declined"], 1),
        num(each["expected_profit"], 4, sign=True), num(each["realised_profit"], 4, sign=True), strong=bool(name),
    )  # fmt: skip


def against_section(report: Report, words: Words) -> Section | None:
    """Another model: AUC, Brier, grades, swap sets."""
    found = report.get("against")
    if not found:
        return None
    blocks: list[Mapping[str, Any]] = []
    if found["note"]:
        blocks.append(note(words.of(found["note"])))
    names = {"this": words("this"), "other": words("that")}
    rows = [
        row(name, num(each["auc"], 4), span(each["auc_ci"], 4), num(found["brier"][key], 4))
        for (key, each), name in zip(found["scores"].items(), names.values(), strict=True)
    ]
    blocks.append(table((words("model"), "AUC", words("interval"), "Brier"), rows))
    blocks.append(table(pair_head(words), pair_rows([found["comparison"]], names)))
    correlation, same = num(found["rank_correlation"]), pct(found["same_grade"], 1)
    blocks.append(figures((words("rank_correlation"), correlation), (words("same_grade"), same)))
    sets = ("both", "swapped_in", "swapped_out", "neither")
    swaps = [
        row(pct(each["approval_rate"], 0), *(_swap(each[name]) for name in sets), f"{each['defaults_avoided']:+d}",
            p_value(each["p"]))
        for each in found["swaps"]
    ]  # fmt: skip
    blocks.append(table((words("approval"), *(words(name) for name in sets), words("avoided"), words("p")), swaps))
    intro = words("against_intro", model=found["model_id"])
    return Section("against", words("against"), intro, tuple(blocks))


def _swap(each: Mapping[str, Any]) -> str:
    return f"{each['n']:,} ({pct(each['rate'], 1)})" if each["n"] else DASH


def sources_section(report: Report, words: Words) -> Section:
    """Each statistic's source."""
    rows = [row(statistic_name(name, words.language), source) for name, source in report["sources"].items()]
    return Section("sources", words("sources"), "", (table((words("test"), words("sources")), rows, left=2),))
