"""Who sells to whom: heavy-tailed degrees, repeated and reciprocal trade, invoices with returns, orders, payments."""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit_ingest.sample.firms import Firms, Floats, Ints

SOLD, BOUGHT = 0.8, 0.65  # of yearly sales, within the network
BALANCING = 6
_GOODS = ("steel", "resin", "chips", "fabric", "grain", "parts", "cartons", "services")
_UNITS = ("t", "t", "pcs", "m", "t", "pcs", "pcs", None)
_PRICES = np.array([4200.0, 8800.0, 12.0, 35.0, 2600.0, 48.0, 3.5, np.nan])
"""Unit and price of the goods, house choice near Chinese prices of 2025; services are not counted."""


@dataclass(frozen=True)
class Trade:
    """Trade links: seller, buyer (indices of firms) and yearly amount, shape (m,)."""

    seller: Ints
    buyer: Ints
    amount: Floats


def draw_trade(rng: np.random.Generator, firms: Firms) -> Trade:
    """Each firm buys from a few suppliers, mostly one tier up; big firms sell to many."""
    wanted = np.minimum(3 + (rng.pareto(1.6, firms.n) * 2).astype(int), 60)
    buyer = np.repeat(np.arange(firms.n), wanted)
    up = np.clip(firms.tier[buyer] - (rng.random(len(buyer)) < 0.8), 0, 3)
    seller = np.empty(len(buyer), dtype=np.int64)
    attraction = firms.size**0.3
    for tier in range(4):
        members = np.flatnonzero(firms.tier == tier)
        chosen = up == tier
        if len(members) and chosen.any():
            weights = np.cumsum(attraction[members])
            seller[chosen] = members[np.searchsorted(weights, rng.random(int(chosen.sum())) * weights[-1])]
        elif chosen.any():
            seller[chosen] = rng.integers(0, firms.n, int(chosen.sum()))
    back = rng.random(len(buyer)) < 0.05  # reciprocal trade
    seller, buyer = np.concatenate([seller, buyer[back]]), np.concatenate([buyer, seller[back]])
    pair = np.unique(seller * firms.n + buyer)
    seller, buyer = pair // firms.n, pair % firms.n
    keep = seller != buyer
    seller, buyer = seller[keep], buyer[keep]
    pull = np.exp(rng.normal(0, 0.7, len(seller))) * np.sqrt(firms.size[buyer])
    for _ in range(BALANCING):  # sales and purchases both follow size (Deming & Stephan 1940)
        pull *= (SOLD * firms.size / np.maximum(np.bincount(seller, pull, firms.n), 1e-9))[seller]
        pull *= (BOUGHT * firms.size / np.maximum(np.bincount(buyer, pull, firms.n), 1e-9))[buyer]
    return Trade(seller, buyer, pull)


@dataclass(frozen=True)
class Lines:
    """Document lines: link of trade, seller, buyer, day, amount, due day; shape (k,)."""

    link: Ints
    seller: Ints
    buyer: Ints
    day: npt.NDArray[np.datetime64]
    amount: Floats
    due: npt.NDArray[np.datetime64]

    def pick(self, chosen: npt.NDArray[Any]) -> "Lines":
        """Some of the lines, or all in another order."""
        return Lines(*(getattr(self, field.name)[chosen] for field in fields(self)))


def _money(values: Floats) -> pa.Array:
    """Exact amounts with two decimals, as text."""
    cents = np.round(values * 100).astype(np.int64)
    return pc.cast(
        pc.divide(pc.cast(pa.array(cents), pa.decimal128(24, 2)), pa.scalar(100, pa.decimal128(5, 0))),
        pa.decimal128(24, 2),
    )


