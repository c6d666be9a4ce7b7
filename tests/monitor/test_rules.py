"""Thresholds of alerts come from the policy: its section `monitoring`, checked, with its source in each figure."""

from decimal import Decimal

import pytest

from graphcredit.decisions import default_policy, diff_policies
from graphcredit.decisions.policy.load import policy_from
from graphcredit.exc import PolicyError
from graphcredit.monitor import AlertRules, alerts_between, rules_of
from graphcredit.store import CreditStore
from tests.decisions.world import build
from tests.monitor.test_watch import of
from tests.monitor.world import books


def with_monitoring(**changes: object) -> dict[str, object]:
    made = default_policy().model_dump(mode="json")
    made["monitoring"] |= {name: {"value": value, "source": "credit committee"} for name, value in changes.items()}
    return made


def test_the_shipped_policy_names_the_houses_thresholds() -> None:
    policy = default_policy()
    assert rules_of(policy) == AlertRules(source=f"policy {policy.label} monitoring")
    bare = policy_from({**policy.model_dump(mode="json"), "monitoring": None}, name="bare")
    assert rules_of(bare) == AlertRules()


def test_a_policys_threshold_raises_or_keeps_an_alert(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    before, after = books(duckdb_store, after={"seller": 0.05})  # two notches down
    for notches, expected in ((2, {"seller"}), (3, set())):
        after.policy = before.policy = policy_from(with_monitoring(notches=notches), name="own")
        assert set(of(alerts_between(duckdb_store, before, after), "grade_worse")) == expected


def test_a_figure_names_the_policy_as_its_source() -> None:
    policy = policy_from(with_monitoring(headroom=0.25, window_days=30), name="own")
    rules = rules_of(policy)
    assert (rules.headroom, rules.window_days) == (Decimal("0.25"), 30)
    assert rules.source == f"policy {policy.label} monitoring"
    changed = {change.where for change in diff_policies(default_policy(), policy)}
    assert "monitoring.headroom.value" in changed


@pytest.mark.parametrize(
    "wrong", [{"notches": 1.5}, {"notches": 0}, {"headroom": 1.2}, {"drop": -0.1}, {"window_days": 0}, {"loudness": 3}]
)
def test_a_threshold_that_means_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(PolicyError):
        policy_from(with_monitoring(**wrong), name="own")
