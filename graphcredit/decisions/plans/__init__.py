"""Repayment plans: who pays what when, exact to the cent."""

from graphcredit.decisions.plans.calendar import Calendar, roll
from graphcredit.decisions.plans.daycount import year_fraction
from graphcredit.decisions.plans.early import EarlyRepayment, repay_early
from graphcredit.decisions.plans.holidays import load_calendar
from graphcredit.decisions.plans.rate import effective_rate, nominal_rate
from graphcredit.decisions.plans.schedule import Plan, Row, repayment_plan

__all__ = [
    "Calendar",
    "EarlyRepayment",
    "Plan",
    "Row",
    "effective_rate",
    "load_calendar",
    "nominal_rate",
    "repay_early",
    "repayment_plan",
    "roll",
    "year_fraction",
]
