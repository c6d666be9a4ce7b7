"""`graphcredit plan`: a repayment plan, exact to the cent, as table, CSV or chart."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day, words
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError

if TYPE_CHECKING:
    from graphcredit.decisions import Plan

WIDTH = 40


@command(app, "plan")
def plan(
    session: Session,
    amount: Annotated[str | None, typer.Argument(help="Amount lent.")] = None,
    rate: Annotated[str | None, typer.Option(help="Nominal rate a year, 0.06 = 6%.")] = None,
    periods: Annotated[int, typer.Option(min=1, max=600, help="Number of payments.")] = 12,
    every_months: Annotated[int, typer.Option(min=1, max=12, help="Months between payments.")] = 1,
    kind: Annotated[
        str, typer.Option(help="equal_instalments, equal_principal, interest_first, bullet or seasonal.")
    ] = "equal_instalments",
    season: Annotated[
        str | None, typer.Option(help="Months and their weights of principal, for seasonal: 10=1,11=3.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="Day of the draw-down (default: today).")] = None,
    day_count: Annotated[str, typer.Option(help="MONTHLY, 30/360, ACT/365 or ACT/360.")] = "MONTHLY",
    holidays: Annotated[
        str | None, typer.Option(help="cn, a file of days (2026-10-01..2026-10-07; 2026-10-10,work), or cn,FILE.")
    ] = None,
    roll: Annotated[
        str, typer.Option(help="Off a holiday: following, modified_following, preceding or none.")
    ] = "following",
    adjust_interest: Annotated[
        bool, typer.Option("--adjust-interest", help="Interest runs to the working day, not to the day agreed.")
    ] = False,
    fees: Annotated[str, typer.Option(help="Fees taken from what is paid out.")] = "0",
    prepay: Annotated[str | None, typer.Option(help="Early repayment: DATE repays all, DATE=AMOUNT a part.")] = None,
    prepay_fee: Annotated[str, typer.Option(help="Fee on what is repaid early, 0.01 = 1%.")] = "0",
    decision: Annotated[str | None, typer.Option(help="The plan of this granted loan instead.")] = None,
    chart: Annotated[bool, typer.Option("--chart", help="Bars beside the table.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write .csv (table) or .html (chart).")] = None,
) -> None:
    """A repayment plan as table, CSV or chart.

    Example: graphcredit plan 1000000 --rate 0.06 --kind seasonal --season 10=1,11=3 --holidays cn
    """
    from graphcredit.decisions import PlanOptions, repay_early, repayment_plan
    from graphcredit.decisions.plans import load_calendar

    if output and output.suffix not in (".csv", ".html"):
        raise InputError(f"a plan is not written as {output.suffix or output}", remedy="end the name in .csv or .html")
    if season and kind != "seasonal":
        raise InputError(f"a season is of seasonal plans, not of {kind}", remedy="add --kind seasonal")
    if decision is not None:
        made = _decided(session, decision)
    elif amount is None or rate is None:
        raise InputError("a plan needs an amount and --rate", remedy="or --decision ID of a granted loan")
    else:
        days_off = holidays or session.settings.holidays
        options = PlanOptions(
            calendar=load_calendar(days_off) if days_off else None,
            roll=roll,
            adjust_interest=adjust_interest,
            fees=number(fees, "fees"),
            season=months(season),
        )
        begin = day(start) or session.settings.today or datetime.now(UTC).date()
        made = repayment_plan(
            kind, number(amount, "amount"), number(rate, "rate"), periods, begin,
            day_count=day_count, every_months=every_months, options=options,
        )  # fmt: skip
    body: dict[str, Any] = made.to_json()
    told = ""
    if prepay is not None:
        on, part = _early(prepay)
        early = repay_early(made, on, part, fee_rate=number(prepay_fee, "prepay-fee"))
        made = early.plan
        body = {**made.to_json(), "repaid_early": early.to_json()}
        told = f"interest saved by repaying early: {early.saved:.2f}"
    session.out.result(body)
    show(session, made, chart=chart)
    if told:
        session.out.line(told)
    if output:
        write(made, output)


def show(session: Session, made: "Plan", *, chart: bool) -> None:
    """A plan for a person: table, totals, on request bars of principal (#) and interest (+)."""
    rows: list[tuple[Any, ...]] = [
        (r.number, str(r.paid_on), r.payment, r.principal, r.interest, r.balance) for r in made.rows
    ]
    columns = ["no", "on", "payment", "principal", "interest", "balance"]
    if chart:
        most = max((r.payment for r in made.rows), default=Decimal(1)) or Decimal(1)
        columns.append("# principal + interest")
        rows = [
            (*row, "#" * int(WIDTH * r.principal / most) + "+" * round(WIDTH * r.interest / most))
            for row, r in zip(rows, made.rows, strict=True)
        ]
    session.out.table(columns, rows)
    for part in made.early:
        session.out.line(
            f"repaid early on {part.on}: principal {part.principal:.2f}, interest {part.interest:.2f}, fee {part.fee:.2f}"
        )
    session.out.line(
        f"interest {made.total_interest:.2f}, paid in all {made.total_paid:.2f}, "
        f"effective annual rate {made.effective_annual_rate * 100:.4f}%"
    )
    for note in made.notes:
        session.out.warn(note.zh if session.settings.language == "zh" else note.en)


def write(made: "Plan", output: Path) -> None:
    """A plan's file."""
    if output.suffix == ".html":
        from graphcredit.viz.charts import plan_chart, write_chart

        write_chart(plan_chart(made), output)
    else:
        output.write_text(made.to_csv(), encoding="utf-8")


def _decided(session: Session, decision_id: str) -> "Plan":
    from graphcredit.decisions import plan_of, show_decision

    with session.desk() as desk:
        return plan_of(show_decision(desk.store, decision_id))


def _early(text: str) -> tuple[date, Decimal | None]:
    on, _, part = text.partition("=")
    found = day(on.strip())
    assert found is not None
    return found, number(part.strip(), "prepay") if part else None


def months(text: str | None) -> tuple[tuple[int, Decimal], ...]:
    """`10=1,11=3` (or `10,11`, which weigh the same) as months with weights.

    Raises:
        InputError: a month that is no number.
    """
    made = []
    for word in words(text):
        month, _, weight = word.partition("=")
        if not month.strip().isdigit():
            raise InputError(f"{word!r} in --season names no month", remedy="write months and weights: 10=1,11=3")
        made.append((int(month), number(weight.strip() or "1", "season")))
    return tuple(made)


def number(text: str, name: str) -> Decimal:
    """An exact number.

    Raises:
        InputError: not one.
    """
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InputError(f"{name} {text!r} is not a number", remedy="write digits and a decimal point") from None
