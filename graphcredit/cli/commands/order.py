"""`graphcredit order`: may this order go ahead; hold and release a customer."""

from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.commands.decide import text_of
from graphcredit.cli.commands.plan import number
from graphcredit.cli.parse import day
from graphcredit.cli.session import Session, command

order_app = typer.Typer(help="Order block (订单冻结).", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(order_app, name="order")


@command(order_app, "check")
def check(
    session: Session,
    party: Annotated[str, typer.Argument(help="Customer.")],
    amount: Annotated[str, typer.Argument(help="Amount of the order.")],
    kind: Annotated[str, typer.Option(help="order or quotation.")] = "order",
    as_of: Annotated[str | None, typer.Option(help="Only facts recorded by this day.")] = None,
) -> None:
    """Check an order or quotation against headroom, overdue items and holds.

    Example: graphcredit order check F000012 500000
    """
    from graphcredit.desk import Credit

    with session.desk() as desk:
        body = Credit(desk).check_order(party, number(amount, "amount"), day(as_of), kind=kind).to_json()
    session.out.result(body)
    session.out.title(f"{party}: {body.get('verdict', body.get('outcome', ''))}")
    for reason in body.get("reasons", []):
        session.out.line(text_of(reason, session.settings.language))


@command(order_app, "hold")
def hold(session: Session, party: Annotated[str, typer.Argument()], reason: Annotated[str, typer.Option()],
         by: Annotated[str, typer.Option()]) -> None:  # fmt: skip
    """Stop a customer's orders.

    Example: graphcredit order hold F000012 --reason "invoice in dispute" --by li.wei
    """
    from graphcredit.decisions import hold as hold_party

    with session.desk() as desk:
        hold_party(desk.store, party, by=by, reason=reason)
    session.out.result({"party_id": party, "state": "held"})
    session.out.line(f"{party} is on hold")


@command(order_app, "release")
def release(session: Session, party: Annotated[str, typer.Argument()], reason: Annotated[str, typer.Option()],
            by: Annotated[str, typer.Option()]) -> None:  # fmt: skip
    """Let a customer's orders go ahead again.

    Example: graphcredit order release F000012 --reason "paid" --by wang.fang
    """
    from graphcredit.decisions import release as release_party

    with session.desk() as desk:
        release_party(desk.store, party, by=by, reason=reason)
    session.out.result({"party_id": party, "state": "released"})
    session.out.line(f"{party} is released")
