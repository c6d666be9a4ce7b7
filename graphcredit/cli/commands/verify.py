"""`graphcredit verify`: what was checked of a party in a register or on site."""

from datetime import date
from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError


@command(app, "verify")
def verify(
    session: Session,
    party: Annotated[str, typer.Argument(help="The party's id.")],
    way: Annotated[
        str | None, typer.Option(help="registry or site_visit; without it, what was checked is shown.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who checked.")] = "",
    on: Annotated[str | None, typer.Option(help="The day of the check (default: today).")] = None,
    finding: Annotated[str, typer.Option(help="What was found, in words.")] = "",
    number: Annotated[str | None, typer.Option(help="The unified social credit code that the register shows.")] = None,
    contradicts: Annotated[
        bool, typer.Option("--contradicts", help="What was found speaks against the facts held.")
    ] = False,
) -> None:
    """Write down a check of a party in a register or on site, or show those made.

    Example: graphcredit verify F000012 --way site_visit --by li.wei --on 2026-06-12 --finding "plant runs two shifts"
    """
    from graphcredit_ingest.verification import Verification, record_verification, verifications

    with session.open(create=False) as store:
        if way is None:
            history = verifications(store, party)
            session.out.result({"party_id": party, "history": history})
        elif way not in ("registry", "site_visit"):
            raise InputError(f"--way {way!r} is not known", remedy="registry or site_visit")
        else:
            made = Verification(
                party, "registry" if way == "registry" else "site_visit", by, day(on) or _today(session),
                finding, number, not contradicts,
            )  # fmt: skip
            body = record_verification(store, made)
            history = body["history"]
            session.out.result(body)
            session.out.line(f"{party}: {body['verification']}, verified on {body['verified_on'] or 'no day'}")
    session.out.table(
        ("on", "way", "by", "holds", "finding"),
        [(one["on"], one["way"], one["by"], "yes" if one["confirmed"] else "no", one["finding"]) for one in history],
    )


def _today(session: Session) -> date:
    return session.settings.today or date.today()
