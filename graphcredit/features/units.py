"""How a feature's value is told to people: the one place that turns a number and its unit into words, in both languages.

Reasons, statements, pictures of trees and reports all ask here. A matrix may hold the logarithm of what a person wants to
read; what is told is the amount, the count or the growth itself.
"""

import math
from functools import cache

from graphcredit.features.registry import registered
from graphcredit.settings import get_settings

MONEY = "CNY"
"""The unit of amounts in features: the book's currency, whichever it is (`Settings.currency`)."""
PLACES = {"share": 1, "share of equity": 1, "per year": 2, "probability": 2}
"""Units told as a percentage, with their decimal places."""
WORDS = {"days": ("days", "天"), "months": ("months", "个月"), "years": ("years", "年"), "multiple": ("times", "倍")}


def unit_of(name: str, own: str = "ratio") -> str:
    """The unit by which a figure is told: its own; where that is a mere "ratio" or "mean", what is registered for its name.

    So a statement's ratio, and a model that was trained before its features had finer units, read like today's features.
    """
    return _registered_units().get(name, own) if own in ("ratio", "mean") else own


@cache
def _registered_units() -> dict[str, str]:
    return {feature.name: feature.unit for feature in registered()}


def plain(value: float, unit: str) -> tuple[float, str]:
    """A value without its logarithm, and the unit it then has."""
    if unit == "log ratio":
        return math.expm1(value), "share"
    for start, undo in (("log(1 + ", _unlog1p), ("log(", math.exp)):
        if unit.startswith(start):
            return undo(value), unit.removeprefix(start).removesuffix(")")
    return value, unit


def _unlog1p(value: float) -> float:
    """The inverse of sign(x) log(1 + |x|), which attributes with negative values use."""
    return math.copysign(math.expm1(abs(value)), value)


def number_text(value: float, unit: str = "", language: str = "en") -> str:
    """A number for readers: shares and rates as percent, large ones with separators (or 万/亿), few digits.

    Args:
        value: as in the feature matrix.
        unit: as registered; logarithms are undone, amounts are of the book's currency.
        language: en or zh.
    """
    value, unit = plain(value, unit)
    if unit in PLACES:
        return f"{value:z.{PLACES[unit]}%}"
    if unit == "0 or 1" and value in (0, 1):
        return (("no", "yes") if language == "en" else ("否", "是"))[int(value)]
    size, chinese = abs(value), language == "zh"
    if chinese and size >= 1e8:
        text = f"{value / 1e8:,.2f}亿"
    elif chinese and size >= 1e4:
        text = f"{value / 1e4:,.1f}万"
    elif size >= 1000:
        text = f"{value:,.0f}"
    elif size >= 0.001 or not value:
        text = f"{value:.3g}"
    else:
        text = f"{value:z.4f}"  # never 1.2e-05
    if unit == MONEY:
        currency = get_settings().currency
        return f"{text}元" if chinese and currency == "CNY" else f"{text} {currency}"
    if unit not in WORDS:
        return text
    return f"{text}{WORDS[unit][1]}" if chinese else f"{text} {WORDS[unit][0]}"
