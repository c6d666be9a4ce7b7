"""`graphcredit network`: a party's surroundings as one offline page."""

from pathlib import Path
from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day, shocks, words
from graphcredit.cli.session import Session, command


@command(app, "network")
def network(
    session: Session,
    party: Annotated[str, typer.Argument(help="Party id.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file.")] = Path("network.html"),
    depth: Annotated[int, typer.Option(min=1, max=6, help="Steps from the party.")] = 2,
    layers: Annotated[
        str | None, typer.Option(help="trade,receivable,lending,guarantee,ownership,other (default: all).")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=2000, help="At most this many parties, the most important ones.")
    ] = 200,
    min_amount: Annotated[float, typer.Option(min=0, help="Leave out weaker ties.")] = 0.0,
    shock: Annotated[list[str] | None, typer.Option(help="Colour parties by what they lose to this shock.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Only facts recorded by this day (default: the last day known).")
    ] = None,
) -> None:
    """Draw a party's surroundings: layers by colour, amounts by width, grades by node colour.

    Example: graphcredit network F000012 -o net.html
    """
    from graphcredit.viz import network_view, write_network_page

    with session.desk() as desk:
        losses = desk.loss_shares(shocks(shock), day(as_of)) if shock else None
        view = network_view(
            desk.network(day(as_of)),
            party,
            depth=depth,
            limit=limit,
            layers=words(layers) or None,
            min_amount=min_amount,
            scores=desk.grades(day(as_of)),
            losses=losses,
            language=session.settings.language,
        )
    write_network_page(view, output, language=session.settings.language)
    session.out.result(
        {"written": output, **{name: view[name] for name in ("seed", "as_of", "shown", "omitted", "depth")}}
    )
    session.out.line(f"{view['shown']} parties ({view['omitted']} less important ones left out) drawn to {output}")
