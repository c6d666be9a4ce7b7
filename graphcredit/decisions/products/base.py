"""What every product shares: the facts it looks at, and what it says."""

from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from graphcredit.decisions.amounts import ZERO
from graphcredit.decisions.limits import PartyScore
from graphcredit.decisions.texts import Condition, Frozen, Reason


class Document(Frozen):
    """An invoice or order as of the day: amounts in the book's currency, gross of tax; `open` = what is still to be paid."""

    transaction_id: str
    kind: str
    seller_id: str
    buyer_id: str
    number: str | None = None
    issued_on: date
    due_on: date | None = None
    gross: Decimal
    open: Decimal
    source: str
    quantity: Decimal | None = None
    unit: str | None = None
    goods: str | None = None

    @model_serializer(mode="wrap")
    def _stated(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without a quantity nothing of it is written: decisions taken before there were any keep their inputs' hash."""
        whole: dict[str, Any] = written(self)
        if self.quantity is None:
            for name in ("quantity", "unit", "goods"):
                whole.pop(name, None)
        return whole


class ProductFacts(Frozen):
    """Everything a product's assessment rests on, gathered once and kept with the decision.

    Attributes:
        dilution: share of the seller's invoices to this debtor given back in the last year.
        fulfilment, past_orders: of the seller's past orders, the share delivered or invoiced, and how many there were.
        cash_flow, debt_service: a year; None where unknown.
        certificate_balance, certificate_held: of the e-receivable, what is neither financed nor passed on, and all that came.
    """

    day: date
    documents: tuple[Document, ...] = ()
    debtor_id: str | None = None
    debtor_score: PartyScore | None = None
    seller_score: PartyScore | None = None
    dilution: Decimal = ZERO
    fulfilment: Decimal | None = None
    past_orders: int = 0
    cash_flow: Decimal | None = None
    cash_flow_source: str = ""
    debt_service: Decimal = ZERO
    certificate_balance: Decimal | None = None
    certificate_held: Decimal = ZERO
    certificate_due: date | None = None
    certificate_issuer: str | None = None

    @property
    def open_total(self) -> Decimal:
        """Sum of what is still to be paid on the documents."""
        return sum((document.open for document in self.documents), ZERO)

    @property
    def latest_due(self) -> date | None:
        """Latest due date of the documents."""
        return max((d.due_on for d in self.documents if d.due_on), default=None)


class Assessment(Frozen):
    """What a product allows.

    Attributes:
        ceiling: most that may be financed, None = no bound of the product's own.
        tenor_cap: longest tenor, days.
        risk_party: whose PD, limit and groups count; debtor: whose concentration cap counts besides.
        exposure_share: part of the amount that is at risk (less a deposit, 0 where nothing is lent).
        secured: LGD of the secured kind.
    """

    ceiling: Decimal | None = None
    tenor_cap: int
    risk_party: str
    debtor: str | None = None
    exposure_share: Decimal = Decimal(1)
    secured: bool = False
    reasons: tuple[Reason, ...] = ()
    conditions: tuple[Condition, ...] = ()
    numbers: dict[str, str] = Field(default_factory=dict)
