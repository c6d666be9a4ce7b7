"""What a credit policy says, as a validated model; every number carries its source.

Shares and rates are decimals (0.05 = 5%), rates a year, amounts in the policy's currency.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from graphcredit.decisions.policy.collections import CollectionRule
from graphcredit.decisions.policy.monitoring import MonitoringRule
from graphcredit.decisions.policy.numbers import Num, Positive, Share, Source
from graphcredit.decisions.policy.trade import TradeRule
from graphcredit.decisions.texts import Frozen, Text
from graphcredit.scoring.master_scale import MasterScale


class Grade(Frozen):
    """One grade: PDs in [pd_from, pd_to), what it may have and how often it is reviewed."""

    grade: str
    pd_from: Share
    pd_to: Share
    limit_factor: Share
    cover_factor: Share
    max_limit: Positive
    review_months: Annotated[int, Field(ge=0, le=36)]


class GradeTable(Frozen):
    """The master scale with what hangs on a grade, best grade first."""

    source: Source
    grades: Annotated[tuple[Grade, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _no_gaps(self) -> Self:
        names = [row.grade for row in self.grades]
        if len(set(names)) != len(names):
            raise ValueError(f"grades repeat: {names}")
        if self.grades[0].pd_from != 0 or self.grades[-1].pd_to != 1:
            raise ValueError("grades must cover PDs from 0 to 1")
        for better, worse in pairwise(self.grades):
            if worse.pd_from > better.pd_to:
                raise ValueError(
                    f"gap between {better.grade} and {worse.grade}: nothing holds PDs from {better.pd_to} to {worse.pd_from}"
                )
            if worse.pd_from < better.pd_to:
                raise ValueError(
                    f"{better.grade} and {worse.grade} overlap: both hold PDs from {worse.pd_from} to {better.pd_to}"
                )
            for name in ("limit_factor", "cover_factor", "max_limit", "review_months"):
                if getattr(worse, name) > getattr(better, name):
                    raise ValueError(
                        f"{name} rises from {better.grade} to {worse.grade}: a worse grade never gets more"
                    )
        for row in self.grades:
            if row.pd_from >= row.pd_to:
                raise ValueError(f"grade {row.grade} is empty: from {row.pd_from} to {row.pd_to}")
        return self


class Cap(Frozen):
    """A cap as a share of a base of the lender's."""

    value: Share
    of: Literal["tier1_capital", "net_capital", "book_limit"]
    source: Source


class Lender(Frozen):
    """The lender whose caps these are."""

    tier1_capital: Num
    net_capital: Num
    book_limit: Num


class Caps(Frozen):
    """Caps on one party, a connected group, and concentrations."""

    single: Cap
    group: Cap
    industry: Cap
    region: Cap
    guarantor: Cap
    debtor: Cap


class Capacity(Frozen):
    """How much debt a party can bear by itself: the smallest of what is known of it."""

    net_worth_share: Num
    turnover_share: Num
    cash_flow_multiple: Num


class Step(Frozen):
    """From this share on, this haircut."""

    share_from: Share
    haircut: Share


class Haircuts(Frozen):
    """What contagion and dependence take off a limit."""

    contagion_sensitivity: Num
    contagion_max: Num
    contagion_unknown: Num
    dependence: Annotated[tuple[Step, ...], Field(min_length=1)]
    dependence_source: Source

    @model_validator(mode="after")
    def _steps_ascend(self) -> Self:
        for low, high in pairwise(self.dependence):
            if high.share_from <= low.share_from or high.haircut < low.haircut:
                raise ValueError("dependence steps must ascend in share_from and haircut")
        for name in ("contagion_max", "contagion_unknown"):
            if getattr(self, name).value > 1:
                raise ValueError(f"{name} is a share, at most 1")
        return self


class CoverRule(Frozen):
    """How far cover counts."""

    collateral: Num
    insurance: Num
    mortgage: Num
    pledge: Num
    guarantor_net_worth_share: Num
    max_multiple_of_own: Num


