"""Lists of the book's risk, of who is overdue, and of e-receivables."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from graphcredit.decisions.collections import OverdueDebtor
from graphcredit.decisions.products.e_receivable import KIND
from graphcredit_api.console.asked import Asked
from graphcredit_api.console.listing import Column, Listing, Rows
from graphcredit_api.console.texts import words
from graphcredit_api.routers.certificates import of_record, shown

FIGURES = ("exposure", "expected_loss", "value_at_risk", "expected_shortfall", "granularity")
LISTED = 100_000


def overdue(asked: Asked) -> Listing:
    """Overdue debtors, largest sum first."""
    found = asked.services.credit.overdue(asked.as_of)
    return overdue_listing([row for row in found.debtors if asked.shows(row.party_id)])


def overdue_listing(debtors: Sequence[OverdueDebtor]) -> Listing:
    """Debtors of a worklist."""

    def shown_row(debtor: OverdueDebtor) -> dict[str, Any]:
        row = debtor.to_json()
        return {**row, "step": row["next"]["name"], "step_on": row["next"]["on"]}

    made = (
        Column("party_id", "party", "case"),
        Column("name", "name"),
        Column("overdue", "overdue", "money"),
        Column("disputed", "disputed", "money"),
        Column("overdue_days", "overdue_days", "number"),
        Column("invoices", "invoices", "number"),
        Column("step", "next_step"),
        Column("step_on", "from_on"),
        Column("limitation", "limitation"),
    )
    return Listing("overdue", "who_overdue", made, Rows(debtors, shown_row))


def book_risk(asked: Asked) -> Listing:
    """The book's risk: by decisions, with facilities, and after each stress. Sums of the whole book; they name nobody."""
    return risk_listing(asked.services.book_report(asked.as_of).to_json())


def risk_listing(report: Mapping[str, Any]) -> Listing:
    """A report's rows."""
    told = {language: words(language) for language in ("en", "zh")}
    pairs: list[tuple[dict[str, str], Mapping[str, Any]]] = [
        ({language: t("decided_book") for language, t in told.items()}, report["decided"]),
        ({language: t("full_book") for language, t in told.items()}, report["full"]),
    ]
    for each in report["stress"]:
        name = {"en": f"{told['en']('under')} {each['text']['en']}", "zh": f"{told['zh']('under')}{each['text']['zh']}"}
        pairs.append((name, each["after"]))
    keys = ("parties", *FIGURES, "effective_parties", "confidence")
    rows = [{"name": name, **{key: _number(risk[key]) for key in keys}} for name, risk in pairs]
    made = (
        Column("name", "book"),
        Column("parties", "borrowers", "number"),
        *(Column(key, key, "money") for key in FIGURES),
        Column("effective_parties", "effective_parties", "number"),
        Column("confidence", "confidence", "share"),
    )
    return Listing("book", "book_risk", made, rows)


def _number(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) else value


def certificates(asked: Asked) -> Listing:
    """E-receivables, newest first."""
    found = asked.services.store.find_records(KIND, limit=LISTED)
    return certificate_listing([row for record in found if (row := shown(of_record(record), asked.seen)) is not None])


def certificate_listing(bodies: list[dict[str, Any]]) -> Listing:
    """Certificates as a list."""
    rows = [{**body, "holders": list(body["balances"])} for body in bodies]
    made = (
        Column("certificate_id", "certificate", "certificate"),
        Column("issuer_id", "issuer", "party"),
        Column("amount", "amount", "money"),
        Column("issued_on", "issued_on"),
        Column("due_on", "due_on"),
        Column("state", "status", "code"),
        Column("holders", "holders", "path"),
        Column("decision_id", "decision", "decision"),
    )
    return Listing("e-receivables", "certificates", made, rows)
