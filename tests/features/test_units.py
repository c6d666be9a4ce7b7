"""Numbers as readers see them: one place for every unit, in both languages."""

import math

import pytest

from graphcredit.features import registered
from graphcredit.features.units import PLACES, WORDS, number_text, plain, unit_of
from graphcredit.settings import get_settings

PLAIN = {
    "", "0 or 1", "0 to 1", "0 to 2", "-1 to 1", "CNY", "amount", "code", "count", "kind", "mean equities", "name", "points",
    "ratio", "score", "shares", "weight",
}  # fmt: skip
"""Units that need no word behind the number: the label says what is counted."""


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (1.1204, "ratio", "1.12"), (0.0147, "ratio", "0.0147"), (-0.000112, "ratio", "-0.0001"), (1.2e-05, "ratio", "0.0000"),
        (-1.2e-05, "ratio", "0.0000"), (0.0, "ratio", "0"), (0.645, "share", "64.5%"), (-0.0001, "share", "0.0%"),
        (12_345.6, "CNY", "12,346 CNY"), (76, "days", "76 days"), (1.3, "multiple", "1.3 times"),
    ],
)  # fmt: skip
def test_a_number_has_few_digits_and_never_an_exponent(value: float, unit: str, told: str) -> None:
    assert number_text(value, unit) == told


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (0.0553, "per year", "5.53%", "5.53%"), (0.0012, "probability", "0.12%", "0.12%"),
        (0.31, "share of equity", "31.0%", "31.0%"), (math.log(1.2), "log ratio", "20.0%", "20.0%"),
        (math.log1p(7), "log(1 + count)", "7", "7"), (math.log1p(2_500_000), "log(1 + CNY)", "2,500,000 CNY", "250.0万元"),
        (-math.log1p(40), "log(1 + amount)", "-40", "-40"), (math.log(2.5), "log(multiple)", "2.5 times", "2.5倍"),
        (12, "months", "12 months", "12个月"), (8, "years", "8 years", "8年"), (90, "days", "90 days", "90天"),
        (1, "0 or 1", "yes", "是"), (0, "0 or 1", "no", "否"), (0.5, "0 or 1", "0.5", "0.5"),
    ],
)  # fmt: skip
def test_rates_are_percentages_and_logarithms_are_undone(value: float, unit: str, en: str, zh: str) -> None:
    assert number_text(value, unit, "en") == en
    assert number_text(value, unit, "zh") == zh


def test_amounts_are_of_the_book_s_currency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHCREDIT_CURRENCY", "EUR")
    get_settings.cache_clear()
    try:
        assert number_text(math.log1p(1500), "log(1 + CNY)") == "1,500 EUR"
        assert number_text(25_000, "CNY", "zh") == "2.5万 EUR"
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()


def test_every_registered_unit_is_one_that_is_told() -> None:
    units = {plain(0.0, feature.unit)[1] for feature in registered()}
    assert units - PLAIN - set(PLACES) - set(WORDS) == set()


def test_a_model_of_an_earlier_day_tells_values_by_the_unit_of_today() -> None:
    assert unit_of("cash_flow_to_debt", "ratio") == "share"
    assert unit_of("customers_late_share", "mean") == "share"
    assert unit_of("registered_capital", "") == ""  # a matrix from elsewhere, whose column has the same name
    assert unit_of("attr_rooms", "ratio") == "ratio"
