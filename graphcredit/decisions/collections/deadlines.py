"""Until when the law helps: limitation period, guarantee period, enforcement; each with the source it rests on.

Days are the earliest reading (a last day that is a holiday is not moved), so that acting by them is always in time.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from graphcredit.decisions.collections.history import JUDGMENT, PROMISE, CollectionStep
from graphcredit.decisions.plans.calendar import months_later
from graphcredit.decisions.policy.collections import CollectionRule
from graphcredit.decisions.policy.sources import source_text
from graphcredit.decisions.texts import Frozen, Text


class Deadline(Frozen):
    """A legal deadline: what must be done by then, from which day it runs; running, soon or lapsed."""

    kind: str
    by: date
    runs_from: date
    days_left: int
    state: str
    text: Text
    source: Text


def restarts(
    due_on: date,
    invoice_id: str,
    creditor_id: str,
    history: Sequence[CollectionStep],
    payments: Iterable[date],
    rule: CollectionRule,
) -> date:
    """The day from which the limitation period of an invoice runs: its due date, or the last that began it anew.

    Written demands, promises of the debtor and payments on the invoice begin it anew, as long as it has not run out before.
    """
    years = int(rule.limitation_years.value)
    interrupting = {step.code for step in rule.steps if step.interrupts} | {PROMISE}
    days = [step.on for step in history if step.action in interrupting and step.covers(invoice_id, creditor_id)]
    begin = due_on
    for on in sorted([*days, *payments]):
        if begin < on <= years_later(begin, years):
            begin = on
    return begin


def limitation(begin: date, day: date, rule: CollectionRule) -> Deadline:
    """When a claim can no longer be enforced against a debtor who says so."""
    by = years_later(begin, int(rule.limitation_years.value))
    return _deadline(
        "limitation", by, begin, day, rule,
        f"sue, or have the debtor confirm the debt in writing, by {by}",
        f"须于 {by} 前起诉或取得债务人书面确认（诉讼时效）",
        rule.limitation_years.source,
    )  # fmt: skip


def guarantee_period(guarantor_id: str, due_on: date, day: date, rule: CollectionRule) -> Deadline:
    """Until when a guarantor without an agreed period must be claimed on."""
    by = months_later(due_on, int(rule.guarantee_months.value))
    return _deadline(
        "guarantee", by, due_on, day, rule,
        f"claim on guarantor {guarantor_id} by {by} where no other period was agreed",
        f"未约定保证期间的，须于 {by} 前向保证人 {guarantor_id} 主张权利",
        rule.guarantee_months.source,
    )  # fmt: skip


def enforcement(history: Sequence[CollectionStep], day: date, rule: CollectionRule) -> tuple[Deadline, ...]:
    """Until when each recorded judgment must be enforced."""
    made = []
    for step in history:
        if step.action == JUDGMENT:
            by = years_later(step.on, int(rule.enforcement_years.value))
            made.append(
                _deadline(
                    "enforcement", by, step.on, day, rule,
                    f"apply for enforcement of the judgment of {step.on} by {by}",
                    f"须于 {by} 前就 {step.on} 的判决申请强制执行",
                    rule.enforcement_years.source,
                )
            )  # fmt: skip
    return tuple(made)


def years_later(day: date, years: int) -> date:
    """The same day years later; 28 February for the 29th."""
    return months_later(day, 12 * years)


def _deadline(kind: str, by: date, begin: date, day: date, rule: CollectionRule, *words: str) -> Deadline:
    left = (by - day).days
    soon = by - timedelta(days=int(rule.limitation_warning_days.value)) <= day
    state = "lapsed" if left < 0 else "soon" if soon else "running"
    en, zh, source = words
    return Deadline(
        kind=kind,
        by=by,
        runs_from=begin,
        days_left=left,
        state=state,
        text=Text(en=en, zh=zh),
        source=source_text(source),
    )
