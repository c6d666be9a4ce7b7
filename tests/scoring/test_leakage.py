import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from graphcredit.scoring import join_features, read_labels
from graphcredit.scoring.leakage import check_leakage, single_auc
from graphcredit.scoring.splits import assign_roles
from graphcredit.store import CreditStore
from tests.scoring.world import builder, fill, frame, ids, labels
from tests.support.stores import facts


def test_single_auc_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    y, x = rng.integers(0, 2, 200), rng.normal(size=200).round(1)
    auc = roc_auc_score(y, x)
    assert single_auc(x, y) == pytest.approx(max(auc, 1 - auc), abs=1e-12)


def test_a_separator_a_twin_and_a_known_default_are_warned_of(duckdb_store: CreditStore) -> None:
    n = 120
    fill(duckdb_store, n)
    table, y, _ = frame(n)
    rng = np.random.default_rng(0)
    table["oracle"] = -y + rng.normal(scale=0.05, size=n)
    table["known"] = pd.Categorical(np.where(y == 1, "bad", "good"))
    table["tells_by_absence"] = np.where(y == 1, np.nan, rng.normal(size=n))
    table.iloc[100] = table.iloc[3]
    split = np.array(["train"] * 90 + ["test"] * 30)
    defaulted = ids(n)[int(np.flatnonzero(y)[0])]
    event = {"event_id": "e", "party_id": defaulted, "kind": "default", "occurred_on": "2024-01-01"}
    duckdb_store.upsert("credit_events", facts("credit_events", [event | {"recorded_at": "2024-01-02"}]))
    read = read_labels(labels(y, split=split))
    data = join_features(duckdb_store, read, build=builder(table))
    report = check_leakage(data, assign_roles(read), duckdb_store)
    assert set(report.separating) == {"oracle", "known", "tells_by_absence"}
    assert report.duplicates == 1
    assert report.already_defaulted == 1
    assert len(report.warnings) == 5
    assert "alone separates defaults from others (AUC 0.9" in report.warnings[0]


def test_nothing_is_warned_of_without_cause(duckdb_store: CreditStore) -> None:
    fill(duckdb_store, 200)
    table, y, _ = frame(200)
    read = read_labels(labels(y, split=["train"] * 100 + ["test"] * 100))
    data = join_features(duckdb_store, read, build=builder(table))
    assert check_leakage(data, assign_roles(read), duckdb_store).warnings == []
