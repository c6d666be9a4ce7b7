"""A picture for each round: every party and tie in each, fills by loss, rims on who lost more."""

from xml.etree import ElementTree

import numpy as np
import pytest

from graphcredit.exc import InputError
from graphcredit.viz import rounds_svg

NAMES = ["A", "B & <C>", "D", "alone"]
TIES = np.array([[0, 3.0, 0, 0], [0, 0, 1.0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
ROUNDS = [np.array([1.0, 0.4, 0, 0]), np.array([1.0, 0.4, 0.25, 0])]
SVG = "{http://www.w3.org/2000/svg}"


def test_each_round_shows_every_party_and_tie_inside_its_frame() -> None:
    root = ElementTree.fromstring(rounds_svg(TIES, ROUNDS, NAMES, titles=["first", "then"]))
    circles = list(root.iter(f"{SVG}circle"))
    assert len(circles) == 2 * len(NAMES)
    assert len(list(root.iter(f"{SVG}line"))) == 2 * 2
    assert [c.find(f"{SVG}title").text for c in circles[4:]] == [
        "A: 100.0%",
        "B & <C>: 40.0%",
        "D: 25.0%",
        "alone: 0.0%",
    ]
    assert all(15 <= float(c.get("cx")) <= 325 and 15 <= float(c.get("cy")) <= 325 for c in circles)
    assert root.get("aria-label") == "first, then"


def test_who_loses_more_in_a_round_has_a_dark_rim_and_more_loss_is_darker() -> None:
    circles = list(ElementTree.fromstring(rounds_svg(TIES, ROUNDS, NAMES)).iter(f"{SVG}circle"))
    dark = [c.get("stroke") == "#1b1f24" for c in circles]
    assert dark == [True, True, False, False, False, False, True, False]
    green = [int(c.get("fill").split(",")[1]) for c in circles[4:]]
    assert green[0] < green[1] < green[2] < green[3]


@pytest.mark.parametrize(
    ("losses", "names"), [([], NAMES), (ROUNDS, NAMES[:3]), ([np.zeros(3)], NAMES), ([np.zeros(61)], ["x"] * 61)]
)
def test_what_cannot_be_drawn_is_said(losses: list, names: list) -> None:
    ties = np.zeros((61, 61)) if len(names) == 61 else TIES
    with pytest.raises(InputError, match="cannot be drawn"):
        rounds_svg(ties, losses, names)
