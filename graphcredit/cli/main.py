"""Entry point of the command line: parse, run, leave with an exit code that means something."""

import json
import sys

import typer

from graphcredit.cli import commands
from graphcredit.cli.app import app


def main() -> None:
    """Entry point of the `graphcredit` command."""
    assert commands.__all__  # importing them registered every command
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
