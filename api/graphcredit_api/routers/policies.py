"""Credit policies: which are adopted, which is in force, what changes, what a new one would do."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from graphcredit.decisions import (
    Policy,
    adopt_policy,
    check_policy,
    default_policy,
    diff_policies,
)
from graphcredit.decisions.policy.adopt import KIND
from graphcredit.decisions.policy.load import policy_from
from graphcredit.exc import NotFoundError
from graphcredit.jsonable import plain
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Administrator, Analyst, Reader
from graphcredit_api.idempotency import IdempotencyKey, once
from graphcredit_api.paging import cursor_moment, encode_cursor
from graphcredit_api.routers.common import AsOf, checked, credit_of, seen_by
from graphcredit_api.services import services_of

router = APIRouter(prefix="/v1/policies", tags=["policies"])


class Given(BaseModel):
    """A whole policy, as GET /v1/policies/current shows one."""

    policy: dict[str, Any] = Field(
        examples=[{"policy_id": "house", "version": "2027.1", "effective_from": "2027-01-01"}]
    )


def _policy(request: Request, label: str, as_of: date | None = None) -> Policy:
    """A policy by its label, or `current` or `default`."""
    if label == "default":
        return default_policy()
    current = credit_of(request).policy(as_of)
    if label in ("current", current.label):
        return current
    record = services_of(request).store.get_record(KIND, label)
    if record is None:
        raise NotFoundError(f"policy {label!r} was not adopted", remedy="see GET /v1/policies")
    return policy_from(dict(record.body["policy"]), name=label)


@router.get("")
def policies(
    request: Request,
    who: Reader,  # noqa: ARG001  (who may read is checked)
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Any:
    """Every adopted policy, newest first, and which is in force."""
    found = services_of(request).store.find_records(KIND, before=cursor_moment(cursor), limit=limit)
    rows = [
        {
            "policy": record.record_id,
            "effective_from": record.body["effective_from"],
            "adopted_by": record.body["adopted_by"],
            "at": plain(record.at),
        }
        for record in found
    ]
    following = encode_cursor(found[-1].at, found[-1].record_id) if len(found) == limit else None
    return {"in_force": credit_of(request).policy().label, "policies": rows, "next": following}


@router.get("/current")
def policy(request: Request, who: Reader, as_of: AsOf = None) -> Any:  # noqa: ARG001  (who may read is checked)
    """The policy in force, each number with its source."""
    return credit_of(request).policy(as_of).model_dump(mode="json")


@router.get("/default")
def shipped_policy(request: Request, who: Reader) -> Any:  # noqa: ARG001  (who may read is checked)
    """The policy that ships with this release."""
    return default_policy().model_dump(mode="json")


@router.get("/{label}")
def policy_by_label(request: Request, who: Reader, label: str) -> Any:  # noqa: ARG001  (who may read is checked)
    """One adopted policy (policy_id@version)."""
    return _policy(request, label).model_dump(mode="json")


@router.get("/{label}/diff/{other}")
def policy_diff(request: Request, who: Reader, label: str, other: str) -> Any:  # noqa: ARG001  (who may read is checked)
    """What changes from one policy to another, number by number."""
    found = diff_policies(_policy(request, label), _policy(request, other))
    return {"changes": [{"where": change.where, "old": change.old, "new": change.new} for change in found]}


@router.post("/check")
def check(request: Request, who: Analyst, body: Given) -> Any:  # noqa: ARG001  (who may is checked)
    """Whether a policy keeps its own rules, what a person should look at again, and what it changes."""
    given = policy_from(body.policy, name="the policy")
    changes = diff_policies(credit_of(request).policy(), given)
    return {
        "policy": given.label,
        "notes": check_policy(given),
        "changes": [{"where": change.where, "old": change.old, "new": change.new} for change in changes],
    }


class Simulate(Given):
    """A policy, and whom to decide anew under it."""

    parties: list[Annotated[str, Field(max_length=400)]] = Field(
        default_factory=list, max_length=2000, description="a standard loan for each; none = past decisions again"
    )
    amount: Decimal | None = Field(None, gt=0, lt=Decimal("1e14"))


@router.post("/simulate")
def simulate(request: Request, who: Analyst, body: Simulate, as_of: AsOf = None) -> Any:
    """What the book would look like under a policy; nothing is recorded."""
    given = policy_from(body.policy, name="the policy")
    for party in body.parties:
        checked(request, who, party, as_of)
    found = credit_of(request).simulate(given, body.parties, as_of, amount=body.amount).to_json()
    seen = seen_by(request, who, as_of)
    if seen is not None:
        found["rows"] = [row for row in found["rows"] if row["party_id"] in seen]
    return found


@router.post("", status_code=201)
def adopt(request: Request, who: Administrator, body: Given, key: IdempotencyKey = None) -> Any:
    """Put a policy into force from its effective date; versions are never edited nor dated back over decisions."""
    services = services_of(request)
    given = policy_from(body.policy, name="the policy")
    today = services.settings.today or datetime.now(UTC).date()

    def work() -> dict[str, Any]:
        adopt_policy(services.store, given, by=who.name, today=today)
        return {"adopted": given.label, "effective_from": given.effective_from.isoformat(), "by": who.name}

    note(request, policy=given.label)
    return once(request, who, key, body.policy, work)
