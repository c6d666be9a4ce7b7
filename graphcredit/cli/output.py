"""Tables and progress bars on a terminal, plain lines otherwise, one JSON object where asked."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from graphcredit.jsonable import plain
from graphcredit.store import Progress as ProgressCallback


class Output:
    """Where a command's words go."""

    def __init__(self, *, json_output: bool = False) -> None:
        self.json_output = json_output
        self.terminal = sys.stdout.isatty() and not json_output
        self._console = Console(highlight=False, soft_wrap=not self.terminal)
        self._errors = Console(stderr=True, highlight=False, soft_wrap=True)
        self._object: Any = None

    def line(self, text: str = "") -> None:
        """One line for a person; nothing in JSON mode."""
        if not self.json_output:
            self._console.print(text, markup=False)

    def title(self, text: str) -> None:
        """A heading."""
        if self.terminal:
            self._console.print(f"[bold]{text}[/bold]")
        else:
            self.line(text)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str = "") -> None:
        """A table on a terminal, tab-separated lines otherwise."""
        if self.json_output:
            return
        if not self.terminal:
            if title:
                self.line(title)
            self.line("\t".join(columns))
            for row in rows:
                self.line("\t".join(cell(value) for value in row))
            return
        drawn = Table(title=title or None, title_justify="left", header_style="bold")
        for position, column in enumerate(columns):
            numeric = bool(rows) and all(isinstance(row[position], int | float | Decimal | np.number) for row in rows)
            drawn.add_column(column, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            drawn.add_row(*(cell(value) for value in row))
        self._console.print(drawn)

    def result(self, value: Any) -> None:
        """The command's JSON object; printed once, at the end, in JSON mode only."""
        self._object = value

    def warn(self, text: str) -> None:
        """A warning on stderr."""
        self._errors.print(f"warning: {text}", style="yellow", markup=False)

    def error(self, message: str, remedy: str = "") -> None:
        """An error and what to do about it, on stderr."""
        self._errors.print(f"error: {message}", style="bold red", markup=False)
        if remedy:
            self._errors.print(f"remedy: {remedy}", markup=False)

    def finish(self) -> None:
        """Print the JSON object, if one is due."""
        if self.json_output and self._object is not None:
            print(json.dumps(plain(self._object), ensure_ascii=False))
            self._object = None

    @contextmanager
    def progress(self, what: str, unit: str = "rows") -> Iterator[ProgressCallback]:
        """A progress callback (done, total) drawn as a bar on a terminal and as a line every five seconds otherwise."""
        if self.terminal:
            with Progress(
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(), TimeRemainingColumn(), console=self._errors, transient=True,
            ) as bar:  # fmt: skip
                task = bar.add_task(what, total=None, rate="")
                started = time.perf_counter()

                def draw(done: int, total: int) -> None:
                    rate = done / max(time.perf_counter() - started, 1e-9)
                    bar.update(task, completed=done, total=total or None, rate=f"{rate:,.0f} {unit}/s")

                yield draw
            return
        started = last = time.perf_counter()

        def say(done: int, total: int) -> None:
            nonlocal last
            now = time.perf_counter()
            if now - last >= 5:
                last = now
                of = f" of {total:,}" if total else ""
                print(f"{what}: {done:,}{of} {unit}, {done / (now - started):,.0f}/s", file=sys.stderr, flush=True)

        yield say


def cell(value: Any) -> str:
    """A value as a person reads it in a table."""
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        number = float(value)
        if np.isnan(number):
            return ""
        return f"{number:,.2f}" if abs(number) >= 100 else f"{number:.4g}"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return str(value).replace("\n", " ").replace("\t", " ")
