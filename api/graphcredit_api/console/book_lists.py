"""Lists behind the portfolio's charts: parties, borrowers, sources of contagion, circles, groups near their caps, changes."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from graphcredit.decisions.amounts import from_units
from graphcredit.decisions.headroom import resource
from graphcredit.structure import guarantee_circles
from graphcredit_api.console.asked import Asked
from graphcredit_api.console.changes import changes_since, lent
from graphcredit_api.console.decision_rows import decision_row, decision_rows
from graphcredit_api.console.lending_lists import book_risk, certificates, overdue
from graphcredit_api.console.listing import Column, Listing, Rows
from graphcredit_api.console.watch_lists import alerts, reviews

NEAR = Decimal("0.8")
"""From this share of its cap on a group is near it (house choice; alerts begin at 0.9)."""
PARTY, NAME = Column("party_id", "party", "party"), Column("name", "name")


def parties(asked: Asked) -> Listing:
    """Parties with their grade and exposure; filters: grade, industry, region, kind, borrowers=1."""
    desk = asked.services.desk
    known = desk.known(asked.as_of)
    grades, ids, attributes = desk.grades(known.day), known.network.ids, known.network.attributes
    owed = lent(asked.services, known.day)
    order: list[int] = known.once("by exposure", lambda: _by_exposure(ids.tolist(), owed))

    def row(k: int) -> dict[str, Any]:
        party = str(ids[k])
        grade, pd = grades.get(party, (None, None))
        told = {name: str(attributes[name][k]) for name in ("name", "kind", "industry", "region")}
        return {"party_id": party, **told, "grade": grade, "pd": pd, "exposure": owed.get(party)}

    wanted = {name: asked.filters[name] for name in ("industry", "region", "kind") if asked.filters.get(name)}
    fits = np.ones(len(ids), dtype=bool)
    for name, value in wanted.items():
        fits &= attributes[name] == ("" if value == "?" else value)
    chosen = [k for k in order if fits[k]] if wanted else order
    if asked.filters.get("borrowers"):
        chosen = [k for k in chosen if ids[k] in owed]
    if grade := asked.filters.get("grade"):
        chosen = [k for k in chosen if (grades[ids[k]][0] if ids[k] in grades else "?") == grade]
    if asked.seen is not None:
        chosen = [k for k in chosen if asked.shows(ids[k])]
    made = (
        PARTY,
        NAME,
        Column("kind", "kind", "code"),
        Column("industry", "industry"),
        Column("region", "region"),
        Column("grade", "grade", "grade"),
        Column("pd", "pd", "share"),
        Column("exposure", "exposure", "money"),
    )
    return Listing("parties", "parties", made, Rows(chosen, row))


def _by_exposure(ids: list[str], owed: Mapping[str, Decimal]) -> list[int]:
    """Positions of parties, by what they owe, largest first, then by id."""
    return sorted(range(len(ids)), key=lambda k: (-owed.get(ids[k], Decimal(0)), ids[k]))


def sources(asked: Asked) -> Listing:
    """The loss that each party's failure would cause, with the certified bound."""
    found = asked.services.desk.impacts(asked.as_of)["parties"]
    rows = [row for row in found if asked.shows(row["party_id"])]
    made = (PARTY, NAME, Column("loss", "loss_caused", "share"), Column("bound", "bound", "number"))
    return Listing("sources", "worst", made, rows)


def circles(asked: Asked) -> Listing:
    """Guarantee circles, largest first."""
    known = asked.services.desk.known(asked.as_of)
    found = known.once("circles", lambda: guarantee_circles(known.network, max_length=4, max_cycles=2000)).circles
    rows = [
        {
            "pattern": f"circle_{circle.pattern}",
            "amount": Decimal(f"{circle.amount:.2f}"),
            "size": len(circle.members),
            "members": list(circle.members),
        }
        for circle in found
        if all(asked.shows(member) for member in circle.members)
    ]
    made = (
        Column("pattern", "pattern", "code"),
        Column("amount", "amount", "money"),
        Column("size", "members", "number"),
        Column("members", "member_ids", "path"),
    )
    return Listing("circles", "circles", made, rows)


