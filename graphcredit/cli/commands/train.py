"""`graphcredit train` and `graphcredit validate`: models from labels, and how good they are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day, existing, words
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError

if TYPE_CHECKING:
    from graphcredit.desk import CreditDesk
    from graphcredit.scoring.validation import ProfitTerms

MARGIN = 0.05
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
    left_out = result.report["recipe"]["left_out"]
    if left_out:
        named = ", ".join(f"{name} ({why})" for name, why in sorted(left_out.items(), key=own_first)[:5])
        more = f" and {len(left_out) - 5} more" if len(left_out) > 5 else ""
        session.out.line(f"features that tell nothing are left out: {named}{more}")
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
    against: Annotated[str | None, typer.Option(help="Another model's id: paired tests and swap sets.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as one offline HTML page.")] = None,
    lang: Annotated[str | None, typer.Option(help="en or zh, of the page (default: the setting).")] = None,
    as_of: Annotated[str | None, typer.Option(help="Observation day of labels that carry none.")] = None,
    migrate_from: Annotated[
        str | None, typer.Option(help="Earlier day of the grade migration (default: a year before).")
    ] = None,
    lgd: Annotated[float | None, typer.Option(help="Loss given default, 0..1 (default: the policy's).")] = None,
    margin: Annotated[float, typer.Option(help="Earned on a sound loan, share of exposure.")] = MARGIN,
    cost: Annotated[float | None, typer.Option(help="Of handling a loan (default: the policy's).")] = None,
    stability: Annotated[bool, typer.Option(help="Drift and migration, which need features of other days.")] = True,
) -> None:
    """Validate a model on labelled parties: ranking, calibration, stability, use, and what the graph adds.

    Example: graphcredit validate --split test --html report.html
    """
    from graphcredit.scoring.validation import validate

    language = page_language(lang or session.settings.language)
    with session.desk() as desk:
        report = validate(
            desk.model(model),
            desk.store,
            existing(labels) if labels else None,
            split=split,
            as_of=day(as_of),
            against=desk.model(against) if against else None,
            terms=terms_of(desk, lgd, margin, cost),
            migrate_from=day(migrate_from),
            stability=stability,
        ).to_dict()
    if html:
        from graphcredit.viz.validation_page import write_validation_page

        write_validation_page(report, html, language=language)
        report["written"] = str(html)
    session.out.result(report)
    show(session, report)
    session.out.table(("light", "finding"), [(found["light"], found["text"][language]) for found in report["findings"]])
    if html:
        session.out.line(f"written to {html}")


def own_first(left_out: tuple[str, str]) -> tuple[bool, str]:
    """Order of (feature, why): a user's own attributes before the house's features, by name."""
    return not left_out[0].startswith("attr_"), left_out[0]


def page_language(language: str) -> str:
    """en or zh.

    Raises:
        InputError: another one.
    """
    if language not in ("en", "zh"):
        raise InputError(f"no page in {language!r}", remedy="give --lang en or --lang zh")
    return language


def terms_of(desk: "CreditDesk", lgd: float | None, margin: float, cost: float | None) -> "ProfitTerms":
    """What a loan earns and loses: as given, else by the policy in force, each with its source."""
    from graphcredit.desk import Credit
    from graphcredit.scoring.validation import ProfitTerms

    policy = Credit(desk).policy()
    loss, handling = policy.pricing.lgd_unsecured, policy.pricing.operating
    said = [
        "lgd: as given" if lgd is not None else f"lgd: policy {policy.label}, {loss.source}",
        "margin: house choice" if margin == MARGIN else "margin: as given",
        "cost: as given" if cost is not None else f"cost: policy {policy.label}, {handling.source}",
    ]
    return ProfitTerms(
        lgd=float(loss.value) if lgd is None else lgd,
        margin=margin,
        cost=float(handling.value) if cost is None else cost,
        source="; ".join(said),
    )


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
