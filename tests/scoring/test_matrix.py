"""A matrix completed by columns that a model reads and a day does not have."""

import numpy as np
import pandas as pd
import pytest

from graphcredit.exc import InputError
from graphcredit.scoring.matrix import with_columns


def frame_of(columns: int, rows: int = 5) -> pd.DataFrame:
    made = {f"f{k}": np.arange(rows, dtype=np.float64) + k for k in range(columns)}
    frame = pd.DataFrame(made | {"kind": pd.Categorical(list("abbab"))}, copy=False)
    frame.index = pd.Index([f"P{k}" for k in range(rows)], name="party_id")
    return frame


def test_what_is_missing_is_nan_and_the_rest_is_the_same_memory() -> None:
    frame = frame_of(200)
    filled = with_columns(frame, ["f0", "gone", "f1", "kind", "lost"])
    expected = frame.copy()
    expected["gone"] = expected["lost"] = np.nan
    pd.testing.assert_frame_equal(filled, expected)
    assert np.shares_memory(filled["f7"].to_numpy(), frame["f7"].to_numpy())
    assert list(frame.columns) == list(expected.columns[:-2])


def test_a_matrix_without_most_of_what_a_model_reads_is_another_matrix() -> None:
    frame = frame_of(3)
    assert with_columns(frame, ["f0", "f1"]) is frame
    with pytest.raises(InputError, match="gone"):
        with_columns(frame, ["f0", "gone", "lost"])
