"""Scripts and styles of the console: ours, and those of installed wheels."""

from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from graphcredit.exc import NotFoundError
from graphcredit.viz.assets import network_script, vis_network

router = APIRouter(include_in_schema=False)
HERE = Path(__file__).parent / "static"
OWN = ("console.js", "console.css", "report.css", "network_page.js", "stress_page.js", "desk_page.js")


def _own(name: str) -> Callable[[], Path]:
    return lambda: HERE / name


STATIC: dict[str, Callable[[], Path]] = {
    "vis-network.js": lambda: vis_network()[0],
    "vis-network.css": lambda: vis_network()[1],
    "network.js": network_script,
} | {name: _own(name) for name in OWN}
KINDS = {".js": "text/javascript", ".css": "text/css"}


@router.get("/static/{name}")
def static(name: str) -> Response:
    """One of the console's scripts and styles."""
    if name not in STATIC:
        raise NotFoundError(f"there is no file {name!r}", remedy="reload the page")
    path = STATIC[name]()
    return FileResponse(path, media_type=KINDS[path.suffix], headers={"Cache-Control": "public, max-age=300"})


@router.get("/favicon.ico")
def icon() -> Response:
    """No icon, and no error about it."""
    return Response(status_code=204)
