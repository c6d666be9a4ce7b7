"""`graphcredit migration`: how grades have changed, with which probability, and what that makes of default over years."""

from typing import Annotated, Any

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day, numbers
from graphcredit.cli.session import Session, command


@command(app, "migration")
def migration_command(
    session: Session,
    method: Annotated[str, typer.Option(help="cohort, duration or aalen-johansen.")] = "cohort",
    horizon: Annotated[int, typer.Option(min=1, help="Months within which grades move.")] = 12,
    since: Annotated[
        str | None, typer.Option(help="First day used (default: as far back as whole periods go).")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Last day used (default: the last rating's).")] = None,
    withdrawn: Annotated[
        str, typer.Option(help="drop: withdrawn ratings are left out; keep: not rated (NR) is a state.")
    ] = "drop",
    valid: Annotated[
        int, typer.Option(min=0, help="Months after which a rating not renewed counts as withdrawn; 0 = never.")
    ] = 18,
    model: Annotated[str | None, typer.Option(help="Only ratings of this model (default: all).")] = None,
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    years: Annotated[str, typer.Option(help="Times of the PD term structure, separated by commas.")] = "1,2,3,5",
) -> None:
    """Migration matrix of the ratings on record, with intervals, and PDs over several years from its generator.

    Example: graphcredit migration --method duration --until 2026-06-30
    """
    from graphcredit.scoring.migration import MigrationOptions, migration

    options = MigrationOptions(
        method=method, horizon_months=horizon, since=day(since), until=day(until), withdrawn=withdrawn,
        valid_months=valid, confidence=confidence,
    )  # fmt: skip
    with session.desk() as desk:
        found = migration(desk.store, _grades(desk, model), options, model_id=model)
    terms = term_structure(found, numbers(years))
    session.out.result({**found.body(), **terms})
    show(session, found, terms)


def _grades(desk: Any, model: str | None) -> tuple[str, ...]:
    """Grades of the model's scale; the shipped scale's where no model is left."""
    from graphcredit.exc import NoModelError
    from graphcredit.scoring import DEFAULT_SCALE

    try:
        grades: tuple[str, ...] = desk.model(model).scale.grades
    except NoModelError:
        return DEFAULT_SCALE.grades
    return grades


def term_structure(found: Any, years: list[float]) -> dict[str, Any]:
    """PDs over years by the estimate's generator, or by one taken from its matrix; why not, where there is none."""
    from graphcredit.exc import ValueRangeError
    from graphcredit.scoring.migration import generator_of, pd_term_structure

    rates, embedding = found.generator, None
    if rates is None:
        try:
            made = generator_of(found.matrix, years=found.horizon_months / 12)
        except ValueRangeError as error:
            return {"embedding": None, "term_structure": [], "term_structure_missing": error.message}
        rates, embedding = made.generator, {k: v for k, v in made.body().items() if k != "generator"}
    rows = pd_term_structure(found.states, rates, years, default=found.default)
    return {"embedding": embedding, "term_structure": rows}


def show(session: Session, found: Any, terms: dict[str, Any]) -> None:
    """The matrix in percent, PDs with their intervals, the term structure, and what to know about them."""
    language = session.settings.language
    unit = "parties" if found.method == "cohort" else "party-years"
    session.out.title(
        f"{found.method} over {found.horizon_months} months, {found.since} to {found.until}, {found.parties:,} parties"
    )
    rows = [
        (state, round(float(n), 2), *(f"{100 * p:.2f}" for p in row))
        for state, n, row in zip(found.states, found.exposure, found.matrix, strict=True)
    ]
    session.out.table(("from", unit, *found.states), rows, title="percent of each row")
    pds = [
        (grade, f"{e['pd']:.3%}", f"{e['lower']:.3%}", f"{e['upper']:.3%}") for grade, e in found.body()["pd"].items()
    ]
    session.out.table(
        ("grade", "PD", "lower", "upper"), pds, title=f"{found.confidence:.0%} interval: {found.interval}"
    )
    if terms["term_structure"]:
        grades = list(terms["term_structure"][0]["cumulative"])
        table = [(grade, *(f"{row['cumulative'][grade]:.3%}" for row in terms["term_structure"])) for grade in grades]
        times = [f"{row['years']:g} y" for row in terms["term_structure"]]
        session.out.table(("grade", *times), table, title="cumulative PD")
    for note in (*found.notes, *embedding_notes(terms)):
        session.out.line(note[language])


def embedding_notes(terms: dict[str, Any]) -> list[dict[str, str]]:
    """How far the term structure may be trusted where the matrix had to be mended, or why there is none."""
    missing = terms.get("term_structure_missing")
    if missing:
        return [{"en": f"No term structure: {missing}.", "zh": "无期限结构：该矩阵不存在实对数。"}]
    mended = terms.get("embedding")
    if not mended or mended["exact"]:
        return []
    return [
        {
            "en": f"No generator gives this matrix exactly (lowest rate {mended['most_negative']:.4g}); the nearest one "
            f"does to within {mended['distance']:.2%}.",
            "zh": f"该矩阵无精确生成元（最低强度 {mended['most_negative']:.4g}）；"
            f"最接近的生成元误差不超过 {mended['distance']:.2%}。",
        }
    ]
