"""Lists of what the periodic re-rating proposes and of recorded alerts."""

from collections.abc import Sequence

from graphcredit.desk import two_days
from graphcredit.monitor import Proposal, list_alerts, rerate
from graphcredit_api.console.asked import Asked
from graphcredit_api.console.listing import Column, Listing, Rows
from graphcredit_api.console.typed import day_if_any

LISTED = 100_000


def proposed(asked: Asked) -> Sequence[Proposal]:
    """What the policy proposes, strongest first; filters: since, action."""
    services, wanted = asked.services, asked.filters.get("action")
    before, after = two_days(services.credit, day_if_any(asked.filters.get("since", ""), "2026-06-30"), asked.as_of)
    found = rerate(services.store, before, after)
    if not wanted and asked.seen is None:
        return found
    return [each for each in found if asked.shows(each.party_id) and (not wanted or each.action == wanted)]


def reviews(asked: Asked) -> Listing:
    """The list of proposals."""
    return review_listing(proposed(asked))


def review_listing(found: Sequence[Proposal]) -> Listing:
    """Proposals as a list."""
    made = (
        Column("party_id", "party", "party"),
        Column("name", "name"),
        Column("action", "proposal", "code"),
        Column("grade_before", "before", "grade"),
        Column("grade", "grade", "grade"),
        Column("limit_before", "limit_before", "money"),
        Column("limit", "limit_now", "money"),
        Column("used", "used", "money"),
        Column("cover_wanted", "cover_wanted", "money"),
        Column("repay", "to_repay", "money"),
        Column("review_due", "review_due"),
        Column("text", "reason"),
    )
    return Listing("reviews", "proposals", made, Rows(found, lambda each: each.model_dump()))


def alerts(asked: Asked) -> Listing:
    """Recorded alerts, newest first; filters: severity, kind."""
    found = list_alerts(asked.services.store, limit=LISTED)
    wanted = {name: asked.filters[name] for name in ("severity", "kind") if asked.filters.get(name)}
    rows = [
        dict(record.body)
        for record in found
        if asked.shows(str(record.party_id)) and all(record.body.get(name) == value for name, value in wanted.items())
    ]
    made = (
        Column("as_of", "date"),
        Column("severity", "severity", "code"),
        Column("kind", "kind", "code"),
        Column("party_id", "party", "party"),
        Column("name", "name"),
        Column("text", "reason"),
    )
    return Listing("alerts", "alerts", made, rows)
