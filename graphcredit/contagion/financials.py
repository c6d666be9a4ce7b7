"""What a cascade must know of each party's books, and what stands in where that is unknown.

Unknown numbers are NaN and never become zero in silence: each stand-in is counted in `warnings`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphcredit.contagion.inputs import Floats, as_vector
from graphcredit.exc import ShapeError, ValueRangeError
from graphcredit.network import TRADE, Network
from graphcredit.settings import get_settings

FIELDS = ("equity", "revenue", "material_cost", "liquid_assets", "pd")


@dataclass(frozen=True)
class StandIns:
    """Used where a number is unknown.

    Attributes:
        margin: (revenue - material cost) / revenue.
        equity: equity / revenue, where there is no registered capital either.
        pd: probability of default in a year.
    """

    margin: float = 0.2
    equity: float = 0.3
    pd: float = 0.02


@dataclass(frozen=True)
class Financials:
    """Books of n parties, in the unit of the network's amounts.

    Attributes:
        equity: (n,); inf = unknown and without a stand-in: it never defaults, though its losses count.
        revenue: a year's, (n,); material_cost: of the same year, (n,).
        liquid_assets: short-term assets less short-term liabilities, (n,); inf = unknown: not tested.
        pd: probability of default in a year, (n,).
        years: length of the period whose sales make the trade layer.
        warnings: what was unknown and what stood in for it.
    """

    equity: Floats
    revenue: Floats
    material_cost: Floats
    liquid_assets: Floats
    pd: Floats
    years: float = 1.0
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lengths = {len(np.atleast_1d(getattr(self, name))) for name in FIELDS}
        if len(lengths) != 1:
            raise ShapeError(f"financials have different lengths {sorted(lengths)}", remedy="one number a party")
        for name in FIELDS:
            if np.isnan(getattr(self, name)).any():
                raise ValueRangeError(f"{name} holds NaN", remedy="use Financials.of, which says what stands in")
        if not self.years > 0:
            raise ValueRangeError(f"years is {self.years}", remedy="the trade layer covers a positive length of time")

    @property
    def n(self) -> int:
        """Number of parties."""
        return len(self.equity)

    @property
    def income(self) -> Floats:
        """Profit lost in a year without production: revenue less material cost, not below 0, (n,)."""
        return np.maximum(self.revenue - self.material_cost, 0.0)

    @classmethod
    def of(
        cls, n: int, known: Mapping[str, Any], *, stand_ins: StandIns | None = None, years: float = 1.0
    ) -> "Financials":
        """Fill what is unknown.

        Args:
            n: number of parties.
            known: any of equity, registered_capital, revenue, sales (a year's recorded ones), material_cost,
                operating_profit, liquid_assets, current_assets, current_liabilities, pd: each (n,), NaN = unknown.
            stand_ins: for the rest.
            years: length of the period whose sales make the trade layer.

        Raises:
            ShapeError: another length; ValueRangeError: infinite values, a PD outside [0, 1].
        """
        use, notes = stand_ins or StandIns(), []
        given = {name: _column(values, n, name) for name, values in known.items()}

        def get(name: str) -> Floats:
            return given.get(name, np.full(n, np.nan))

        def fill(values: Floats, other: Floats, note: str) -> Floats:
            gaps = np.isnan(values) & ~np.isnan(other)
            if gaps.any():
                notes.append(f"{int(gaps.sum())} parties: {note}")
            return np.where(gaps, other, values)

        revenue = fill(get("revenue"), np.nan_to_num(get("sales")), "unknown revenue, recorded sales stand for it")
        cost = fill(
            get("material_cost"),
            revenue - get("operating_profit"),
            "unknown material cost, operating profit stands for income",
        )
        cost = fill(
            cost, revenue * (1 - use.margin), f"unknown material cost, taken as {1 - use.margin:.0%} of revenue"
        )
        equity = fill(get("equity"), get("registered_capital"), "unknown equity, registered capital stands for it")
        turnover = np.where(revenue > 0, use.equity * revenue, np.nan)
        equity = fill(equity, turnover, f"unknown equity, taken as {use.equity:.0%} of revenue")
        equity = fill(equity, np.full(n, np.inf), "unknown equity and no revenue, so they never default here")
        liquid = fill(
            get("liquid_assets"), get("current_assets") - get("current_liabilities"),
            "liquid assets are current assets less current liabilities",
        )  # fmt: skip
        liquid = fill(liquid, np.full(n, np.inf), "unknown liquid assets, so liquidity is not tested")
        pd = fill(get("pd"), np.full(n, use.pd), f"unknown PD, taken as {use.pd:.1%}")
        if (cost > revenue).any():
            notes.append(f"{int((cost > revenue).sum())} parties earn less than their material cost: no profit to lose")
        return cls(equity, revenue, cost, liquid, as_vector(pd, n, "pd", low=0.0, high=1.0), years, tuple(notes))

    @classmethod
    def from_network(cls, network: Network, *, stand_ins: StandIns | None = None, **known: Any) -> "Financials":
        """From the network's attributes of the names in `of` (with NaN = unknown); `known` adds or replaces columns.

        A network built from a store holds the sales of the setting `trade_window_months`; one made otherwise, a year's.
        """
        years = get_settings().trade_window_months / 12 if network.as_of is not None else 1.0
        names = (
            *FIELDS, "registered_capital", "operating_profit", "current_assets", "current_liabilities",
        )  # fmt: skip
        columns: dict[str, Any] = {name: network.attributes[name] for name in names if name in network.attributes}
        columns["sales"] = np.asarray(network.matrix(TRADE).sum(axis=1)).ravel() / years
        if "registered_capital" in columns:  # a registered capital of nothing says nothing about equity
            capital = np.asarray(columns["registered_capital"], dtype=np.float64)
            columns["registered_capital"] = np.where(capital > 0, capital, np.nan)
        return cls.of(network.n, columns | known, stand_ins=stand_ins, years=years)


def _column(values: Any, n: int, name: str) -> Floats:
    """One number a party, NaN allowed."""
    column = np.asarray(values, dtype=np.float64)
    as_vector(np.nan_to_num(column, nan=0.0, posinf=np.inf, neginf=-np.inf), n, name)
    return np.broadcast_to(column, (n,)).copy()
