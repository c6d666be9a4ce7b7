"""`graphcredit features`: the feature matrix of a day, and what its columns mean."""

from pathlib import Path
from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day
from graphcredit.cli.session import Session, command


@command(app, "features")
def features(
    session: Session,
    as_of: Annotated[
        str | None, typer.Option(help="Only facts recorded by this day (default: the last day known).")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the matrix to this Parquet file.")
    ] = None,
    party: Annotated[str | None, typer.Option(help="Show this party's values.")] = None,
) -> None:
    """Compute tabular and graph features of every party from facts known on a day.

    Example: graphcredit features --as-of 2026-06-30 -o features.parquet
    """
    with session.desk() as desk, session.out.progress("features", "groups") as progress:
        matrix = desk.matrix(day(as_of), progress=progress)
    if output:
        matrix.to_parquet(output)
    values = matrix.frame.loc[party].to_dict() if party else {}
    session.out.result(
        {
            "as_of": matrix.as_of,
            "parties": len(matrix.frame),
            "features": [
                {
                    "name": f.name,
                    "family": f.family,
                    "group": f.group,
                    "unit": f.unit,
                    "source": f.source,
                    "label": f.label,
                }
                for f in matrix.features
            ],
            "fingerprint": matrix.fingerprint,
            "store_version": matrix.store_version,
            "values": values,
        }
    )
    if party:
        rows = [(f.name, values[f.name], f.unit, f.en) for f in matrix.features]
        session.out.table(("feature", "value", "unit", "meaning"), rows)
        return
    filled = matrix.frame.notna().mean()
    groups: dict[tuple[str, str], list[float]] = {}
    for feature in matrix.features:
        groups.setdefault((feature.family, feature.group), []).append(float(filled[feature.name]))
    filled_rows = [(family, group, len(s), sum(s) / len(s)) for (family, group), s in groups.items()]
    session.out.table(("family", "group", "features", "filled"), filled_rows)
    session.out.line(f"{len(matrix.frame):,} parties, {len(matrix.features)} features as of {matrix.as_of}")
    if output:
        session.out.line(f"written to {output}")
