"""The command line, one file a command."""

from graphcredit.cli.app import app
from graphcredit.cli.main import main

__all__ = ["app", "main"]
