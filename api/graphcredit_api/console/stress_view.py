"""What the stress lab shows of a scenario: totals, who falls and why, the change of expected loss, and the rounds."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from graphcredit.desk.portfolio import LGD
from graphcredit.exc import InputError
from graphcredit.network import LENDING
from graphcredit.viz import network_view
from graphcredit_api.services import Services

DRAWN = 120
SHOCKS = 200


def parse_shock(text: str) -> dict[str, float]:
    """party -> share, from "F1=1, F2=0.5" (a party alone fails).

    Raises:
        InputError: a share that is not a number in 0..1, a party twice, or too many.
    """
    parsed: dict[str, float] = {}
    for part in (piece for piece in text.replace("，", ",").replace(";", ",").split(",") if piece.strip()):
        party, _, share = part.strip().partition("=")
        try:
            value = float(share or 1)
        except ValueError:
            raise InputError(f"{share!r} is not a number", remedy="write PARTY=0.5") from None
        if not 0 <= value <= 1:
            raise InputError(
                f"a shock of {share} is outside 0 to 1", remedy="write PARTY=0.5 for half of its production"
            )
        if party.strip() in parsed:
            raise InputError(f"{party.strip()} is named twice", remedy="name each party once")
        parsed[party.strip()] = value
    if len(parsed) > SHOCKS:
        raise InputError(
            f"{len(parsed)} parties are shocked at once", remedy=f"at most {SHOCKS}; larger ones run as jobs"
        )
    return parsed


def scenario(
    services: Services, shock: dict[str, float], as_of: date | None, layers: Sequence[str] | None
) -> dict[str, Any]:
    """A scenario's results as plain data, with expected loss before and after; kept, since it is looked at again and again."""
    known = services.desk.known(as_of)

    def compute() -> dict[str, Any]:
        found = services.desk.stress(shock, known.day, layers=layers, top=100)
        before, after = expected_losses(services, shock, known.day, layers)
        return {**found, "expected_before": before, "expected_after": after, "expected_change": after - before}

    asked = json.dumps([services.desk.champion_id(), sorted(shock.items()), list(layers or ())])
    return dict(known.recent(f"scenario:{asked}", compute))


def expected_losses(
    services: Services, shock: dict[str, float], as_of: date | None, layers: Sequence[str] | None
) -> tuple[float, float]:
    """Sum of exposure x PD x 45% over borrowers before the shock, and with PD 1 for those that default in it."""
    known = services.desk.known(as_of)
    loans = known.network.matrix(LENDING).tocoo()
    owed = np.bincount(loans.coords[1], loans.data, known.network.n)
    grades = services.desk.grades(as_of)
    pd = np.array([grades[party][1] if party in grades else 0.0 for party in known.network.ids.tolist()])
    failed = services.desk.cascade(shock, as_of, layers=layers).defaulted
    return float((owed * pd).sum() * LGD), float((owed * np.where(failed, 1.0, pd)).sum() * LGD)


def rounds_view(
    services: Services, shock: dict[str, float], as_of: date | None, layers: Sequence[str] | None, language: str
) -> dict[str, Any]:
    """The network of those who lose most, each with the round of its default, and what happened in each round."""
    known = services.desk.known(as_of)
    result = services.desk.cascade(shock, as_of, layers=layers)
    network = known.network
    order = np.lexsort((np.arange(network.n), -result.loss, result.round_of_default < 0))
    chosen = [k for k in order.tolist() if result.loss[k] > 0 or result.round_of_default[k] >= 0][:DRAWN]
    first = [network.position(party) for party in shock]
    kept = np.array(sorted({*first, *chosen}), dtype=np.int32)
    affected = int(((result.loss > 0) | (result.round_of_default >= 0)).sum())
    from graphcredit.network import subnetwork

    sub = subnetwork(network, kept)
    share = np.where(result.defaulted, 1.0, result.production_lost)
    losses = {str(network.ids[k]): float(share[k]) for k in kept.tolist()}
    seed = str(network.ids[first[0]])
    view = network_view(
        sub, seed, depth=6, limit=len(kept), scores=services.desk.grades(as_of), losses=losses, language=language
    )
    alone = [str(network.ids[k]) for k in kept.tolist() if str(network.ids[k]) not in {n["id"] for n in view["nodes"]}]
    for node in view["nodes"]:
        spot = network.index[node["id"]]
        node["round"] = int(result.round_of_default[spot]) if result.defaulted[spot] else None
        node["lost"] = float(result.loss[spot])
    steps = [
        {
            "round": step,
            "defaults": [str(network.ids[k]) for k in np.flatnonzero(result.round_of_default == step).tolist()][:200],
        }
        for step in range(int(result.round_of_default.max(initial=0)) + 1)
    ]
    left_out = affected - sum(node["lost"] > 0 or node["round"] is not None for node in view["nodes"])
    return {**view, "rounds": steps, "omitted": max(left_out, 0), "apart": len(alone)}
