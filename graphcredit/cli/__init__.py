"""The command line, one file a command."""

from graphcredit.cli.main import app, main

__all__ = ["app", "main"]
