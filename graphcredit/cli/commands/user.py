"""`graphcredit user`: people and systems that may sign in; the first administrator is made here."""

import getpass
import sys
from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError

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

    password = getpass.getpass(f"password of {name}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not password:
        raise InputError("no password was given", remedy="type it, or pipe one line into stdin")
    with session.open() as store:
        create_user(store, name, password, role, portfolios=portfolio or ())
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
