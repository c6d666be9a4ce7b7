"""The application form of the decision desk: what is typed, checked field by field, and tried without recording."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from graphcredit.decisions import Application, parse_application
from graphcredit.decisions.application import check_against_policy
from graphcredit.decisions.gather import gather_assessed
from graphcredit.decisions.judge import judge
from graphcredit.decisions.limits import party_score
from graphcredit.decisions.loans import months_of
from graphcredit.exc import GraphCreditError
from graphcredit_api.console.errors import told
from graphcredit_api.console.labels import label
from graphcredit_api.services import Services

PRODUCTS = (
    "loan",
    "factoring",
    "reverse_factoring",
    "order_finance",
    "dynamic_discount",
    "e_receivable",
    "confirming_warehouse",
)
"""What the form offers; goods to pledge are sent by the API."""
FIELDS = (
    "party_id",
    "product",
    "amount",
    "tenor_days",
    "payments",
    "documents",
    "debtor_id",
    "seller_id",
    "days_early",
    "apr",
    "cover_kind",
    "cover_amount",
    "cover_giver",
)
COVERS = ("joint", "several", "mortgage", "pledge", "insurance")
SAYS: dict[str, tuple[str, str]] = {
    "party_missing": ("say who applies", "请填写申请人"),
    "party_unknown": ("no party has this id: search by name above", "没有该编号的客户：请在上方按名称查找"),
    "party_person": ("a person cannot apply here", "自然人不能在此申请"),
    "amount_format": (
        "an amount is a plain number with at most two decimals, such as 500000.00",
        "金额为不含逗号的数字，最多两位小数，如 500000.00",
    ),
    "amount_low": ("the least amount of this product is {value}", "该产品最低金额为 {value}"),
    "amount_high": ("the largest amount of this product is {value}", "该产品最高金额为 {value}"),
    "tenor_format": ("a tenor is a whole number of days from 1 on", "期限为不少于1的整天数"),
    "tenor_high": ("this product runs {value} days at most", "该产品最长 {value} 天"),
    "payments_many": ("at most {value} monthly payments fit into the tenor", "该期限最多 {value} 个月度还款期"),
    "documents_missing": ("name the invoices or orders that are financed", "请填写用于融资的发票或订单编号"),
    "seller_missing": ("name the seller who buys back", "请填写承担回购的卖方"),
    "cover_amount": ("say how much the cover is worth", "请填写担保金额"),
    "early_missing": ("say how many days early, and the yearly discount rate", "请填写提前天数与年化折扣率"),
}


@dataclass(frozen=True)
class Checked:
    """What a form holds: an application if it can be one, and what is wrong, by field."""

    application: Application | None
    faults: dict[str, str]


def form_of(given: Mapping[str, Any]) -> dict[str, str]:
    """The form's fields as text."""
    return {name: str(given.get(name) or "").strip()[:4000] for name in FIELDS}


def content_of(form: Mapping[str, str]) -> dict[str, Any]:
    """The application that a form means, not yet validated."""
    content: dict[str, Any] = {name: form[name] for name in ("party_id", "amount", "tenor_days")}
    content["product"] = form["product"] or "loan"
    for name in ("payments", "debtor_id", "seller_id", "days_early", "apr"):
        if form[name]:
            content[name] = form[name]
    ids = tuple(part.strip() for part in form["documents"].replace("，", ",").split(",") if part.strip())
    if ids and content["product"] == "e_receivable":
        content["certificate_id"] = ids[0]
    elif ids:
        content["order_ids" if content["product"] == "order_finance" else "invoice_ids"] = ids
    if form["cover_kind"]:
        content["cover"] = [
            {"kind": form["cover_kind"], "amount": form["cover_amount"], "giver_id": form["cover_giver"] or None}
        ]
    return content


