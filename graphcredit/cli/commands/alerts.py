"""`graphcredit alerts` and `rerate`: what has changed between two days, and what the policy says about it."""

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError

Since = Annotated[str | None, typer.Option(help="The earlier day (default: a week before).")]
AsOf = Annotated[str | None, typer.Option(help="The later day (default: the last day known).")]
Party = Annotated[list[str] | None, typer.Option(help="Only this party, repeatable.")]


def _share(text: str, name: str) -> Decimal:
    try:
        share = Decimal(text)
    except InvalidOperation:
        share = Decimal(-1)
    if not 0 <= share <= 1:
        raise InputError(f"--{name} {text!r} is not a share", remedy="write 0.10 for ten percent")
    return share


@command(app, "alerts")
def alerts(
    session: Session,
    since: Since = None,
    as_of: AsOf = None,
    party: Party = None,
    notches: Annotated[int | None, typer.Option(min=1, help="Grades down that raise an alert.")] = None,
    headroom: Annotated[str | None, typer.Option(help="Share of a limit left, below which headroom is low.")] = None,
    group: Annotated[str | None, typer.Option(help="Share of a group's cap used, from which on it is near.")] = None,
    drop: Annotated[str | None, typer.Option(help="Share by which sales fall from one window to the next.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Record them, for the console and /v1/alerts.")] = False,
    top: Annotated[int, typer.Option(min=1, help="Alerts to show.")] = 30,
) -> None:
    """What is so on one day and was not on an earlier one: grades, headroom, overdue, neighbours, groups, sales.

    Thresholds are those of the policy's section `monitoring`, unless given here.

    Example: graphcredit alerts --since 2026-06-01 --as-of 2026-06-30
    """
    from graphcredit.desk import Credit, two_days
    from graphcredit.monitor import alerts_between, keep_alerts, rules_of

    shares = {"headroom": headroom, "group": group, "drop": drop}
    given: dict[str, Any] = {name: _share(text, name) for name, text in shares.items() if text is not None}
    given |= {} if notches is None else {"notches": notches}
    with session.desk() as desk:
        before, after = two_days(Credit(desk), day(since), day(as_of))
        rules = rules_of(after.policy)
        rules = replace(rules, **given, source=f"as given, else {rules.source}") if given else rules
        found = alerts_between(desk.store, before, after, rules=rules, parties=party or None)
        new = keep_alerts(desk.store, found) if keep else None
    counts: dict[str, int] = {}
    for alert in found:
        counts[alert.kind] = counts.get(alert.kind, 0) + 1
    body: dict[str, Any] = {"since": before.book.day, "as_of": after.book.day, "counts": counts, "new": new}
    session.out.result({**body, "alerts": [alert.to_json() for alert in found]})
    language = session.settings.language
    rows = [(a.severity, a.kind, a.party_id, a.name, getattr(a.text, language)) for a in found[:top]]
    session.out.table(("severity", "kind", "party", "name", "what"), rows)
    kept = "" if new is None else f", {new} of them new and recorded"
    session.out.line(f"{len(found)} alerts between {before.book.day} and {after.book.day}{kept}: {counts}")


@command(app, "rerate")
def rerate_command(
    session: Session,
    since: Since = None,
    as_of: AsOf = None,
    party: Party = None,
    everyone: Annotated[bool, typer.Option("--all", help="Also customers with nothing to be done.")] = False,
    top: Annotated[int, typer.Option(min=1, help="Proposals to show.")] = 30,
) -> None:
    """Each customer's limit again: what the policy proposes to cut, to cover, to have repaid or to stop.

    Every company's rating of the day is kept in the rating history, so that `graphcredit migration` sees it.

    Example: graphcredit rerate --since 2026-05-31 --as-of 2026-06-30
    """
    from graphcredit.desk import Credit, two_days
    from graphcredit.exc import NoModelError
    from graphcredit.monitor import rerate

    with session.desk() as desk:
        before, after = two_days(Credit(desk), day(since), day(as_of))
        found = rerate(desk.store, before, after, parties=party or None, all_customers=everyone)
        try:
            rated = desk.rate_all(after.book.day)
        except NoModelError:
            rated = 0  # the scores in force were recorded elsewhere
    proposals = [each.to_json() for each in found]
    session.out.result({"since": before.book.day, "as_of": after.book.day, "rated": rated, "proposals": proposals})
    language = session.settings.language
    rows = [
        (p.action, p.party_id, p.name, p.grade, p.limit_before, p.limit, p.used, p.cover_wanted, p.repay,
         p.review_due, getattr(p.text, language))
        for p in found[:top]
    ]  # fmt: skip
    columns = ("action", "party", "name", "grade", "was", "limit", "used", "cover", "repay", "review due", "why")
    session.out.table(columns, rows)
    told = f"{len(found)} proposals as of {after.book.day} under {after.policy.label}"
    session.out.line(f"{told}; {rated} ratings new or changed in the history")
