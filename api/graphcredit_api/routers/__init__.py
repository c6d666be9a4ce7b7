"""One router a subject; routes are thin, the library does the work."""

from graphcredit_api.routers import health, sign_in

ROUTERS = (health.router, sign_in.router)
"""Every router of the API, in the order of the documentation."""
