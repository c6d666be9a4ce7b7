"""From a request to an entry of the audit log: who, what, about what, with which outcome. Never a body, never a secret."""

import asyncio
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from starlette.types import Scope

from graphcredit.audit import AuditLog, AuditTrail
from graphcredit.audit.trail import writable
from graphcredit.store import Chained
from graphcredit_api.auth.roles import Principal

WAIT = 2.0  # seconds that the answer to a write waits for its entry to be committed
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SILENT = frozenset({"/v1/health", "/v1/ready", "/v1/openapi.json", "/metrics", "/static/{name}", "/favicon.ico"})
ASKED = ("q", "as_of", "since", "party_id", "debtor_id", "table", "outcome", "depth", "layers", "format")
"""Query parameters that say what was looked at; others are not kept, whatever they hold."""
LONGEST = 200


def note(request: Request, **about: Any) -> None:
    """Say what a request is about beyond its path: ids and numbers, never secrets or free text."""
    state = request.scope.setdefault("state", {})
    state.setdefault("about", {}).update({name: _short(value) for name, value in about.items() if value is not None})


def entry_of(scope: Scope, status: int, request_id: str) -> dict[str, Any] | None:
    """The entry of a request that was answered with `status`; None for what is not logged."""
    route = getattr(scope.get("route"), "path", None)
    if route is None or route in SILENT:
        return None
    state = scope.get("state", {})
    who: Principal | None = state.get("principal")
    client = scope.get("client")
    about = {name: _short(value) for name, value in scope.get("path_params", {}).items()}
    about |= _asked(scope) | state.get("about", {})
    name = getattr(scope.get("route"), "name", "")
    return {
        "who": who.name if who else str(about.pop("name", "")) or "unknown",
        "role": who.role if who else "",
        "via": who.via if who else "",
        "action": f"{scope['method']} {route} {name}".strip(),
        "object": about,
        "outcome": outcome_of(status),
        "status": status,
        "request_id": request_id,
        "client": str(client[0]) if client else "",
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }


def outcome_of(status: int) -> str:
    """One word for a status."""
    if status < 400:
        return "ok"
    if status in (401, 403, 429):
        return "refused"
    return "failed" if status >= 500 else "rejected"


def _asked(scope: Scope) -> dict[str, str]:
    query = Request(scope).query_params
    return {name: _short(query[name]) for name in ASKED if name in query}


def _short(value: Any) -> Any:
    return value if isinstance(value, int | bool) else str(value)[:LONGEST]


class Witness:
    """Has the entry of a decision committed with it; then there is none left to write when it is answered."""

    def __init__(self, scope: Scope, audit: AuditLog, status: int) -> None:
        self.scope, self.audit, self.status = scope, audit, status

    def entries(self, decision_id: str) -> Chained:
        """The entry as it would be written after the answer."""
        state = self.scope["state"]
        state.setdefault("about", {})["decision_id"] = decision_id
        entry = entry_of(self.scope, self.status, state["request_id"])
        return self.audit.chained([] if entry is None else [writable(entry)])

    def kept(self) -> None:
        """Nothing is left to write, if it is answered so."""
        self.scope["state"]["audited"] = self.status


class Audited:
    """The trail of one application; started with the first entry, silent where the setting is off."""

    def __init__(self, store: Any, *, on: bool = True) -> None:
        self.store, self.on = store, on
        self._trail: AuditTrail | None = None

    def put(self, entry: dict[str, Any], *, urgent: bool) -> "Future[tuple[int, str]] | None":
        """Add an entry."""
        if not self.on:
            return None
        if self._trail is None:
            self._trail = AuditTrail(AuditLog(self.store))
        return self._trail.put(entry, urgent=urgent)

    async def settled(self, entry: dict[str, Any]) -> None:
        """Add the entry of a write and wait until it is committed, a moment at most and not while the store is away."""
        added = self.put(entry, urgent=True)
        if added is None or self._trail is None or self._trail.away:
            return
        await asyncio.wait([asyncio.wrap_future(added)], timeout=WAIT)

    def witness(self, request: Request, status: int) -> "Witness | None":
        """Keeps the entry of a decision that will be answered with `status`; None where nothing is logged."""
        return Witness(request.scope, AuditLog(self.store), status) if self.on else None

    def close(self) -> None:
        """Commit what waits."""
        if self._trail is not None:
            self._trail.close()
            self._trail = None
