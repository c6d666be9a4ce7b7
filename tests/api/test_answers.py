"""Answers go straight to bytes and say what the slow way says."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from graphcredit.jsonable import plain
from graphcredit_api.answers import answer

CASES: dict[str, Any] = {
    "text": "字 <&> \u2028",
    "floats": [1.5, 1e-5, 1e16, 0.1 + 0.2, -0.0, float("nan"), float("inf"), -float("inf")],
    "numpy": [np.float64(0.1), np.float64("nan"), np.float32(0.5), np.int64(3), np.bool_(True), np.array([1, 2])],
    "exact": [Decimal("1.50"), Decimal("-0.0001"), 10**30],
    "days": [date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5, 6)],
    "nested": {"a": ({"b": (1, None, True)},), 1: "number as a name"},
}


@pytest.mark.parametrize("name", CASES)
def test_an_answer_says_what_plain_says(name: str) -> None:
    made = answer({"it": CASES[name]}, status=201)
    assert json.loads(bytes(made.body)) == plain({"it": CASES[name]})
    assert (made.status_code, made.media_type) == (201, "application/json")
