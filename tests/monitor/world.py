"""A book on two days: facts of the world of decisions, some known only on the later one."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from graphcredit.decisions import HeadroomBook, default_policy, headroom_book
from graphcredit.decisions.limits import PartyScore
from graphcredit.decisions.policy import Policy
from graphcredit.decisions.policy.load import policy_from
from graphcredit.store import CreditStore
from tests.decisions.world import FIRMS
from tests.support.stores import facts

EARLIER, LATER = date(2026, 5, 31), date(2026, 6, 30)
POLICY = default_policy()


def scores(**pds: float) -> dict[str, PartyScore]:
    given = dict.fromkeys(FIRMS, 0.005) | pds
    return {
        party: PartyScore(
            party_id=party, pd=Decimal(repr(pd)), grade=POLICY.scale.grade(pd), model_id="test-model", as_of=LATER
        )
        for party, pd in given.items()
    }


def books(
    store: CreditStore,
    *,
    before: Mapping[str, float] | None = None,
    after: Mapping[str, float] | None = None,
    policy: Policy = POLICY,
) -> tuple[HeadroomBook, HeadroomBook]:
    """The two days, with PDs that differ from 0.5% where given."""
    return (
        headroom_book(store, policy, as_of=EARLIER, scores=scores(**(before or {}))),
        headroom_book(store, policy, as_of=LATER, scores=scores(**(after or {}))),
    )


def everybodys_claims(**caps: str) -> Policy:
    """The shipped policy, with everybody's claims counting towards the caps, and other caps where given."""
    content = POLICY.model_dump(mode="json")
    content["exposure"]["creditors"] = ["*"]
    for name, value in caps.items():
        content["caps"][name]["value"] = value
    return policy_from(content | {"version": "test"})


def add(store: CreditStore, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    store.upsert(table, facts(table, rows))


def event(party: str, kind: str, on: str, name: str = "E1") -> dict[str, Any]:
    return {"event_id": name, "party_id": party, "kind": kind, "occurred_on": on, "recorded_at": on}


def lent(name: str, borrower: str, drawn: str, on: str = "2026-01-01") -> dict[str, Any]:
    return {
        "facility_id": name, "lender_id": "other", "borrower_id": borrower, "limit": drawn, "drawn": drawn,
        "valid_from": on, "recorded_at": on,
    }  # fmt: skip


def promised(name: str, giver: str, obligor: str, amount: str, on: str = "2026-01-01") -> dict[str, Any]:
    return {
        "guarantee_id": name, "guarantor_id": giver, "obligor_id": obligor, "amount": amount, "kind": "joint",
        "valid_from": on, "recorded_at": on,
    }  # fmt: skip
