from datetime import date

import numpy as np
import pytest

from graphcredit.scoring import DEFAULT_SCALE, Outlook, OverlayRule, read_outlook
from graphcredit.scoring.overlay import backtest
from graphcredit.store import CreditStore
from tests.support.stores import facts


def test_the_rule_is_as_stated() -> None:
    rule = OverlayRule()
    assert rule.notches(1, 1, 0) == -1  # everything bright: one notch up
    assert rule.notches(-1, -1, 1) == 1
    assert rule.notches(0, 0, 0.5) == 0
    assert rule.notches(np.nan, np.nan, np.nan) == 0
    assert rule.notches(0.5, 0.5, 0.5) == -0.5
    assert OverlayRule(span=2).notches(-1, -1, 1) == 2


def test_the_longest_known_prefix_answers() -> None:
    outlook = Outlook({"C": (0.0, 0.0, 0.5), "C31": (-1.0, -1.0, 1.0)})
    found = outlook.find("C3120")
    assert found is not None
    assert found[0] == "C31"
    assert outlook.find("A01") is None
    assert outlook.notches(np.array(["C3120", "C13", "", "A"], dtype=object), OverlayRule()).tolist() == [1, 0, 0, 0]


def test_only_what_was_known_by_the_date_counts(duckdb_store: CreditStore) -> None:
    rows = [
        {"industry": "C", "valid_from": "2024-01-01", "trend": 0.5, "recorded_at": "2024-01-01"},
        {"industry": "C", "valid_from": "2025-01-01", "trend": -0.5, "recorded_at": "2025-01-01"},
        {"industry": "C", "valid_from": "2024-06-01", "trend": -1.0, "recorded_at": "2025-03-01"},
    ]
    duckdb_store.upsert("industry_outlook", facts("industry_outlook", rows))
    assert read_outlook(duckdb_store, date(2024, 12, 31)).by_industry["C"][0] == 0.5
    assert read_outlook(duckdb_store, date(2025, 2, 1)).by_industry["C"][0] == -0.5
    assert np.isnan(read_outlook(duckdb_store).by_industry["C"][1])


def test_backtest_tells_whether_it_helped() -> None:
    rng = np.random.default_rng(0)
    bad_industry = rng.random(4000) < 0.5
    y = (rng.random(4000) < np.where(bad_industry, 0.1, 0.03)).astype(np.int64)
    same = np.full(4000, 0.06) + rng.normal(scale=1e-4, size=4000)
    right = backtest(same, np.where(bad_industry, 0.5, -0.5), y, DEFAULT_SCALE)
    assert right["helps"]
    assert right["auc_with"] > right["auc_without"] + 0.1
    assert right["parties_moved"] == 4000
    wrong = backtest(same, np.where(bad_industry, -0.5, 0.5), y, DEFAULT_SCALE)
    assert not wrong["helps"]
    assert backtest(same, np.zeros(4000), y, DEFAULT_SCALE)["auc_with"] == pytest.approx(right["auc_without"])
