"""`graphcredit score` and `graphcredit explain`: PD, grade, points and the reasons for them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError


@command(app, "score")
def score(
    session: Session,
    party: Annotated[str | None, typer.Argument(help="Party id.", show_default=False)] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Score every company.")] = False,
    as_of: Annotated[
        str | None, typer.Option(help="Only facts recorded by this day (default: the last day known).")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="With --all: write the scores to this CSV.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Reasons, or with --all riskiest parties, to show.")] = 8,
    history: Annotated[bool, typer.Option(help="Keep the grades in the rating history.")] = True,
) -> None:
    """Score a party, with its reasons and the paths behind them; or all companies.

    Example: graphcredit score F000012 --as-of 2026-06-30
    """
    if (party is None) != everyone:
        raise InputError("one party or all of them?", remedy="give a party's id, or --all, not both and not neither")
    with session.desk() as desk:
        if party is not None:
            found = desk.score(party, day(as_of), top=max(top, 12), record=history)
            session.out.result(found.body())
            show(session, found, top)
            return
        scores = desk.scores(day(as_of))
        kinds = desk.network(day(as_of)).attributes["kind"]
        firms = scores[kinds == "company"].sort_values("pd", ascending=False)
        kept = desk.rate_all(day(as_of)) if history else 0
    columns = ["pd", "grade", "points", "overlay_notches", "model_id"]
    if output:
        from graphcredit_ingest import write_csv

        write_csv(
            output,
            ("party_id", *columns),
            ((p, *row) for p, row in zip(firms.index, firms[columns].values, strict=True)),
        )
        session.out.line(f"{len(firms):,} scores written to {output}")
    listed = firms.reset_index()[["party_id", *columns]]
    session.out.result(
        {
            "count": len(firms),
            "ratings_kept": kept,
            "scores": listed.astype({"grade": str, "model_id": str}).to_dict("records"),
        }
    )
    counts = firms["grade"].value_counts(sort=False)
    session.out.table(("grade", "companies"), [(str(grade), int(count)) for grade, count in counts.items()])
    session.out.table(
        ("party", "PD", "grade", "points"),
        [(r.party_id, f"{r.pd:.2%}", str(r.grade), r.points) for r in listed.head(top).itertuples()],
        title="riskiest",
    )


@command(app, "explain")
def explain(
    session: Session,
    party: Annotated[str, typer.Argument(help="Party id.")],
    as_of: Annotated[str | None, typer.Option(help="Only facts recorded by this day.")] = None,
) -> None:
    """All reasons of a score, and what would improve it most.

    Example: graphcredit explain F000012
    """
    with session.desk() as desk:
        found = desk.score(party, day(as_of), top=40)
    session.out.result(found.body())
    show(session, found, 40)


def show(session: Session, score: Any, top: int) -> None:
    """A score for a person, in the language of the settings."""
    language = session.settings.language
    session.out.title(
        f"{score.party_id}: grade {score.grade}, PD {score.pd:.2%}, {score.points:.0f} points as of {score.as_of} "
        f"(model {score.model_id})"
    )
    rows = [(f"{reason.points:+.1f}", reason.text[language], path_text(reason.path)) for reason in score.reasons[:top]]
    session.out.table(("points", "reason", "path"), rows)
    session.out.line(f"base {score.base_points:.1f} + reasons = {score.points:.1f}")
    for better in score.improvements[:3]:
        body = better.body()
        session.out.line(f"would improve: {body.get('text', {}).get(language, body)}")
    for warning in score.warnings:
        session.out.warn(warning[language])


def path_text(path: tuple[dict[str, object], ...]) -> str:
    """Ties behind a graph feature, in one line."""
    parts = []
    for tie in path[:2]:
        parties = tie.get("path", ())
        note = f" ({tie['note']})" if tie.get("note") else ""
        parts.append(" > ".join(map(str, parties)) + note if isinstance(parties, tuple | list) else str(parties))
    return "; ".join(parts)
