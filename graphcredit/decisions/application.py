"""What is applied for: validated strictly, with a clear message for each fault."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from graphcredit.decisions.loans import months_of
from graphcredit.decisions.plans.schedule import PLAN_KINDS
from graphcredit.decisions.policy.model import PRODUCTS, Policy
from graphcredit.decisions.texts import Frozen
from graphcredit.exc import InputError

Id = Annotated[str, Field(min_length=1, max_length=200)]
LARGEST = Decimal(10) ** 14


class Goods(Frozen):
    """Goods pledged: how much, at which quoted price, and how soon they sell."""

    name: str
    quantity: Annotated[Decimal, Field(gt=0)]
    unit_price: Annotated[Decimal, Field(gt=0)]
    liquidity: Literal["daily", "monthly", "slow"] = "slow"
    valued_on: str | None = None


class OfferedCover(Frozen):
    """Cover offered with the application; `giver_id` guarantees, insures or owns the asset."""

    kind: Literal["joint", "several", "mortgage", "pledge", "insurance"]
    amount: Annotated[Decimal, Field(gt=0)]
    giver_id: Id | None = None


class Application(Frozen):
    """An application for finance. Amounts in `currency`, at most two decimals.

    Attributes:
        party_id: who applies (the supplier in factoring, reverse factoring and order finance; the buyer in confirming
            warehouse; the issuer or holder of an e-receivable; the borrower of a loan).
        debtor_id: who pays in the end (buyer of the invoices, issuer of the certificate).
        seller_id: who buys back (confirming warehouse).
        recourse, confirmed, assignment_notice, deposit, goods, certificate_id, days_early, apr: of the products that use them.
        plan, payments, season: how a loan is repaid; season = month -> weight of principal, for the plan of that name.
    """

    application_id: Id | None = None
    party_id: Id
    product: Literal[
        "factoring",
        "reverse_factoring",
        "order_finance",
        "inventory_pledge",
        "confirming_warehouse",
        "e_receivable",
        "dynamic_discount",
        "loan",
    ]
    amount: Annotated[Decimal, Field(gt=0, lt=LARGEST)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    tenor_days: Annotated[int, Field(ge=1, le=36_525)]
    submitted_by: Id = "applicant"
    invoice_ids: tuple[Id, ...] = ()
    order_ids: tuple[Id, ...] = ()
    debtor_id: Id | None = None
    seller_id: Id | None = None
    recourse: bool = True
    confirmed: bool = False
    assignment_notice: bool = False
    deposit: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    goods: Goods | None = None
    cover: tuple[OfferedCover, ...] = ()
    certificate_id: Id | None = None
    days_early: Annotated[int, Field(ge=1)] | None = None
    apr: Annotated[Decimal, Field(gt=0, le=1)] | None = None
    plan: Literal["equal_instalments", "equal_principal", "interest_first", "bullet", "seasonal"] = "equal_instalments"
    payments: Annotated[int, Field(ge=1, le=600)] | None = None
    season: dict[Annotated[int, Field(ge=1, le=12)], Annotated[Decimal, Field(ge=0)]] = Field(default_factory=dict)
    note: str = ""

    @field_validator("amount", "deposit", mode="before")
    @classmethod
    def _exact(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("an amount is a number")
        return Decimal(repr(value)) if isinstance(value, float) else value

    @field_validator("amount", "deposit")
    @classmethod
    def _cents(cls, value: Decimal) -> Decimal:
        if not value.is_finite() or value != round(value, 2):
            raise ValueError("amounts have at most two decimals")
        return value

    @model_validator(mode="after")
    def _has_what_its_product_needs(self) -> "Application":
        needs = {
            "factoring": ("invoice_ids",),
            "reverse_factoring": ("invoice_ids",),
            "order_finance": ("order_ids",),
            "inventory_pledge": ("goods",),
            "confirming_warehouse": ("seller_id",),
            "dynamic_discount": ("invoice_ids", "days_early", "apr"),
        }
        if missing := [name for name in needs.get(self.product, ()) if not getattr(self, name)]:
            raise ValueError(f"{self.product} needs {', '.join(missing)}")
        for name in ("invoice_ids", "order_ids"):
            given = getattr(self, name)
            if len(set(given)) != len(given):
                raise ValueError(f"{name} names one document twice")
        if self.product == "loan" and self.payments and self.payments > months_of(self.tenor_days):
            raise ValueError(f"{self.payments} monthly payments do not fit into {self.tenor_days} days")
        if self.season and (self.plan != "seasonal" or not any(self.season.values())):
            raise ValueError("a season has a month with weight, and the plan is seasonal")
        if self.deposit >= self.amount:
            raise ValueError("the deposit is not below the amount")
        return self

    def of(self, amount: Decimal, deposit: Decimal) -> "Application":
        """The same application with its money in the book's currency, however many decimals that has."""
        if (amount, deposit) == (self.amount, self.deposit):
            return self
        return self.model_copy(update={"amount": amount, "deposit": deposit})


def parse_application(content: Mapping[str, Any]) -> Application:
    """An application from a mapping (of JSON).

    Raises:
        InputError: with what is wrong, field by field, in `details["faults"]`.
    """
    try:
        return Application.model_validate(dict(content))
    except ValidationError as error:
        faults = [_fault(each, content) for each in error.errors()]
        raise InputError(
            f"the application is not valid: {'; '.join(faults)}",
            remedy="mend these fields and send it again",
            faults=faults,
        ) from None


def _fault(error: Any, content: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if where == "product":
        return f"unknown product {content.get('product')!r}: one of {', '.join(PRODUCTS)}"
    if where == "amount" and error["type"] in {"greater_than", "greater_than_equal"}:
        return f"amount must be above 0, not {content.get('amount')}"
    if where == "currency":
        return f"unknown currency {content.get('currency')!r}: write its ISO 4217 code, such as CNY"
    if where == "plan":
        return f"unknown plan {content.get('plan')!r}: one of {', '.join(PLAN_KINDS)}"
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"{where}: {said}" if where else said


def check_against_policy(application: Application, policy: Policy) -> None:
    """Refuse what no decision is needed for.

    Raises:
        InputError: a currency or product the policy does not have, or a tenor past the product's cap.
    """
    if application.currency not in policy.currencies:
        raise InputError(
            f"unknown currency {application.currency!r}: policy {policy.label} lends in {', '.join(policy.currencies)}",
            remedy="apply in one of these",
        )
    rule = policy.products.get(application.product)
    if rule is None or not rule.enabled:
        raise InputError(
            f"product {application.product} is not offered under policy {policy.label}",
            remedy=f"one of {', '.join(name for name, each in policy.products.items() if each.enabled)}",
        )
    cap = int(rule.max_tenor_days.value)
    if application.tenor_days > cap:
        raise InputError(
            f"a tenor of {application.tenor_days} days is past the cap of {cap} days for {application.product}",
            remedy=f"apply for at most {cap} days",
            max_tenor_days=cap,
        )
