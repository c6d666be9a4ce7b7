"""A small world of firms for the tests: suppliers, buyers, statements, documents, guarantees, scores."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from graphcredit.decisions import Application
from graphcredit.store import CreditStore, Record
from tests.support.stores import facts, party, sale

DAY = date(2026, 6, 30)
FIRMS = ("buyer", "seller", "other", "giver", "sister", "parent", "third")
EQUITY = {"buyer": "80000000", "seller": "10000000", "other": "20000000", "giver": "30000000", "sister": "5000000",
          "parent": "50000000", "third": "10000000"}  # fmt: skip


def statement(who: str, item: str, amount: str, *, end: str = "2025-12-31", at: str = "2026-03-01") -> dict[str, Any]:
    return {"party_id": who, "period_end": end, "item": item, "amount": amount, "months": 12, "recorded_at": at}


def score_record(who: str, pd: float, *, at: datetime = datetime(2026, 6, 1)) -> Record:
    body = {"party_id": who, "pd": pd, "points": 600.0, "model_id": "test-model", "as_of": at.date().isoformat()}
    return Record("score", f"score-{who}-{at:%Y%m%d}", body, who, at)


def build(
    store: CreditStore,
    *,
    pds: Mapping[str, float] | None = None,
    invoices: Sequence[dict[str, Any]] = (),
    firms: Sequence[str] = FIRMS,
) -> CreditStore:
    """Firms with statements and scores; `invoices` replace the usual one of 100,000 from seller to buyer."""
    industry = {who: f"C{13 + position}" for position, who in enumerate(firms)}
    store.upsert("parties", facts("parties", [party(who, industry=industry[who], region="CN-31") for who in firms]))
    rows = []
    for who in firms:
        rows += [statement(who, "equity", EQUITY.get(who, "10000000")), statement(who, "revenue", "200000000"),
                 statement(who, "operating_cash_flow", "8000000")]  # fmt: skip
    store.upsert("statements", facts("statements", rows))
    store.upsert("transactions", facts("transactions", list(invoices) or [invoice("T1", 100_000)]))
    store.put_records(
        [score_record(who, pd) for who, pd in (dict.fromkeys(firms, 0.005) if pds is None else pds).items()]
    )
    return store


def invoice(name: str, amount: int | str, seller: str = "seller", buyer: str = "buyer", **more: Any) -> dict[str, Any]:
    given = {"issued_on": "2026-06-01", "due_on": "2026-09-01", "number": f"INV-{name}", **more}
    return sale(name, seller, buyer, amount, **given)


def factoring(*names: str, amount: str = "50000", **more: Any) -> Application:
    given = {
        "party_id": "seller",
        "product": "factoring",
        "amount": Decimal(amount),
        "tenor_days": 60,
        "invoice_ids": names or ("T1",),
    }
    return Application.model_validate({**given, **more})


def loan(amount: str = "100000", who: str = "seller", **more: Any) -> Application:
    return Application.model_validate(
        {"party_id": who, "product": "loan", "amount": Decimal(amount), "tenor_days": 365, **more}
    )
