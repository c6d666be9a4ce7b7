"""Features of a world small enough to work out by hand, on both engines; nothing is learned from the future."""

from datetime import date, timedelta
from math import isnan, log, log1p

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphcredit.exc import InputError
from graphcredit.features import GROUPS, build_features, registered
from graphcredit.network import build_network
from graphcredit.store import CreditStore, open_store
from tests.features.world import DAY, ROWS, fill
from tests.support.stores import facts, party, sale

AS_OF = date.fromisoformat(DAY)
BY_HAND = {
    # own invoices
    "sales_12m": log1p(600 + 300 - 60), "sales_all": log1p(900), "sales_count": log1p(2), "sales_mean_invoice": log1p(450),
    "purchases_12m": log1p(500), "sales_void_rate": 1 / 4, "sales_return_rate": 60 / 900, "sales_recency": 51,
    "sales_tax_rate": 78 / 900, "gross_margin_proxy": (840 - 500) / 840, "history_months": 264 / 30.4375,
    # who it is
    "age_years": 3653 / 365.25, "registered_capital": log1p(1000), "verification_level": 1, "industry": "C13",
    "attr_staff": 10, "attr_kind_of_shop": "big",
    # statements: latest period only
    "altman_z": 3.25 + 6.56 * 0.2 + 3.26 * 0.15 + 6.72 * 0.2 + 1.05 * 400 / 600, "current_ratio": 1.5, "quick_ratio": 1.0,
    "leverage": 0.6, "interest_cover": 4, "net_margin": 100 / 3650, "return_on_assets": 0.1, "cash_flow_to_debt": 0.2,
    "receivable_days": 30, "inventory_days": 40, "payable_days": 20, "cash_conversion_days": 50,
    "revenue_growth_reported": log(1 / 0.8), "statement_age": 182,
    # payments as a buyer: 10 days late and 5 days early
    "days_late_mean": 2.5, "days_late_max": 10, "late_share": 0.5, "overdue_share": 0.0,
    "events_court": 1, "events_all": 1, "event_recency": 151, "event_amount": log1p(50), "events_fire": 0,
    # loans
    "utilisation": 0.5, "loan_rate": (300 * 0.05 + 100 * 0.09) / 400, "secured_share": 150 / 400, "next_maturity": 184,
    "debt_to_turnover": 400 / 840,
    # ties
    "trade_out_degree": log1p(2), "trade_in_degree": log1p(2), "trade_out_strength": log1p(840),
    "lending_in_strength": log1p(400),
    "guarantee_out_strength": log1p(200), "customer_hhi": (540**2 + 300**2) / 840**2,
    "supplier_hhi": (400**2 + 100**2) / 500**2,
    "customer_industry_hhi": 1.0, "customer_region_hhi": (540**2 + 300**2) / 840**2, "top_customer_share": 540 / 840,
    "top_supplier_share": 0.8, "importance_to_customers": 1.0, "importance_to_suppliers": 1.0, "reciprocity": 1.0,
    "guarantees_to_equity": 0.5, "cover_to_debt": 150 / 400, "circle_size": 2, "mutual_guarantees": 1,
    "guarantee_chain_reach": log1p(4), "share_of_persons": 0.6, "share_of_firms": 0.4, "share_known": 1.0,
    "person_firms_max": log1p(2), "relatives": log1p(1), "capital_of_persons": log1p(600), "capital_of_firms": log1p(400),
    # patterns: mutual with b, which guarantees for d, too; b and c reach each other through it alone; both sell C17
    "motif_score": 1.0, "risky_motifs": log1p(2), "stable_motifs": 0, "single_point": 1, "fewest_substitutes": log1p(2),
    "supply_tier": 0,
    # kinds of ties
    "shared_address_out_degree": log1p(1), "shared_address_out_strength": log1p(2), "litigation_in_degree": log1p(1),
    "shareholder_from_persons": log1p(1), "shareholder_persons_share": 0.6, "shared_address_partners": log1p(1),
    "shareholder_in_degree": log1p(2), "director_in_degree": 0, "shareholder_in_mean_registered_capital": np.nan,
    # who is in default nearby: d is, c was cured
    "defaulted_customers_share": 0, "defaulted_obligors": 0, "defaulted_chain_guarantees": 1, "defaulted_relatives": 1,
    "defaulted_other_ties": 1, "shared_address_out_defaulted": 1,
    "customers_sales_12m": (540 * log1p(100) + 300 * log1p(400)) / 840,
}  # fmt: skip


