"""Periodic re-rating: what the policy says about each customer's limit on today's facts, beside what it was.

A proposal never writes anything: a person decides it. Cover that is asked for is what would bring the limit up to what is
used, by the policy's own formula, limit = min(own + min(cover x cover_factor, multiple x own), caps); where cover cannot do
that, the rest is an amount to be repaid.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from operator import is_
from typing import Any, Literal
from weakref import ReferenceType, WeakKeyDictionary, ref

from graphcredit.decisions.amounts import ZERO, amount_text, cents, cents_down, from_units, plain
from graphcredit.decisions.blocking import blocks_of, holds_of, standing_of
from graphcredit.decisions.book_lines import KIND as BOOK_LINE
from graphcredit.decisions.decision import KIND as DECISION
from graphcredit.decisions.headroom import HeadroomBook
from graphcredit.decisions.limits import Limit, LimitSums
from graphcredit.decisions.texts import Figure, Frozen, Reason, Text, figure
from graphcredit.monitor.alert import rules_of
from graphcredit.monitor.days import Days
from graphcredit.network.build import months_before
from graphcredit.store import CreditStore

Action = Literal["keep", "raise_limit", "cut_limit", "more_cover", "repay", "stop"]
ORDER = ("stop", "repay", "more_cover", "cut_limit", "raise_limit", "keep")
CENT = Decimal("0.01")


class Proposal(Frozen):
    """What to do about one customer.

    Attributes:
        action: the strongest thing proposed; stop means no new credit, whatever else is said.
        limit_before, limit: by the policy on the earlier and the later day. used: by facts and decisions.
        cover_wanted: stated amount of more cover that brings the limit up to what is used; repay: what cover cannot reach.
        reviewed_on: day of the last decision. review_due: the day by which the grade asks for the next one; None without one.
    """

    party_id: str
    name: str
    as_of: date
    since: date
    action: Action
    grade_before: str | None
    grade: str | None
    limit_before: Decimal
    limit: Decimal
    used: Decimal
    cover_wanted: Decimal
    repay: Decimal
    reviewed_on: date | None
    review_due: date | None
    overdue_review: bool
    text: Text
    figures: tuple[Figure, ...]
    blocks: tuple[Reason, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return dict(plain(self.model_dump()))


def rerate(
    store: CreditStore,
    before: HeadroomBook,
    after: HeadroomBook,
    *,
    parties: Sequence[str] | None = None,
    all_customers: bool = False,
) -> tuple[Proposal, ...]:
    """Proposals for every customer where something is to be done, strongest first.

    Args:
        before, after: the book on the earlier and the later day, under the policy of the later one.
        parties: only these customers. all_customers: also those with nothing to be done.

    Raises:
        InputError: the days are not in order. NotFoundError: an unknown party.
    """
    days = Days(store, before, after, rules_of(after.policy), parties)
    kept = _kept(before, after)
    found = _proposals(days, kept)
    last, listed = kept.listed.get(all_customers, ([], ()))
    if len(last) == len(found) and all(map(is_, last, found)):
        return listed
    shown = [p for p in found if all_customers or p.action != "keep" or p.overdue_review]
    listed = tuple(sorted(shown, key=lambda p: (ORDER.index(p.action), -(p.used - p.limit), p.party_id)))
    kept.listed[all_customers] = (found, listed)
    return listed


@dataclass
class _Kept:
    """What was proposed under two books, each with what it rested on beside them, and who was decided on when."""

    before: "ReferenceType[HeadroomBook]"
    told: dict[str, tuple[tuple[Any, ...], Proposal]] = field(default_factory=dict)
    reviewed: tuple[int | None, dict[str, date]] = (None, {})
    customers: tuple[int | None, list[str]] = (None, [])
    listed: dict[bool, tuple[list[Proposal], tuple[Proposal, ...]]] = field(default_factory=dict)


_KEPT: "WeakKeyDictionary[HeadroomBook, _Kept]" = WeakKeyDictionary()


def _kept(before: HeadroomBook, after: HeadroomBook) -> _Kept:
    """What is kept for these two books; of each later one, that of the last earlier one asked for."""
    found = _KEPT.get(after)
    if found is None or found.before() is not before:
        found = _KEPT[after] = _Kept(ref(before))
    return found


def _reviewed(days: Days, kept: _Kept) -> dict[str, date]:
    """Party -> day of its last decision by the later day; read anew where decisions were written since."""
    stamp = days.store.stamp(DECISION)  # before what is read
    if stamp is None or kept.reviewed[0] != stamp:
        found = days.store.latest_records(DECISION, as_of=days.after.book.day)
        kept.reviewed = stamp, {party: record.at.date() for party, record in found.items() if record.at is not None}
    return kept.reviewed[1]


def _customers(days: Days, kept: _Kept) -> list[str]:
    """Whom something is lent to; looked up anew where decisions lent or were settled since."""
    stamp = days.store.stamp(BOOK_LINE)  # before what is read
    if days.wanted is not None:
        return days.customers
    if stamp is None or kept.customers[0] != stamp:
        kept.customers = stamp, days.customers
    days.customers = kept.customers[1]
    return days.customers


def _proposals(days: Days, kept: _Kept) -> list[Proposal]:
    """One a customer; only claims, holds and decisions change what two books say, so that the rest is not worked out again."""
    reviewed, holds, found = _reviewed(days, kept), holds_of(days.store), []
    for party in _customers(days, kept):
        rests_on = (days.claimed[party], holds.get(party), reviewed.get(party))
        told = kept.told.get(party)
        if told is None or told[0] != rests_on:
            told = kept.told[party] = (rests_on, _proposal(days, party, reviewed.get(party)))
        found.append(told[1])
    return found


def _proposal(days: Days, party: str, last: date | None) -> Proposal:
    after, before = days.after, days.before
    score, then = after.scores.get(party), before.scores.get(party)
    limit = after.limit_sums(party)
    was = before.limit_sums(party).amount if party in before.book.index else ZERO
    used = from_units(after.used[after.position(party)]) + max(days.claimed[party], ZERO)
    cover, repay = cover_for(limit, used, after)
    blocks = tuple(blocks_of(standing_of(days.store, after.book, party), score, after.policy, after.book.day))
    row = None if score is None else after.policy.grade_row(score.grade)
    due = None if last is None or row is None else _months_after(last, row.review_months)
    action = _action(bool(blocks), cover, repay, limit.amount, was)
    return Proposal(
        party_id=party,
        name=str(after.book.name[after.position(party)]),
        as_of=after.book.day,
        since=before.book.day,
        action=action,
        grade_before=None if then is None else then.grade,
        grade=None if score is None else score.grade,
        limit_before=was,
        limit=limit.amount,
        used=used,
        cover_wanted=cover,
        repay=repay,
        reviewed_on=last,
        review_due=due,
        overdue_review=due is not None and due <= after.book.day,
        text=_text(party, action, limit.amount, was, used, cover, repay),
        figures=_figures(limit, used, after.policy.label),
        blocks=blocks,
    )


def cover_for(limit: Limit | LimitSums, used: Decimal, book: HeadroomBook) -> tuple[Decimal, Decimal]:
    """More cover (stated amount) that brings a limit up to what is used, and what must be repaid where it cannot."""
    short = used - limit.amount
    if short <= 0:
        return ZERO, ZERO
    row = None if limit.grade is None else book.policy.grade_row(limit.grade)
    factor = ZERO if row is None else row.cover_factor
    multiple = book.policy.cover.max_multiple_of_own.value
    most = cents_down(min(limit.cap, limit.own + multiple * limit.own))  # with all the cover that counts
    reach = min(short, max(most - limit.amount, ZERO)) if factor > 0 else ZERO
    wanted = (reach / factor).quantize(CENT, ROUND_UP) if reach > 0 else ZERO
    return wanted, cents(short - reach)


def _action(blocked: bool, cover: Decimal, repay: Decimal, limit: Decimal, was: Decimal) -> Action:
    if blocked:
        return "stop"
    if repay > 0:
        return "repay"
    if cover > 0:
        return "more_cover"
    if limit < was:
        return "cut_limit"
    return "raise_limit" if limit > was else "keep"


def _months_after(day: date, months: int) -> date:
    """The day so many months later; the month's last where it has no such day."""
    return months_before(day, -months) - timedelta(days=1)


