"""The book's risk and e-receivables as the API answers them, typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from graphcredit.client.models import Raw, day, money


@dataclass(frozen=True)
class EReceivable:
    """An e-receivable: who owes how much when, and who holds which part."""

    certificate_id: str
    issuer_id: str
    amount: Decimal
    due_on: date | None
    state: str
    revision: int
    balances: Mapping[str, Decimal]
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "EReceivable":
        """From the API's answer."""
        held = {str(holder): money(part) for holder, part in raw["balances"].items()}
        return cls(
            str(raw["certificate_id"]), str(raw["issuer_id"]), money(raw["amount"]), day(raw["due_on"]), str(raw["state"]),
            int(raw["revision"]), held, raw,
        )  # fmt: skip


@dataclass(frozen=True)
class BookRisk:
    """The book's risk, facilities included; `after` by named stress; `raw` has each figure's whole row."""

    as_of: date | None
    exposure: Decimal
    expected_loss: Decimal
    value_at_risk: Decimal
    expected_shortfall: Decimal
    granularity: Decimal
    after: Mapping[str, Decimal]
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> "BookRisk":
        """From the API's answer; `after` holds the expected loss under each stress."""
        full = {name: money(value) for name, value in raw["full"].items()}
        after = {str(row["scenario"]): money(row["after"]["expected_loss"]) for row in raw["stress"]}
        return cls(
            day(raw["as_of"]), full["exposure"], full["expected_loss"], full["value_at_risk"], full["expected_shortfall"],
            full["granularity"], after, raw,
        )  # fmt: skip