def test_features_are_what_a_person_would_work_out(store: CreditStore) -> None:
    frame = build_features(fill(store), AS_OF).frame
    row = frame.loc["a"]
    wrong = {
        name: (row[name], value)
        for name, value in BY_HAND.items()
        if not (row[name] == value if isinstance(value, str) else np.isclose(row[name], value, equal_nan=True))
    }
    assert not wrong
    assert "attr_x_rating" not in frame.columns


def test_persons_and_banks_have_the_features_that_mean_something_for_them(duckdb_store: CreditStore) -> None:
    frame = build_features(fill(duckdb_store), AS_OF).frame
    assert frame.loc["p", "party_kind"] == "person"
    assert frame.loc["p", "ownership_out_degree"] == pytest.approx(log1p(2))
    assert frame.loc["k", "lending_out_strength"] == pytest.approx(log1p(400))
    assert isnan(frame.loc["p", "altman_z"])
    assert isnan(frame.loc["k", "sales_12m"])


def test_both_engines_give_identical_features(duckdb_store: CreditStore, neo4j_store: CreditStore) -> None:
    one, other = (build_features(fill(store), AS_OF) for store in (duckdb_store, neo4j_store))
    pd.testing.assert_frame_equal(one.frame, other.frame, check_exact=True)
    assert one.fingerprint == other.fingerprint
    assert one.features == other.features


@pytest.mark.parametrize(
    "left", [(), ("parties",), ("parties", "ownership", "relations"), ("parties", "credit_events")]
)
def test_any_table_may_be_empty(duckdb_store: CreditStore, left: tuple[str, ...]) -> None:
    matrix = build_features(fill(duckdb_store, {name: ROWS[name] for name in left}), AS_OF)
    assert len(matrix.frame) == (6 if left else 0)
    numbers = matrix.frame.select_dtypes("number").to_numpy(dtype=float)
    assert not np.isinf(numbers).any()


def test_twenty_kinds_of_ties_and_many_attributes(duckdb_store: CreditStore) -> None:
    rng = np.random.default_rng(0)
    names = [f"n{i:02d}" for i in range(40)]
    attributes = ['{"f' + '": 1.5, "f'.join(f"{k:02d}" for k in range(30)) + '": 2}' for _ in names]
    fill(duckdb_store, {
        "parties": [party(n, kind=("person", "company")[i % 2], attributes=attributes[i]) for i, n in enumerate(names)],
        "relations": [
            {"source_id": names[a], "target_id": names[b], "kind": f"kind{k:02d}", "recorded_at": "2020-01-01"}
            for k in range(50) for a, b in rng.integers(0, 40, (k + 3, 2)) if a != b
        ],
    })  # fmt: skip
    matrix = build_features(duckdb_store, AS_OF)
    typed = [f.name for f in matrix.features if f.group == "typed_degrees"]
    assert len(typed) == 40 * 4  # the forty most frequent kinds
    assert "kind49_out_degree" in typed
    assert "kind00_out_degree" not in typed
    assert sum(f.group == "attributes" for f in matrix.features) == 30
    assert matrix.frame.shape[1] < 800


def test_every_feature_is_named_described_and_dated(duckdb_store: CreditStore) -> None:
    matrix = build_features(fill(duckdb_store), AS_OF)
    assert list(matrix.frame.columns) == [feature.name for feature in matrix.features]
    assert len({feature.name for feature in registered()}) == len(registered())
    for feature in matrix.features:
        assert feature.family in ("tabular", "graph")
        assert all(
            (feature.group, feature.unit, feature.source, feature.as_of_rule, feature.label["en"], feature.label["zh"])
        )
        assert feature.sign in (-1, 0, 1)
        assert feature.kind == ("categorical" if matrix.frame[feature.name].dtype == "category" else "numeric")


def test_rows_come_in_the_order_asked_and_unknown_parties_are_empty(duckdb_store: CreditStore) -> None:
    whole = build_features(fill(duckdb_store), AS_OF).frame
    some = build_features(duckdb_store, AS_OF, parties=["d", "nobody", "a"]).frame
    assert some.index.tolist() == ["d", "nobody", "a"]
    assert some.loc["nobody"].isna().all()
    for name in whole.columns:
        assert some[name].iloc[[0, 2]].tolist() == pytest.approx(whole.loc[["d", "a"], name].tolist(), nan_ok=True)


