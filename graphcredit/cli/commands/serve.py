"""`graphcredit serve`: the API and the console."""

from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.session import Session, command


@command(app, "serve")
def serve(
    session: Session,
    host: Annotated[str | None, typer.Option(help="Address (default: GRAPHCREDIT_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port (default: GRAPHCREDIT_PORT).")] = None,
) -> None:
    """Serve the API under /v1 and the analysts' console at /.

    Example: graphcredit serve --port 8000
    """
    run(session, host or session.settings.host, port or session.settings.port)


def run(session: Session, host: str, port: int) -> None:
    """Serve until interrupted."""
    from graphcredit_api.app import create_app
    from graphcredit_api.server import serve as serve_app

    settings = session.settings.model_copy(update={"store": session.store_url, "host": host, "port": port})
    if settings.auth == "local" and host not in ("127.0.0.1", "localhost", "::1"):
        session.out.warn("without sign-in only this machine is answered; set GRAPHCREDIT_AUTH=required to serve others")
    served = create_app(settings)
    session.out.line(f"console: http://{host}:{port}/   API: http://{host}:{port}/v1/openapi.json   (Ctrl-C stops)")
    if settings.auth == "local":
        session.out.line("sign-in is off: local use only")
    serve_app(served, host, port)
