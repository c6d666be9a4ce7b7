"""`graphcredit audit`: who saw and did what, and whether the log is as it was written."""

from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError

audit_app = typer.Typer(help="The audit log of the server.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(audit_app, name="audit")


@command(audit_app, "list")
def list_command(
    session: Session,
    user: Annotated[str | None, typer.Option(help="Only what this user or key did.")] = None,
    about: Annotated[str | None, typer.Option(help="Only about this party, decision, ...")] = None,
    before: Annotated[int | None, typer.Option(min=1, help="Only entries with a lower number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Entries to show.")] = 50,
) -> None:
    """Who saw and did what, newest first.

    Example: graphcredit audit list --user li.wei
    """
    from graphcredit.audit import read_audit

    with session.open(create=False) as store:
        found = read_audit(store, before=before, limit=limit, who=user, about=about)
    session.out.result({"entries": found})
    rows = [
        (e["n"], e["at"], e["who"], e["role"], e["action"], e["outcome"], e["status"], e["request_id"],
         " ".join(f"{name}={value}" for name, value in e["object"].items()))
        for e in found
    ]  # fmt: skip
    session.out.table(("n", "at", "who", "role", "action", "outcome", "status", "request", "about"), rows)


@command(audit_app, "verify")
def verify(
    session: Session,
    expect: Annotated[
        list[str] | None, typer.Option(help="NUMBER:HASH of a head noted earlier, repeatable.", metavar="N:HASH")
    ] = None,
) -> None:
    """Check the chain of hashes; exit code 4 when an entry was changed, removed, inserted or moved.

    Note the head it prints somewhere else, and give it with --expect next time: only so a cut-off end is seen.

    Example: graphcredit audit verify --expect 1200:9f86d081884c7d65...
    """
    from graphcredit.audit import verify_audit
    from graphcredit.exc import ConflictError

    expected = dict(_head(text) for text in expect or ())
    with session.open(create=False) as store:
        found = verify_audit(store, expected=expected)
    head = f"{found.head[0]}:{found.head[1]}"
    if not found.sound:
        raise ConflictError(
            f"the audit log is not as it was written: {found.reason}",
            remedy="keep the store as it is, and compare it with a backup",
            first_fault=found.first_fault,
            head=head,
        )
    session.out.result({"sound": True, "entries": found.entries, "head": head})
    session.out.line(f"{found.entries:,} entries are as they were written; head {head}")


def _head(text: str) -> tuple[int, str]:
    number, _, digest = text.partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise InputError(f"{text!r} is not a head", remedy="write NUMBER:HASH as `audit verify` printed it")
    return int(number), digest
