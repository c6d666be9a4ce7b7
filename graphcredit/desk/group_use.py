"""Groups of connected clients with what they use of their cap."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from graphcredit.decisions.amounts import ZERO, from_units
from graphcredit.decisions.headroom import resource
from graphcredit.desk.credit import Credit


def group_use(
    credit: Credit,
    as_of: date | None = None,
    *,
    near: float = 0.0,
    shows: Callable[[str], bool] | None = None,
    start: int = 0,
    limit: int | None = None,
) -> tuple[int, list[dict[str, Any]]]:
    """How many groups there are, and some of them: root, members, cap, what facts and decisions use, share of the cap.

    The fullest come first; members are looked up for the groups that are returned only.

    Args:
        near: only groups that use at least this share of the cap.
        shows: whether a group with this root may be told of; default all.
        start, limit: first group and number of groups returned; limit None = all.
    """
    book = credit.book(as_of)
    cap, least = book.policy.cap("group"), Decimal(str(near))
    names, clients = book.groups.names, book.groups.clients
    sizes = book.groups.sums(np.ones(book.network.n, np.int64)).tolist()
    claims = credit.store.claimed([resource("group", name) for name in names]) if names else {}
    rows = []
    for group, root in enumerate(names):
        if shows is not None and not shows(root):
            continue
        facts = from_units(book.group_used[group])
        claimed = max(claims[resource("group", root)], ZERO) + book.drift(group)
        used = facts + claimed
        share = used / cap if cap > 0 else Decimal(1 if used > 0 else 0)
        if share >= least:
            rows.append((-used, -sizes[group], root, group, facts, claimed, share))
    rows.sort()
    page = [
        {
            "root": root, "size": -size, "members": [member.party for member in clients.groups[group].members], "cap": cap,
            "facts": facts, "claimed": claimed, "used": -used, "share": round(float(share), 6),
        }
        for used, size, root, group, facts, claimed, share in rows[start : None if limit is None else start + limit]
    ]  # fmt: skip
    return len(rows), page
