"""What changed in the book since an earlier day: grades, exposure, events, decisions."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from graphcredit.decisions.decision import KIND as DECISION
from graphcredit.desk.known import Known
from graphcredit.model.tables import CREDIT_EVENTS
from graphcredit.network import LENDING
from graphcredit.viz.style import GRADE_COLOURS
from graphcredit_api.services import Services

WEEK = timedelta(days=7)
GRADES = list(GRADE_COLOURS)
DECISIONS_LOOKED_AT = 1000


def changes_since(services: Services, as_of: date | None, seen: frozenset[str] | None = None) -> dict[str, Any]:
    """Rows of changes within the week up to a day, most weighty first, with counts by kind.

    Args:
        services: of the application.
        as_of: the later day.
        seen: parties that may be shown; None = all.
    """
    desk = services.desk
    now = desk.known(as_of)
    earlier = now.day - WEEK

    def compute() -> list[dict[str, Any]]:
        found = [*_grades(services, now.day, earlier), *_exposures(services, now.day, earlier)]
        found += _events(services, now.day, earlier)
        return _named(now, found)

    rows = [*now.once(f"changes:{desk.champion_id()}", compute), *_decisions_kept(services, now, earlier)]
    listed = rows if seen is None else [row for row in rows if row["party_id"] in seen]
    counts = dict(Counter(row["kind"] for row in listed))
    return {"since": earlier.isoformat(), "day": now.day.isoformat(), "rows": listed, "counts": counts}


def _named(now: Known, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the name of each party; empty where it is not known by the day."""
    index, names = now.network.index, now.network.attributes["name"]
    spots = [index.get(row["party_id"]) for row in rows]
    return [{**row, "name": "" if at is None else str(names[at])} for row, at in zip(rows, spots, strict=True)]


def _decisions_kept(services: Services, now: Known, earlier: date) -> list[dict[str, Any]]:
    """The week's decisions, read again where one was written since."""
    stamp = services.store.stamp(DECISION)  # before what is read
    kept: dict[int, list[dict[str, Any]]] = now.once("changes:decisions", dict)
    found = None if stamp is None else kept.get(stamp)
    if found is None:
        found = _named(now, _decisions(services, now.day, earlier))
        if stamp is not None:
            kept.clear()
            kept[stamp] = found
    return found


def _grades(services: Services, day: date, earlier: date) -> list[dict[str, Any]]:
    after, before = services.desk.grades(day), services.desk.grades(earlier)
    moved = []
    for party, (grade, _) in after.items():
        old = before.get(party, (grade, 0.0))[0]
        if old != grade and old in GRADES and grade in GRADES:
            steps = GRADES.index(grade) - GRADES.index(old)
            kind = "grade_worse" if steps > 0 else "grade_better"
            moved.append(
                {"party_id": party, "kind": kind, "before": old, "after": grade, "steps": steps, "on": str(day)}
            )
    return sorted(moved, key=lambda row: (-abs(row["steps"]), row["party_id"]))


def lent(services: Services, day: date) -> dict[str, Decimal]:
    """What each borrower owes to lenders on a day, to the cent, where it is something."""
    known = services.desk.known(day)

    def compute() -> dict[str, Decimal]:
        network = known.network
        loans = network.matrix(LENDING).tocoo()
        owed = np.bincount(loans.coords[1], loans.data, network.n)
        return {str(network.ids[k]): Decimal(f"{owed[k]:.2f}") for k in np.flatnonzero(owed).tolist()}

    found: dict[str, Decimal] = known.once("lent", compute)
    return found


def _exposures(services: Services, day: date, earlier: date) -> list[dict[str, Any]]:
    after, before = lent(services, day), lent(services, earlier)
    moved = []
    for party in {*after, *before}:
        old, new = before.get(party, Decimal(0)), after.get(party, Decimal(0))
        if old != new:
            kind = "exposure_up" if new > old else "exposure_down"
            moved.append(
                {
                    "party_id": party,
                    "kind": kind,
                    "before": str(old),
                    "after": str(new),
                    "amount": str(new - old),
                    "on": str(day),
                }
            )
    return sorted(moved, key=lambda row: (-abs(Decimal(row["amount"])), row["party_id"]))


def _events(services: Services, day: date, earlier: date) -> list[dict[str, Any]]:
    rows = services.desk.store.read(CREDIT_EVENTS.name, as_of=day, since=earlier + timedelta(days=1)).to_pylist()
    return [
        {
            "party_id": row["party_id"],
            "kind": "new_event",
            "what": row["kind"],
            "on": str(row["occurred_on"]),
            "amount": None if row["amount"] is None else str(row["amount"]),
        }
        for row in sorted(rows, key=lambda row: (row["occurred_on"], row["event_id"]), reverse=True)
    ]


def _decisions(services: Services, day: date, earlier: date) -> list[dict[str, Any]]:
    found = services.store.find_records(DECISION, limit=DECISIONS_LOOKED_AT)
    return [
        {
            "party_id": record.party_id,
            "kind": "new_decision",
            "what": record.body["outcome"],
            "on": record.body["as_of"],
            "amount": record.body["amount"],
            "decision_id": record.record_id,
        }
        for record in found
        if earlier.isoformat() < str(record.body["as_of"]) <= day.isoformat()
    ]
