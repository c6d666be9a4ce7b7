"""Parameters that many routes share."""

import json
from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query, Request

from graphcredit.desk import Credit, CreditDesk
from graphcredit.exc import ForbiddenError, NotFoundError
from graphcredit_api.auth.roles import Permission, Principal, refusal
from graphcredit_api.services import services_of

PartyId = Annotated[str, Path(min_length=1, max_length=400, examples=["F000012"], description="party id")]
AsOf = Annotated[date | None, Query(description="only facts recorded by this day; default the last day known")]
Limit = Annotated[int, Query(ge=1, le=500, description="at most this many")]


def desk_of(request: Request) -> CreditDesk:
    """The credit desk."""
    return services_of(request).desk


def credit_of(request: Request) -> Credit:
    """Limits and decisions."""
    return services_of(request).credit


def refused(who: Principal, permission: Permission) -> ForbiddenError:
    """The error of a principal without a permission."""
    return refusal(who.role, permission)


def visible(who: Principal, party: dict[str, Any], party_id: str) -> dict[str, Any]:
    """The party, unless it lies outside the principal's portfolios (which looks like one that does not exist).

    Raises:
        NotFoundError: it does.
    """
    if who.portfolios:
        portfolio = json.loads(party.get("attributes") or "{}").get("portfolio")
        if portfolio not in who.portfolios:
            raise NotFoundError(f"party {party_id!r} is not known", remedy="check the id, or search by name")
    return party


def seen_by(request: Request, who: Principal, as_of: date | None) -> frozenset[str] | None:
    """Ids of the parties in the principal's portfolios; None where it may see all. Kept with the day."""
    if not who.portfolios:
        return None
    desk = desk_of(request)
    known = desk.known(as_of)

    def compute() -> frozenset[str]:
        rows = desk.store.read("parties", as_of=known.day, columns=["party_id", "attributes"]).to_pylist()
        return frozenset(
            row["party_id"] for row in rows if json.loads(row["attributes"] or "{}").get("portfolio") in who.portfolios
        )

    found: frozenset[str] = known.once(f"seen:{sorted(who.portfolios)}", compute)
    return found


def checked(request: Request, who: Principal, party_id: str, as_of: date | None) -> dict[str, Any]:
    """A party's facts, if it exists and the principal may see it."""
    found = desk_of(request).party(party_id, as_of)
    if found.get("stale"):
        request.state.stale = True  # said in the answer's headers
    return visible(who, found, party_id)