class Connected(Frozen):
    """What connects clients (CRR Art. 4(1)(39))."""

    control_share: Num
    dependence_share: Num


class ExposureRule(Frozen):
    """Which documents use up a limit, with the share of their amount that counts."""

    invoice: Num
    order: Num
    delivery: Num
    drawn: Num
    undrawn: Num
    guarantee_given: Num
    netting: Num
    creditors: tuple[str, ...] = ()  # whose claims use the lender's caps besides its decisions; "*" = everybody's

    @model_validator(mode="after")
    def _shares(self) -> Self:
        for name in ("invoice", "order", "delivery", "drawn", "undrawn", "guarantee_given", "netting"):
            if getattr(self, name).value > 1:
                raise ValueError(f"exposure.{name} is a share, at most 1")
        return self


class EventRule(Frozen):
    """A kind of credit event that blocks for so many months."""

    kind: str
    months: Annotated[int, Field(ge=1)]


class Blocking(Frozen):
    """What stops new credit, whatever the headroom."""

    overdue_amount: Num
    overdue_days: Num
    overdue_days_any_amount: Num
    events: tuple[EventRule, ...]
    events_source: Source
    statuses: tuple[str, ...]
    worst_grade: str
    score_max_age_days: Num


class Pricing(Frozen):
    """Rates a year and the parameters of risk."""

    funding: Num
    operating: Num
    cost_of_capital: Num
    min_rate: Num
    max_rate: Num
    lgd_unsecured: Num
    lgd_secured: Num
    confidence: Num
    maturity_years: Num


class Level(Frozen):
    """Who may approve up to which amount, and how many of them; level 0 is the system itself."""

    level: Annotated[int, Field(ge=0)]
    name: Text
    up_to: Positive | None = None
    approvers: Annotated[int, Field(ge=0, le=5)]


class Approval(Frozen):
    """Levels in ascending order; the last has no upper amount."""

    source: Source
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ascend(self) -> Self:
        if self.levels[-1].up_to is not None:
            raise ValueError("the last approval level must have no upper amount, else larger ones find nobody")
        for low, high in pairwise(self.levels):
            if low.up_to is None or (high.up_to is not None and high.up_to <= low.up_to) or high.level <= low.level:
                raise ValueError(f"approval levels {low.level} and {high.level} leave a gap or overlap")
        return self

    def level_for(self, amount: Decimal) -> Level:
        """The lowest level that may approve an amount."""
        return next(level for level in self.levels if level.up_to is None or amount <= level.up_to)

    def at(self, number: int) -> Level:
        """The level with a number, or the highest below it."""
        return [level for level in self.levels if level.level <= number][-1]


class ProductRule(Frozen):
    """Eligibility, advance, tenor, documents, covenants of one product; `numbers` are its own further ones."""

    enabled: bool = True
    name: Text
    worst_grade: str
    advance_rate: Num
    max_tenor_days: Num
    min_amount: Num
    max_amount: Num
    fee: Num
    documents: tuple[Text, ...]
    covenants: tuple[Text, ...]
    numbers: dict[str, Num] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.advance_rate.value > 1:
            raise ValueError("advance_rate is a share, at most 1")
        if self.min_amount.value > self.max_amount.value:
            raise ValueError("min_amount is above max_amount")
        return self

    def number(self, name: str) -> Decimal:
        """One of the product's own numbers."""
        return self.numbers[name].value


class Scenario(Frozen):
    """A named stress of the book."""

    name: str
    text: Text
    pd_multiplier: Positive
    lgd_add: Share
    exposure_multiplier: Positive = Decimal(1)
    industries: tuple[str, ...] = ()  # prefixes of industry codes; empty = all
    failed: Annotated[int, Field(ge=0)] = 0  # the so many largest borrowers fail outright
    source: Source


