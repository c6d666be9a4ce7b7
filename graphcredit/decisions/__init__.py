"""Financing decisions: policy, limits with group headroom, supply-chain products, loans, order blocks."""

from graphcredit.decisions.application import Application, parse_application
from graphcredit.decisions.book import BookRisk, Lines, measure, simulate_losses
from graphcredit.decisions.book_lines import decided_lines, full_lines
from graphcredit.decisions.book_report import BookReport, book_report
from graphcredit.decisions.collections import Case, Worklist, case_of, worklist
from graphcredit.decisions.decide import decide, list_decisions, show_decision
from graphcredit.decisions.decision import Decision
from graphcredit.decisions.exposure import Exposure, book_of, exposure_of
from graphcredit.decisions.headroom import Headroom, HeadroomBook, headroom_book
from graphcredit.decisions.limits import Limit, PartyScore
from graphcredit.decisions.loans import plan_of
from graphcredit.decisions.orders import OrderCheck, check_order, hold, hold_history, release
from graphcredit.decisions.overrides import approve, override, settle
from graphcredit.decisions.plans import Plan, effective_rate, repay_early, repayment_plan
from graphcredit.decisions.plans.schedule import PlanOptions
from graphcredit.decisions.policy import (
    Change,
    Policy,
    adopt_policy,
    check_policy,
    default_policy,
    diff_policies,
    load_policy,
    policy_in_force,
)
from graphcredit.decisions.pricing import Price, price
from graphcredit.decisions.replay import Difference, Replay, replay
from graphcredit.decisions.simulate import Simulation, simulate_policy
from graphcredit.decisions.stress import StressResult, stress_book
from graphcredit.store import AsOf, CreditStore


def limit_of(store: CreditStore, party_id: str, *, policy: Policy | None = None, as_of: AsOf = None) -> Limit:
    """A party's own limit with everything it was made from.

    Raises:
        NotFoundError: the party is not known as of the day.
    """
    book = book_of(store, policy, as_of)
    book.position(party_id)
    return book.limit(party_id)


def headroom_of(
    store: CreditStore, party_id: str, *, policy: Policy | None = None, as_of: AsOf = None, debtor_id: str | None = None
) -> Headroom:
    """What may still be lent to a party, with the binding line and its path.

    Raises:
        NotFoundError: the party (or debtor) is not known as of the day.
    """
    book = book_of(store, policy, as_of)
    book.position(party_id)
    return book.headroom(party_id, debtor_id=debtor_id)


__all__ = [
    "Application",
    "BookReport",
    "BookRisk",
    "Case",
    "Change",
    "Decision",
    "Difference",
    "Exposure",
    "Headroom",
    "HeadroomBook",
    "Limit",
    "Lines",
    "OrderCheck",
    "PartyScore",
    "Plan",
    "PlanOptions",
    "Policy",
    "Price",
    "Replay",
    "Simulation",
    "StressResult",
    "Worklist",
    "adopt_policy",
    "approve",
    "book_of",
    "book_report",
    "case_of",
    "check_order",
    "check_policy",
    "decide",
    "decided_lines",
    "default_policy",
    "diff_policies",
    "effective_rate",
    "exposure_of",
    "full_lines",
    "headroom_book",
    "headroom_of",
    "hold",
    "hold_history",
    "limit_of",
    "list_decisions",
    "load_policy",
    "measure",
    "override",
    "parse_application",
    "plan_of",
    "policy_in_force",
    "price",
    "release",
    "repay_early",
    "repayment_plan",
    "replay",
    "settle",
    "show_decision",
    "simulate_losses",
    "simulate_policy",
    "stress_book",
    "worklist",
]
