"""Chapters on a model's quality: findings, ranking, feature sets, calibration, grades."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from graphcredit.viz.svg import Chart
from graphcredit.viz.validation_blocks import (
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
from graphcredit.viz.validation_texts import Words

Report = Mapping[str, Any]
_SETS = {"tabular": "tabular", "graph": "graph", "all": "all_features"}


def light(words: Words, colour: str) -> Cell:
    """A traffic light, its colour in words too."""
    return Cell(words(colour), light=colour)


def findings_section(report: Report, words: Words) -> Section:
    """One line a test."""
    rows = [row(light(words, each["light"]), words.of(each["text"])) for each in report["findings"]]
    blocks = (table((words("light"), words("result")), rows, left=2),)
    return Section("findings", words("findings"), words("findings_intro"), blocks)


def discrimination_section(report: Report, words: Words) -> Section:
    """AUC, Gini, KS, average precision; ROC, CAP and precision-recall; every candidate."""
    found, n = report["discrimination"], report["discrimination"]["n"]
    base = found["default_rate"]
    roc = Chart(words("roc"), words("fpr"), words("tpr")).line([(0, 0), (1, 1)], words("random"), "faint")
    roc.line(found["curves"]["roc"], f"AUC {found['auc']:.3f}")
    cap = Chart(words("cap"), words("share"), words("tpr"))
    cap.line([(0, 0), (1, 1)], words("random"), "faint").line([(0, 0), (base, 1), (1, 1)], words("perfect"), "s2")
    cap.line(found["curves"]["cap"], f"Gini {found['gini']:.3f}")
    pr = Chart(words("pr"), words("recall"), words("precision"))
    pr.line([(0, base), (1, base)], words("random"), "faint").line(
        found["curves"]["pr"], f"AP {found['average_precision']:.3f}"
    )
    blocks: tuple[Mapping[str, Any], ...] = (
        figures(
            ("AUC", num(found["auc"])),
            (words("interval"), span(found["auc_ci"])),
            ("Gini", num(found["gini"])),
            ("KS", num(found["ks"])),
            (words("average_precision"), num(found["average_precision"])),
            (words("n"), f"{n:,}"),
            (words("defaults"), f"{found['defaults']:,}"),
        ),
        charts((words("roc"), roc.render()), (words("cap"), cap.render()), (words("pr"), pr.render())),
        _candidates(report["models"], words),
    )
    if report["about"]["out_of_fold"]:
        blocks = (*blocks, note(words("pooled")))
    return Section("discrimination", words("discrimination"), words("discrimination_intro"), blocks)


def _candidates(models: Mapping[str, Any], words: Words) -> dict[str, Any]:
    rows = [
        row(
            words(kind),
            words(_SETS.get(name, name)),
            num(each["auc"], 4),
            span(each["auc_ci"], 4),
            num(each["ks"]),
            num(each["f1"]),
            num(each["brier"], 4),
            count(each["n"]),
            "✓" if each["chosen"] else "",
            strong=bool(each["chosen"]),
        )
        for kind, sets in models.items()
        for name, each in sets.items()
    ]
    head = (
        words("model"),
        words("features"),
        "AUC",
        words("interval"),
        "KS",
        "F1",
        "Brier",
        words("n"),
        words("chosen"),
    )
    return table(head, rows, caption=words("candidates"), left=2)


def feature_sets_section(report: Report, words: Words) -> Section:
    """The same kind on each feature set, and the paired tests."""
    found = report["feature_sets"]
    scores = [
        row(words(_SETS.get(name, name)), num(each["auc"], 4), span(each["auc_ci"], 4))
        for name, each in found["scores"].items()
    ]
    pairs = pair_rows(found["pairs"], {name: words(text) for name, text in _SETS.items()})
    blocks = [
        table((words("features"), "AUC", words("interval")), scores, caption=words(found["kind"])),
        table(pair_head(words), pairs),
    ]
    return Section("feature_sets", words("feature_sets"), words("feature_sets_intro"), tuple(blocks))


def pair_head(words: Words) -> tuple[str, ...]:
    """Heading of paired tests."""
    delong, boot = words("delong"), words("bootstrap")
    return (
        words("pair"), words("difference"), f"{delong}: {words('interval')}", f"{delong}: p",
        f"{boot}: {words('interval')}", f"{boot}: p", words("holm"),
    )  # fmt: skip


def pair_rows(pairs: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[Row]:
    """Paired tests, one a row."""
    return [
        row(
            f"{names.get(each['first'], each['first'])} − {names.get(each['second'], each['second'])}",
            num(each["difference"], 4, sign=True),
            span(each["delong"]["ci"], 4, sign=True),
            p_value(each["delong"]["p"]),
            span(each["bootstrap"]["ci"], 4, sign=True),
            p_value(each["bootstrap"]["p"]),
            p_value(each["p_holm"]),
        )
        for each in pairs
    ]


def calibration_section(report: Report, words: Words) -> Section:
    """Curve, Brier parts and tests."""
    found = report["calibration"]
    curve, parts = found["curve"], found["brier"]
    top = _top(max(max(each["rate_ci"][1], each["mean_pd"]) for each in curve))
    chart = Chart(words("curve"), words("predicted"), words("observed"), (0, top), (0, top))
    chart.line([(0, 0), (top, top)], words("perfect"), "faint").dots(
        [(each["mean_pd"], each["rate"]) for each in curve],
        words("observed"),
        "s0",
        [each["rate_ci"] for each in curve],
    )
    groups = [
        row(str(i + 1), count(each["n"]), count(each["defaults"]), pct(each["mean_pd"]), pct(each["rate"]),
            span(each["rate_ci"], 1, percent=True), strong=not each["within"])
        for i, each in enumerate(curve)
    ]  # fmt: skip
    names = ("reliability", "resolution", "uncertainty", "within_variance", "within_covariance")
    brier = [
        row("Brier", num(parts["brier"], 5), strong=True),
        *(row(words(name), num(parts[name], 5)) for name in names),
    ]
    brier += [row(words("skill"), pct(parts["skill"], 1)), row(words("ece"), pct(found["expected_calibration_error"]))]
    heads = (words("group"), words("n"), words("defaults"), words("mean_pd"), words("rate"), words("interval"))
    blocks = (
        charts((words("curve"), chart.render())),
        table(heads, groups),
        table((words("statistic"), words("value")), brier),
        _calibration_tests(found, words),
    )
    return Section("calibration", words("calibration"), words("calibration_intro"), blocks)


def _calibration_tests(found: Mapping[str, Any], words: Words) -> dict[str, Any]:
    hl, spiegelhalter, line = found["hosmer_lemeshow"], found["spiegelhalter"], found["line"]
    remark = words("df", df=hl["df"])
    if hl["thin_groups"]:
        remark += "; " + words("thin", k=hl["thin_groups"])
    fitted = words("line", a=num(line["intercept"]), b=num(line["slope"]))
    rows = [
        row("Hosmer–Lemeshow", num(hl["statistic"], 2), p_value(hl["p"]), remark),
        row("Spiegelhalter z", num(spiegelhalter["z"], 2), p_value(spiegelhalter["p"]), ""),
        row("Cox", num(line["statistic"], 2), p_value(line["p"]), fitted),
    ]
    return table((words("test"), words("statistic"), words("p"), words("note")), rows, remarks=True)


def grades_section(report: Report, words: Words) -> Section:
    """A light a grade."""
    found = report["grades"]
    rows = found["grades"]
    lowest = min([each["mean_pd"] for each in rows] + [each["rate"] for each in rows if each["rate"] > 0])
    low = math.floor(math.log10(max(lowest, 1e-5)))

    def log(value: float) -> float:
        return max(math.log10(max(value, 1e-9)), low)

    chart = Chart(
        words("grade_chart"), words("grade"), words("rate"), (-0.5, len(rows) - 0.5), (low, 0),
        x_format=lambda at: rows[round(at)]["grade"] if abs(at - round(at)) < 1e-9 and 0 <= at < len(rows) else "",
        y_format=lambda at: f"{10**at:.3g}" if abs(at - round(at)) < 1e-9 else "",
    )  # fmt: skip
    chart.line([(i, log(each["mean_pd"])) for i, each in enumerate(rows)], words("predicted"), "s1")
    chart.dots(
        [(i, log(each["rate"])) for i, each in enumerate(rows)], words("observed"), "s0",
        [[log(end) for end in each["rate_ci"]] for each in rows],
    )  # fmt: skip
    head = (
        words("grade"), words("light"), words("n"), words("defaults"), words("expected"), words("mean_pd"), words("rate"),
        words("interval"), words("jeffreys"), words("binomial"), words("correlated"), words("note"),
    )  # fmt: skip
    blocks = [
        charts((words("grade_chart"), chart.render())),
        table(head, [*(_grade(each, words) for each in rows), _grade(found["all"], words)], left=2, remarks=True),
    ]
    if found["inversions"]:
        pairs = ", ".join(f"{better} > {worse}" for better, worse in found["inversions"])
        blocks.append(note(words("out_of_order", pairs=pairs)))
    intro = words("grades_intro", rho=found["correlation"])
    return Section("grades", words("grades"), intro, tuple(blocks))


def _grade(each: Mapping[str, Any], words: Words) -> Row:
    remarks = [words(name) for name in ("prudent", "few") if each[name]]
    return row(
        each["grade"] or words("all"), light(words, each["light"]), count(each["n"]), count(each["defaults"]),
        num(each["expected"], 1), pct(each["mean_pd"]), pct(each["rate"]), span(each["rate_ci"], 1, percent=True),
        p_value(each["jeffreys_p"]), p_value(each["binomial_p"]), p_value(each["correlated_p"]), ", ".join(remarks),
        strong=each["grade"] is None,
    )  # fmt: skip


def _top(value: float) -> float:
    """A round upper end of an axis of shares."""
    return min(1.0, next(step for step in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0) if step >= min(value, 1.0)))
