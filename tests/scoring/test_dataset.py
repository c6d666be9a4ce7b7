from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from graphcredit.exc import LabelError, ValueRangeError
from graphcredit.scoring import join_features, read_labels
from graphcredit.scoring.dataset import stack
from graphcredit.store import CreditStore
from tests.scoring.world import DAY, builder, fill, frame, ids, labels, matrix


def test_each_date_gets_its_own_build_and_rows_keep_their_order(duckdb_store: CreditStore) -> None:
    fill(duckdb_store, 6)
    days = [DAY, date(2024, 6, 30), DAY, date(2024, 6, 30), DAY, DAY]
    asked = []

    def build(store: CreditStore, as_of: date, *, parties: list[str]):  # type: ignore[no-untyped-def]
        asked.append((as_of, parties))
        table = pd.DataFrame({"year": float(as_of.year), "n": [float(p[1:]) for p in parties]}, index=parties)
        return matrix(table, as_of)

    data = join_features(duckdb_store, read_labels(labels(np.array([0, 1] * 3), observed_on=days)), build=build)
    assert [day for day, _ in asked] == [date(2024, 6, 30), DAY]
    assert data.X["n"].tolist() == [0, 1, 2, 3, 4, 5]
    assert data.X["year"].tolist() == [2025, 2024, 2025, 2024, 2025, 2025]


def test_features_recorded_after_the_date_are_refused(duckdb_store: CreditStore) -> None:
    fill(duckdb_store, 40)
    table, y, _ = frame(40)
    read = read_labels(labels(y))
    late = DAY + timedelta(days=1)
    with pytest.raises(LabelError, match="would see the future"):
        join_features(duckdb_store, read, build=lambda *_, **__: matrix(table, late))
    with pytest.raises(LabelError, match="feature 'cash' was recorded after"):
        join_features(duckdb_store, read, build=builder(table, recorded_at={"cash": late}))
    with pytest.raises(LabelError, match="as of now"):
        join_features(duckdb_store, read, build=lambda *_, **__: matrix(table, None))


def test_all_missing_and_infinite(duckdb_store: CreditStore) -> None:
    fill(duckdb_store, 20)
    empty = pd.DataFrame({"a": np.full(20, np.nan)}, index=ids(20))
    read = read_labels(labels(np.array([0, 1] * 10)))
    with pytest.raises(LabelError, match="all features are missing"):
        join_features(duckdb_store, read, build=builder(empty))
    endless = empty.assign(b=np.r_[np.inf, np.zeros(19)])
    with pytest.raises(ValueRangeError, match="infinite values, first 'b'"):
        join_features(duckdb_store, read, build=builder(endless))


def test_stacking_unites_columns_and_categories() -> None:
    first = pd.DataFrame({"x": [1.0], "c": pd.Categorical(["a"])})
    second = pd.DataFrame({"c": pd.Categorical(["b"]), "y": [2.0]})
    both = stack([first, second])
    assert both["c"].tolist() == ["a", "b"]
    assert isinstance(both["c"].dtype, pd.CategoricalDtype)
    assert np.isnan(both["x"].iloc[1])
    assert np.isnan(both["y"].iloc[0])
