"""What cover counts for, in numbers worked by hand: insurance, assets, and guarantees through circles."""

from decimal import Decimal
from typing import Any

import pytest

from graphcredit.decisions import default_policy, limit_of
from graphcredit.decisions.limits import Limit
from graphcredit.decisions.policy.load import policy_from
from graphcredit.store import CreditStore
from tests.decisions.world import DAY, build
from tests.support.stores import facts

D = Decimal
POLICY = default_policy()


def promise(name: str, giver: str, obligor: str, amount: str, kind: str = "joint", **more: Any) -> dict[str, Any]:
    own = {"guarantee_id": name, "guarantor_id": giver, "obligor_id": obligor, "amount": amount, "kind": kind}
    return own | {"valid_from": "2025-01-01", "recorded_at": "2025-01-01"} | more


def insurance(**more: Any) -> dict[str, Any]:
    """Of a million on the seller, from an insurer."""
    return promise("INS", "other", "seller", "1000000", "insurance", **more)


def limit(store: CreditStore, *promises: dict[str, Any], who: str = "seller", **policy: str) -> Limit:
    build(store)
    if promises:
        store.upsert("guarantees", facts("guarantees", list(promises)))
    body = POLICY.model_dump(mode="json")
    for name, value in policy.items():
        body["cover"][name]["value"] = value
    return limit_of(store, who, policy=policy_from(body | {"version": "cover"}), as_of=DAY)


@pytest.mark.parametrize(
    ("share", "counted"),
    [
        (None, "900000"),  # the policy's nine tenths
        (0.8, "800000"),  # the insurer pays less than the policy would count
        (0.95, "900000"),  # and more is not believed
        (0.0, "0"),
    ],
)
def test_an_insurance_counts_within_its_limit_its_percentage_and_the_policys_haircut(
    duckdb_store: CreditStore, share: float | None, counted: str
) -> None:
    found = limit(duckdb_store, insurance(insured_share=share))
    assert found.cover_counted == D(counted)
    assert found.cover_used == D(counted) * D("0.95")  # grade BBB
    assert [(part["kind"], D(part["stated"]), part["source"]) for part in found.cover_parts] == [
        ("insurance", D(1_000_000), "guarantees/INS")
    ]


@pytest.mark.parametrize(
    ("dates", "counts"),
    [
        ({"valid_to": "2026-06-30"}, True),  # its last day is today
        ({"valid_to": "2026-06-29"}, False),
        ({"valid_from": "2026-06-30"}, True),
        ({"valid_from": "2026-07-01"}, False),
        ({"recorded_at": "2026-07-01"}, False),  # in force, but nobody knew of it
    ],
)
def test_an_insurance_counts_while_it_is_in_force_and_known(
    duckdb_store: CreditStore, dates: dict[str, str], counts: bool
) -> None:
    assert limit(duckdb_store, insurance(**dates)).cover_counted == (D(900_000) if counts else 0)


def test_an_insurance_widens_the_limit_by_what_counts_on_either_store(store: CreditStore) -> None:
    build(store)
    bare = limit_of(store, "seller", as_of=DAY)
    store.upsert("guarantees", facts("guarantees", [insurance(insured_share=0.8)]))
    covered = limit_of(store, "seller", as_of=DAY)
    assert covered.amount - bare.amount == D("760000.00")  # 1,000,000 x 80% x 95%


def test_a_policy_may_take_more_off(duckdb_store: CreditStore) -> None:
    assert limit(duckdb_store, insurance(insured_share=0.8), insurance="0.5").cover_counted == D(500_000)


def test_assets_count_for_what_their_sale_would_bring(duckdb_store: CreditStore) -> None:
    loan = {"facility_id": "F", "lender_id": "other", "borrower_id": "seller", "limit": "1", "drawn": "1",
            "collateral_value": "1000000", "valid_from": "2025-01-01", "recorded_at": "2025-01-01"}  # fmt: skip
    duckdb_store.upsert("facilities", facts("facilities", [loan]))
    found = limit(
        duckdb_store,
        promise("M", "third", "seller", "1000000", "mortgage"),
        promise("P", "third", "seller", "500000", "pledge"),
    )
    assert {part["kind"]: D(part["counted"]) for part in found.cover_parts} == {
        "collateral": D(600_000),  # 60% of a million
        "mortgage": D(700_000),  # 70% of a million
        "pledge": D(350_000),  # 70% of half a million
    }
    assert found.cover_counted == D(1_650_000)


def test_what_comes_back_round_a_circle_of_three_is_taken_off(duckdb_store: CreditStore) -> None:
    ring = [
        promise("G1", "seller", "buyer", "400000"),
        promise("G2", "buyer", "third", "300000"),  # the narrowest: what the seller gives itself
        promise("G3", "third", "seller", "500000"),
    ]
    found = limit(duckdb_store, *ring)
    assert (found.cover_circular, found.cover_counted) == (D(300_000), D(200_000))
    (said,) = [reason for reason in found.reasons if reason.code == "cover"]
    assert said.path == ("seller", "buyer", "third", "seller")


def test_a_circle_takes_nothing_off_what_stands_outside_it(duckdb_store: CreditStore) -> None:
    found = limit(
        duckdb_store,
        promise("G1", "seller", "buyer", "400000"),
        promise("G2", "buyer", "seller", "400000"),
        insurance(insured_share=0.9),
    )
    assert (found.cover_circular, found.cover_counted) == (D(400_000), D(900_000))


def test_a_guarantor_counts_for_half_its_net_worth_shared_by_all_it_promised(duckdb_store: CreditStore) -> None:
    found = limit(
        duckdb_store,
        promise("G1", "sister", "seller", "3000000"),  # net worth 5,000,000: able to pay 2,500,000 ...
        promise("G2", "sister", "third", "1000000"),  # ... of 4,000,000 promised
    )
    assert found.cover_counted == D(1_875_000)  # 3/4 of 2,500,000


def test_cover_widens_own_capacity_up_to_the_multiple_of_the_policy(duckdb_store: CreditStore) -> None:
    found = limit(duckdb_store, promise("M", "third", "seller", "90000000", "mortgage"))
    assert found.cover_counted == D(63_000_000)
    assert found.cover_used == 3 * found.own
