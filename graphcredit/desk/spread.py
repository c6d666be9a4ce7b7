"""PDs with and without the guarantees that firms gave: what the failure of those they stand in for adds to their own."""

from datetime import date
from typing import Any

import numpy as np

from graphcredit.contagion import called_share, guarantee_spread
from graphcredit.desk.desk import CreditDesk
from graphcredit.network import GUARANTEE

WORLDS = 20_000


def pd_with_guarantees(
    desk: CreditDesk, as_of: date | None = None, *, worlds: int = WORLDS, seed: int = 0
) -> dict[str, Any]:
    """PD of every guarantor on its own and with the network, largest addition first.

    Own PDs are the champion's; parties without a score (persons, banks) fail of themselves never. Circles make the
    failures of obligors depend on each other, so the PD is a share of possible worlds, with its 95% interval.

    Args:
        worlds: drawn; 0 takes the closed form for independent obligors instead.
        seed: the same seed gives the same answer.

    Raises:
        NoModelError: nothing was trained.
    """
    desk.model()
    known = desk.known(as_of)
    desk.with_books(known)
    grades = desk.grades(known.day)
    network = known.network
    own = np.zeros(len(network.ids))
    scored = [party for party in grades if party in network.index]
    own[[network.index[party] for party in scored]] = [grades[party][1] for party in scored]
    given = network.matrix(GUARANTEE)
    passing = called_share(given, np.maximum(network.attributes["equity_known"], 0.0))
    method = "monte_carlo" if worlds else "fixed_point"
    closed = guarantee_spread(
        given, own, transmission=passing
    )  # orders the parties: worlds are noisy where little is added
    found = closed
    if worlds:
        found = guarantee_spread(given, own, transmission=passing, method=method, worlds=worlds, seed=seed)
    guarantors = np.flatnonzero(np.diff(given.indptr))
    names = network.attributes["name"]
    order = guarantors[np.argsort(-closed.uplift[guarantors], kind="stable")]
    return {
        "as_of": known.day.isoformat(),
        "method": method,
        "worlds": worlds,
        "unscored": len(network.ids) - len(scored),
        "warnings": list(found.warnings),
        "parties": [
            {
                "party_id": str(network.ids[k]),
                "name": str(names[k]),
                "own_pd": float(own[k]),
                "pd": float(found.pd[k]),
                "lower": float(found.lower[k]),
                "upper": float(found.upper[k]),
                "guarantees": int(given.indptr[k + 1] - given.indptr[k]),
            }
            for k in order
        ],
    }
