"""The canonical tables: what a fact is, which columns it has, which of them identify it.

One `Table` per kind of fact. Readers validate against it, stores create their schema from it,
features name their sources by it, and the documentation is printed from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

ALWAYS_KNOWN = "1900-01-01"
"""`recorded_at` of a fact that carries no date of its own: it counts as known from the beginning."""

ATTRIBUTE_PREFIX = "attr_"
"""A column with this prefix, in any table, is kept as a typed attribute."""


EXCLUDED_ATTRIBUTE_PREFIX = "x_"
"""An attribute whose name (after attr_) starts with this is kept and shown, and never becomes a feature."""


class Kind(StrEnum):
    """Type of a column's values. MONEY is an exact decimal(24, 4), also for quantities; NUMBER is float64."""

    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    MONEY = "money"
    NUMBER = "number"
    INTEGER = "integer"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its kind, whether a row needs it, and which values it may take."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    open_choices: bool = False  # other values than `choices` are kept, too
    minimum: float | None = None
    maximum: float | None = None
    default: str | None = None
    party: bool = False  # refers to parties.party_id
    since: int = 1  # schema version that brought the column
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of fact. `own_date` names the columns that `recorded_at` defaults to, first present wins."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    own_date: tuple[str, ...] = ()
    begins: str | None = None  # a fact holds from this date ...
    ends: str | None = None  # ... to this one, inclusive
    note: str = ""

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order, `recorded_at` last."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that every row must fill."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def party_columns(self) -> tuple[str, ...]:
        """Names of the columns that refer to a party."""
        return tuple(column.name for column in self.columns if column.party)


def _key(name: str) -> Column:
    return Column(name, required=True)


def _party(name: str, *, required: bool = True) -> Column:
    return Column(name, required=required, party=True)


def _date(name: str, *, required: bool = False, note: str = "") -> Column:
    return Column(name, Kind.DATE, required=required, note=note)


def _money(name: str, *, required: bool = False, minimum: float | None = None, note: str = "") -> Column:
    return Column(name, Kind.MONEY, required=required, minimum=minimum, note=note)


_RECORDED = Column("recorded_at", Kind.TIMESTAMP, note="when the fact became known (UTC)")
_CURRENCY = Column("currency", note="ISO 4217; the book's currency when absent")

PARTIES = Table(
    "parties",
    ("party_id",),
    (
        _key("party_id"),
        Column("kind", required=True, choices=("company", "person", "bank")),
        Column("name", required=True),
        Column("uscc", note="unified social credit code, GB 32100"),
        Column("lei", note="legal entity identifier, ISO 17442"),
        Column("tax_id"),
        Column("country", note="ISO 3166 alpha-2"),
        Column("region"),
        Column("industry", note="GB/T 4754 or ISIC"),
        _date("founded_on"),
        _money("registered_capital", minimum=0),
        _CURRENCY,
        Column("status"),
        Column("legal_representative"),
        Column("address"),
        Column("phone"),
        Column("email"),
        Column("verification", choices=("self_reported", "registry", "site_visit")),
        _date("verified_on"),
        _RECORDED,
    ),
    note="who exists: companies, persons and banks",
)

OWNERSHIP = Table(
    "ownership",
    ("holder_id", "held_id", "relation"),
    (
        _party("holder_id"),
        _party("held_id"),
        Column(
            "relation",
            required=True,
            choices=("shareholder", "controller", "legal_representative", "director", "branch", "family"),
            open_choices=True,
        ),
        Column("share", Kind.NUMBER, minimum=0, maximum=1, note="share of equity, 0..1"),
        _date("valid_from"),
        _date("valid_to"),
        _RECORDED,
    ),
    own_date=("valid_from",),
    begins="valid_from",
    ends="valid_to",
    note="who owns, controls or runs whom",
)

TRANSACTIONS = Table(
    "transactions",
    ("transaction_id",),
    (
        _key("transaction_id"),
        _party("seller_id"),
        _party("buyer_id"),
        _date("issued_on", required=True),
        _money("amount", required=True, note="without tax; negative = return"),
        _money("tax"),
        _CURRENCY,
        Column("number"),
        _date("due_on"),
        Column("status", choices=("valid", "void"), default="valid"),
        Column("kind", choices=("invoice", "credit_note", "order", "delivery"), default="invoice"),
        Column("goods"),
        Column("quantity", Kind.MONEY, since=2, note="how much of the goods, exact; negative = return"),
        Column("unit", since=2, note="of the quantity: t, kg, pcs, m3, ..."),
        _RECORDED,
    ),
    own_date=("issued_on",),
    begins="issued_on",
    note="what is sold, ordered, delivered and invoiced",
)

PAYMENTS = Table(
    "payments",
    ("payment_id",),
    (
        _key("payment_id"),
        _party("payer_id"),
        _party("payee_id"),
        _date("paid_on", required=True),
        _money("amount", required=True),
        _CURRENCY,
        Column("transaction_id"),
        _RECORDED,
    ),
    own_date=("paid_on",),
    begins="paid_on",
    note="what is paid, and for which transaction",
)

