"""`graphcredit models`: what was trained, which one scores, how two compare."""

from pathlib import Path
from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.session import Session, command

models_app = typer.Typer(
    help="Look at, promote and compare trained models.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(models_app, name="models")


@command(models_app, "list")
def list_models(session: Session) -> None:
    """Every model, newest first.

    Example: graphcredit models list
    """
    with session.desk() as desk:
        found = desk.registry.list()
    session.out.result({"models": found})
    rows = [
        (m["model_id"], m["kind"], m["feature_set"], m.get("metrics", {}).get("auc"), m["at"], m["champion"])
        for m in found
    ]
    session.out.table(("model", "kind", "features", "AUC", "at", "champion"), rows)


@command(models_app, "promote")
def promote(
    session: Session,
    model: Annotated[str, typer.Argument(help="Model id.")],
    by: Annotated[str, typer.Option(help="Who promotes it.")],
    reason: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Make a model the one that scores.

    Example: graphcredit models promote MODEL --by li.wei --reason "validated in June"
    """
    with session.desk() as desk:
        record = desk.registry.promote(model, by, reason=reason)
    session.out.result(record.body)
    session.out.line(f"{model} scores from now on, promoted by {by}")


@command(models_app, "compare")
def compare(
    session: Session,
    first: Annotated[str, typer.Argument(help="Model id.")],
    second: Annotated[str, typer.Argument(help="Model id.")],
) -> None:
    """Two models side by side.

    Example: graphcredit models compare MODEL_A MODEL_B
    """
    with session.desk() as desk:
        found = desk.registry.compare(first, second)
    session.out.result(found)
    session.out.table(("figure", first, second), [(name, *pair) for name, pair in found["metrics"].items()])


@command(models_app, "card")
def card(
    session: Session,
    model: Annotated[str | None, typer.Argument(help="Model id (default: the champion).")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file.")] = Path("model-card.html"),
) -> None:
    """Write a model's card: data, choice, figures, features, limits of use.

    Example: graphcredit models card -o card.html
    """
    from graphcredit.scoring import model_card_html

    with session.desk() as desk:
        output.write_text(model_card_html(desk.model(model)), encoding="utf-8")
    session.out.result({"written": output})
    session.out.line(f"written to {output}")