PRODUCTS = (
    "factoring",
    "reverse_factoring",
    "order_finance",
    "inventory_pledge",
    "confirming_warehouse",
    "e_receivable",
    "dynamic_discount",
    "loan",
)
NEEDED_NUMBERS: dict[str, tuple[str, ...]] = {
    "factoring": ("dilution_multiple", "non_recourse_worst_grade_pd", "min_dilution_reserve"),
    "reverse_factoring": ("buyer_share_of_limit",),
    "order_finance": ("min_fulfilment", "min_past_orders"),
    "inventory_pledge": ("cover_min", "cover_max", "margin_call", "liquidation", "price_haircut"),
    "confirming_warehouse": ("deposit_min", "buy_back_share"),
    "e_receivable": ("usual_tenor_days",),
    "dynamic_discount": ("min_days_early",),
    "loan": ("dscr_min", "rate_stress", "pd_max"),
}


class Policy(Frozen):
    """One version of the policy, in force from `effective_from` until the next one."""

    policy_id: Annotated[str, Field(min_length=1)]
    version: Annotated[str, Field(min_length=1)]
    effective_from: date
    effective_to: date | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    currencies: tuple[str, ...]
    currencies_source: Source
    lender: Lender
    master_scale: GradeTable
    capacity: Capacity
    caps: Caps
    haircuts: Haircuts
    cover: CoverRule
    connected: Connected
    exposure: ExposureRule
    blocking: Blocking
    pricing: Pricing
    approval: Approval
    products: dict[str, ProductRule]
    scenarios: tuple[Scenario, ...]
    collections: CollectionRule | None = None
    monitoring: MonitoringRule | None = None
    trade: TradeRule | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        grades = {row.grade for row in self.master_scale.grades}
        named = {"blocking": self.blocking.worst_grade} | {p: rule.worst_grade for p, rule in self.products.items()}
        for where, grade in named.items():
            if grade not in grades:
                raise ValueError(f"{where}: worst_grade {grade!r} is not in the master scale")
        if unknown := sorted(set(self.products) - set(PRODUCTS)):
            raise ValueError(f"unknown products {unknown}: one of {', '.join(PRODUCTS)}")
        for product, rule in self.products.items():
            if missing := [name for name in NEEDED_NUMBERS[product] if name not in rule.numbers]:
                raise ValueError(f"products.{product}.numbers lacks {', '.join(missing)}")
        if self.currency not in self.currencies:
            raise ValueError(f"currencies must hold the policy's own, {self.currency}")
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to is before effective_from")
        if self.pricing.min_rate.value > self.pricing.max_rate.value:
            raise ValueError("pricing.min_rate is above max_rate")
        return self

    @cached_property
    def scale(self) -> MasterScale:
        """The master scale as scoring uses it."""
        rows = self.master_scale.grades
        return MasterScale(tuple(row.grade for row in rows), tuple(float(row.pd_to) for row in rows))

    @property
    def label(self) -> str:
        """Id and version, as it is named in decisions."""
        return f"{self.policy_id}@{self.version}"

    def grade_row(self, grade: str) -> Grade | None:
        """What the policy says of a grade, None for an unknown one."""
        return next((row for row in self.master_scale.grades if row.grade == grade), None)

    def worse_than(self, grade: str, worst: str) -> bool:
        """Whether a grade is worse than the worst one allowed; an unknown grade is."""
        names = [row.grade for row in self.master_scale.grades]
        return grade not in names or names.index(grade) > names.index(worst)

    def cap(self, name: str) -> Decimal:
        """A cap as an amount."""
        rule: Cap = getattr(self.caps, name)
        base: Num = getattr(self.lender, rule.of)
        return rule.value * base.value

    def numbers(self) -> Iterator[tuple[str, str, str]]:
        """Every number with its source: (where, value, source)."""
        yield from _numbers(self.model_dump(mode="json"), "")


def _numbers(node: Any, where: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(node, dict):
        if "value" in node and "source" in node:
            yield where, str(node["value"]), node["source"]
            return
        for key, value in node.items():
            yield from _numbers(value, f"{where}.{key}" if where else key)
    elif isinstance(node, list):
        for position, value in enumerate(node):
            name = value.get("grade", value.get("name", position)) if isinstance(value, dict) else position
            yield from _numbers(value, f"{where}[{name if isinstance(name, str | int) else position}]")
