"""`graphcredit models history|tree|low-default`: ratings given, the tree to look at, PDs where defaults are too few."""

from pathlib import Path
from typing import Annotated

import typer

from graphcredit.cli.commands.models import models_app
from graphcredit.cli.parse import counts, day, existing
from graphcredit.cli.session import Session, command


@command(models_app, "history")
def history(
    session: Session,
    party: Annotated[str, typer.Argument(help="Party id.")],
    until: Annotated[str | None, typer.Option(help="Only ratings as of this day or earlier.")] = None,
) -> None:
    """A party's rating history: every grade it was given, as of which day, by which model.

    Example: graphcredit models history F000012
    """
    from graphcredit.scoring.migration import party_history

    with session.desk() as desk:
        desk.party(party)
        rows = party_history(desk.store, party, as_of=day(until)).to_dict("records")
    session.out.result({"party_id": party, "ratings": rows})
    session.out.table(
        ("as of", "grade", "PD", "model", "recorded"),
        [(r["as_of"], r["grade"], f"{r['pd']:.3%}", r["model_id"], str(r["recorded_at"])[:19]) for r in rows],
    )
    if not rows:
        session.out.line("no rating is on record; graphcredit score keeps one")


@command(models_app, "tree")
def tree(
    session: Session,
    model: Annotated[str | None, typer.Argument(help="Model id (default: the champion).")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="SVG file.")] = Path("tree.svg"),
    language: Annotated[str | None, typer.Option(help="en or zh (default: the settings').")] = None,
) -> None:
    """Draw a model's decision tree: every question, and each leaf's PD and number of parties.

    Example: graphcredit models tree -o tree.svg --language zh
    """
    from graphcredit.scoring.tree_picture import tree_svg

    with session.desk() as desk:
        found = desk.model(model)
        picture = tree_svg(found, language or session.settings.language)
    out.write_text(picture, encoding="utf-8")
    session.out.result({"written": out, "model_id": found.model_id})
    session.out.line(f"written to {out}")


@command(models_app, "low-default")
def low_default(
    session: Session,
    given: Annotated[
        str | None, typer.Option("--counts", help="GRADE=N:DEFAULTS, best grade first, separated by commas.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Without --counts: labels graded by the model (default: the store's).")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model id (default: the champion).")] = None,
    confidence: Annotated[float, typer.Option(help="Level of the upper bounds.")] = 0.75,
    correlation: Annotated[float, typer.Option(help="Asset correlation; 0 = independent defaults.")] = 0.12,
    years: Annotated[int, typer.Option(min=1, help="Years over which the borrowers were watched.")] = 1,
    year_correlation: Annotated[float, typer.Option(help="Of the factor from year to year.")] = 0.3,
    tendency: Annotated[
        float | None, typer.Option(help="Scale the bounds so that the portfolio's mean PD is this.")
    ] = None,
) -> None:
    """Upper bounds of PD per grade where hardly any default was seen (Pluto-Tasche, most prudent estimation).

    Example: graphcredit models low-default --counts A=100:0,B=400:0,C=300:0 --confidence 0.9
    """
    from graphcredit.scoring.low_default import most_prudent, prudent_pds, scaled

    pds: dict[str, float] = {}
    if given is not None:
        names, n, bad = counts(given)
    else:
        names, n, bad, pds = _graded(session, model, labels)
    bounds = most_prudent(
        n, bad, grades=names, confidence=confidence, correlation=correlation, years=years,
        year_correlation=year_correlation,
    )  # fmt: skip
    used = prudent_pds(pds, bounds)
    rows = [{**each.body(), **used[each.grade]} for each in bounds]
    if tendency is not None:
        for row, value in zip(rows, scaled(bounds, tendency), strict=True):
            row["scaled"] = value
    assumed = {
        "confidence": confidence, "correlation": correlation, "years": years, "year_correlation": year_correlation,
        "tendency": tendency,
    }  # fmt: skip
    session.out.result({"assumed": assumed, "grades": rows})
    columns = ("grade", "n", "defaults", "observed", "calibrated", "upper", "used", "scaled")
    session.out.table(columns, [tuple(row.get(name) for name in columns) for row in rows])
    session.out.line(f"upper bounds at {confidence:.1%}, asset correlation {correlation:g}, {years} year(s)")


def _graded(
    session: Session, model_id: str | None, labels: Path | None
) -> tuple[list[str], list[int], list[int], dict[str, float]]:
    """Labelled parties by the grade that the model gives them, and the mean PD of each grade."""
    from graphcredit.scoring.evaluate import labelled_rows
    from graphcredit.scoring.low_default import grade_counts

    with session.desk() as desk:
        model = desk.model(model_id)
        data = labelled_rows(desk.store, existing(labels) if labels else None, "all")
    found: tuple[list[str], list[int], list[int], dict[str, float]] = grade_counts(model, data)
    return found
