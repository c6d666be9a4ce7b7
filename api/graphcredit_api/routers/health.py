"""Is the service alive, is its store reachable, and how it is doing."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import generate_latest
from pydantic import BaseModel

from graphcredit import __version__
from graphcredit.exc import StoreError
from graphcredit_api.metrics import REGISTRY
from graphcredit_api.services import services_of

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The service and its store."""

    status: Literal["ok", "degraded"]
    version: str
    store: Literal["reachable", "away"]
    reason: str = ""


@router.get("/v1/health")
def health(request: Request) -> Health:
    """Whether the service runs and its store answers; always 200 while the process lives."""
    try:
        services_of(request).store.ping()
    except StoreError as error:
        return Health(status="degraded", version=__version__, store="away", reason=error.code)
    return Health(status="ok", version=__version__, store="reachable")


@router.get("/v1/ready", responses={503: {"description": "the store does not answer"}})
def ready(request: Request) -> dict[str, str]:
    """200 when requests can be served in full, 503 otherwise.

    `caches` says whether the first answers are quick: cold, warming, warm or failed.
    """
    services = services_of(request)
    services.store.ping()
    return {"status": "ready", "caches": services.caches}


@router.get("/metrics", response_class=Response)
def metrics() -> Any:
    """Prometheus metrics."""
    return Response(generate_latest(REGISTRY), media_type="text/plain; version=0.0.4; charset=utf-8")
