"""Numbers as readers see them."""

import pytest

from graphcredit.scoring.texts import number_text


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (1.1204, "ratio", "1.12"), (0.0147, "ratio", "0.0147"), (-0.000112, "ratio", "-0.0001"), (1.2e-05, "ratio", "0.0000"),
        (-1.2e-05, "ratio", "0.0000"), (0.0, "ratio", "0"), (0.645, "share", "64.5%"), (-0.0001, "share", "0.0%"),
        (12_345.6, "CNY", "12,346 CNY"), (76, "days", "76 days"),
    ],
)  # fmt: skip
def test_a_number_has_few_digits_and_never_an_exponent(value: float, unit: str, told: str) -> None:
    assert number_text(value, unit) == told