def _text(
    party: str, action: Action, limit: Decimal, was: Decimal, used: Decimal, cover: Decimal, repay: Decimal
) -> Text:
    moved = f"limit {amount_text(was)} to {amount_text(limit)}, used {amount_text(used)}"
    moved_zh = f"额度由 {amount_text(was)} 调整为 {amount_text(limit)}，已用 {amount_text(used)}"
    en = {
        "stop": "no new credit",
        "repay": f"repay {amount_text(repay)}",
        "more_cover": "more cover",
        "cut_limit": "cut the limit",
        "raise_limit": "the limit may rise",
        "keep": "keep",
    }[action]
    zh = {
        "stop": "停止新增授信",
        "repay": f"要求归还 {amount_text(repay)}",
        "more_cover": "补充增信",
        "cut_limit": "压降额度",
        "raise_limit": "可上调额度",
        "keep": "维持",
    }[action]
    more = f"; ask for cover of {amount_text(cover)}" if cover > 0 else ""
    more_zh = f"；要求补充担保 {amount_text(cover)}" if cover > 0 else ""
    rest = f"; {amount_text(repay)} of what is used has no limit" if action == "stop" and repay > 0 else ""
    rest_zh = f"；其中 {amount_text(repay)} 已无额度支持" if action == "stop" and repay > 0 else ""
    return Text(en=f"{party}: {en} ({moved}{more}{rest})", zh=f"{party}：{zh}（{moved_zh}{more_zh}{rest_zh}）")


def _figures(limit: Limit | LimitSums, used: Decimal, label: str) -> tuple[Figure, ...]:
    return (
        figure("own_capacity", limit.own, "facts as of the day"),
        figure("limit_factor", limit.limit_factor, f"policy {label} master_scale {limit.grade}"),
        figure("cover_used", limit.cover_used, "guarantees and collateral as of the day"),
        figure("cap", limit.cap, f"policy {label} caps"),
        figure("used", used, "facts and decisions"),
    )
