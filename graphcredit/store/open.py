"""Open a store from its URL."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from graphcredit.exc import NotFoundError, SettingsError
from graphcredit.logs import redact_url
from graphcredit.store.base import CreditStore

FORMS = "duckdb:///PATH (duckdb:////ABSOLUTE/PATH), duckdb://:memory: or neo4j://USER:PASSWORD@HOST:PORT"


def open_store(url: str, *, read_only: bool = False, create: bool = True, patience: float | None = None) -> CreditStore:
    """Open the store that a URL names; drivers are imported only here.

    Args:
        url: duckdb:///relative.duckdb, duckdb:////absolute.duckdb, duckdb://:memory:, neo4j://user:password@host:7687.
        read_only: refuse writes.
        create: whether a DuckDB file may be created.
        patience: seconds for which a call waits for a Neo4j that does not answer; the engine's own when absent.

    Raises:
        SettingsError: the URL has another form.
        NotFoundError: there is no such file and `create` is False.
        StoreError: the engine refuses (locked, wrong password, wrong version, away).
    """
    if url.startswith("duckdb://"):
        return _open_duckdb(url, read_only=read_only, create=create)
    if url.startswith(("neo4j://", "bolt://", "neo4j+s://", "bolt+s://")):
        return _open_neo4j(url, read_only=read_only, patience=patience)
    raise SettingsError(f"{redact_url(url)!r} names no store", remedy=f"use {FORMS}")


def _open_duckdb(url: str, *, read_only: bool, create: bool) -> CreditStore:
    from graphcredit.store.duckdb import DuckDBStore

    path = url.removeprefix("duckdb://")
    if path != ":memory:":
        if not path.startswith("/") or len(path) < 2:
            raise SettingsError(f"{url!r} names no file", remedy=f"use {FORMS}")
        path = unquote(path[1:])
        if not Path(path).exists() and (read_only or not create):
            raise NotFoundError(f"the store {path} does not exist", remedy="load data into it first, or check the path")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    return DuckDBStore(path, url=url, read_only=read_only)


def _open_neo4j(url: str, *, read_only: bool, patience: float | None) -> CreditStore:
    from graphcredit.store.neo4j.store import RETRY_SECONDS, Neo4jStore

    parts = urlsplit(url)
    try:
        port = parts.port or 7687
    except ValueError:
        raise SettingsError(f"{redact_url(url)!r} has no port that is a number", remedy=f"use {FORMS}") from None
    if not parts.hostname or parts.username is None or parts.password is None:
        raise SettingsError(f"{redact_url(url)!r} lacks a user, password or host", remedy=f"use {FORMS}")
    address = f"{parts.scheme}://{parts.hostname}:{port}"
    return Neo4jStore(
        address,
        user=unquote(parts.username),
        password=unquote(parts.password),
        url=redact_url(url),
        read_only=read_only,
        patience=RETRY_SECONDS if patience is None else patience,
    )
