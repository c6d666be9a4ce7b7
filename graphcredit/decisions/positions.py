"""What every party owes, owns and earns as of a day: exact arrays that limits and headroom are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.decisions.amounts import Units, from_units, sum_by
from graphcredit.decisions.documents import OpenDocuments, book_units, open_documents, position_of
from graphcredit.decisions.policy.model import ExposureRule
from graphcredit.exc import NotFoundError
from graphcredit.model.asof import as_of_moment
from graphcredit.model.money import Rates
from graphcredit.settings import get_settings
from graphcredit.store import AsOf, CreditStore

ITEMS = (
    "equity",
    "total_assets",
    "total_liabilities",
    "revenue",
    "operating_cash_flow",
    "net_profit",
    "depreciation",
    "interest_expense",
    "ebit",
    "operating_profit",
)
FLOWS = ("revenue", "operating_cash_flow", "net_profit", "depreciation", "interest_expense", "ebit", "operating_profit")
DECISION_PREFIX = "DEC-"
"""A facility recorded under a decision's id is what that decision paid out: its claim counts already, the fact does not."""
Positions_ = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stated:
    """The latest stated value of one item per party: known (n,), units (n,), flows made yearly, day of the period's end."""

    known: npt.NDArray[np.bool_]
    units: Units
    period_end: npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Guarantees:
    """Guarantees in force: positions (beneficiary -1 where not said), units, kind as text, ids, insured shares."""

    ids: tuple[str, ...]
    guarantor: Positions_
    obligor: Positions_
    beneficiary: Positions_
    units: Units
    kind: tuple[str, ...]
    insured: npt.NDArray[np.float64]  # part of a loss that an insurance pays, NaN where not said


@dataclass(frozen=True)
class Facilities:
    """Facilities in force that no decision of ours holds."""

    ids: tuple[str, ...]
    lender: Positions_
    borrower: Positions_
    limit: Units
    drawn: Units
    collateral: Units
    rate: npt.NDArray[np.float64]
    lgd: npt.NDArray[np.float64]

    @cached_property
    def _by_borrower(self) -> tuple[Positions_, Positions_]:
        order = np.argsort(self.borrower, kind="stable")
        return order, self.borrower[order]

    def of_borrower(self, party: int) -> list[int]:
        """Rows of the facilities of a borrower, in order."""
        order, borrowers = self._by_borrower
        first, last = np.searchsorted(borrowers, [party, party + 1])
        found: list[int] = order[first:last].tolist()
        return found


@dataclass(frozen=True)
class Event:
    """A credit event that is not cured."""

    event_id: str
    kind: str
    on: date


