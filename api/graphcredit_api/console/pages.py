"""All pages of the console, one router each."""

from fastapi import APIRouter

from graphcredit_api.console import (
    case_pages,
    certificate_pages,
    desk_pages,
    network_pages,
    party_pages,
    policy_pages,
    portfolio_pages,
    review_pages,
    sign_in_pages,
    static_files,
    stress_pages,
    validation_pages,
)
from graphcredit_api.console.render import render

router = APIRouter(include_in_schema=False)
for _pages in (
    static_files,
    portfolio_pages,
    case_pages,
    certificate_pages,
    review_pages,
    party_pages,
    network_pages,
    stress_pages,
    desk_pages,
    policy_pages,
    validation_pages,
    sign_in_pages,
):
    router.include_router(_pages.router)

__all__ = ["render", "router"]
