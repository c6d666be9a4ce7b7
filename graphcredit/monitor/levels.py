"""Alerts about a level that was crossed: a grade, a limit nearly used up, a group near its cap."""

from collections.abc import Iterator
from decimal import Decimal

from graphcredit.decisions.amounts import ZERO, amount_text, from_units, percent
from graphcredit.decisions.headroom import HeadroomBook
from graphcredit.decisions.texts import figure
from graphcredit.monitor.alert import Alert
from graphcredit.monitor.days import Days, claims_on

NAMED = 20


def grade_worse(days: Days) -> Iterator[Alert]:
    """Grades that fell by at least so many notches of the policy's scale."""
    policy = days.after.policy
    order = {row.grade: place for place, row in enumerate(policy.master_scale.grades)}
    for party, now in days.after.scores.items():
        then = days.before.scores.get(party)
        if then is None or not days.follows(party) or now.grade not in order or then.grade not in order:
            continue
        fell = order[now.grade] - order[then.grade]
        if fell < days.rules.notches:
            continue
        pds = percent(then.pd), percent(now.pd)
        blocked = policy.worse_than(now.grade, policy.blocking.worst_grade)
        yield days.alert(
            "grade_worse",
            "critical" if blocked else "warning",
            party,
            f"{party} fell from {then.grade} to {now.grade} ({fell} notches): PD {pds[0]} to {pds[1]}",
            f"{party} 评级由 {then.grade} 降至 {now.grade}（下降 {fell} 级）：违约概率由 {pds[0]} 升至 {pds[1]}",
            figure("grade_before", then.grade, f"model {then.model_id}"),
            figure("grade", now.grade, f"model {now.model_id}"),
            figure("pd", now.pd, f"model {now.model_id}"),
        )


def _left(book: HeadroomBook, party: str, claimed: Decimal) -> tuple[Decimal, Decimal, Decimal] | None:
    """Limit, what uses it, and the share left of it; None where nothing is asked of it."""
    position = book.book.index.get(party)
    if position is None:
        return None
    used = from_units(book.used[position]) + max(claimed, ZERO)
    if used <= 0:
        return None
    limit = book.limit_sums(party).amount
    return limit, used, (limit - used) / limit if limit > 0 else Decimal(-1)


def low_headroom(days: Days) -> Iterator[Alert]:
    """Customers whose own limit is nearly used up, or more than that."""
    low = days.rules.headroom
    for party in days.customers:
        now = _left(days.after, party, days.claimed[party])
        if now is None or now[2] >= low:
            continue
        then = _left(days.before, party, days.claimed[party])
        if then is not None and then[2] < low and not (then[2] >= 0 > now[2]):
            continue
        limit, used, share = now
        over = share < 0
        left = f"over by {amount_text(used - limit)}" if over else f"{percent(share)} left"
        rest = f"超用 {amount_text(used - limit)}" if over else f"仅剩 {percent(share)}"
        yield days.alert(
            "low_headroom",
            "critical" if over else "warning",
            party,
            f"the limit of {party} is nearly used up: {left} of {amount_text(limit)}",
            f"{party} 的额度即将用尽：额度 {amount_text(limit)}，{rest}",
            figure("limit", limit, f"policy {days.after.policy.label}"),
            figure("used", used, "facts and decisions"),
            figure("threshold", low, days.rules.source),
        )


def _groups(book: HeadroomBook, claims: dict[str, Decimal]) -> dict[str, Decimal]:
    """What each group uses, by its root."""
    return {
        name: from_units(book.group_used[group]) + max(claims.get(name, ZERO), ZERO) + book.drift(group)
        for group, name in enumerate(book.groups.names)
    }


def group_near_cap(days: Days) -> Iterator[Alert]:
    """Groups of connected clients that have come near their cap."""
    cap, near = days.after.policy.cap("group"), days.rules.group
    claims = claims_on(days.store, "group", days.after.groups.names)
    then = _groups(days.before, claims)
    place = {name: group for group, name in enumerate(days.after.groups.names)}
    for root, used in _groups(days.after, claims).items():
        if used < cap * near or (then.get(root, ZERO) >= cap * near and not (then[root] <= cap < used)):
            continue
        members = [member.party for member in days.after.groups.clients.groups[place[root]].members]
        if not any(days.follows(member) for member in members):
            continue
        yield days.alert(
            "group_near_cap",
            "critical" if used > cap else "warning",
            root,
            f"the group of {root} ({len(members)} parties) uses {amount_text(used)} of its cap of {amount_text(cap)}",
            f"{root} 所在关联客户组（{len(members)} 户）已用 {amount_text(used)}，上限 {amount_text(cap)}",
            figure("cap", cap, f"policy {days.after.policy.label} caps.group"),
            figure("used", used, "facts and decisions"),
            figure("threshold", near, days.rules.source),
            related=[member for member in members if member != root][:NAMED],
        )