def invoices(rng: np.random.Generator, firms: Firms, trade: Trade, months: int, end: date) -> tuple[pa.Table, pa.Table]:
    """Tables `transactions` and `payments`: monthly amounts follow season, growth and the seller's health."""
    m = len(trade.seller)
    count = 1 + rng.poisson(3.0, m)
    link = np.repeat(np.arange(m), count)
    seller, buyer = trade.seller[link], trade.buyer[link]
    begin = np.datetime64(end) - np.timedelta64(int(months * 30.4), "D")
    growth = 0.15 * firms.health[seller] + rng.normal(0, 0.05, len(link))
    position = np.clip(rng.random(len(link)) ** (1 / (1 + np.clip(growth, -0.4, 0.8))), 0, 0.999)
    issued = begin + (position * months * 30.4).astype("timedelta64[D]")
    month = issued.astype("datetime64[M]").astype(int) % 12
    season = 1 + 0.3 * np.sin(2 * np.pi * (month + 3 * firms.industry[seller]) / 12)
    amount = trade.amount[link] * (months / 12) / count[link] * season * np.exp(rng.normal(0, 0.35, len(link)))
    amount = np.maximum(np.round(amount, 2), 10.0)
    returned = rng.random(len(link)) < np.clip(0.02 - 0.008 * firms.health[seller], 0.002, 0.08)
    amount = np.where(returned, -np.round(amount * 0.4, 2), amount)
    void = rng.random(len(link)) < np.clip(0.03 - 0.012 * firms.health[seller], 0.004, 0.12)
    order = np.lexsort((link, issued))
    due = issued + np.array([30, 60, 90])[link % 3].astype("timedelta64[D]")
    lines, void = Lines(link, seller, buyer, issued, amount, due).pick(order), void[order]
    number = np.arange(len(link))
    ids = np.char.add("T", np.char.zfill(number.astype(str), 8))
    table = _transactions(firms, ids, lines, void, "invoice")
    return pa.concat_tables([table, *_documents(rng, firms, lines, number)]), _payments(
        rng, firms, ids, lines, void, end
    )


def _transactions(
    firms: Firms, ids: npt.NDArray[np.str_], lines: Lines, void: npt.NDArray[np.bool_], kind: str
) -> pa.Table:
    seller, buyer, day, amount, due = lines.seller, lines.buyer, lines.day, lines.amount, lines.due
    names = pa.array(firms.ids.tolist())
    kinds = firms.industry[seller] % len(_GOODS)
    quantity = np.round(amount / _PRICES[kinds], 3)
    return pa.table(
        {
            "transaction_id": pa.array(ids.tolist()),
            "seller_id": names.take(pa.array(seller)),
            "buyer_id": names.take(pa.array(buyer)),
            "issued_on": pa.array(day.astype("datetime64[D]")),
            "amount": _money(amount),
            "tax": _money(np.round(amount * 0.13, 2)),
            "currency": pa.array(["CNY"] * len(ids)),
            "number": pa.array(np.char.add("N", np.char.zfill(np.char.strip(ids, "TOD"), 10)).tolist()),
            "due_on": pa.array(due.astype("datetime64[D]")),
            "status": pa.array(np.where(void, "void", "valid").tolist()),
            "kind": pa.array([kind] * len(ids)),
            "goods": pa.array(_GOODS).take(pa.array(kinds)),
            "quantity": pc.cast(pa.array(quantity, from_pandas=True), pa.decimal128(24, 3)),
            "unit": pa.array(_UNITS).take(pa.array(kinds)),
        }
    )


def _documents(rng: np.random.Generator, firms: Firms, lines: Lines, number: Ints) -> list[pa.Table]:
    """Orders and deliveries behind a twentieth of the invoices, one and two weeks before them."""
    chosen = (rng.random(len(number)) < 0.05) & (lines.amount > 0)
    made = []
    for kind, days, letter in (("order", 14, "O"), ("delivery", 7, "D")):
        earlier = replace(lines, day=lines.day - np.timedelta64(days, "D")).pick(chosen)
        ids = np.char.add(letter, np.char.zfill(number[chosen].astype(str), 8))
        made.append(_transactions(firms, ids, earlier, np.zeros(len(ids), dtype=bool), kind))
    return made


def _payments(
    rng: np.random.Generator,
    firms: Firms,
    ids: npt.NDArray[np.str_],
    lines: Lines,
    void: npt.NDArray[np.bool_],
    end: date,
) -> pa.Table:
    """Payments of valid invoices; weak buyers pay late."""
    seller, buyer, amount, due = lines.seller, lines.buyer, lines.amount, lines.due
    late = np.maximum(rng.gamma(1.2, np.clip(10 - 6.5 * firms.health[buyer], 1.0, 45)) - 6, -12)
    paid = due + late.astype("timedelta64[D]")
    chosen = ~void & (amount > 0) & (paid <= np.datetime64(end))
    names = pa.array(firms.ids.tolist())
    return pa.table(
        {
            "payment_id": pa.array(np.char.replace(ids[chosen], "T", "Y").tolist()),
            "payer_id": names.take(pa.array(buyer[chosen])),
            "payee_id": names.take(pa.array(seller[chosen])),
            "paid_on": pa.array(paid[chosen].astype("datetime64[D]")),
            "amount": _money(amount[chosen] + np.round(amount[chosen] * 0.13, 2)),
            "currency": pa.array(["CNY"] * int(chosen.sum())),
            "transaction_id": pa.array(ids[chosen].tolist()),
        }
    )
