"""`graphcredit pull`: a CRM into the store."""

from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.commands.load import show
from graphcredit.cli.parse import day
from graphcredit.cli.session import Session, command


@command(app, "pull")
def pull(
    session: Session,
    crm: Annotated[str, typer.Argument(help="zoho or fxiaoke (纷享销客).")],
    own: Annotated[
        str | None, typer.Option(help="The party whose CRM it is: seller of its orders (GRAPHCREDIT_CRM_OWN_PARTY).")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Records changed from this day on (default: since the last pull).")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All records, whatever was pulled before.")] = False,
    mapping: Annotated[
        str | None, typer.Option(help="A YAML file for modules and fields of your own (default: the shipped mapping).")
    ] = None,
) -> None:
    """Pull what changed in a CRM into the store; credentials come from the settings. Run again, it goes on.

    Example: graphcredit pull zoho --own F000001 --since 2026-06-01 --store duckdb:///book.duckdb
    """
    from datetime import datetime, time

    from graphcredit_ingest.connectors import connect
    from graphcredit_ingest.connectors import pull as pull_crm

    first = day(since)
    connector = connect(crm, session.settings)
    try:
        with session.open() as store:
            report = pull_crm(
                store,
                connector,
                session.settings.pull_dir,
                own=own or session.settings.crm_own_party or "",
                since=datetime.combine(first, time.min) if first else None,
                everything=everything,
                mapping=mapping,
            )
    finally:
        connector.close()
    session.out.result(report.to_json())
    session.out.table(
        ("module", "rows", "since"),
        [(name, found["rows"], found["since"] or "the beginning") for name, found in report.modules.items()],
    )
    show(session, report)
