"""The credit desk: one place that answers for a store as of a day; the command line and the API are thin over it."""

from graphcredit.desk.credit import Credit
from graphcredit.desk.desk import CreditDesk, models_folder
from graphcredit.desk.group_use import group_use
from graphcredit.desk.known import Known
from graphcredit.desk.portfolio import portfolio_summary
from graphcredit.desk.spread import pd_with_guarantees
from graphcredit.desk.sweeps import close_each, fail_each, shock_each
from graphcredit.desk.two_days import two_days
from graphcredit.desk.what_if import what_if

__all__ = [
    "Credit",
    "CreditDesk",
    "Known",
    "close_each",
    "fail_each",
    "group_use",
    "models_folder",
    "pd_with_guarantees",
    "portfolio_summary",
    "shock_each",
    "two_days",
    "what_if",
]
