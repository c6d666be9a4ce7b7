import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from graphcredit.exc import InputError, LabelError, ValueRangeError
from graphcredit.scoring.kernels import MISSING
from graphcredit.scoring.preprocess import Preparation
from tests.scoring.world import frame


@settings(max_examples=40, deadline=None)
@given(arrays(np.float64, 40, elements=st.one_of(st.floats(-1e6, 1e6), st.just(float("nan")))))
def test_codes_keep_order_and_missing(values: np.ndarray) -> None:
    y = np.tile([0, 1], 20)
    X = pd.DataFrame({"x": values, "other": np.arange(40.0)})
    prepared = Preparation().prepare(X, y)
    if "x" not in prepared.preparation.names:
        assert np.isnan(values).all() or len(np.unique(values)) == 1 or "same as" in prepared.preparation.dropped_["x"]
        return
    code = prepared.codes[:, 0].astype(int)
    assert ((code == MISSING) == np.isnan(values)).all()
    known = ~np.isnan(values)
    order = np.argsort(values[known], kind="stable")
    assert (np.diff(code[known][order]) >= 0).all()
    distinct = len(np.unique(values[known]))
    assert len(np.unique(code[known])) == distinct


def test_what_tells_nothing_is_dropped_with_a_reason() -> None:
    n = 80
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "good": rng.normal(size=n),
            "constant": np.ones(n),
            "empty": np.full(n, np.nan),
            "level": pd.Categorical(["one"] * n),
            "name": pd.Categorical([f"firm {i}" for i in range(n)]),
            "row_id": np.arange(n) + 1e6,
            "sometimes": np.where(rng.random(n) < 0.5, 1.0, np.nan),
        }
    ).assign(twin=lambda t: np.exp(t["good"]))
    made = Preparation().prepare(X, rng.integers(0, 2, n)).preparation
    assert made.names == ["good", "sometimes"]
    assert made.dropped_ == {
        "constant": "constant",
        "empty": "always missing",
        "level": "constant",
        "name": "an identifier",
        "row_id": "an identifier",
        "twin": "tells the same as good",
    }


def test_nothing_usable_is_an_error() -> None:
    with pytest.raises(LabelError, match="no feature can be used"):
        Preparation().prepare(pd.DataFrame({"x": [1.0, 1.0]}), [0, 1])


def test_a_rare_level_does_not_carry_its_own_label() -> None:
    n = 400
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    X = pd.DataFrame(
        {
            "group": pd.Categorical(np.r_[rng.integers(0, 50, n // 2), rng.integers(100, 108, n // 2)].astype(str)),
            "x": rng.normal(size=n),
        }
    )
    made = Preparation(seed=1).prepare(X, y)
    own = made.codes[:, made.preparation.names.index("group")].astype(float)
    assert abs(np.corrcoef(own, y)[0, 1]) < 0.12
    naive = pd.Series(y).groupby(X["group"].astype(str)).transform("mean")
    assert np.corrcoef(naive, y)[0, 1] > 0.25


def test_unseen_levels_are_average_and_extremes_fall_in_the_outer_bin() -> None:
    table, y, _ = frame(300)
    made = Preparation().prepare(table, y).preparation
    new = table.iloc[:3].copy()
    new["industry"] = pd.Categorical(["Z", "A", None])
    new["leverage"] = [1e12, -1e12, np.nan]
    codes = made.transform(new)
    column = made.columns_[made.names.index("industry")]
    assert column.unseen(new["industry"]) == ["Z"]
    assert column.numbers(new["industry"])[0] == pytest.approx(np.log(y.mean() / (1 - y.mean())))
    assert np.isnan(column.numbers(new["industry"])[2])
    known = made.transform(table)[:, made.names.index("leverage")]
    assert codes[:, made.names.index("leverage")].tolist() == [known.max(), known.min(), MISSING]


def test_absent_columns_and_infinite_values_are_errors() -> None:
    table, y, _ = frame(100)
    made = Preparation().prepare(table, y).preparation
    with pytest.raises(InputError, match="lacks 1 of the model's features: cash"):
        made.transform(table.drop(columns="cash"))
    with pytest.raises(ValueRangeError, match="first 'links'"):
        made.transform(table.assign(links=np.inf))


def test_many_values_are_cut_at_quantiles() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.lognormal(size=5000)})
    made = Preparation().prepare(X, rng.integers(0, 2, 5000))
    counts = made.preparation.columns_[0].counts[:254]
    assert len(made.preparation.columns_[0].edges) <= 253
    assert counts.max() < 60