@dataclass(frozen=True)
class Book:
    """All positions as of a day, by position of the sorted party ids."""

    ids: npt.NDArray[np.object_]
    day: date
    version: int
    currency: str
    rates: Rates
    kind: npt.NDArray[np.object_]
    name: npt.NDArray[np.object_]
    industry: npt.NDArray[np.object_]
    region: npt.NDArray[np.object_]
    status: npt.NDArray[np.object_]
    documents: OpenDocuments
    facilities: Facilities
    guarantees: Guarantees
    statements: Mapping[str, Stated]
    events: Mapping[int, tuple[Event, ...]]

    @property
    def n(self) -> int:
        """Number of parties."""
        return len(self.ids)

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What follows from these positions alone and is kept with them (documents further back, rows of lists)."""
        return {}

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Party id -> position."""
        return {party: position for position, party in enumerate(self.ids.tolist())}

    def position(self, party_id: str) -> int:
        """Position of a party.

        Raises:
            NotFoundError: it is not known as of the book's day.
        """
        found = self.index.get(party_id)
        if found is None:
            raise NotFoundError(
                f"party {party_id!r} is not known on {self.day}",
                remedy="check the id, load the party, or ask as of a later date",
                party_id=party_id,
            )
        return found

    @cached_property
    def equity(self) -> npt.NDArray[np.float64]:
        """Net worth as stated (else assets less liabilities), (n,), nan where unknown."""
        own, assets, debts = (self.statements[name] for name in ("equity", "total_assets", "total_liabilities"))
        value = np.where(assets.known & debts.known, assets.units - debts.units, 0) / 10_000
        value = np.where(own.known, own.units / 10_000, value)
        return np.where(own.known | (assets.known & debts.known), value, np.nan)

    def yearly(self, item: str) -> npt.NDArray[np.float64]:
        """An item's latest value as stated (flows a year), (n,), nan where unknown."""
        found = self.statements[item]
        return np.where(found.known, found.units / 10_000, np.nan)

    def stated(self, item: str, party: int) -> tuple[Decimal, str] | None:
        """An item's latest value (flows a year) and its source fact; equity falls back to assets less liabilities."""
        found = self.statements[item]
        if found.known[party]:
            return from_units(found.units[party]), f"statements/{self.ids[party]}/{found.period_end[party]}/{item}"
        if item == "equity":
            assets, debts = self.stated("total_assets", party), self.stated("total_liabilities", party)
            if assets and debts:
                return assets[0] - debts[0], f"{assets[1]} less total_liabilities"
        return None

    @cached_property
    def owed(self) -> Mapping[str, Units]:
        """Units owed by each party under each kind of document, all creditors, before conversion and netting."""
        d, f, g, n = self.documents, self.facilities, self.guarantees, self.n
        made = {
            name: sum_by(d.buyer[d.kind == code], d.open[d.kind == code], n)
            for code, name in enumerate(("invoice", "order", "delivery"))
        }
        made["drawn"] = sum_by(f.borrower, f.drawn, n)
        made["undrawn"] = sum_by(f.borrower, np.maximum(f.limit - f.drawn, 0), n)
        made["guarantee_given"] = sum_by(g.guarantor, g.units, n)
        return made

    @cached_property
    def set_off(self) -> Units:
        """Units of each party's open invoices that its own claims on the same creditors set off, (n,), pair by pair."""
        d, n = self.documents, self.n
        invoices = d.kind == 0
        key = d.buyer[invoices] * n + d.seller[invoices]
        pairs, inverse = np.unique(key, return_inverse=True)
        total = sum_by(inverse.astype(np.int64), d.open[invoices], len(pairs))
        back = (pairs % max(n, 1)) * n + pairs // max(n, 1)
        at = np.minimum(np.searchsorted(pairs, back), max(len(pairs) - 1, 0))
        mutual = np.where(pairs[at] == back, np.minimum(total, total[at]), 0) if len(pairs) else total
        return sum_by(np.asarray(pairs // max(n, 1), dtype=np.int64), mutual, n)

    @cached_property
    def overdue(self) -> tuple[Units, Positions_]:
        """Units overdue and days of the oldest, each (n,)."""
        d = self.documents
        late = d.overdue_days > 0
        oldest = np.zeros(self.n, dtype=np.int64)
        np.maximum.at(oldest, d.buyer[late], d.overdue_days[late])
        return sum_by(d.buyer[late], d.open[late], self.n), oldest

    def used(self, rule: ExposureRule) -> Units:
        """Units of limit used by facts, (n,), after conversion and netting; exact to a ten-thousandth, rounded up."""
        total = np.zeros(self.n, dtype=np.int64)
        for name, units in self.owed.items():
            total += _times_up(units, getattr(rule, name).value)
        left: Units = np.maximum(total - _times_down(self.set_off, rule.netting.value * rule.invoice.value), 0)
        return left

    def of_creditors(self, creditors: tuple[str, ...]) -> "Book":
        """The same book with only the claims of some creditors."""
        wanted = np.array([self.index[c] for c in creditors if c in self.index], dtype=np.int64)
        d, f, g = self.documents, self.facilities, self.guarantees
        mine = np.isin(d.seller, wanted) | (np.isin(d.buyer, wanted) & (d.kind == 0))
        lent, promised = np.isin(f.lender, wanted), np.isin(g.beneficiary, wanted)
        return replace(
            self,
            documents=d.take(mine),
            facilities=replace(
                f,
                ids=tuple(np.array(f.ids, object)[lent]),
                lender=f.lender[lent],
                borrower=f.borrower[lent],
                limit=f.limit[lent],
                drawn=f.drawn[lent],
                collateral=f.collateral[lent],
                rate=f.rate[lent],
                lgd=f.lgd[lent],
            ),
            guarantees=replace(
                g,
                ids=tuple(np.array(g.ids, object)[promised]),
                guarantor=g.guarantor[promised],
                obligor=g.obligor[promised],
                beneficiary=g.beneficiary[promised],
                units=g.units[promised],
                kind=tuple(np.array(g.kind, object)[promised]),
                insured=g.insured[promised],
            ),
        )


def _times_up(units: Units, share: Decimal) -> Units:
    numerator, denominator = share.as_integer_ratio()
    made: Units = units if numerator == denominator else -((-units * numerator) // denominator)
    return made


def _times_down(units: Units, share: Decimal) -> Units:
    numerator, denominator = share.as_integer_ratio()
    made: Units = units if numerator == denominator else (units * numerator) // denominator
    return made


def read_book(store: CreditStore, as_of: AsOf = None, *, currency: str | None = None) -> Book:
    """Read all positions as of a moment.

    Raises:
        CurrencyError: an amount in a currency without a rate by its day.
    """
    settings = get_settings()
    version, moment = store.version(), as_of_moment(as_of)
    day = moment.date()
    rates = Rates.from_table(currency or settings.currency, store.read("rates", as_of=as_of))
    columns = ["party_id", "kind", "name", "industry", "region", "status"]
    parties = store.read("parties", as_of=as_of, columns=columns).sort_by("party_id").combine_chunks()
    keys = parties["party_id"].combine_chunks()
    keys = keys if isinstance(keys, pa.Array) else pa.concat_arrays(keys.chunks)
    text = {
        name: np.asarray(pc.fill_null(parties[name], "").to_numpy(zero_copy_only=False), dtype=object)
        for name in columns[1:]
    }
    return Book(
        ids=np.asarray(keys.to_numpy(zero_copy_only=False), dtype=object),
        day=day,
        version=version,
        currency=rates.book,
        rates=rates,
        documents=open_documents(store, as_of, day, keys, rates, window_months=settings.trade_window_months),
        facilities=_facilities(store, as_of, day, keys, rates),
        guarantees=_guarantees(store, as_of, day, keys, rates),
        statements=_statements(store, as_of, day, keys, rates),
        events=_events(store, as_of, keys),
        **text,
    )


def _facilities(store: CreditStore, as_of: AsOf, day: date, keys: pa.Array, rates: Rates) -> Facilities:
    columns = [
        "facility_id",
        "lender_id",
        "borrower_id",
        "limit",
        "drawn",
        "currency",
        "rate",
        "collateral_value",
        "lgd",
    ]
    rows = store.read("facilities", as_of=as_of, columns=columns)
    rows = rows.filter(pc.invert(pc.starts_with(rows["facility_id"], DECISION_PREFIX)))
    limit, drawn = book_units(rows, "limit", None, rates, day), book_units(rows, "drawn", None, rates, day)
    drawn = np.where(pc.is_null(rows["drawn"]).to_numpy().astype(bool), limit, drawn)
    return Facilities(
        tuple(rows["facility_id"].to_pylist()),
        position_of(rows["lender_id"], keys),
        position_of(rows["borrower_id"], keys),
        limit,
        drawn,
        book_units(rows, "collateral_value", None, rates, day),
        np.asarray(pc.fill_null(rows["rate"], np.nan).to_numpy(), dtype=np.float64),
        np.asarray(pc.fill_null(rows["lgd"], np.nan).to_numpy(), dtype=np.float64),
    )


def _guarantees(store: CreditStore, as_of: AsOf, day: date, keys: pa.Array, rates: Rates) -> Guarantees:
    columns = [
        "guarantee_id",
        "guarantor_id",
        "obligor_id",
        "beneficiary_id",
        "amount",
        "currency",
        "kind",
        "insured_share",
    ]
    rows = store.read("guarantees", as_of=as_of, columns=columns)
    giver, owner = position_of(rows["guarantor_id"], keys), position_of(rows["obligor_id"], keys)
    known = (giver >= 0) & (owner >= 0) & (giver != owner)
    rows = rows.filter(pa.array(known))
    kinds = tuple(kind or "joint" for kind in rows["kind"].to_pylist())
    ids = tuple(rows["guarantee_id"].to_pylist())
    to = position_of(rows["beneficiary_id"], keys)
    insured = np.asarray(pc.fill_null(rows["insured_share"], np.nan).to_numpy(), dtype=np.float64)
    return Guarantees(ids, giver[known], owner[known], to, book_units(rows, "amount", None, rates, day), kinds, insured)


def _statements(store: CreditStore, as_of: AsOf, day: date, keys: pa.Array, rates: Rates) -> dict[str, Stated]:
    columns = ["party_id", "period_end", "item", "amount", "months", "currency"]
    rows = store.read("statements", as_of=as_of, columns=columns, where={"item": ITEMS}, ordered=False)
    units = book_units(rows, "amount", "period_end", rates, day)
    party = position_of(rows["party_id"], keys)
    item = np.asarray(rows["item"].to_numpy(zero_copy_only=False), dtype=object)
    months = np.asarray(pc.fill_null(rows["months"], 12).to_numpy(), dtype=np.int64)
    ends = rows["period_end"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
    made = {}
    for name in ITEMS:
        chosen = np.flatnonzero((item == name) & (party >= 0))
        chosen = chosen[np.argsort(ends[chosen], kind="stable")]  # the last one written per party is the latest
        known, value = np.zeros(len(keys), dtype=bool), np.zeros(len(keys), dtype=np.int64)
        end = np.full(len(keys), np.datetime64("NaT"), dtype="datetime64[D]")
        yearly = units[chosen]
        if name in FLOWS:
            yearly = yearly * 12 // np.where(months[chosen] > 0, months[chosen], 12)
        known[party[chosen]], value[party[chosen]], end[party[chosen]] = True, yearly, ends[chosen]
        made[name] = Stated(known, value, end)
    return made


def _events(store: CreditStore, as_of: AsOf, keys: pa.Array) -> dict[int, tuple[Event, ...]]:
    rows = store.read("credit_events", as_of=as_of, columns=["event_id", "party_id", "kind", "occurred_on"])
    found: dict[int, list[dict[str, Any]]] = {}
    for position, row in zip(position_of(rows["party_id"], keys).tolist(), rows.to_pylist(), strict=True):
        if position >= 0:
            found.setdefault(position, []).append(row)
    made = {}
    for position, events in found.items():
        cured = max((e["occurred_on"] for e in events if e["kind"] == "cured"), default=None)
        made[position] = tuple(
            Event(e["event_id"], e["kind"], e["occurred_on"])
            for e in sorted(events, key=lambda e: (e["occurred_on"], e["event_id"]))
            if e["kind"] != "cured" and (cured is None or e["occurred_on"] > cured)
        )
    return made
