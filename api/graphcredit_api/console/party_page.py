"""What the party page and the credit report show, gathered."""

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from graphcredit.exc import NoModelError
from graphcredit.jsonable import plain
from graphcredit.network import GUARANTEE, TRADE, Network
from graphcredit_api.auth.roles import Principal
from graphcredit_api.console.statements import statement_table
from graphcredit_api.routers.common import visible
from graphcredit_api.services import Services

MONTHS, PARTNERS, KEPT, GROUPS, MEMBERS = 24, 8, 50, 5, 12


def party_page(services: Services, who: Principal, party_id: str, as_of: date | None) -> dict[str, Any]:
    """Identity, score and its history, limits, both roles, trade, statements, guarantees, groups, decisions, alerts.

    Raises:
        NotFoundError: it is not known, or outside the reader's portfolios.
    """
    desk = services.desk
    party = visible(who, desk.party(party_id, as_of), party_id)
    known = desk.known(as_of)
    company = party["kind"] == "company"
    try:
        score = plain(desk.score(party_id, as_of, record=False).body()) if company else None
    except NoModelError:
        score = None
    reads = {
        table: desk.store.read(table, as_of=known.day, where={"party_id": [party_id]}).to_pylist()
        for table in ("statements", "credit_events")
    }
    exposure = services.credit.exposure(party_id, as_of)
    decisions = services.store.find_records("decision", party_id=party_id, limit=KEPT)
    alerts = services.store.find_records("alert", party_id=party_id, limit=KEPT)
    return {
        "party": plain(party),
        "own": json.loads(party.get("attributes") or "{}"),
        "day": known.day,
        "stale": known.stale,
        "score": score,
        "history": score_history(services, party_id, known.day, score),
        "limit": services.credit.limit(party_id, as_of).to_json() if company else None,
        "headroom": services.credit.headroom(party_id, as_of).to_json() if company else None,
        "exposure": exposure.to_json(),
        "months": months(services, party_id, known.day),
        "partners": {
            "customers": ties(known.network, party_id, TRADE, given=True),
            "suppliers": ties(known.network, party_id, TRADE, given=False),
        },
        "guarantees": guarantees(services, party_id, known.day),
        "circle": GUARANTEE in known.network.layers and _in_circle(services, party_id, known.day),
        "statements": statement_table(reads["statements"]),
        "events": plain(sorted(reads["credit_events"], key=lambda row: row["occurred_on"], reverse=True)),
        "groups": group_list(services, party_id, known.day),
        "decisions": [record.body for record in decisions],
        "alerts": [record.body for record in alerts],
    }


def score_history(services: Services, party_id: str, day: date, score: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Recorded scores of a party as of a day, oldest first, one a day and model, the present one last."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    bodies = [dict(record.body) for record in services.store.find_records("score", party_id=party_id, limit=200)]
    for body in [*reversed(bodies), *([score] if score else [])]:
        if str(body["as_of"]) <= day.isoformat():
            keys = ("as_of", "grade", "pd", "points", "model_id")
            rows[str(body["as_of"]), str(body["model_id"])] = {key: body[key] for key in keys}
    return [rows[key] for key in sorted(rows)]


def ties(network: Network, party_id: str, layer: str, *, given: bool) -> list[dict[str, Any]]:
    """The largest ties of a party in a layer, with each one's share."""
    matrix = network.layer(layer).matrix if given else network.layer(layer).transposed
    spot = network.position(party_id)
    begin, end = matrix.indptr[spot], matrix.indptr[spot + 1]
    ends, amounts = matrix.indices[begin:end], matrix.data[begin:end]
    total = float(amounts.sum()) or 1.0
    return [
        {
            "party_id": str(network.ids[ends[k]]),
            "name": str(network.attributes["name"][ends[k]]),
            "amount": f"{amounts[k]:.2f}",
            "share": float(amounts[k]) / total,
        }
        for k in np.lexsort((ends, -amounts))[:PARTNERS].tolist()
    ]


def guarantees(services: Services, party_id: str, day: date) -> list[dict[str, Any]]:
    """Guarantees that a party gives and receives, exact, largest first."""
    network, rows = services.desk.network(day), []
    for role, column, other in (("given", "guarantor_id", "obligor_id"), ("received", "obligor_id", "guarantor_id")):
        for row in services.store.read("guarantees", as_of=day, where={column: [party_id]}).to_pylist():
            spot = network.index.get(row[other])
            name = "" if spot is None else str(network.attributes["name"][spot])
            rows.append(
                {
                    "role": role,
                    "party_id": row[other],
                    "name": name,
                    "kind": row["kind"],
                    "amount": row["amount"],
                    "currency": row["currency"],
                    "until": row["valid_to"],
                }
            )
    rows.sort(key=lambda row: (row["role"], -row["amount"], row["party_id"]))
    return list(plain(rows))


def _in_circle(services: Services, party_id: str, day: date) -> bool:
    from graphcredit.structure.guarantee_circles import in_circles

    known = services.desk.known(day)
    found = known.once("in_circles", lambda: in_circles(known.network))
    return bool(found[known.network.position(party_id)])


def group_list(services: Services, party_id: str, day: date) -> list[dict[str, Any]]:
    """Groups of connected clients with a party; some members of each, with why and how they belong, are walked to."""
    groups = services.credit.book(day).groups
    made = []
    for number in groups.groups_of(party_id)[:GROUPS]:
        group = groups.clients.groups[number]
        members = [
            {"party_id": m.party, "reason": m.reason, "share": m.share, "path": list(m.path)}
            for m in group.members[:MEMBERS]
        ]
        others = len(group.members) - len({group.root, *(m["party_id"] for m in members)})
        made.append({"root": group.root, "size": len(group.members), "members": members, "others": others})
    return made


def months(services: Services, party_id: str, day: date) -> list[dict[str, Any]]:
    """Sales and purchases of the last 24 months, oldest first, with bar heights in percent."""
    columns = ["issued_on", "amount", "status", "kind"]
    first = (pd.Timestamp(day) - pd.DateOffset(months=MONTHS - 1)).to_period("M")
    spans = pd.period_range(first, pd.Timestamp(day).to_period("M"), freq="M")
    totals = {}
    for role, column in (("sales", "seller_id"), ("purchases", "buyer_id")):
        rows = services.desk.store.read(
            "transactions",
            as_of=day,
            columns=columns,
            where={column: [party_id]},
            since=spans[0].start_time.date(),
            floats=True,
            ordered=False,
        ).to_pandas()
        rows = rows[(rows["status"] == "valid") & (rows["kind"] == "invoice")]
        by_month = rows.groupby(pd.to_datetime(rows["issued_on"]).dt.to_period("M"))["amount"].sum()
        totals[role] = by_month.reindex(spans, fill_value=0.0).to_numpy(dtype=float)
    top = max(float(np.max(np.concatenate(list(totals.values())), initial=0.0)), 1.0)
    return [
        {
            "month": str(month),
            "sales": f"{totals['sales'][k]:.2f}",
            "purchases": f"{totals['purchases'][k]:.2f}",
            "sales_height": round(max(totals["sales"][k], 0) / top * 100, 1),
            "purchases_height": round(max(totals["purchases"][k], 0) / top * 100, 1),
        }
        for k, month in enumerate(spans)
    ]


def earlier_days(day: date, count: int = 24) -> list[date]:
    """The last days of the months before a day, oldest first, and the day itself."""
    ends, at = [day], day
    for _ in range(count):
        at = at.replace(day=1) - timedelta(days=1)
        ends.append(at)
    return ends[::-1]
