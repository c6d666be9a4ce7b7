"""The application: routers, middleware, errors, and the store's life around them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

from graphcredit import __version__, logs
from graphcredit.settings import Settings, get_settings
from graphcredit.store import CreditStore, open_store
from graphcredit_api import openapi, problems
from graphcredit_api.console.pages import router as console
from graphcredit_api.etags import EntityTags
from graphcredit_api.last_known import WAITS, LastKnown
from graphcredit_api.middleware import Around
from graphcredit_api.reading import whole_text
from graphcredit_api.routers import ROUTERS
from graphcredit_api.services import Services

DESCRIPTION = """Customer credit management on a graph: parties, networks, scores, stress, limits, financing decisions.

Errors are problem+json (RFC 9457) with `code`, `detail`, `remedy` and a request id. Amounts are decimals written as
strings. Every read takes `as_of` and sees only what was known then."""


def create_app(settings: Settings | None = None, store: CreditStore | None = None) -> FastAPI:
    """The ASGI application.

    Args:
        settings: those of the process when absent.
        store: an open store, left open at the end; else the one in the settings is opened and closed.

    Raises:
        SettingsError: sign-in is required and no usable secret key is set.
        StoreError: the store cannot be opened.
    """
    settings = settings or get_settings()
    own = store is None
    services = Services(settings, _lasting(store if store is not None else open_store(settings.store, patience=WAITS)))
    _ = services.signing_key  # fail at the start, not at the first sign-in
    logs.configure(settings.log_level, settings.log_format)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        beside = asyncio.create_task(services.beside.keep_one()) if services.beside is not None else None
        yield
        if beside is not None:
            beside.cancel()
        services.close()
        if own:
            services.store.close()

    app = FastAPI(
        title="graphcredit",
        version=__version__,
        description=DESCRIPTION,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        dependencies=[Depends(whole_text)],
    )
    app.state.services = services
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(console)
    problems.install(app)
    openapi.install(app)
    app.add_middleware(EntityTags)
    app.add_middleware(
        Around,
        max_body=settings.max_body_bytes,
        per_minute=settings.rate_limit_per_minute,
        audited=services.audited,
    )
    return app


def _lasting(store: CreditStore) -> CreditStore:
    """A store that answers from memory while its server is away; one in this process is never away."""
    return store if store.url.startswith("duckdb") else LastKnown(store)