GUARANTEES = Table(
    "guarantees",
    ("guarantee_id",),
    (
        _key("guarantee_id"),
        _party("guarantor_id"),
        _party("obligor_id"),
        _money("amount", required=True, minimum=0),
        _party("beneficiary_id", required=False),
        _CURRENCY,
        Column("kind", choices=("joint", "several", "mortgage", "pledge", "insurance"), default="joint"),
        Column("facility_id"),
        Column(
            "insured_share",
            Kind.NUMBER,
            minimum=0,
            maximum=1,
            since=3,
            note="of an insurance: part of a loss it pays, 0.9",
        ),
        _date("valid_from"),
        _date("valid_to"),
        _RECORDED,
    ),
    own_date=("valid_from",),
    begins="valid_from",
    ends="valid_to",
    note="who answers for whose debt",
)

FACILITIES = Table(
    "facilities",
    ("facility_id",),
    (
        _key("facility_id"),
        _party("lender_id"),
        _party("borrower_id"),
        _money("limit", required=True, minimum=0),
        _money("drawn", minimum=0),
        _CURRENCY,
        Column("kind"),
        Column("rate", Kind.NUMBER, note="per year, 0.05 = 5%"),
        _money("collateral_value", minimum=0),
        Column("lgd", Kind.NUMBER, minimum=0, maximum=1),
        _date("valid_from"),
        _date("valid_to", note="maturity"),
        _RECORDED,
    ),
    own_date=("valid_from",),
    begins="valid_from",
    ends="valid_to",
    note="who lends to whom, how much of it is drawn",
)

STATEMENTS = Table(
    "statements",
    ("party_id", "period_end", "item"),
    (
        _party("party_id"),
        _date("period_end", required=True),
        Column("item", required=True, open_choices=True, note="see model/statement_items.py"),
        _money("amount", required=True),
        Column("months", Kind.INTEGER, minimum=0, note="length of the period; 0 for a balance-sheet date"),
        _CURRENCY,
        _date("published_on"),
        Column("source", choices=("self", "agency", "public")),
        _RECORDED,
    ),
    own_date=("published_on", "period_end"),
    begins="period_end",
    note="one line of a financial statement",
)

CREDIT_EVENTS = Table(
    "credit_events",
    ("event_id",),
    (
        _key("event_id"),
        _party("party_id"),
        Column(
            "kind",
            required=True,
            choices=(
                "late_payment",
                "default",
                "court",
                "tax_arrears",
                "dishonest_list",
                "rating_change",
                "cured",
            ),
            open_choices=True,
        ),
        _date("occurred_on", required=True),
        _money("amount"),
        Column("source"),
        _RECORDED,
    ),
    own_date=("occurred_on",),
    begins="occurred_on",
    note="what has gone wrong, or right again",
)

INDUSTRY_OUTLOOK = Table(
    "industry_outlook",
    ("industry", "valid_from"),
    (
        _key("industry"),
        _date("valid_from", required=True),
        Column("trend", Kind.NUMBER, minimum=-1, maximum=1),
        Column("policy", Kind.NUMBER, minimum=-1, maximum=1),
        Column("competition", Kind.NUMBER, minimum=0, maximum=1),
        Column("source"),
        _RECORDED,
    ),
    own_date=("valid_from",),
    begins="valid_from",
    note="how an industry is doing",
)

RELATIONS = Table(
    "relations",
    ("source_id", "target_id", "kind"),
    (
        _party("source_id"),
        _party("target_id"),
        Column("kind", required=True, choices=("shared_address", "litigation"), open_choices=True),
        Column("weight", Kind.NUMBER),
        _date("valid_from"),
        _date("valid_to"),
        _RECORDED,
    ),
    own_date=("valid_from",),
    begins="valid_from",
    ends="valid_to",
    note="any other tie between two parties",
)

RATES = Table(
    "rates",
    ("currency", "quoted_on"),
    (
        _key("currency"),
        _date("quoted_on", required=True),
        Column("rate", Kind.NUMBER, required=True, minimum=0, note="book currency per one unit"),
        _RECORDED,
    ),
    own_date=("quoted_on",),
    begins="quoted_on",
    note="dated exchange rates into the book's currency",
)

LABELS = Table(
    "labels",
    ("party_id", "observed_on"),
    (
        _party("party_id"),
        _date("observed_on", required=True),
        Column("default", Kind.INTEGER, required=True, choices=("0", "1")),
        Column("horizon_months", Kind.INTEGER, minimum=1),
        Column("split", choices=("train", "valid", "test")),
        _RECORDED,
    ),
    own_date=("observed_on",),
    note="who defaulted within the horizon; never read by a feature",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PARTIES,
        OWNERSHIP,
        TRANSACTIONS,
        PAYMENTS,
        GUARANTEES,
        FACILITIES,
        STATEMENTS,
        CREDIT_EVENTS,
        INDUSTRY_OUTLOOK,
        RELATIONS,
        RATES,
        LABELS,
    )
}
"""Every canonical table by name, parties first: a load follows this order."""
