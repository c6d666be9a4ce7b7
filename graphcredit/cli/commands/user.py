"""`graphcredit user`: people and systems that may sign in; the first administrator is made here."""

import getpass
import sys
from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError
from graphcredit.store import CreditStore

user_app = typer.Typer(help="Users and API keys of the server.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(user_app, name="user")


@command(user_app, "create")
def create(
    session: Session,
    name: Annotated[str, typer.Argument(help="User name.")],
    role: Annotated[str, typer.Option(help="viewer, analyst, approver or administrator.")] = "viewer",
    portfolio: Annotated[list[str] | None, typer.Option(help="Only parties of this portfolio, repeatable.")] = None,
) -> None:
    """Create a user; the password is asked for, or read from stdin.

    Example: graphcredit user create li.wei --role administrator
    """
    from graphcredit_api.auth.users import create_user

    password = _password(name)
    with session.open() as store:
        create_user(store, name, password, role, portfolios=portfolio or ())
        _keep(store, "user create", name=name, role=role)
    session.out.result({"name": name, "role": role})
    session.out.line(f"user {name} ({role}) is created")


@command(user_app, "list")
def list_command(session: Session) -> None:
    """Every user.

    Example: graphcredit user list
    """
    from graphcredit_api.auth.users import list_users

    with session.open(create=False) as store:
        found = list_users(store)
    session.out.result({"users": found})
    session.out.table(("name", "role", "active"), [(u["name"], u["role"], u["active"]) for u in found])


@command(user_app, "key")
def key(
    session: Session,
    name: Annotated[str, typer.Argument(help="System that will use it.")],
    scope: Annotated[list[str] | None, typer.Option(help="read, analyse, write, decide or bulk, repeatable.")] = None,
    days: Annotated[int, typer.Option(min=1, max=730)] = 90,
) -> None:
    """Create an API key; it is shown once.

    Example: graphcredit user key erp --scope read --scope decide
    """
    from graphcredit_api.auth.keys import create_key

    with session.open() as store:
        made = create_key(store, name, scopes=scope or ("read",), days=days)
        _keep(store, "user key", name=name, key_id=made.split("_")[1], scopes=",".join(sorted(scope or ("read",))))
    session.out.result({"name": name, "key": made})
    session.out.line(made)


@command(user_app, "keys")
def keys(session: Session) -> None:
    """Every API key, without its secret.

    Example: graphcredit user keys
    """
    from graphcredit_api.auth.keys import list_keys

    with session.open(create=False) as store:
        found = list_keys(store)
    session.out.result({"keys": found})
    session.out.table(
        ("id", "name", "scopes", "expires"), [(k["key_id"], k["name"], k["scopes"], k["expires"]) for k in found]
    )


@command(user_app, "revoke")
def revoke(
    session: Session, key_id: Annotated[str, typer.Argument(help="Id of the key, as `user keys` shows it.")]
) -> None:
    """Make an API key useless from now on.

    Example: graphcredit user revoke 3f9c01a2b7d4
    """
    from graphcredit_api.auth.keys import revoke_key

    with session.open(create=False) as store:
        revoke_key(store, key_id)
        _keep(store, "user revoke", key_id=key_id)
    session.out.result({"revoked": key_id})
    session.out.line(f"key {key_id} is revoked")


@command(user_app, "change")
def change(
    session: Session,
    name: Annotated[str, typer.Argument(help="User name.")],
    role: Annotated[str | None, typer.Option(help="viewer, analyst, approver or administrator.")] = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Let them sign in, or not.")] = None,
    portfolio: Annotated[list[str] | None, typer.Option(help="Only parties of this portfolio, repeatable.")] = None,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a new password, or read it from stdin.")
    ] = False,
) -> None:
    """Change a user's role, portfolios or password, or shut them out; earlier states stay readable.

    Example: graphcredit user change li.wei --inactive
    """
    from graphcredit_api.auth.users import change_user

    changes: dict[str, object] = {}
    if role is not None:
        changes["role"] = role
    if active is not None:
        changes["active"] = active
    if portfolio is not None:
        changes["portfolios"] = sorted(portfolio)
    if password:
        changes["password"] = _password(name)
    if not changes:
        raise InputError("nothing was said to change", remedy="give --role, --inactive, --portfolio or --password")
    with session.open(create=False) as store:
        change_user(store, name, **changes)
        _keep(store, "user change", name=name, changed=",".join(sorted(changes)))
    session.out.result({"name": name, "changed": sorted(changes)})
    session.out.line(f"{name}: {', '.join(sorted(changes))} changed")


def _password(name: str) -> str:
    given = getpass.getpass(f"password of {name}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not given:
        raise InputError("no password was given", remedy="type it, or pipe one line into stdin")
    return given


def _keep(store: CreditStore, action: str, **about: str) -> None:
    """Keep what was done to users and keys in the audit log, by the name of the machine's user."""
    from datetime import UTC, datetime

    from graphcredit.audit import AuditLog

    entry = {
        "who": f"{getpass.getuser()} (command line)", "role": "administrator", "via": "command", "action": action,
        "object": about, "outcome": "ok", "status": 0, "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }  # fmt: skip
    AuditLog(store).append([entry])
