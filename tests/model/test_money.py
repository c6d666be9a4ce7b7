"""Conversion with dated rates, never a guess."""

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.exc import CurrencyError
from graphcredit.model.money import CURRENCIES, Rates

TABLE = pa.table(
    {
        "currency": ["USD", "USD", "EUR"],
        "quoted_on": pa.array([date(2024, 2, 1), date(2024, 1, 1), date(2024, 1, 15)]),
        "rate": [7.2, 7.1, 7.8],
    }
)
RATES = Rates.from_table("CNY", TABLE)


@pytest.mark.parametrize(
    ("currency", "on", "rate"),
    [
        ("USD", date(2024, 1, 1), 7.1),
        ("USD", date(2024, 1, 31), 7.1),
        ("USD", date(2024, 2, 1), 7.2),
        ("USD", date(2030, 1, 1), 7.2),
        ("CNY", date(1990, 1, 1), 1.0),
        (None, date(1990, 1, 1), 1.0),
    ],
)
def test_the_rate_in_force(currency: str | None, on: date, rate: float) -> None:
    assert RATES.rate(currency, on) == rate


@pytest.mark.parametrize(("currency", "on"), [("USD", date(2023, 12, 31)), ("JPY", date(2024, 1, 1))])
def test_no_rate_is_an_error_with_a_remedy(currency: str, on: date) -> None:
    with pytest.raises(CurrencyError) as caught:
        RATES.convert(Decimal(5), currency, on)
    assert caught.value.message == f"no rate from {currency} into CNY on {on}"
    assert caught.value.remedy == f"load a table `rates` with {currency} and a day on or before {on}"


def test_amounts_stay_exact() -> None:
    amount = Decimal("12345678901234567890.1234")
    assert RATES.convert(amount, "CNY", date(2024, 1, 1)) is amount
    assert RATES.convert(Decimal("10.0001"), "USD", date(2024, 1, 1)) == Decimal("71.0007")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-10_000, 10_000),
            st.sampled_from([None, "CNY", "USD", "EUR"]),
            st.dates(date(2024, 1, 15), date(2024, 3, 1)),
        ),
        max_size=20,
    )
)
def test_arrays_convert_as_single_amounts_do(rows: list[tuple[int, str | None, date]]) -> None:
    amounts = np.array([float(amount) for amount, _, _ in rows])
    currencies = pa.chunked_array([pa.array([currency for _, currency, _ in rows], pa.string())])
    days = np.array([on for _, _, on in rows], dtype="datetime64[D]")
    expected = [float(RATES.convert(Decimal(amount), currency, on)) for amount, currency, on in rows]
    assert RATES.convert_array(amounts, currencies, days, date(2024, 3, 1)) == pytest.approx(expected, abs=1e-3)


def test_arrays_without_a_rate_are_refused() -> None:
    with pytest.raises(CurrencyError):
        RATES.convert_array(np.ones(1), pa.chunked_array([["JPY"]]), None, date(2024, 1, 1))


def test_codes_are_three_capitals() -> None:
    assert {"CNY", "USD", "EUR", "HKD", "JPY", "GBP"} <= CURRENCIES
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in CURRENCIES)