def check_form(services: Services, form: Mapping[str, str], language: str, as_of: date | None = None) -> Checked:
    """Each field by itself first, then the whole; texts in the reader's language."""
    column = 1 if language == "zh" else 0
    faults = {
        field: SAYS[code][column].format(value=value) for field, code, value in _field_faults(services, form, as_of)
    }
    if faults:
        return Checked(None, faults)
    try:
        application = parse_application(content_of(form))
        check_against_policy(application, services.credit.policy(as_of))
    except GraphCreditError as error:
        return Checked(None, {"form": told(error, language)})
    return Checked(application, {})


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and value == round(value, 2) and "e" not in text.lower() else None


def _field_faults(services: Services, form: Mapping[str, str], as_of: date | None) -> list[tuple[str, str, str]]:
    network = services.desk.network(as_of)
    rule = services.credit.policy(as_of).products.get(form["product"] or "loan")
    found: list[tuple[str, str, str]] = []
    spot = network.index.get(form["party_id"])
    if not form["party_id"]:
        found.append(("party_id", "party_missing", ""))
    elif spot is None:
        found.append(("party_id", "party_unknown", ""))
    amount = _number(form["amount"])
    if amount is None or amount <= 0:
        found.append(("amount", "amount_format", ""))
    elif rule is not None and amount < rule.min_amount.value:
        found.append(("amount", "amount_low", f"{rule.min_amount.value:,}"))
    elif rule is not None and amount > rule.max_amount.value:
        found.append(("amount", "amount_high", f"{rule.max_amount.value:,}"))
    days = int(form["tenor_days"]) if form["tenor_days"].isascii() and form["tenor_days"].isdigit() else 0
    if not 1 <= days <= 36_525:
        found.append(("tenor_days", "tenor_format", ""))
    elif rule is not None and days > int(rule.max_tenor_days.value):
        found.append(("tenor_days", "tenor_high", str(int(rule.max_tenor_days.value))))
    elif form["product"] in ("", "loan") and form["payments"].isdigit() and int(form["payments"]) > months_of(days):
        found.append(("payments", "payments_many", str(months_of(days))))
    return found + _product_faults(form)


def _product_faults(form: Mapping[str, str]) -> list[tuple[str, str, str]]:
    found = []
    if (
        form["product"] in ("factoring", "reverse_factoring", "order_finance", "dynamic_discount")
        and not form["documents"]
    ):
        found.append(("documents", "documents_missing", ""))
    if form["product"] == "confirming_warehouse" and not form["seller_id"]:
        found.append(("seller_id", "seller_missing", ""))
    if form["product"] == "dynamic_discount" and not (form["days_early"] and form["apr"]):
        found.append(("days_early", "early_missing", ""))
    if form["cover_kind"] and (_number(form["cover_amount"]) or Decimal(0)) <= 0:
        found.append(("cover_amount", "cover_amount", ""))
    return found


def what_if(services: Services, application: Application, as_of: date | None = None) -> dict[str, Any]:
    """What would be decided now, without recording anything.

    Raises:
        NotFoundError, InputError: documents or parties that do not fit, as when deciding.
    """
    credit, desk = services.credit, services.desk
    known, book = desk.known(as_of), credit.book(as_of)
    score = None
    if application.party_id in known.network.index and book.scores:
        score = party_score(desk.score(application.party_id, known.day, record=False), book.policy)
    inputs, assessed = gather_assessed(credit.store, application, book, score, known.day)
    answer = judge(inputs, book.policy, assessed)
    return {
        "outcome": answer.outcome.value,
        "amount": str(answer.amount),
        "possible": str(answer.possible),
        "rate": None if answer.rate is None else str(answer.rate),
        "headroom": str(inputs.headroom.available),
        "limit": str(inputs.limit.amount),
        "approvers": answer.approvers,
        "reasons": [reason.text.model_dump() for reason in answer.reasons[:6]],
        "conditions": [each.text.model_dump() for each in answer.conditions],
    }


def told_outcome(found: Mapping[str, Any], language: str) -> dict[str, Any]:
    """A what-if in one language, for the page's script."""
    return {
        **found,
        "outcome_name": label(found["outcome"], language),
        "reasons": [text[language] for text in found["reasons"]],
        "conditions": [text[language] for text in found["conditions"]],
    }
