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
    health.router,
    sign_in.router,
    parties.router,
    facts.router,
    risk.router,
    book.router,
    decisions.router,
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
"""Every router of the API, in the order of the documentation."""
