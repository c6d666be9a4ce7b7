"""The application: its groups of commands, and the way out."""

import json
import sys
from typing import Annotated

import typer

from graphcredit import __version__

app = typer.Typer(
    name="graphcredit",
    help="Customer credit management on a graph: who drags whom down, and what to lend to whom.",
    epilog="Start with: graphcredit demo",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"graphcredit {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Customer credit management on a graph: who drags whom down, and what to lend to whom."""


def main() -> None:
    """Entry point of the `graphcredit` command."""
    from graphcredit.cli import commands  # noqa: F401  (registers every command)

    command = typer.main.get_command(app)
    try:
        code = command.main(args=sys.argv[1:], prog_name="graphcredit", standalone_mode=False)
    except typer.Abort:
        print("aborted", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        message = error.format_message()
        if "--json" in sys.argv:
            print(json.dumps({"error": {"code": "usage", "message": message, "remedy": "see --help", "details": {}}}))
        hint = " ".join(["graphcredit", *(word for word in sys.argv[1:2] if not word.startswith("-"))])
        print(f"error: {message}\nremedy: see {hint} --help", file=sys.stderr)
        sys.exit(getattr(error, "exit_code", 2))
    sys.exit(code if isinstance(code, int) else 0)
