"""Risk of all that is lent, before and after named stresses."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from graphcredit_api.auth.access import Reader
from graphcredit_api.routers.common import AsOf, credit_of
from graphcredit_api.services import services_of

router = APIRouter(prefix="/v1", tags=["risk"])
Scenarios = Annotated[
    list[Annotated[str, Query(max_length=100)]] | None,
    Query(max_length=50, description="stresses that the policy names; default all of them"),
]


@router.get("/book/risk")
def book_risk(
    request: Request,
    who: Reader,  # noqa: ARG001  (who may read is checked; the figures are sums of the whole book and name nobody)
    as_of: AsOf = None,
    scenario: Scenarios = None,
) -> Any:
    """Expected loss, value at risk, expected shortfall and granularity of the book, before and after named stresses."""
    if not scenario:
        return services_of(request).book_report(as_of).to_json()
    return credit_of(request).book_report(as_of, scenarios=scenario).to_json()
