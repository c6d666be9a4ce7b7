"""One router a subject; routes are thin, the library does the work."""

from graphcredit_api.described.page import router as described
from graphcredit_api.routers import (
    alerts,
    audit,
    book,
    bulk,
    collections,
    decisions,
    e_receivables,
    facts,
    health,
    jobs,
    models,
    orders,
    parties,
    policies,
    reviews,
    risk,
    sign_in,
)

ROUTERS = (
    decisions.router,
    risk.router,
    parties.router,
    book.router,
    facts.router,
    health.router,
    sign_in.router,
    bulk.router,
    orders.router,
    collections.router,
    e_receivables.router,
    policies.router,
    models.router,
    jobs.router,
    alerts.router,
    reviews.router,
    audit.router,
    described,
)
"""Every router of the API; what loan systems ask all day comes first, for a request is compared with one after the other."""
