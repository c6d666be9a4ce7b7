"""The demo's store, made once a session by the command that users run."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphcredit.cli import main

FIRMS = 300


@dataclass(frozen=True)
class Finished:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one JSON object."""
        return json.loads(self.out)


def graphcredit(*arguments: str | Path, stdin: str | None = None) -> Finished:
    """Run the command line in this process: what it prints, and the code it leaves with."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv, sys.stdin
    sys.argv, sys.stdin = ["graphcredit", *map(str, arguments)], io.StringIO(stdin or "")
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as left:
        code = int(left.code or 0)
    finally:
        sys.argv, sys.stdin = before
    return Finished(code, out.getvalue(), err.getvalue())


def graphcredit_process(*arguments: str | Path, timeout: float = 420) -> Finished:
    """Run the command line as a user does: a process of its own, without settings of this machine."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GRAPHCREDIT_")}
    done = subprocess.run(
        [sys.executable, "-m", "graphcredit", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**clean, "PYTHONUTF8": "1"},
        check=False,
        timeout=timeout,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Demo:
    """A loaded, trained and decided sample."""

    folder: Path
    summary: dict[str, Any]

    @property
    def url(self) -> str:
        """Its store."""
        return f"duckdb:///{self.folder / 'demo.duckdb'}"

    @property
    def party(self) -> str:
        """The company that applied."""
        return str(self.summary["party_id"])

    def copy(self, folder: Path) -> "Demo":
        """A copy that a test may change."""
        shutil.copytree(self.folder, folder)
        return Demo(folder, self.summary)


def make_demo(folder: Path) -> Demo:
    """Run `graphcredit demo`."""
    done = graphcredit_process("demo", "--no-serve", "--json", "--firms", str(FIRMS), "--folder", folder)
    assert done.code == 0, done.err
    return Demo(folder, done.json)
