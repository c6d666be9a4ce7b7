"""What the party page shows, gathered."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from graphcredit.exc import NoModelError
from graphcredit.jsonable import plain
from graphcredit.structure import connected_clients
from graphcredit_api.auth.roles import Principal
from graphcredit_api.routers.common import visible
from graphcredit_api.services import Services

MONTHS = 24


def party_page(services: Services, who: Principal, party_id: str, as_of: date | None) -> dict[str, Any]:
    """Identity, score, limits, trade, statements, events, groups of a party.

    Raises:
        NotFoundError: it is not known, or outside the reader's portfolios.
    """
    desk = services.desk
    party = visible(who, desk.party(party_id, as_of), party_id)
    known = desk.known(as_of)
    try:
        score = plain(desk.score(party_id, as_of, record=False).body()) if party["kind"] == "company" else None
    except NoModelError:
        score = None
    groups = known.once("connected_clients", lambda: connected_clients(known.network)).of(party_id)
    reads = {
        table: desk.store.read(table, as_of=known.day, where={"party_id": [party_id]}).to_pylist()
        for table in ("statements", "credit_events")
    }
    return {
        "party": plain(party),
        "day": known.day,
        "stale": known.stale,
        "score": score,
        "limit": services.credit.limit(party_id, as_of).to_json() if party["kind"] == "company" else None,
        "headroom": services.credit.headroom(party_id, as_of).to_json() if party["kind"] == "company" else None,
        "months": _months(services, party_id, known.day),
        "statements": _statements(reads["statements"]),
        "events": plain(sorted(reads["credit_events"], key=lambda row: row["occurred_on"], reverse=True)),
        "groups": plain(
            [{"root": g.root, "members": [m.party for m in g.members][:12], "size": len(g.members)} for g in groups[:5]]
        ),
    }


def _months(services: Services, party_id: str, day: date) -> list[dict[str, Any]]:
    """Sales and purchases of the last 24 months, oldest first, with bar heights in percent."""
    columns = ["issued_on", "amount", "status", "kind"]
    first = (pd.Timestamp(day) - pd.DateOffset(months=MONTHS - 1)).to_period("M")
    months = pd.period_range(first, pd.Timestamp(day).to_period("M"), freq="M")
    totals = {}
    for role, column in (("sales", "seller_id"), ("purchases", "buyer_id")):
        rows = services.desk.store.read(
            "transactions",
            as_of=day,
            columns=columns,
            where={column: [party_id]},
            since=months[0].start_time.date(),
            floats=True,
        ).to_pandas()
        rows = rows[(rows["status"] == "valid") & (rows["kind"] == "invoice")]
        by_month = rows.groupby(pd.to_datetime(rows["issued_on"]).dt.to_period("M"))["amount"].sum()
        totals[role] = by_month.reindex(months, fill_value=0.0).to_numpy(dtype=float)
    top = max(float(np.max(np.concatenate(list(totals.values())), initial=0.0)), 1.0)
    return [
        {
            "month": str(month),
            "sales": float(totals["sales"][k]),
            "purchases": float(totals["purchases"][k]),
            "sales_height": round(max(totals["sales"][k], 0) / top * 100, 1),
            "purchases_height": round(max(totals["purchases"][k], 0) / top * 100, 1),
        }
        for k, month in enumerate(months)
    ]


def _statements(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Items by period, latest period first."""
    periods = sorted({row["period_end"] for row in rows}, reverse=True)[:4]
    items: dict[str, list[Any]] = {}
    for row in rows:
        if row["period_end"] in periods:
            items.setdefault(row["item"], [None] * len(periods))[periods.index(row["period_end"])] = row["amount"]
    return {"periods": [str(period) for period in periods], "items": items}
