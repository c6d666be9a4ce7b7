"""Many at once: each item gets its own answer or its own problem, and the good ones never wait for the bad."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, Field

from graphcredit.decisions import parse_application
from graphcredit.exc import GraphCreditError, InputError, JobCancelledError, NotFoundError, StoreError
from graphcredit.jsonable import plain
from graphcredit_api.audit import note
from graphcredit_api.auth.access import BulkUser
from graphcredit_api.auth.roles import Permission, Principal
from graphcredit_api.idempotency import IdempotencyKey, key_id, once
from graphcredit_api.metrics import DECISIONS
from graphcredit_api.routers.common import AsOf, desk_of, refused, seen_by
from graphcredit_api.routers.jobs import start_once
from graphcredit_api.services import Services, services_of

router = APIRouter(prefix="/v1", tags=["bulk"])
AT_ONCE = 100
"""So many applications are decided while the caller waits; more become a job."""
EXAMPLE = {"party_id": "F000012", "product": "loan", "amount": "500000.00", "tenor_days": 180, "payments": 6}


class ScoreMany(BaseModel):
    """Parties to score; an item that is no party id gets a problem of its own."""

    party_ids: list[Any] = Field(min_length=1, max_length=10_000, examples=[["F000012", "F000013"]])


@router.post("/scores")
def score_many(request: Request, who: BulkUser, body: ScoreMany, as_of: AsOf = None) -> dict[str, Any]:
    """PD, grade and points of many parties; each that cannot be scored is named with its problem, the others are scored."""
    scores = desk_of(request).scores(as_of)
    seen = seen_by(request, who, as_of)
    texts = [item for item in dict.fromkeys(x for x in body.party_ids if isinstance(x, str)) if len(item) <= 400]
    known = scores.index.intersection(texts)
    if seen is not None:
        known = known.intersection(sorted(seen))
    rows = scores.loc[known].reset_index().astype({"grade": str, "model_id": str}).to_dict("records")
    here = set(known)
    errors: list[dict[str, Any]] = []
    for index, item in enumerate(body.party_ids):
        if not isinstance(item, str) or len(item) > 400:
            errors.append({"index": index, "party_id": None, "code": "bad_input"})
        elif item not in here:
            errors.append({"index": index, "party_id": item, "code": "not_found"})
    note(request, count=len(body.party_ids))
    return {"scores": plain(rows), "errors": errors}


class DecideMany(BaseModel):
    """Applications to decide, each as for POST /v1/decisions."""

    applications: list[Any] = Field(min_length=1, max_length=10_000, examples=[[EXAMPLE]])


@router.post("/decisions/bulk", responses={202: {"description": "a job that decides them"}})
def decide_many(
    request: Request,
    response: Response,
    who: BulkUser,
    body: DecideMany,
    as_of: AsOf = None,
    key: IdempotencyKey = None,
    prefer: Annotated[str | None, Header(max_length=200, description="respond-async: as a job")] = None,
) -> Any:
    """Decide many applications: each gets a decision or a problem. More than 100, or where preferred so, become a job.

    With an idempotency key, or application ids of their own, all may be sent again: what was decided stays decided once.
    """
    if not who.may(Permission.DECIDE):
        raise refused(who, Permission.DECIDE)
    services = services_of(request)
    seen = seen_by(request, who, as_of)
    day = services.desk.day(as_of)
    prefix = None if key is None else key_id(who, key)
    note(request, count=len(body.applications))

    def work(progress: Any) -> dict[str, Any]:
        return _decide_all(services, who, body.applications, day, seen, prefix, progress)

    asked = {"applications": body.applications, "as_of": day.isoformat()}
    if len(body.applications) <= AT_ONCE and "respond-async" not in (prefer or ""):
        made = once(request, who, key, asked, lambda: work(_unseen))
    else:
        brief = {"applications": len(body.applications), "as_of": day.isoformat()}
        made = start_once(request, who, key, asked, "decisions", brief, work)
    if "job_id" in made:
        response.status_code = 202
        response.headers["Location"] = f"/v1/jobs/{made['job_id']}"
    return made


def _unseen(done: int, total: int) -> None:
    """Progress that nobody watches: the caller waits for the whole."""


def _decide_all(
    services: Services,
    who: Principal,
    applications: list[Any],
    day: Any,
    seen: frozenset[str] | None,
    prefix: str | None,
    progress: Any,
) -> dict[str, Any]:
    results, decided = [], 0
    for index, item in enumerate(applications):
        try:
            results.append(
                {"index": index, "status": "decided", "decision": _one(services, who, item, day, seen, prefix, index)}
            )
            decided += 1
        except (StoreError, JobCancelledError):
            raise  # not this item's fault: the rest is sent again with the same key
        except GraphCreditError as error:
            told = {"code": error.code, "detail": error.message, "remedy": error.remedy}
            results.append({"index": index, "status": "problem", "problem": told})
        progress(index + 1, len(applications))
    return {"kind": "decisions", "count": len(results), "decided": decided, "results": results}


def _one(
    services: Services,
    who: Principal,
    item: Any,
    day: Any,
    seen: frozenset[str] | None,
    prefix: str | None,
    index: int,
) -> dict[str, Any]:
    """One decision, in short: the whole of it is at /v1/decisions/{decision_id}."""
    if not isinstance(item, dict):
        raise InputError("an application is an object", remedy="send the fields of POST /v1/decisions")
    fields = {str(name): value for name, value in item.items()}
    if prefix is not None and not fields.get("application_id"):
        fields["application_id"] = f"{prefix}:{index}"
    given = parse_application(fields)
    if seen is not None and given.party_id not in seen:
        raise NotFoundError(f"party {given.party_id!r} is not known", remedy="check the id, or search by name")
    services.desk.party(given.party_id, day)
    made = services.credit.decide(given, day, by=who.name)
    DECISIONS.labels(made.outcome).inc()
    answer = made.to_json()
    names = (
        "decision_id",
        "application_id",
        "party_id",
        "product",
        "outcome",
        "amount",
        "rate",
        "conditions",
        "approval",
    )
    return {name: answer[name] for name in names}
