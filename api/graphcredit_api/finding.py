"""Finding parties by name or number; in the last network while the store is away."""

from datetime import date
from typing import Any

import pyarrow as pa

from graphcredit.desk import CreditDesk
from graphcredit.exc import StoreUnavailableError
from graphcredit.store.search import rank_parties, similar_parties

KNOWN = ("kind", "name", "industry", "region")


def find_parties(desk: CreditDesk, text: str, *, limit: int, as_of: date | None = None) -> list[dict[str, Any]]:
    """Rows of parties that match, best first.

    Raises:
        StoreUnavailableError: the store is away, and no network of the day was built before.
    """
    day = desk.day(as_of)
    try:
        return list(desk.store.search_parties(text, limit=limit, as_of=day).to_pylist())
    except StoreUnavailableError:
        network = desk.known(day).network
    wanted = text.strip().lower()
    ids, names = network.ids.tolist(), network.attributes["name"].tolist()
    listed = [(i, n) for i, n in zip(ids, names, strict=True) if wanted in i.lower() or wanted in str(n).lower()]
    best = rank_parties(text, listed, limit)
    if len(best) < limit:
        taken = set(best)
        others = [(i, str(n)) for i, n in zip(ids, names, strict=True) if i not in taken]
        table = pa.table({"party_id": [i for i, _ in others], "name": [n for _, n in others]})
        best += similar_parties(text, table, limit=limit - len(best))
    return [_row(network, party) for party in best]


def _row(network: Any, party: str) -> dict[str, Any]:
    spot = network.index[party]
    told = {name: str(network.attributes[name][spot]) for name in KNOWN if name in network.attributes}
    return {"party_id": party, **told, "attributes": None}