def test_unknown_groups_and_another_days_network_are_refused(duckdb_store: CreditStore) -> None:
    fill(duckdb_store)
    with pytest.raises(InputError, match="unknown feature groups"):
        build_features(duckdb_store, AS_OF, groups=["nonsense"])
    later = build_network(duckdb_store, AS_OF + timedelta(days=1))
    with pytest.raises(InputError, match="as of 2024-07-01"):
        build_features(duckdb_store, AS_OF, network=later)


def test_groups_can_be_chosen_and_progress_is_told(duckdb_store: CreditStore) -> None:
    told: list[tuple[int, int]] = []
    matrix = build_features(
        fill(duckdb_store), AS_OF, groups=["events", "degrees"], progress=lambda a, b: told.append((a, b))
    )
    assert {feature.group for feature in matrix.features} == {"events", "degrees"}
    assert told == [(1, 2), (2, 2)]
    assert set(GROUPS) >= {"events", "degrees"}


FUTURE = st.dates(AS_OF + timedelta(days=1), AS_OF + timedelta(days=800))
WHO = st.sampled_from(["a", "b", "c", "d"])


@st.composite
def future_facts(draw: st.DrawFn) -> list[tuple[str, dict[str, object]]]:
    """New facts, back-dated facts and corrections of old ones, all recorded after the day."""
    made: list[tuple[str, dict[str, object]]] = []
    for number in range(draw(st.integers(1, 6))):
        at, key = draw(FUTURE).isoformat(), f"z{number}"
        when = draw(st.sampled_from([at, "2024-05-05"]))  # told late of something earlier, too
        x, y = draw(st.permutations(["a", "b", "c", "d"]))[:2]
        amount = str(draw(st.integers(1, 10**6)))
        made.append(draw(st.sampled_from([
            ("transactions", sale(key, x, y, amount, when, recorded_at=at)),
            ("transactions", sale("t1", "a", "b", amount, "2024-05-10", recorded_at=at)),
            ("payments", {"payment_id": key, "payer_id": x, "payee_id": y, "paid_on": when, "amount": "5", "recorded_at": at}),
            ("guarantees", {"guarantee_id": key, "guarantor_id": x, "obligor_id": y, "amount": amount, "recorded_at": at}),
            ("ownership", {"holder_id": x, "held_id": y, "relation": "director", "recorded_at": at}),
            ("facilities", {"facility_id": "f1", "lender_id": "k", "borrower_id": x, "limit": amount, "recorded_at": at}),
            ("statements", {"party_id": x, "period_end": "2023-12-31", "item": "equity", "amount": amount, "recorded_at": at}),
            ("credit_events", {"event_id": key, "party_id": x, "kind": "default", "occurred_on": when, "recorded_at": at}),
            ("credit_events", {"event_id": key, "party_id": x, "kind": "new_kind", "occurred_on": when, "recorded_at": at}),
            ("relations", {"source_id": x, "target_id": y, "kind": "new_kind", "recorded_at": at}),
            ("parties", party(x, at, industry="Z99", registered_capital=amount, attributes='{"new": 1}')),
            ("parties", party(key, at)),
            ("rates", {"currency": "USD", "quoted_on": when, "rate": 7.0, "recorded_at": at}),
        ])))  # fmt: skip
    return made


@pytest.fixture(scope="module")
def past() -> pd.DataFrame:
    with open_store("duckdb://:memory:") as store:
        return build_features(fill(store), AS_OF).frame


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(future_facts())
def test_no_fact_recorded_later_changes_a_feature(
    past: pd.DataFrame, later: list[tuple[str, dict[str, object]]]
) -> None:
    with open_store("duckdb://:memory:") as store:
        fill(store)
        for table, row in later:
            store.upsert(table, facts(table, [row]))
        pd.testing.assert_frame_equal(build_features(store, AS_OF).frame, past, check_exact=True)


def test_a_fact_recorded_by_the_day_does_change_features(duckdb_store: CreditStore, past: pd.DataFrame) -> None:
    fill(duckdb_store)
    duckdb_store.upsert("transactions", facts("transactions", [sale("new", "a", "b", 500, DAY)]))
    assert build_features(duckdb_store, AS_OF).frame.loc["a", "sales_12m"] > past.loc["a", "sales_12m"]


def test_some_groups_alone_have_the_columns_that_they_have_among_all(duckdb_store: CreditStore) -> None:
    store = fill(duckdb_store)
    whole = build_features(store, AS_OF).frame
    for family in ("graph", "tabular"):
        names = [name for name, group in GROUPS.items() if group.family == family]
        some = build_features(store, AS_OF, groups=names).frame
        assert len(some.columns) > 30
        pd.testing.assert_frame_equal(some, whole[list(some.columns)])