def groups(asked: Asked) -> Listing:
    """Groups of connected clients that use most of their cap; all=1 lists all that use something."""
    book = asked.services.credit.book(asked.as_of)
    cap = book.policy.cap("group")
    names, sizes = book.groups.names, book.groups.sums(np.ones(book.network.n, np.int64))
    claimed = book.store.claimed([resource("group", name) for name in names]) if names else {}
    least = Decimal(0) if asked.filters.get("all") else NEAR
    rows = []
    for group, name in enumerate(names):
        taken = claimed[resource("group", name)] + book.drift(group)
        used = from_units(book.group_used[group]) + taken
        if used <= 0 or used < least * cap or not asked.shows(name):
            continue
        rows.append(
            {
                "party_id": name,
                "name": str(book.network.attributes["name"][book.network.index[name]]),
                "size": int(sizes[group]),
                "cap": cap,
                "used": used,
                "left": cap - used,
                "share": float(used / cap) if cap else None,
            }
        )
    rows.sort(key=lambda row: (row["left"], row["party_id"]))
    made = (
        PARTY,
        NAME,
        Column("size", "members", "number"),
        Column("cap", "cap", "money"),
        Column("used", "used", "money"),
        Column("left", "left", "money"),
        Column("share", "used_share", "share"),
    )
    return Listing("groups", "near_caps", made, rows)


def changes(asked: Asked) -> Listing:
    """What changed within the week; filter: change."""
    found = changes_since(asked.services, asked.as_of, asked.seen)
    wanted = asked.filters.get("change")
    rows = [row for row in found["rows"] if not wanted or row["kind"] == wanted]
    made = (
        PARTY,
        NAME,
        Column("kind", "change", "code"),
        Column("before", "before"),
        Column("after", "after"),
        Column("what", "what", "code"),
        Column("amount", "amount", "money"),
        Column("on", "date"),
        Column("decision_id", "decision", "decision"),
    )
    return Listing("changes", "changes", made, rows)


def decisions(asked: Asked) -> Listing:
    """Recorded decisions, newest first; filters: outcome, party."""
    wanted = {
        key: value
        for key, value in (("outcome", asked.filters.get("outcome")), ("party_id", asked.filters.get("party")))
        if value
    }
    rows = decision_rows(asked.services.store)
    if wanted or asked.seen is not None:
        rows = [
            row
            for row in rows
            if asked.shows(row["party_id"]) and all(row[key] == value for key, value in wanted.items())
        ]
    return listing_of("decisions", "decisions", rows)


def decision_listing(bodies: Sequence[Mapping[str, Any]], name: str = "decisions", title: str = "decisions") -> Listing:
    """Decisions as a list."""
    return listing_of(name, title, [decision_row(body) for body in bodies])


def listing_of(name: str, title: str, rows: Sequence[Mapping[str, Any]]) -> Listing:
    """Rows of decisions as a list."""
    made = (
        Column("decision_id", "id", "decision"),
        Column("at", "at"),
        PARTY,
        Column("product", "product", "code"),
        Column("applied", "applied", "money"),
        Column("outcome", "outcome", "code"),
        Column("amount", "amount", "money"),
        Column("currency", "currency"),
        Column("rate", "rate", "share"),
        Column("state", "approval", "code"),
        Column("by", "by"),
    )
    return Listing(name, title, made, rows)


def quarantine(asked: Asked) -> Listing:
    """Rows that a load kept out, with reason and remedy; not for those who see a part of the book only."""
    found = [] if asked.seen is not None else asked.services.store.quarantined(limit=10_000)
    rows = [
        {
            "file": row.file,
            "row": row.row,
            "table": row.table,
            "column": row.column,
            "value": row.value,
            "reason": row.reason,
            "remedy": row.remedy,
        }
        for row in found
    ]
    made = (
        Column("file", "file"),
        Column("row", "row", "number"),
        Column("table", "table"),
        Column("column", "column"),
        Column("value", "value"),
        Column("reason", "reason"),
        Column("remedy", "remedy"),
    )
    return Listing("quarantine", "quarantine", made, rows)


LISTS: dict[str, Callable[[Asked], Listing]] = {
    "parties": parties,
    "sources": sources,
    "circles": circles,
    "groups": groups,
    "changes": changes,
    "decisions": decisions,
    "quarantine": quarantine,
    "overdue": overdue,
    "book": book_risk,
    "e-receivables": certificates,
    "reviews": reviews,
    "alerts": alerts,
}
