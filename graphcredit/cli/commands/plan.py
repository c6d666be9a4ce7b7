"""`graphcredit plan`: a repayment plan, exact to the cent."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError


@command(app, "plan")
def plan(
    session: Session,
    amount: Annotated[str, typer.Argument(help="Amount lent.")],
    rate: Annotated[str, typer.Option(help="Nominal rate a year, 0.06 = 6%.")],
    periods: Annotated[int, typer.Option(min=1, max=600, help="Number of payments.")] = 12,
    kind: Annotated[
        str, typer.Option(help="equal_instalments, equal_principal, interest_first, bullet or seasonal.")
    ] = "equal_instalments",
    start: Annotated[str | None, typer.Option(help="Day of the draw-down (default: today).")] = None,
    day_count: Annotated[str, typer.Option(help="MONTHLY, 30/360, ACT/365 or ACT/360.")] = "MONTHLY",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write .csv (table) or .html (chart).")] = None,
) -> None:
    """A repayment plan as table, CSV or chart.

    Example: graphcredit plan 1000000 --rate 0.06 --periods 12
    """
    from graphcredit.decisions import repayment_plan

    begin = day(start) or session.settings.today or datetime.now(UTC).date()
    made = repayment_plan(kind, number(amount, "amount"), number(rate, "rate"), periods, begin, day_count=day_count)
    session.out.result(made.to_json())
    rows = [(r.number, str(r.paid_on), r.payment, r.principal, r.interest, r.balance) for r in made.rows]
    session.out.table(("no", "on", "payment", "principal", "interest", "balance"), rows)
    if output and output.suffix == ".html":
        from graphcredit.viz.charts import plan_chart, write_chart

        write_chart(plan_chart(made), output)
    elif output:
        output.write_text(made.to_csv(), encoding="utf-8")


def number(text: str, name: str) -> Decimal:
    """An exact number.

    Raises:
        InputError: not one.
    """
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InputError(f"{name} {text!r} is not a number", remedy="write digits and a decimal point") from None
