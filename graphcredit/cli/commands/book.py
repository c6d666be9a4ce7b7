"""`graphcredit book`: risk of the book, before and after named stresses."""

from typing import Annotated, Any

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day
from graphcredit.cli.session import Session, command

COLUMNS = ("book", "parties", "exposure", "expected loss", "VaR", "ES", "granularity", "as many equal parties")


@command(app, "book")
def book(
    session: Session,
    scenario: Annotated[
        list[str] | None, typer.Option(help="A stress the policy names, repeatable (default: all of them).")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="Only facts recorded by this day.")] = None,
) -> None:
    """Expected loss, VaR, expected shortfall and granularity of all that is lent, before and after named stresses.

    Example: graphcredit book --scenario severe_recession
    """
    from graphcredit.desk import Credit

    with session.desk() as desk:
        report = Credit(desk).book_report(day(as_of), scenarios=scenario or ())
    session.out.result(report.to_json())
    language = session.settings.language
    rows = [row("decided", report.decided), row("with facilities", report.full)]
    rows += [row(f"after {getattr(each.text, language)}", each.after) for each in report.stress]
    session.out.table(COLUMNS, rows)
    session.out.line(
        f"{report.currency} as of {report.as_of}, policy {report.policy}, confidence {report.full.confidence * 100:.1f}%"
    )


def row(name: str, risk: Any) -> tuple[Any, ...]:
    """One line of the table."""
    return (
        name, risk.parties, risk.exposure, risk.expected_loss, risk.value_at_risk, risk.expected_shortfall,
        risk.granularity, risk.effective_parties,
    )  # fmt: skip
