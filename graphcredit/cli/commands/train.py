"""`graphcredit train` and `graphcredit validate`: models from labels, and how good they are."""

from pathlib import Path
from typing import Annotated, Any

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day, existing, words
from graphcredit.cli.session import Session, command

FIGURES = ("auc", "auc_sd", "ks", "f1", "brier", "n")


@command(app, "train")
def train_command(
    session: Session,
    labels: Annotated[Path | None, typer.Option(help="Labels as CSV (default: those loaded into the store).")] = None,
    as_of: Annotated[str | None, typer.Option(help="Observation day of labels that carry none.")] = None,
    models: Annotated[str | None, typer.Option(help="Kinds to compare, separated by commas (default: all).")] = None,
    folds: Annotated[int, typer.Option(min=2)] = 5,
    repeats: Annotated[int, typer.Option(min=1)] = 5,
    seed: Annotated[int, typer.Option(help="Same seed and data, same model.")] = 0,
    overlay: Annotated[bool, typer.Option(help="Let the industry outlook move grades.")] = True,
    by: Annotated[str, typer.Option(help="Who trains it; kept with the model.")] = "command line",
    rejects: Annotated[
        Path | None, typer.Option(help="Parties declined (party_id,observed_on) to learn from, too, as CSV.")
    ] = None,
    reject_method: Annotated[str, typer.Option(help="fuzzy or parcelling; each assumes what it warns of.")] = "fuzzy",
) -> None:
    """Train, compare and keep a model: scorecard to boosting, on tabular, graph and all features.

    Example: graphcredit train --labels labels.csv
    """
    from graphcredit.scoring import train

    with session.desk() as desk, session.out.progress("train", "fits") as progress:
        result = train(
            desk.store,
            existing(labels) if labels else None,
            as_of=day(as_of),
            models=words(models) or None,
            folds=folds,
            repeats=repeats,
            seed=seed,
            overlay=overlay,
            progress=progress,
            rejects=existing(rejects) if rejects else None,
            reject_method=reject_method,
        )
        desk.registry.save(result.model, by=by)
    session.out.result(result.report)
    show(session, result.report)
    assumed = result.report["reject_inference"]
    if assumed:
        session.out.warn(assumed["assumes"][session.settings.language])
    session.out.line(f"model {result.model.model_id} is kept; graphcredit models promote makes it the champion")


@command(app, "validate")
def validate(
    session: Session,
    labels: Annotated[Path | None, typer.Option(help="Labels as CSV (default: those loaded into the store).")] = None,
    split: Annotated[str, typer.Option(help="train, valid, test or all.")] = "test",
    model: Annotated[str | None, typer.Option(help="Model id (default: the champion).")] = None,
    as_of: Annotated[str | None, typer.Option(help="Observation day of labels that carry none.")] = None,
) -> None:
    """Judge a model on labelled parties: every kind and feature set that was compared.

    Example: graphcredit validate --split test --json
    """
    from graphcredit.scoring import evaluate

    with session.desk() as desk:
        report = evaluate(
            desk.model(model), desk.store, existing(labels) if labels else None, split=split, as_of=day(as_of)
        )
    session.out.result(report)
    show(session, report)


def show(session: Session, report: dict[str, Any]) -> None:
    """Figures per kind and feature set, what was chosen, and what the graph adds."""
    rows = [
        (kind, feature_set, *(figures.get(name) for name in FIGURES))
        for kind, sets in report.get("models", {}).items()
        for feature_set, figures in sets.items()
    ]
    session.out.table(("model", "features", *FIGURES), rows)
    chosen = report.get("chosen")
    if chosen:
        session.out.line(f"chosen: {chosen}")
    for name in ("rule", "graph_uplift", "leakage_warnings"):
        if report.get(name):
            session.out.line(f"{name.replace('_', ' ')}: {report[name]}")
