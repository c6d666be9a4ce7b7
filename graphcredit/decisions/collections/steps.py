"""Which step comes next about a debtor: by age and sum, in order, after waiting; what is promised is left out."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from graphcredit.decisions.amounts import ZERO
from graphcredit.decisions.collections.history import CollectionStep, Promise, promise_text
from graphcredit.decisions.policy.collections import CollectionRule, DunningStep
from graphcredit.decisions.texts import Frozen, Text

NOTHING = Text(en="nothing is overdue", zh="无逾期")
ALL_TAKEN = Text(en="every step the sum allows was taken", zh="该金额适用的催收步骤均已完成")


class NextStep(Frozen):
    """What to do and from which day; `due` = that day has come. Without a code: nothing, and why."""

    code: str | None
    name: Text
    on: date | None
    due: bool
    answer_by: date | None
    why: Text


def next_step(
    rule: CollectionRule,
    total: Decimal,
    oldest_due: date | None,
    history: Sequence[CollectionStep],
    promises: Sequence[Promise],
    day: date,
) -> NextStep:
    """The next step.

    The most severe one that is open today, else the one that opens first. A step is open when its age and sum are reached, the
    step it follows was taken, and its wait since the last step is over; steps milder than one taken already are left out.

    Args:
        total: overdue and not in dispute.
        oldest_due: due date of the oldest such invoice; None = nothing is overdue.
    """
    if oldest_due is None or total <= 0:
        return NextStep(code=None, name=NOTHING, on=None, due=False, answer_by=None, why=NOTHING)
    last = promises[-1] if promises else None
    waiting = sum((each.amount - each.paid for each in promises if each.state == "open"), ZERO)
    if last is not None and last.state == "open" and waiting >= total:
        en, zh = promise_text(last)
        wait = Text(en=f"wait for the promise: {en}", zh=f"等待付款承诺：{zh}")
        return NextStep(code=None, name=wait, on=last.lapses + timedelta(days=1), due=False, answer_by=None, why=wait)
    total -= waiting  # what is promised is not asked for before its day
    codes = [step.code for step in rule.steps]
    taken = [step for step in history if step.action in codes and step.on >= _since(rule, step.action, oldest_due)]
    reached = max((codes.index(step.action) for step in taken), default=-1)
    last_on = max((step.on for step in taken), default=None)
    done = {step.action for step in taken}
    opens = [
        (_opens(step, oldest_due, last_on), position, step)
        for position, step in enumerate(rule.steps)
        if position > reached and total >= step.min_amount and (step.after is None or step.after in done)
    ]
    if not opens:
        return NextStep(code=None, name=ALL_TAKEN, on=None, due=False, answer_by=None, why=ALL_TAKEN)
    now = [found for found in opens if found[0] <= day]
    on, _, chosen = max(now, key=lambda found: found[1]) if now else min(opens, key=lambda found: (found[0], found[1]))
    begin = max(on, day)
    return NextStep(
        code=chosen.code,
        name=chosen.name,
        on=begin,
        due=on <= day,
        answer_by=begin + timedelta(days=chosen.answer_days),
        why=_why(chosen, oldest_due, day, last),
    )


def _since(rule: CollectionRule, code: str, oldest_due: date) -> date:
    """From when on a step taken belongs to this case and not to an earlier one."""
    found = rule.step(code)
    return oldest_due + timedelta(days=min(found.from_days if found else 0, 0))


def _opens(step: DunningStep, oldest_due: date, last_on: date | None) -> date:
    by_age = oldest_due + timedelta(days=step.from_days)
    return by_age if last_on is None else max(by_age, last_on + timedelta(days=step.wait_days))


def _why(step: DunningStep, oldest_due: date, day: date, promise: Promise | None) -> Text:
    age = (day - oldest_due).days
    if age > 0:
        en, zh = (
            f"oldest {age} days past due; from day {step.from_days}",
            f"最长逾期 {age} 天；自第 {step.from_days} 天起",
        )
    else:
        en, zh = f"due in {-age} days", f"{-age} 天后到期"
    if promise is not None and promise.state == "broken":
        said = promise_text(promise)
        en, zh = f"{en}; {said[0]}", f"{zh}；{said[1]}"
    return Text(en=en, zh=zh)
