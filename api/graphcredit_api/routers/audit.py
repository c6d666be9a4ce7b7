"""The audit log, for administrators."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from graphcredit.audit import read_audit, verify_audit
from graphcredit_api.auth.access import Administrator
from graphcredit_api.paging import cursor_number, encode_cursor
from graphcredit_api.services import services_of

router = APIRouter(prefix="/v1/audit", tags=["audit"])


@router.get("")
def audit(
    request: Request,
    who: Administrator,  # noqa: ARG001  (who may read is checked)
    user: Annotated[str | None, Query(max_length=120, description="only what this user or key did")] = None,
    action: Annotated[str | None, Query(max_length=200, description="only this action, as entries spell it")] = None,
    about: Annotated[str | None, Query(max_length=400, description="only about this party, decision, ...")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> dict[str, Any]:
    """Who saw and did what, newest first, by page."""
    before = cursor_number(cursor)
    found = read_audit(services_of(request).store, before=before, limit=limit, who=user, action=action, about=about)
    return {"entries": found, "next": encode_cursor(found[-1]["n"]) if len(found) == limit else None}


@router.get("/verify")
def verify(
    request: Request,
    who: Administrator,  # noqa: ARG001  (who may read is checked)
    number: Annotated[int | None, Query(ge=1, description="number of a head noted earlier")] = None,
    digest: Annotated[str | None, Query(pattern=r"^[0-9a-f]{64}$", description="its hash")] = None,
) -> dict[str, Any]:
    """Check the whole chain: whether any entry was changed, removed, inserted or moved since it was written."""
    expected = {number: digest} if number is not None and digest is not None else None
    found = verify_audit(services_of(request).store, expected=expected)
    return {
        "sound": found.sound,
        "entries": found.entries,
        "first_fault": found.first_fault,
        "reason": found.reason,
        "head": {"number": found.head[0], "hash": found.head[1]},
    }
