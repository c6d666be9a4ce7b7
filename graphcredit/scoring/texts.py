"""The sentences of reasons, in English and Chinese."""

from collections.abc import Callable, Sequence
from typing import Any

from graphcredit.scoring.matrix import FeatureInfo

LAYER_NAMES = {
    "trade": {"en": "trade with", "zh": "交易"},
    "receivable": {"en": "receivables from", "zh": "应收"},
    "lending": {"en": "lending to", "zh": "借贷"},
    "guarantee": {"en": "guarantees for", "zh": "担保"},
    "ownership": {"en": "shares in", "zh": "股权"},
    "other": {"en": "ties with", "zh": "关联"},
}
ONWARD = {
    "trade": "sells to",
    "receivable": "has claims on",
    "lending": "lends to",
    "guarantee": "guarantees",
    "ownership": "owns",
}


def both(make: Callable[[str], str]) -> dict[str, str]:
    """A text in both languages."""
    return {"en": make("en"), "zh": make("zh")}


def number_text(value: float, unit: str = "", language: str = "en") -> str:
    """A number for readers: shares as percent, large ones with separators (or 万/亿), few digits."""
    if unit == "share":
        return f"{value:.1%}"
    size = abs(value)
    if language == "zh" and size >= 1e8:
        text = f"{value / 1e8:,.2f}亿"
    elif language == "zh" and size >= 1e4:
        text = f"{value / 1e4:,.1f}万"
    elif size >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.3g}"
    return f"{text} {unit}" if unit in ("CNY", "days", "months", "years") and language == "en" else text


def value_text(info: FeatureInfo, value: float | str | None, language: str) -> str:
    """A feature's value for readers."""
    if value is None:
        return "未知" if language == "zh" else "not known"
    return value if isinstance(value, str) else number_text(value, info.unit, language)


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


def path_text(ties: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The strongest tie behind a graph feature, and what is known against its end; {} without ties."""
    if not ties:
        return {}
    tie = ties[0]
    path, layers = list(tie.get("path", ())), list(tie.get("layers", ()))
    if len(path) < 2 or not layers:
        return {}
    note = str(tie.get("note", ""))

    def make(language: str) -> str:
        first = LAYER_NAMES.get(layers[0], LAYER_NAMES["other"])[language]
        share = float(tie.get("share", 0.0))
        if language == "zh":
            onward = "".join(
                f"，其{LAYER_NAMES.get(layer, LAYER_NAMES['other'])['zh']}对象 {end}"
                for layer, end in zip(layers[1:], path[2:], strict=False)
            )
            return f"其中{first} {path[1]} 占 {share:.0%}{onward}{'，' + _note_zh(note) if note else ''}。"
        onward = "".join(
            f", which {ONWARD.get(layer, 'is tied to')} {end}" for layer, end in zip(layers[1:], path[2:], strict=False)
        )
        return f"{share:.0%} of {first} {path[1]}{onward}{', ' + note if note else ''}."

    return both(make)


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
