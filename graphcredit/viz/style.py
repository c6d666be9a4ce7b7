"""One look for all pictures: colours of grades and layers, readable on light and dark, safe for colour-blind eyes."""

from dataclasses import dataclass

GRADE_COLOURS = {
    "AAA": "#1a7f5a",
    "AA": "#2a9d6f",
    "A": "#5cb87a",
    "BBB": "#a8cf6b",
    "BB": "#e8cf4a",
    "B": "#f0a63c",
    "CCC": "#e8743b",
    "CC": "#d9482b",
    "C": "#b52a1d",
    "D": "#6b0f1a",
}
UNGRADED = "#9aa5b1"
GROUP_COLOURS = (
    "#4269d0",
    "#efb118",
    "#ff725c",
    "#6cc5b0",
    "#3ca951",
    "#ff8ab7",
    "#a463f2",
    "#97bbf5",
    "#9c6b4e",
    "#777f00",
)
"""One a group of connected clients, those with most parties first."""
PERSON, BANK = "#7c6fb0", "#3a6ea5"


@dataclass(frozen=True, slots=True)
class LayerStyle:
    """How a layer is drawn and named."""

    colour: str
    dashed: bool
    en: str
    zh: str
    verb_en: str  # "A <verb> B"
    verb_zh: str


LAYER_STYLES = {
    "trade": LayerStyle("#3f7fbf", False, "trade", "贸易", "sells to", "销售给"),
    "receivable": LayerStyle("#17a2a2", False, "receivable", "应收", "is owed by", "应收自"),
    "lending": LayerStyle("#7d4fb3", False, "lending", "借贷", "lends to", "贷款给"),
    "guarantee": LayerStyle("#d1495b", True, "guarantee", "担保", "guarantees", "担保"),
    "ownership": LayerStyle("#8a6d3b", False, "ownership", "股权", "owns", "持有"),
    "other": LayerStyle("#8d99a6", False, "other ties", "其他关系", "is tied to", "关联"),
}


def grade_colour(grade: str | None, kind: str = "company") -> str:
    """Fill of a party's node: by grade, or by kind where it has none."""
    if grade:
        return GRADE_COLOURS.get(grade, UNGRADED)
    return {"person": PERSON, "bank": BANK}.get(kind, UNGRADED)
