"""One router a subject; routes are thin, the library does the work."""

from graphcredit_api.routers import alerts, audit, decisions, health, jobs, parties, risk, sign_in

ROUTERS = (
    health.router,
    sign_in.router,
    parties.router,
    risk.router,
    decisions.router,
    jobs.router,
    alerts.router,
    audit.router,
)
"""Every router of the API, in the order of the documentation."""
