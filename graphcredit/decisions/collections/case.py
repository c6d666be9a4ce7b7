"""One debtor's case: what is overdue to whom, what was done, what comes next, legal deadlines, and the letters."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from graphcredit.decisions.amounts import ZERO, cents, from_units, plain
from graphcredit.decisions.collections.aging import Bucket, Ledger, Receivables, open_receivables
from graphcredit.decisions.collections.deadlines import Deadline, enforcement, guarantee_period, limitation, restarts
from graphcredit.decisions.collections.history import (
    CollectionStep,
    Promise,
    disputed,
    history_of,
    promises_of,
)
from graphcredit.decisions.collections.letters import Letter, letters_of
from graphcredit.decisions.collections.offers import EarlyOffer, early_offers
from graphcredit.decisions.collections.steps import NextStep, next_step
from graphcredit.decisions.cover import ASSETS
from graphcredit.decisions.policy.collections import CollectionRule
from graphcredit.decisions.texts import Frozen
from graphcredit.store import CreditStore

DAYS_OF_YEAR = 365


class OpenInvoice(Frozen):
    """An open invoice of the debtor; `interest` for late payment so far; `overdue_days` 0 where not due.

    `open` and `interest` are in the book's currency, `amount_due` and `interest_due` in the invoice's, `currency`.
    """

    transaction_id: str
    number: str | None
    creditor_id: str
    issued_on: date
    due_on: date | None
    open: Decimal
    overdue_days: int
    interest: Decimal
    currency: str
    amount_due: Decimal
    interest_due: Decimal
    disputed: bool
    limitation: Deadline | None


class Case(Frozen):
    """A debtor's case as of a day; sums in the book's currency, letters and offers in those that are owed.

    Attributes:
        overdue: sum past due, of it `disputed`; `interest` on what is not disputed.
        invoices: open ones, oldest due first. offers: discounts for paying early what is not due yet.
        deadlines: the earliest of each kind. letters: texts of the next step, one a creditor; nothing is sent.
    """

    party_id: str
    name: str
    as_of: date
    currency: str
    buckets: tuple[Bucket, ...]
    overdue: Decimal
    overdue_days: int
    disputed: Decimal
    interest: Decimal
    next: NextStep
    invoices: tuple[OpenInvoice, ...]
    promises: tuple[Promise, ...]
    history: tuple[CollectionStep, ...]
    deadlines: tuple[Deadline, ...]
    offers: tuple[EarlyOffer, ...]
    letters: tuple[Letter, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return dict(plain(self.model_dump()))


def case_of(
    store: CreditStore,
    party_id: str,
    book: Ledger,
    *,
    creditor_id: str | None = None,
    receivables: Receivables | None = None,
) -> Case:
    """The case of one debtor.

    Args:
        creditor_id: only what it owes to this one.
        receivables: of all debtors, if at hand.

    Raises:
        NotFoundError: the debtor or creditor is not known as of the day.
    """
    positions, debtor = book.book, book.position(party_id)
    mine = (receivables or open_receivables(store, book, creditor_id=creditor_id)).of(debtor)
    rule, day = mine.rule, positions.day
    history = history_of(store, party_id, day)
    promises = promises_of(store, party_id, history, rule, day, positions.rates, day)
    invoices = _invoices(store, mine, book, history)
    late = [each for each in invoices if each.overdue_days > 0]
    asked = [each for each in late if not each.disputed]
    asked = asked or _soon(invoices, rule, day)
    oldest = min((each.due_on for each in asked if each.due_on), default=None)
    total = sum((each.open for each in asked), ZERO)
    step = next_step(rule, total, oldest, history, promises, day)
    found = Case(
        party_id=party_id,
        name=str(positions.name[debtor]),
        as_of=day,
        currency=positions.currency,
        buckets=mine.buckets(),
        overdue=sum((each.open for each in late), ZERO),
        overdue_days=max((each.overdue_days for each in late), default=0),
        disputed=sum((each.open for each in late if each.disputed), ZERO),
        interest=sum((each.interest for each in asked), ZERO),
        next=step,
        invoices=invoices,
        promises=promises,
        history=history,
        deadlines=_deadlines(book, debtor, late, history, day, mine),
        offers=_offers(mine, book, day, {each.transaction_id for each in invoices if each.disputed}),
        letters=(),
    )
    return found.model_copy(update={"letters": _letters(found, asked, mine, book)})


def _soon(invoices: tuple[OpenInvoice, ...], rule: CollectionRule, day: date) -> list[OpenInvoice]:
    """What falls due within the days that a step before the due date looks ahead, where nothing is overdue."""
    last = day + timedelta(days=max(-min(step.from_days for step in rule.steps), 0))
    if any(each.overdue_days > 0 for each in invoices):
        return []
    return [each for each in invoices if each.due_on and day <= each.due_on <= last and not each.disputed]


def _invoices(
    store: CreditStore, mine: Receivables, book: Ledger, history: tuple[CollectionStep, ...]
) -> tuple[OpenInvoice, ...]:
    d, rule, ids = mine.documents, mine.rule, book.book.ids
    names = [str(name) for name in d.ids]
    if not names:
        return ()
    day = book.book.day
    where = {"transaction_id": names}
    rows = store.read("transactions", as_of=day, columns=["transaction_id", "number"], where=where).to_pylist()
    numbers = {row["transaction_id"]: row["number"] for row in rows}
    paid: dict[str, list[date]] = defaultdict(list)
    for row in store.read("payments", as_of=day, columns=["transaction_id", "paid_on"], where=where).to_pylist():
        paid[row["transaction_id"]].append(row["paid_on"])
    contested, made = disputed(history), []
    for row, name in enumerate(names):
        due, days, creditor = d.due[row].item(), int(d.overdue_days[row]), str(ids[d.seller[row]])
        amount, owed = from_units(d.open[row]), from_units(d.owed[row])
        late = rule.late_interest.value * days / DAYS_OF_YEAR
        limit = None
        if due is not None and days > 0:
            limit = limitation(restarts(due, name, creditor, history, paid[name], rule), day, rule)
        made.append(
            OpenInvoice(
                transaction_id=name,
                number=numbers.get(name),
                creditor_id=creditor,
                issued_on=d.issued[row].item(),
                due_on=due,
                open=amount,
                overdue_days=days,
                interest=cents(amount * late),
                currency=d.currencies[d.currency[row]],
                amount_due=owed,
                interest_due=cents(owed * late),
                disputed=name in contested,
                limitation=limit,
            )
        )
    return tuple(sorted(made, key=lambda each: (each.due_on or date.max, each.transaction_id)))


def _deadlines(
    book: Ledger,
    debtor: int,
    late: list[OpenInvoice],
    history: tuple[CollectionStep, ...],
    day: date,
    mine: Receivables,
) -> tuple[Deadline, ...]:
    """The earliest deadline of each kind that has not lapsed, and those that have; guarantors one by one."""
    limits = sorted((each.limitation for each in late if each.limitation), key=lambda each: each.by)
    lapsed = [each for each in limits if each.state == "lapsed"][-1:]
    found = [*lapsed, *[each for each in limits if each.state != "lapsed"][:1]]
    due = [each.due_on for each in late if each.due_on]
    if due:
        guarantees = book.book.guarantees
        givers = {
            str(book.book.ids[guarantees.guarantor[row]])
            for row in (guarantees.obligor == debtor).nonzero()[0].tolist()
            if guarantees.kind[row] not in (*ASSETS, "insurance")
        }
        found += [guarantee_period(giver, min(due), day, mine.rule) for giver in sorted(givers)]
    return (*found, *enforcement(history, day, mine.rule))


def _offers(mine: Receivables, book: Ledger, day: date, contested: set[str]) -> tuple[EarlyOffer, ...]:
    d, made = mine.documents, list[EarlyOffer]()
    for row in (~mine.late).nonzero()[0].tolist():
        due, name = d.due[row].item(), str(d.ids[row])
        if due is not None and name not in contested:
            made += early_offers(
                name, str(book.book.ids[d.seller[row]]), due, int(d.owed[row]), day, mine.rule,
                currency=d.currencies[d.currency[row]], worth=int(d.open[row]),
            )  # fmt: skip
    return tuple(made)


def _letters(case: Case, asked: list[OpenInvoice], mine: Receivables, book: Ledger) -> tuple[Letter, ...]:
    found = mine.rule.step(case.next.code) if case.next.code else None
    if found is None or case.next.answer_by is None:
        return ()
    names = {each.creditor_id: str(book.book.name[book.position(each.creditor_id)]) for each in asked}
    return tuple(
        letters_of(
            found.letter,
            debtor=case.name,
            creditor_id=creditor,
            creditor=name,
            day=case.as_of,
            answer_by=case.next.answer_by,
            invoices=[
                (each.number or each.transaction_id, each.due_on, each.currency, each.amount_due, each.interest_due)
                for each in asked
                if each.creditor_id == creditor
            ],
            rate=mine.rule.late_interest.value,
        )
        for creditor, name in sorted(names.items())
    )
