"""Lists of one party's page, each to be kept as CSV or XLSX."""

from collections.abc import Callable, Mapping
from typing import Any

from graphcredit.decisions.policy.sources import source_text
from graphcredit_api.console.book_lists import NAME, PARTY, decision_listing
from graphcredit_api.console.listing import Column, Listing

Page = Mapping[str, Any]


def _reasons(page: Page) -> Listing:
    rows = [
        {**row, "reason": row["text"], "path": row["path"][0]["path"] if row["path"] else []}
        for row in (page["score"] or {}).get("reasons", [])
    ]
    made = (
        Column("points", "points", "number"),
        Column("code", "code"),
        Column("reason", "reason"),
        Column("path", "path", "path"),
    )
    return Listing("reasons", "reasons", made, rows)


def _history(page: Page) -> Listing:
    made = (
        Column("as_of", "date"),
        Column("grade", "grade", "grade"),
        Column("pd", "pd", "share"),
        Column("points", "points", "number"),
        Column("model_id", "model"),
    )
    return Listing("scores", "history", made, page["history"][::-1])


def _limits(page: Page) -> Listing:
    made = (
        Column("kind", "cap", "code"),
        Column("name", "name"),
        Column("cap", "amount", "money"),
        Column("used", "used", "money"),
        Column("claimed", "claimed", "money"),
        Column("available", "left", "money"),
        Column("source", "source"),
    )
    lines = (page["headroom"] or {}).get("lines", [])
    rows = [{**line, "source": source_text(line["source"]).model_dump()} for line in lines]
    return Listing("limits", "limit", made, rows)


def _months(page: Page) -> Listing:
    made = (Column("month", "month"), Column("sales", "sales", "money"), Column("purchases", "purchases", "money"))
    return Listing("trade", "trade", made, page["months"][::-1])


def _partners(page: Page) -> Listing:
    rows = [{**row, "role": role} for role, listed in page["partners"].items() for row in listed]
    made = (
        Column("role", "role", "code"),
        PARTY,
        NAME,
        Column("amount", "amount", "money"),
        Column("share", "share", "share"),
    )
    return Listing("partners", "partners", made, rows)


def _statements(page: Page) -> Listing:
    found = page["statements"]
    made = (Column("item", "item", "code"), *(Column(period, "amount", "money") for period in found["periods"]))
    rows = [{"item": "", **dict.fromkeys(found["periods"], "")}] if not found["items"] else []
    for item, values in found["items"].items():
        rows.append({"item": item, **dict(zip(found["periods"], values, strict=True))})
    return _Dated("statements", "statements", made, rows)


class _Dated(Listing):
    """A list whose amount columns are named by their period."""

    def table(self, language: str) -> tuple[list[str], list[list[Any]]]:
        """Header with the periods, and exact cells."""
        header, rows = Listing.table(self, language)
        return [header[0], *(column.key for column in self.columns[1:])], rows


def _open_items(page: Page) -> Listing:
    made = (
        Column("transaction_id", "id"),
        Column("kind", "kind", "code"),
        Column("creditor_id", "party", "party"),
        Column("open", "amount", "money"),
        Column("overdue_days", "overdue_days", "number"),
    )
    return Listing("open-items", "open_items", made, page["exposure"]["items"])


def _guarantees(page: Page) -> Listing:
    made = (
        Column("role", "role", "code"),
        PARTY,
        NAME,
        Column("kind", "kind", "code"),
        Column("amount", "amount", "money"),
        Column("currency", "currency"),
        Column("until", "until"),
    )
    return Listing("guarantees", "guarantees", made, page["guarantees"])


def _events(page: Page) -> Listing:
    made = (
        Column("occurred_on", "date"),
        Column("kind", "kind", "code"),
        Column("amount", "amount", "money"),
        Column("source", "source"),
    )
    return Listing("events", "events", made, page["events"])


def _groups(page: Page) -> Listing:
    rows = [{"root": group["root"], **member} for group in page["groups"] for member in group["members"]]
    made = (
        Column("root", "group", "party"),
        PARTY,
        Column("reason", "reason", "code"),
        Column("share", "share", "share"),
        Column("path", "path", "path"),
    )
    return Listing("groups", "groups", made, rows)


def _decisions(page: Page) -> Listing:
    return decision_listing(list(page["decisions"]))


def _alerts(page: Page) -> Listing:
    made = (
        Column("as_of", "date"),
        Column("severity", "severity", "code"),
        Column("kind", "kind", "code"),
        Column("text", "reason"),
    )
    return Listing("alerts", "alerts", made, page["alerts"])


PARTY_LISTS: dict[str, Callable[[Page], Listing]] = {
    "reasons": _reasons,
    "scores": _history,
    "limits": _limits,
    "trade": _months,
    "partners": _partners,
    "statements": _statements,
    "open-items": _open_items,
    "guarantees": _guarantees,
    "events": _events,
    "groups": _groups,
    "decisions": _decisions,
    "alerts": _alerts,
}
