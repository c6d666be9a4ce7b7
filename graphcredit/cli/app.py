"""The application object that commands register with."""

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
