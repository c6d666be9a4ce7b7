"""Conversion into the book's currency with dated rates; never a guess."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.exc import CurrencyError

_CODES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF "
    "CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL "
    "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL "
    "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON "
    "RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH "
    "UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG "
)
CURRENCIES = frozenset(_CODES.split())
"""Currency codes in use (ISO 4217), and CNH, the offshore yuan, which markets quote."""


@dataclass(frozen=True)
class Rates:
    """Per currency its quotation days (sorted) and rates: book currency for one unit."""

    book: str
    days: Mapping[str, npt.NDArray[np.datetime64]]
    values: Mapping[str, npt.NDArray[np.float64]]

    @classmethod
    def from_table(cls, book: str, table: pa.Table) -> "Rates":
        """From the columns currency, quoted_on, rate of the table `rates`."""
        frame = table.select(["currency", "quoted_on", "rate"]).sort_by(
            [("currency", "ascending"), ("quoted_on", "ascending")]
        )
        currency = np.asarray(frame["currency"].to_pylist(), dtype=object)
        day = np.asarray(frame["quoted_on"].to_numpy(), dtype="datetime64[D]")
        rate = np.asarray(frame["rate"].to_numpy(), dtype=np.float64)
        found = [str(name) for name in sorted(set(currency.tolist()))]
        return cls(book, {c: day[currency == c] for c in found}, {c: rate[currency == c] for c in found})

    def rate(self, currency: str | None, on: date) -> float:
        """The rate in force on a day.

        Raises:
            CurrencyError: no rate was quoted by then.
        """
        if currency is None or currency == self.book:
            return 1.0
        day = np.datetime64(on, "D")
        position = int(np.searchsorted(self.days.get(currency, np.array([], "datetime64[D]")), day, side="right")) - 1
        if position < 0:
            raise CurrencyError(
                f"no rate from {currency} into {self.book} on {on}",
                remedy=f"load a table `rates` with {currency} and a day on or before {on}",
                currency=currency,
            )
        return float(self.values[currency][position])

    def convert(self, amount: Decimal, currency: str | None, on: date) -> Decimal:
        """An exact amount in the book's currency, rounded to four decimals where a rate was applied."""
        rate = self.rate(currency, on)
        return amount if rate == 1.0 else (amount * Decimal(repr(rate))).quantize(Decimal("0.0001"))

    def convert_array(
        self, amounts: npt.NDArray[np.float64], currencies: pa.ChunkedArray, days: Any | None, on: date
    ) -> npt.NDArray[np.float64]:
        """Amounts in the book's currency, shape (n,); `days` (n,) or, where absent, all at the rate of `on`.

        Raises:
            CurrencyError: a currency has no rate by a row's day.
        """
        foreign: Sequence[str] = [c for c in pc.unique(currencies).to_pylist() if c is not None and c != self.book]
        if not foreign:
            return amounts
        converted = amounts.copy()
        for currency in foreign:
            rows = np.flatnonzero(pc.equal(currencies, currency).to_numpy(zero_copy_only=False).astype(bool))
            if days is None:
                converted[rows] *= self.rate(currency, on)
                continue
            when = np.asarray(days)[rows].astype("datetime64[D]")
            self.rate(currency, when.min().item())
            position = np.searchsorted(self.days[currency], when, side="right") - 1
            converted[rows] *= self.values[currency][position]
        return converted
