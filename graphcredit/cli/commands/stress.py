"""`graphcredit stress`: what a failure does to everyone else and to the book."""

from typing import Annotated, Any

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day, shocks, words
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError


@command(app, "stress")
def stress(
    session: Session,
    shock: Annotated[
        list[str] | None, typer.Option(help="PARTY=share of production lost (1 = fails), repeatable.")
    ] = None,
    everyone: Annotated[
        bool, typer.Option("--all", help="Fail each party alone and rank them by the loss they cause.")
    ] = False,
    layers: Annotated[
        str | None, typer.Option(help="Layers that take part: supply,receivable,guarantee,ownership,lending.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Only facts recorded by this day (default: the last day known).")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Parties to show.")] = 15,
) -> None:
    """Run a shock through supply, receivables, guarantees, ownership and lending.

    Example: graphcredit stress --shock F000012=1.0
    """
    if bool(shock) == everyone:
        raise InputError("say what fails", remedy="give --shock PARTY=1.0 (repeatable), or --all")
    with session.desk() as desk:
        if everyone:
            found = desk.impacts(day(as_of))
            session.out.result(found)
            rows = [(r["party_id"], r["name"], f"{r['loss']:.4%}", f"{r['bound']:.1e}") for r in found["parties"][:top]]
            session.out.table(("party", "name", "loss caused (share of all equity)", "certified bound"), rows)
            return
        body = desk.stress(shocks(shock or []), day(as_of), layers=words(layers) or None, top=top)
    session.out.result(body)
    show(session, body)


def show(session: Session, body: dict[str, Any]) -> None:
    """A stress result for a person."""
    session.out.title(
        f"{body['new_defaults']} further defaults, {body['total_loss']:,.0f} lost in all, "
        f"{body['book_loss']:,.0f} of it by lenders "
        f"({body['rounds']} rounds, as of {body['as_of']})"
    )
    rows = [
        (p["party_id"], p["name"], p["loss"], "yes" if p["defaulted"] else "", p["round"], " > ".join(p["path"]))
        for p in body["parties"]
    ]
    session.out.table(("party", "name", "loss", "defaults", "round", "main path"), rows)
    for warning in body["warnings"]:
        session.out.warn(warning)
