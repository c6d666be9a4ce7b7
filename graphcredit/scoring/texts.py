"""The sentences of reasons, in English and Chinese."""

from collections.abc import Callable, Sequence
from typing import Any

from graphcredit.features.units import number_text, unit_of
from graphcredit.scoring.matrix import FeatureInfo

TIES = {
    ("trade", "out"): {"en": "sales to", "zh": "对 {} 的销售"},
    ("trade", "in"): {"en": "purchases from", "zh": "自 {} 的采购"},
    ("receivable", "out"): {"en": "receivables from", "zh": "对 {} 的应收款"},
    ("receivable", "in"): {"en": "payables to", "zh": "对 {} 的应付款"},
    ("lending", "out"): {"en": "lending to", "zh": "对 {} 的放款"},
    ("lending", "in"): {"en": "borrowing from", "zh": "自 {} 的借款"},
    ("guarantee", "out"): {"en": "guarantees given for", "zh": "为 {} 提供的担保"},
    ("guarantee", "in"): {"en": "guarantees given by", "zh": "由 {} 提供的担保"},
    ("ownership", "out"): {"en": "holdings in", "zh": "对 {} 的持股"},
    ("ownership", "in"): {"en": "holdings by", "zh": "由 {} 的持股"},
}
OTHER_TIES = {"en": "ties with", "zh": "与 {} 的关联"}
ONWARD = {
    "trade": {"en": "sells to", "zh": "销售给"},
    "receivable": {"en": "has claims on", "zh": "应收自"},
    "lending": {"en": "lends to", "zh": "放款给"},
    "guarantee": {"en": "guarantees", "zh": "担保"},
    "ownership": {"en": "owns", "zh": "持股"},
}
OTHER_ONWARD = {"en": "is tied to", "zh": "关联"}


def both(make: Callable[[str], str]) -> dict[str, str]:
    """A text in both languages."""
    return {"en": make("en"), "zh": make("zh")}


def value_text(info: FeatureInfo, value: float | str | None, language: str) -> str:
    """A feature's value for readers."""
    if value is None:
        return "未知" if language == "zh" else "not known"
    return value if isinstance(value, str) else number_text(value, unit_of(info.name, info.unit), language)


def points_text(points: float, language: str) -> str:
    """+3.2 points / +3.2 分."""
    return f"{points:+.1f} 分" if language == "zh" else f"{points:+.1f} points"


def reason_text(
    info: FeatureInfo, value: float | str | None, usual: float | str | None, industry: str, points: float
) -> dict[str, str]:
    """Label, value, peers, points."""

    def make(language: str) -> str:
        own = value_text(info, value, language)
        if language == "zh":
            peers = (
                "" if usual is None else f"（{'同业' if industry else '总体'}中位数 {value_text(info, usual, 'zh')}）"
            )
            return f"{info.label('zh')}：{own}{peers}，{points_text(points, 'zh')}。"
        peers = "" if usual is None else f" ({'peers' if industry else 'all parties'} {value_text(info, usual, 'en')})"
        return f"{info.label('en')}: {own}{peers}, {points_text(points, 'en')}."

    return both(make)


def path_text(info: FeatureInfo, ties: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The strongest tie behind a graph feature, and what is known against its end; {} without ties."""
    if not ties:
        return {}
    tie = ties[0]
    path, layers = list(tie.get("path", ())), list(tie.get("layers", ()))
    if len(path) < 2 or not layers:
        return {}
    note, share = str(tie.get("note", "")), float(tie.get("share", 0.0))
    first = TIES.get((layers[0], info.towards), OTHER_TIES)
    steps = [(ONWARD.get(layer, OTHER_ONWARD), end) for layer, end in zip(layers[1:], path[2:], strict=False)]
    onward = "".join(f", which {word['en']} {end}" for word, end in steps)
    further = "".join(f"，其{word['zh']} {end}" for word, end in steps)
    return {
        "en": f"{share:.0%} of {first['en']} {path[1]}{onward}{', ' + note if note else ''}.",
        "zh": f"{first['zh'].format(path[1])}占 {share:.0%}{further}{'，' + _note_zh(note) if note else ''}。",
    }


def _note_zh(note: str) -> str:
    return note.replace("in default since", "违约始于").replace("in default", "已违约")


def rest_text(count: int, points: float) -> dict[str, str]:
    """All features not told one by one."""
    return {
        "en": f"{count} other features together, {points_text(points, 'en')}.",
        "zh": f"其余 {count} 个特征合计，{points_text(points, 'zh')}。",
    }


def overlay_text(industry: str, view: tuple[float, float, float], notches: float, points: float) -> dict[str, str]:
    """The industry's outlook and what it does to the grade."""
    trend, policy, competition = view
    worse = notches > 0
    return {
        "en": f"Outlook of industry {industry} (trend {trend:+.2g}, policy {policy:+.2g}, competition {competition:.2g}) "
        f"{'lowers' if worse else 'lifts'} the grade by {abs(notches):g} notch, {points_text(points, 'en')}.",
        "zh": f"行业 {industry} 展望（趋势 {trend:+.2g}，政策 {policy:+.2g}，竞争 {competition:.2g}）"
        f"使等级{'下调' if worse else '上调'} {abs(notches):g} 级，{points_text(points, 'zh')}。",
    }


def better_text(info: FeatureInfo, value: float | None, target: float, gain: float, grade: str) -> dict[str, str]:
    """What moving one feature would bring."""
    return {
        "en": f"{info.label('en')} at {value_text(info, target, 'en')} instead of {value_text(info, value, 'en')} "
        f"would bring {points_text(gain, 'en')} (grade {grade}).",
        "zh": f"{info.label('zh')}由 {value_text(info, value, 'zh')} 变为 {value_text(info, target, 'zh')}，"
        f"可得 {points_text(gain, 'zh')}（等级 {grade}）。",
    }
