from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from graphcredit.exc import LabelError
from graphcredit.scoring import labels_from_store, read_labels
from graphcredit.scoring.labels import check_known, check_trainable
from graphcredit.store import CreditStore
from tests.scoring.world import fill, labels
from tests.support.stores import facts


def test_reads_frame_arrow_and_csv_alike(tmp_path: Path) -> None:
    table = labels(np.array([0, 1, 0]), split=["train", "val", "test"])
    table.to_csv(tmp_path / "labels.csv", index=False)
    for source in (table, pa.Table.from_pandas(table), tmp_path / "labels.csv", str(tmp_path / "labels.csv")):
        read = read_labels(source)
        assert read.default.tolist() == [0, 1, 0]
        assert read.split.tolist() == ["train", "valid", "test"]
        assert set(read.observed_on) == {date(2025, 6, 30)}
        assert read.horizon_months == 12


def test_words_for_default_and_a_date_given_apart() -> None:
    table = pd.DataFrame({"party_id": list("abcdef"), "default": ["是", "否", "yes", "False", 1, "0.0"]})
    read = read_labels(table, observed_on=date(2024, 1, 1))
    assert read.default.tolist() == [1, 0, 1, 0, 1, 0]
    assert read.dates == [date(2024, 1, 1)]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (pd.DataFrame({"party_id": ["a"], "observed_on": ["2025-01-01"]}), "lack the column default"),
        (pd.DataFrame({"party_id": ["a"], "default": [1]}), "observed_on"),
        (pd.DataFrame({"party_id": [], "observed_on": [], "default": []}), "no row"),
        (pd.DataFrame({"party_id": ["a"], "observed_on": ["2025-01-01"], "default": [2]}), "unusable default"),
        (pd.DataFrame({"party_id": ["a"], "observed_on": ["soon"], "default": [1]}), "unusable observed_on"),
        (pd.DataFrame({"party_id": [" "], "observed_on": ["2025-01-01"], "default": [1]}), "unusable party_id"),
        (pd.DataFrame({"party_id": ["a", "a"], "observed_on": ["2025-01-01"] * 2, "default": [0, 1]}), "contradict"),
        (
            pd.DataFrame({"party_id": ["a"], "observed_on": ["2025-01-01"], "default": [1], "split": ["hold"]}),
            "unusable split",
        ),
    ],
)
def test_what_cannot_be_read_is_said(table: pd.DataFrame, says: str) -> None:
    with pytest.raises(LabelError, match=says) as caught:
        read_labels(table)
    assert caught.value.remedy


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"no file .*labels\.csv"):
        read_labels(tmp_path / "labels.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(LabelError, match=r"empty\.csv cannot be read"):
        read_labels(tmp_path / "empty.csv")


def test_one_class_and_few_defaults() -> None:
    with pytest.raises(LabelError, match="one class only"):
        check_trainable(read_labels(labels(np.zeros(50, int))))
    with pytest.raises(LabelError, match="only 9 defaults among 50"):
        check_trainable(read_labels(labels(np.r_[np.ones(9, int), np.zeros(41, int)])))
    check_trainable(read_labels(labels(np.r_[np.ones(10, int), np.zeros(40, int)])))


def test_unknown_parties_and_early_dates(duckdb_store: CreditStore) -> None:
    fill(duckdb_store, 3)
    with pytest.raises(LabelError, match="2 of 5 labelled parties are unknown: P00003, P00004"):
        check_known(read_labels(labels(np.array([0, 1, 0, 1, 0]))), duckdb_store)
    with pytest.raises(LabelError, match="dates lie before any fact"):
        check_known(read_labels(labels(np.array([0, 1, 0]), observed_on=date(2010, 1, 1))), duckdb_store)
    check_known(read_labels(labels(np.array([0, 1, 0]))), duckdb_store)


def test_labels_from_the_store(duckdb_store: CreditStore) -> None:
    with pytest.raises(LabelError, match="holds no labels"):
        labels_from_store(duckdb_store)
    rows = [{"party_id": "a", "observed_on": "2025-06-30", "default": 1, "split": "test", "recorded_at": "2025-06-30"}]
    duckdb_store.upsert("labels", facts("labels", rows))
    assert labels_from_store(duckdb_store).default.tolist() == [1]
