"""Collecting what is overdue: aging, dunning steps, promises, discounts for early payment, legal deadlines, letters.

Nothing is sent: letters are texts, and whoever acts records the step.
"""

from graphcredit.decisions.collections.aging import Bucket, Ledger, Receivables, ledger_of, open_receivables, rule_of
from graphcredit.decisions.collections.case import Case, OpenInvoice, case_of
from graphcredit.decisions.collections.deadlines import Deadline
from graphcredit.decisions.collections.history import (
    CollectionStep,
    Promise,
    history_of,
    new_step,
    record_step,
)
from graphcredit.decisions.collections.letters import Letter
from graphcredit.decisions.collections.offers import EarlyOffer, early_offers, terms_apr
from graphcredit.decisions.collections.steps import NextStep, next_step
from graphcredit.decisions.collections.worklist import OverdueDebtor, Worklist, worklist

__all__ = [
    "Bucket",
    "Case",
    "CollectionStep",
    "Deadline",
    "EarlyOffer",
    "Ledger",
    "Letter",
    "NextStep",
    "OpenInvoice",
    "OverdueDebtor",
    "Promise",
    "Receivables",
    "Worklist",
    "case_of",
    "early_offers",
    "history_of",
    "ledger_of",
    "new_step",
    "next_step",
    "open_receivables",
    "record_step",
    "rule_of",
    "terms_apr",
    "worklist",
]
