"""What every command shares: --store, --json, --debug, its output, and how an error ends it."""

import functools
import inspect
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from graphcredit import logs
from graphcredit.cli.output import Output
from graphcredit.exc import GraphCreditError
from graphcredit.jsonable import plain
from graphcredit.settings import Settings, get_settings
from graphcredit.store import CreditStore, open_store

if TYPE_CHECKING:
    from graphcredit.desk import CreditDesk

Command = TypeVar("Command", bound=Callable[..., Any])

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="duckdb:///PATH or neo4j://USER:PASSWORD@HOST:PORT (default: GRAPHCREDIT_STORE).",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout; logs go to stderr.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]

_SHARED = {"store_url": (StoreOption, None), "json_output": (JsonOption, False), "debug": (DebugOption, False)}


@dataclass(frozen=True)
class Session:
    """One run of one command."""

    settings: Settings
    store_url: str
    out: Output

    def open(self, *, create: bool = True) -> CreditStore:
        """The store of this run; use it as a context manager."""
        return open_store(self.store_url, create=create)

    @contextmanager
    def desk_or_new(self) -> Iterator["CreditDesk"]:
        """The credit desk over this run's store, which is created if absent."""
        from graphcredit.desk import CreditDesk

        with self.open() as store:
            yield CreditDesk(store, self.settings)

    @contextmanager
    def desk(self) -> Iterator["CreditDesk"]:
        """The credit desk over this run's store, which must exist."""
        from graphcredit.desk import CreditDesk  # heavy: only for commands that compute

        with self.open(create=False) as store:
            yield CreditDesk(store, self.settings)


def command(app: typer.Typer, name: str) -> Callable[[Command], Command]:
    """Register a function whose first parameter is the Session; the shared options are added to its own."""

    def register(function: Command) -> Command:
        own = list(inspect.signature(function).parameters.values())[1:]

        @functools.wraps(function)
        def run(**arguments: Any) -> None:
            store_url, json_output, debug = (arguments.pop(shared) for shared in _SHARED)
            execute(function, arguments, store_url=store_url, json_output=json_output, debug=debug)

        shared = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for key, (kind, default) in _SHARED.items()
        ]
        own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        run.__signature__ = inspect.Signature(own + shared)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in own + shared}
        app.command(name)(run)
        return function

    return register


def execute(
    function: Callable[..., Any], arguments: dict[str, Any], *, store_url: str | None, json_output: bool, debug: bool
) -> None:
    """Run a command's function; an error becomes one message, its remedy and its exit code."""
    out = Output(json_output=json_output)
    try:
        settings = get_settings()
        logs.configure(settings.log_level, settings.log_format)
        function(Session(settings, store_url or settings.store, out), **arguments)
    except GraphCreditError as error:
        if debug:
            traceback.print_exc()
        fail(out, error)
    except KeyboardInterrupt:
        print("interrupted; what was committed stays, run the command again to go on", file=sys.stderr)
        raise typer.Exit(130) from None
    except BrokenPipeError:
        raise typer.Exit(0) from None
    except Exception as error:
        if debug:
            raise
        kind = type(error).__name__
        unexpected = GraphCreditError(
            f"unexpected {kind}: {error}", remedy="run again with --debug and report what it prints"
        )
        fail(out, unexpected)
    finally:
        out.finish()


def fail(out: Output, error: GraphCreditError) -> None:
    """Print an error for a person (stderr) and, where asked, for a machine (stdout); leave with its exit code."""
    message = logs.redact_url(error.message)
    if out.json_output:
        body = {"code": error.code, "message": message, "remedy": error.remedy, "details": error.details}
        print(json.dumps(plain({"error": body}), ensure_ascii=False))
    out.error(message, error.remedy)
    raise typer.Exit(error.exit_code)
