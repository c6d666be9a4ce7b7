"""`graphcredit overdue` and `collect`: who is overdue, what comes next, and what was done. Nothing is sent."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphcredit.cli.app import app
from graphcredit.cli.commands.plan import number
from graphcredit.cli.parse import day, words
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError

if TYPE_CHECKING:
    from graphcredit.decisions import Case, Worklist

AsOf = Annotated[str | None, typer.Option(help="Only facts recorded by this day (default: the last day known).")]


@command(app, "overdue")
def overdue(
    session: Session,
    party: Annotated[str | None, typer.Argument(help="One debtor's case; without it, everybody overdue.")] = None,
    creditor: Annotated[str | None, typer.Option(help="Only what is owed to this party.")] = None,
    letter: Annotated[bool, typer.Option("--letter", help="Also the text of the next letter.")] = False,
    top: Annotated[int, typer.Option(min=1, help="So many debtors.")] = 20,
    as_of: AsOf = None,
) -> None:
    """Who is overdue since when, the next step about each, and until when the law helps.

    Example: graphcredit overdue F000012 --letter
    """
    from graphcredit.desk import Credit

    with session.desk() as desk:
        credit = Credit(desk)
        if party is None:
            listed = credit.overdue(day(as_of), creditor_id=creditor, top=top)
            session.out.result(listed.to_json())
            show_list(session, listed)
            return
        case = credit.case(party, day(as_of), creditor_id=creditor)
    session.out.result(case.to_json())
    show_case(session, case, letter=letter)


def show_list(session: Session, listed: "Worklist") -> None:
    """The worklist for a person."""
    language = session.settings.language
    rows = [
        (d.party_id, d.name, d.overdue, d.overdue_days, d.invoices, getattr(d.next.name, language),
         d.next.on or "", d.limitation or "")
        for d in listed.debtors
    ]  # fmt: skip
    session.out.table(("debtor", "name", "overdue", "days", "invoices", "next step", "from", "limitation"), rows)
    aged = ", ".join(f"{getattr(b.name, language)} {b.amount:.2f}" for b in listed.buckets)
    session.out.line(
        f"{listed.currency} {listed.overdue:.2f} overdue by {listed.debtors_count} debtors as of {listed.as_of}"
    )
    session.out.line(aged)


def show_case(session: Session, case: "Case", *, letter: bool) -> None:
    """One case for a person."""
    from graphcredit.decisions.collections.history import promise_text

    language = session.settings.language
    out = session.out
    out.title(
        f"{case.party_id} {case.name}: {case.currency} {case.overdue:.2f} overdue, oldest {case.overdue_days} days"
    )
    rows = [
        (i.number or i.transaction_id, i.creditor_id, i.due_on or "", f"{i.currency} {i.amount_due:.2f}", i.overdue_days,
         i.interest_due,
         "disputed" if i.disputed else "", i.limitation.by if i.limitation else "")
        for i in case.invoices
    ]  # fmt: skip
    out.table(("invoice", "owed to", "due", "open", "days late", "interest", "", "limitation"), rows)
    what = getattr(case.next.name, language)
    when = f", from {case.next.on}" if case.next.on else ""
    out.line(f"next: {what}{when} ({getattr(case.next.why, language)})")
    for promise in case.promises:
        out.line(f"promise: {promise_text(promise)[0 if language == 'en' else 1]}")
    for deadline in case.deadlines:
        said, source = getattr(deadline.text, language), getattr(deadline.source, language)
        out.line(f"{deadline.kind} ({deadline.state}, {deadline.days_left} days): {said} [{source}]")
    for offer in case.offers[:6]:
        out.line(
            f"offer on {offer.invoice_id}: {offer.currency} {offer.pay:.2f} by {offer.pay_by} instead of {offer.amount:.2f} "
            f"on {offer.due_on} (APR {offer.apr * 100:.2f}%, {offer.effective * 100:.2f}% a year effective)"
        )
    for step in case.history:
        out.line(f"{step.on} {step.action} by {step.by}{': ' + step.note if step.note else ''}")
    for each in case.letters if letter else ():
        out.line()
        out.line(getattr(each.text, language))


@command(app, "collect")
def collect(
    session: Session,
    party: Annotated[str, typer.Argument(help="The debtor.")],
    by: Annotated[str, typer.Option(help="Who took the step.")],
    action: Annotated[
        str | None,
        typer.Option(help="A step of the policy (reminder, demand, ...), dispute, dispute_resolved, judgment, note."),
    ] = None,
    promise: Annotated[str | None, typer.Option(help="A promise to pay: DATE=AMOUNT.")] = None,
    invoices: Annotated[str | None, typer.Option(help="Only about these invoices, comma-separated.")] = None,
    creditor: Annotated[str | None, typer.Option(help="Only about what is owed to this party.")] = None,
    note: Annotated[str, typer.Option(help="What was said.")] = "",
    on: Annotated[str | None, typer.Option(help="When (default: the last day known).")] = None,
) -> None:
    """Write down a step that was taken about a debtor, or its promise to pay.

    Example: graphcredit collect F000012 --promise 2026-07-31=50000 --by li.wei
    """
    from graphcredit.desk import Credit

    if (action is None) == (promise is None):
        raise InputError("nothing to write down", remedy="give --action or --promise DATE=AMOUNT")
    more: dict[str, Any] = {"note": note, "creditor_id": creditor, "invoice_ids": words(invoices)}
    if promise is not None:
        until, _, amount = promise.partition("=")
        if not amount:
            raise InputError(f"{promise!r} is no promise", remedy="write DATE=AMOUNT")
        more |= {"amount": number(amount.strip(), "promise"), "promised_for": day(until.strip())}
    with session.desk() as desk:
        step = Credit(desk).collect(party, action or "promise", by=by, on=day(on), **more)
    session.out.result({"party_id": party, **step.model_dump(mode="json")})
    session.out.line(f"{party}: {step.action} on {step.on} by {by} is written down")
