"""Groups of connected clients with what they use of their cap."""

from datetime import date
from decimal import Decimal
from typing import Any

from graphcredit.decisions.amounts import ZERO, from_units
from graphcredit.decisions.headroom import resource
from graphcredit.desk.credit import Credit


def group_use(credit: Credit, as_of: date | None = None, *, near: float = 0.0) -> list[dict[str, Any]]:
    """Every group, the fullest first: root, members, cap, what facts and decisions use, and the share of the cap.

    Args:
        near: only groups that use at least this share of the cap.
    """
    book = credit.book(as_of)
    cap = book.policy.cap("group")
    names = [resource("group", name) for name in book.groups.names]
    claims = credit.store.claimed(names) if names else {}
    rows = []
    for group, root in enumerate(book.groups.names):
        facts = from_units(book.group_used[group])
        claimed = max(claims[resource("group", root)], ZERO) + book.drift(group)
        used = facts + claimed
        share = used / cap if cap > 0 else Decimal(1 if used > 0 else 0)
        if share < Decimal(str(near)):
            continue
        members = [member.party for member in book.groups.clients.groups[group].members]
        rows.append(
            {
                "root": root, "size": len(members), "members": members, "cap": cap, "facts": facts, "claimed": claimed,
                "used": used, "share": round(float(share), 6),
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row["used"], -row["size"], row["root"]))
