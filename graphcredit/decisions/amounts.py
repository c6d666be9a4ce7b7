"""Exact amounts: rounding, exact sums of stored money, and JSON with decimals as text."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphcredit.exc import ValueRangeError

CENT = Decimal("0.01")
ZERO = Decimal(0)
UNIT = 10_000
"""Stored money has four decimals; sums run over whole ten-thousandths (int64), so that they are exact."""
LARGEST_UNITS = 2**62
Units = npt.NDArray[np.int64]


def cents(amount: Decimal) -> Decimal:
    """To the cent, halves away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def cents_down(amount: Decimal) -> Decimal:
    """To the cent, towards zero: what may be lent is never rounded up."""
    return amount.quantize(CENT, ROUND_DOWN)


def to_units(column: pa.ChunkedArray | pa.Array) -> Units:
    """A decimal128(24, 4) column as whole ten-thousandths, (n,); nulls are 0.

    Raises:
        ValueRangeError: an amount beyond 4.6e14, which int64 sums could not hold.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], pa.decimal128(24, 4))
    if len(array) == 0:
        return np.zeros(0, dtype=np.int64)
    words = np.frombuffer(array.buffers()[1], dtype=np.int64)[2 * array.offset : 2 * (array.offset + len(array))]
    low, high = words[0::2].copy(), words[1::2]
    if array.null_count:
        missing = np.asarray(array.is_null().to_numpy(zero_copy_only=False), dtype=bool)
        low[missing] = 0
        high = np.where(missing, 0, high)
    if (high != low >> 63).any() or (np.abs(low) > LARGEST_UNITS).any():
        raise ValueRangeError("an amount is beyond 461 trillion", remedy="check the unit of the amounts loaded")
    return low


def from_units(units: int | np.int64) -> Decimal:
    """Ten-thousandths as an exact amount."""
    return Decimal(int(units)).scaleb(-4)


def units_of(amount: Decimal) -> int:
    """An amount of at most four decimals as ten-thousandths."""
    return int(amount.scaleb(4).to_integral_value(ROUND_HALF_UP))


def sum_by(positions: npt.NDArray[np.int64], units: Units, n: int) -> Units:
    """Exact sums of units by position, (n,); negative positions are left out."""
    total = np.zeros(n, dtype=np.int64)
    known = positions >= 0
    np.add.at(total, positions[known], units[known])
    return total


def plain(value: Any) -> Any:
    """JSON-able: decimals and dates as text, mappings and sequences throughout, numpy scalars as Python's."""
    kind = type(value)
    if kind is str or value is None or kind is bool or kind is int or kind is float:
        return value
    if kind is dict:
        return {key if type(key) is str else str(key): plain(each) for key, each in value.items()}
    if kind is list or kind is tuple:
        return [plain(each) for each in value]
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def decimal_text(value: Decimal) -> str:
    """Without exponent and without trailing zeros beyond the cent: 1E+3 -> 1000, 2.5000 -> 2.50."""
    text = format(value, "f")
    if text[-1] != "0" or text[-3:-2] == "." or "." not in text:
        return text  # as nearly all are
    whole, part = text.split(".")
    kept = part.rstrip("0").ljust(2, "0") if len(part) >= 2 else part
    return f"{whole}.{kept}"


def percent(value: Decimal | float) -> str:
    """A share as text for people: 0.1234 -> 12.34%."""
    return f"{Decimal(str(value)) * 100:.2f}%"


def amount_text(value: Decimal) -> str:
    """An amount as text for people: 1234567.8 -> 1,234,567.80."""
    return f"{cents(value):,.2f}"
