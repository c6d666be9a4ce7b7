"""`graphcredit store`: what is in the store, what waits in quarantine, copies and their proof."""

from pathlib import Path
from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.session import Session, command
from graphcredit.store import open_store

store_app = typer.Typer(help="Look into, copy and compare stores.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(store_app, name="store")


@command(store_app, "info")
def info(session: Session) -> None:
    """Engine, versions and counts.

    Example: graphcredit store info --json
    """
    with session.open() as store:
        found = store.info()
    session.out.result(found)
    session.out.line(f"{found.url}: {found.engine} {found.engine_version}, schema {found.schema_version}")
    session.out.table(("table", "versions"), [(table, count) for table, count in found.facts.items() if count])
    if not sum(found.facts.values()):
        session.out.line("the store is empty: graphcredit load DATA fills it")
    if found.records:
        session.out.table(("record", "count"), sorted(found.records.items()))
    session.out.line(f"in quarantine: {found.quarantined:,}; latest fact recorded at {found.latest_recorded_at}")


@command(store_app, "quarantine")
def quarantine(
    session: Session,
    source: Annotated[str | None, typer.Option(help="Only rows of this file.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 50,
    export: Annotated[Path | None, typer.Option(help="Write all of them, with the whole rows, to this CSV.")] = None,
) -> None:
    """Rows that were kept out, why, and how to mend them: fix the file and load it again.

    Example: graphcredit store quarantine --limit 20
    """
    from graphcredit_ingest import quarantine_export

    with session.open() as store:
        rows = store.quarantined(source=source)
    session.out.result({"quarantined": len(rows), "rows": rows[:limit]})
    if export:
        quarantine_export(rows, export)
        session.out.line(f"{len(rows):,} rows written to {export}")
        return
    shown = [(row.file, row.row, row.column, row.value[:40], row.reason, row.remedy) for row in rows[:limit]]
    session.out.table(("file", "row", "column", "value", "reason", "remedy"), shown)
    session.out.line(f"{min(limit, len(rows)):,} of {len(rows):,} rows in quarantine")


@command(store_app, "copy")
def copy(
    session: Session,
    source: Annotated[str, typer.Argument(help="URL of the store to read.")],
    target: Annotated[str, typer.Argument(help="URL of the store to fill.")],
) -> None:
    """Copy every version of every fact, and all records, from one store to another.

    Example: graphcredit store copy duckdb:///book.duckdb neo4j://neo4j:secret@localhost:7687
    """
    from graphcredit.store.copy import copy as copy_store

    with open_store(source, create=False) as src, open_store(target) as dst, session.out.progress("copy") as progress:
        report = copy_store(src, dst, progress=progress)
    session.out.result(report)
    session.out.table(("table", "copied"), list(report.facts.items()))


@command(store_app, "verify")
def verify(
    session: Session,
    source: Annotated[str, typer.Argument(help="URL of one store.")],
    target: Annotated[str, typer.Argument(help="URL of the other.")],
) -> None:
    """Compare two stores fact by fact; exit code 1 when they differ.

    Example: graphcredit store verify duckdb:///book.duckdb neo4j://neo4j:secret@localhost:7687
    """
    from graphcredit.store.verify import verify as verify_stores

    with open_store(source, create=False) as a, open_store(target, create=False) as b:
        report = verify_stores(a, b)
    session.out.result(report)
    for line in report.lines():
        session.out.line(line)
    if not report.equal:
        session.out.finish()
        raise typer.Exit(1)
    session.out.line("the stores hold the same facts")
