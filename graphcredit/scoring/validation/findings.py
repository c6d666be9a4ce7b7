"""What a validator reads first: one line a test, with a light and a sentence."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphcredit.scoring.validation.grades import YELLOW, light
from graphcredit.scoring.validation.sources import Text, say

Sections = Mapping[str, Any]
WEAK_AUC, POOR_AUC = 0.70, 0.60
"""House choice: below these the lower end of the AUC's interval gets a yellow, a red light."""
CALIBRATION_RED = 0.01


def findings(sections: Sections, warnings: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Lights and sentences, JSON-able: test, section, light (green, yellow, red, grey), text.

    Args:
        sections: the report's.
        warnings: that rows to judge were learned from; each is a red light.
    """
    made: list[dict[str, Any]] = []

    def add(test: str, section: str, colour: str, text: Text) -> None:
        made.append({"test": test, "section": section, "light": colour, "text": text})

    for warning in warnings:
        add("learned_from", "discrimination", "red", say(warning, "部分样本曾用于训练：以下结果偏乐观"))
    for part in (_ranking, _calibration, _grades, _drift, _migration, _graph, _segments, _against):
        part(sections, add)
    return made


Add = Callable[[str, str, str, Text], None]


def _p(value: float | None) -> str:
    return "–" if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"


def _ranking(sections: Sections, add: Add) -> None:
    found = sections["discrimination"]
    low, high = found["auc_ci"]
    known = low == low
    colour = "grey" if not known else "green" if low >= WEAK_AUC else "yellow" if low >= POOR_AUC else "red"
    span = f"{low:.3f}–{high:.3f}" if known else "–"
    add(
        "auc", "discrimination", colour,
        say(
            f"AUC {found['auc']:.3f} (95% {span}), Gini {found['gini']:.3f}, KS {found['ks']:.3f} on "
            f"{found['n']:,} parties, {found['defaults']:,} defaults",
            f"AUC {found['auc']:.3f}（95% 区间 {span}），Gini {found['gini']:.3f}，KS {found['ks']:.3f}；"
            f"样本 {found['n']:,}，违约 {found['defaults']:,}",
        ),
    )  # fmt: skip


def _calibration(sections: Sections, add: Add) -> None:
    found = sections["calibration"]
    whole = sections["grades"]["all"]
    p_level, too_low = _p(whole["jeffreys_p"]), light(whole["jeffreys_p"])
    colour = "yellow" if too_low == "green" and whole["prudent"] else too_low
    add(
        "level", "calibration", colour,
        say(
            f"mean PD {found['mean_pd']:.2%} against {found['default_rate']:.2%} defaulted (Jeffreys p {p_level}"
            f"{', PDs are too high' if whole['prudent'] else ''})",
            f"平均违约概率 {found['mean_pd']:.2%}，实际违约率 {found['default_rate']:.2%}（Jeffreys p {p_level}"
            f"{'，预测偏高' if whole['prudent'] else ''}）",
        ),
    )  # fmt: skip
    tests = (
        ("hosmer_lemeshow", found["hosmer_lemeshow"]["p"], "Hosmer-Lemeshow", "Hosmer-Lemeshow 检验"),
        ("spiegelhalter", found["spiegelhalter"]["p"], "Spiegelhalter", "Spiegelhalter 检验"),
        ("calibration_line", found["line"]["p"], "calibration line is the diagonal (Cox)", "校准直线为对角线（Cox）"),
    )
    for test, p, en, zh in tests:
        add(test, "calibration", light(p, red=CALIBRATION_RED), say(f"{en}: p {_p(p)}", f"{zh}：p {_p(p)}"))


def _grades(sections: Sections, add: Add) -> None:
    found = sections["grades"]
    red, yellow, count = found["red"], found["yellow"], len(found["grades"])
    colour = "red" if red else "yellow" if yellow > max(1.0, found["false_alarms"]) else "green"
    add(
        "grades", "grades", colour,
        say(
            f"of {count} grades in use {red} are red and {yellow} yellow; {found['false_alarms']:.1f} yellow ones are "
            f"expected by chance; {len(found['inversions'])} neighbours are out of order",
            f"使用中的 {count} 个等级中红灯 {red} 个、黄灯 {yellow} 个；纯属偶然预计黄灯 {found['false_alarms']:.1f} 个；"
            f"相邻等级倒挂 {len(found['inversions'])} 处",
        ),
    )  # fmt: skip


def _drift(sections: Sections, add: Add) -> None:
    found = sections.get("drift")
    if not found:
        return
    if found["score"]:
        whole = found["score"][0]
        add(
            "psi", "drift", whole["light"],
            say(
                f"score PSI {whole['psi']:.3f} against the training rows (chance alone: up to {whole['noise']:.3f})",
                f"评分 PSI {whole['psi']:.3f}（以训练样本为参照；纯属偶然可达 {whole['noise']:.3f}）",
            ),
        )  # fmt: skip
    else:
        add("psi", "drift", "grey", found["note"])
    moved = [row for row in found["features"] if row["light"] in ("yellow", "red")]
    weight = sum(row["importance"] for row in moved)
    bad = any(row["light"] == "red" and row["importance"] >= YELLOW for row in moved)
    colour = "red" if bad else "yellow" if weight >= YELLOW else "green"
    add(
        "csi", "drift", colour,
        say(
            f"{len(moved)} of {len(found['features'])} features have shifted; they carry {weight:.0%} of the score",
            f"{len(found['features'])} 个特征中 {len(moved)} 个发生偏移，占评分权重 {weight:.0%}",
        ),
    )  # fmt: skip


def _migration(sections: Sections, add: Add) -> None:
    found = sections.get("migration")
    if not found or not found["n"]:
        return
    score, features = found["moved"]["score"], found["moved"]["features"]
    if score["psi"] is None:
        return
    moved = [row["label"] for row in features if row["light"] in ("yellow", "red")]
    add(
        "moved", "migration", score["light"],
        say(
            f"since {found['from']}: score PSI {score['psi']:.3f} (chance alone: up to {score['noise']:.3f}), "
            f"{found['worse']:.0%} of grades worse, {found['better']:.0%} better; {len(moved)} of {len(features)} features "
            f"have shifted{': ' if moved else ''}{', '.join(each['en'] for each in moved[:3])}",
            f"自 {found['from']} 起：评分 PSI {score['psi']:.3f}（纯属偶然可达 {score['noise']:.3f}），"
            f"等级下调 {found['worse']:.0%}、上调 {found['better']:.0%}；{len(features)} 个特征中 {len(moved)} 个发生偏移"
            f"{'：' if moved else ''}{'、'.join(each['zh'] for each in moved[:3])}",
        ),
    )  # fmt: skip


def _graph(sections: Sections, add: Add) -> None:
    pairs = sections["feature_sets"]["pairs"]
    pair = next((each for each in pairs if (each["first"], each["second"]) == ("all", "tabular")), None)
    if pair is None:
        return
    low, high = pair["delong"]["ci"]
    known = low is not None
    span = f"{low:+.4f} – {high:+.4f}" if known else "–"
    colour = {"better": "green", "same": "yellow", "worse": "red"}.get(pair["verdict"], "grey")
    add(
        "graph", "feature_sets", colour,
        say(
            f"the graph adds {pair['difference']:+.4f} AUC to tabular features (95% {span}, paired DeLong p "
            f"{_p(pair['delong']['p'])}, bootstrap p {_p(pair['bootstrap']['p'])})",
            f"图特征使 AUC 较仅用表格特征变化 {pair['difference']:+.4f}（95% 区间 {span}，配对 DeLong p "
            f"{_p(pair['delong']['p'])}，自助法 p {_p(pair['bootstrap']['p'])}）",
        ),
    )  # fmt: skip


def _segments(sections: Sections, add: Add) -> None:
    rows = [row for table in sections["segments"]["divisions"].values() for row in table]
    if not rows:
        return
    red = sum(row["light"] == "red" for row in rows)
    blind = sum(row["auc_ci"][1] is not None and row["auc_ci"][1] < WEAK_AUC for row in rows)
    few = sum(row["auc"] is None for row in rows)
    colour = "red" if red else "yellow" if blind else "green"
    add(
        "segments", "segments", colour,
        say(
            f"{len(rows)} segments: in {red} PDs are far too low, in {blind} the ranking is weak, {few} are too small to tell",
            f"{len(rows)} 个细分：{red} 个违约概率明显偏低，{blind} 个排序能力弱，{few} 个样本过少无法判断",
        ),
    )  # fmt: skip


def _against(sections: Sections, add: Add) -> None:
    found = sections.get("against")
    if not found:
        return
    pair = found["comparison"]
    colour = {"better": "green", "same": "yellow", "worse": "red"}.get(pair["verdict"], "grey")
    add(
        "against", "against", colour,
        say(
            f"AUC {pair['difference']:+.4f} against {found['model_id']} (paired DeLong p {_p(pair['delong']['p'])})",
            f"较 {found['model_id']} 的 AUC 变化 {pair['difference']:+.4f}（配对 DeLong p {_p(pair['delong']['p'])}）",
        ),
    )  # fmt: skip
