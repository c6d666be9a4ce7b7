"""The book at a glance: exposure, expected loss, grades, concentrations, circles, worst sources of contagion."""

from datetime import date
from typing import Any

import numpy as np

from graphcredit.desk.desk import CreditDesk
from graphcredit.network import LENDING
from graphcredit.structure import concentration, guarantee_circles

LGD = 0.45  # Basel CRE32.6, senior unsecured
SHOWN = 10


def portfolio_summary(desk: CreditDesk, as_of: date | None = None) -> dict[str, Any]:
    """The lending book of a day as plain data; amounts in the book's currency.

    Expected loss = sum of exposure x PD x 45%; borrowers without a grade do not count in it and are counted apart.
    """
    known = desk.known(as_of)
    network, grades = known.network, desk.grades(known.day)
    loans = network.matrix(LENDING).tocoo()
    borrower, amounts = loans.coords[1], loans.data
    total = float(amounts.sum())
    exposure = np.bincount(borrower, amounts, network.n)
    by_grade: dict[str, dict[str, float]] = {}
    expected = ungraded = 0.0
    for k in np.flatnonzero(exposure).tolist():
        found = grades.get(str(network.ids[k]))
        if found is None:
            ungraded += float(exposure[k])
            continue
        entry = by_grade.setdefault(found[0], {"exposure": 0.0, "borrowers": 0})
        entry["exposure"] += float(exposure[k])
        entry["borrowers"] += 1
        expected += float(exposure[k]) * found[1] * LGD
    counts: dict[str, int] = {}
    for grade, _ in grades.values():
        counts[grade] = counts.get(grade, 0) + 1
    circles = guarantee_circles(network, max_length=4, max_cycles=2000)
    return {
        "as_of": known.day.isoformat(),
        "stale": known.stale,
        "parties": network.n,
        "companies": int((network.attributes["kind"] == "company").sum()),
        "exposure": total,
        "expected_loss": expected,
        "ungraded_exposure": ungraded,
        "companies_by_grade": counts,
        "exposure_by_grade": by_grade,
        "concentration": {
            name: _concentration(amounts, network.attributes[name][borrower]) for name in ("industry", "region")
        }
        if total > 0
        else {},
        "largest": [
            _party(network, k, grades) | {"exposure": float(exposure[k])}
            for k in np.lexsort((np.arange(network.n), -exposure))[:SHOWN].tolist()
            if exposure[k] > 0
        ],
        "circles": [
            {"pattern": circle.pattern, "members": list(circle.members), "amount": circle.amount}
            for circle in circles.circles[:SHOWN]
        ],
        "circle_count": len(circles.circles),
        "worst_sources": desk.impacts(known.day)["parties"][:SHOWN],
    }


def _concentration(amounts: Any, keys: Any) -> dict[str, Any]:
    found = concentration(amounts, np.where(keys == "", "?", keys).astype(str))
    return {"hhi": found.hhi, "effective": found.effective, "shares": dict(list(found.shares.items())[:SHOWN])}


def _party(network: Any, k: int, grades: Any) -> dict[str, Any]:
    party = str(network.ids[k])
    return {"party_id": party, "name": str(network.attributes["name"][k]), "grade": grades.get(party, (None,))[0]}
