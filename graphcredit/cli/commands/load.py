"""`graphcredit load`: files into the store."""

from pathlib import Path
from typing import Annotated, Any

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day
from graphcredit.cli.session import Session, command


@command(app, "load")
def load(
    session: Session,
    sources: Annotated[
        list[Path], typer.Argument(help="Files or folders: CSV, Parquet, XLSX or JSON lines, gzip too.")
    ],
    mapping: Annotated[
        str | None, typer.Option(help="Name of a shipped mapping or path of a YAML file that describes another layout.")
    ] = None,
    table: Annotated[
        str | None, typer.Option(help="Canonical table of the files; by default their names tell.")
    ] = None,
    recorded_at: Annotated[
        str | None, typer.Option(help="When rows without recorded_at became known (default: the fact's own date).")
    ] = None,
) -> None:
    """Load files into the store; rows that fail wait in quarantine, the rest is loaded.

    Example: graphcredit load data/ --store duckdb:///book.duckdb
    """
    from graphcredit_ingest import load as load_sources

    with session.open() as store, session.out.progress("load") as progress:
        report = load_sources(
            store,
            sources,
            mapping=mapping,
            table=table,
            recorded_at=day(recorded_at),
            book_currency=session.settings.currency,
            progress=progress,
        )
    session.out.result(report.to_json())
    show(session, report)


def show(session: Session, report: Any) -> None:
    """The load report for a person."""
    counts = ("read", "new", "changed", "unchanged", "quarantined")
    body = report.to_json()
    rows = [(name, *(table[count] for count in counts)) for name, table in body["tables"].items()]
    rows.append(("all", *(body[count] for count in counts)))
    session.out.table(("table", *counts), rows)
    session.out.line(f"{body['seconds']:.2f} s, {body['rows_per_second']:,.0f} rows/s")
    for note in body.get("notes", []):
        session.out.line(f"note: {note}")
    for warning in body.get("warnings", []):
        session.out.warn(warning)
    if body["quarantined"]:
        session.out.warn(f"{body['quarantined']:,} rows are in quarantine: graphcredit store quarantine shows why")
