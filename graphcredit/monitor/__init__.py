"""Monitoring: alerts between two days, and periodic re-rating."""

from graphcredit.monitor.alert import KINDS, Alert, AlertRules, rules_of
from graphcredit.monitor.rerate import Proposal, cover_for, rerate
from graphcredit.monitor.watch import alerts_between, keep_alerts, list_alerts

__all__ = [
    "KINDS",
    "Alert",
    "AlertRules",
    "Proposal",
    "alerts_between",
    "cover_for",
    "keep_alerts",
    "list_alerts",
    "rerate",
    "rules_of",
]
