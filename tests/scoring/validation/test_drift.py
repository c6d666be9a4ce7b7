"""PSI and CSI: zero on equal, the same both ways, and as creditriskengine computes it."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from creditriskengine.validation.stability import population_stability_index
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.scoring.preprocess import Preparation
from graphcredit.scoring.validation import feature_drift, psi, score_drift
from graphcredit.scoring.validation.drift import merged_codes, noise, periods_of, shifted

COUNTS = st.lists(st.integers(0, 500), min_size=2, max_size=12)


@settings(max_examples=40, deadline=None)
@given(COUNTS, st.integers(1, 9), st.randoms(use_true_random=False))
def test_psi_is_zero_on_equal_and_symmetric(counts: list[int], factor: int, random: object) -> None:
    counts[0] += 1
    other = counts[::-1]
    assert psi(counts, [factor * c for c in counts]) == pytest.approx(0, abs=1e-12)
    assert psi(counts, other) == pytest.approx(psi(other, counts), abs=1e-12)
    assert psi(counts, other) >= 0


def test_psi_is_the_engines() -> None:
    expected, actual = np.array([100, 300, 400, 200]), np.array([30, 50, 70, 90])
    oracle = population_stability_index(actual / actual.sum(), expected / expected.sum(), precomputed=True)
    assert psi(expected, actual) == pytest.approx(oracle, abs=1e-12)
    assert np.isnan(psi([1, 2], [0, 0]))
    assert shifted([1, 2], [0, 0]) == {"psi": None, "noise": None, "n": 0, "light": "grey"}


def test_noise_is_what_samples_of_one_population_stay_below() -> None:
    rng = np.random.default_rng(5)
    shares = np.full(8, 1 / 8)
    drawn = [psi(rng.multinomial(900, shares), rng.multinomial(400, shares)) for _ in range(2000)]
    assert np.quantile(drawn, 0.95) == pytest.approx(noise(900 * shares, 400 * shares), rel=0.08)


def test_a_small_sample_is_not_called_shifted_by_chance() -> None:
    assert shifted([1000, 1000, 1000], [1, 3, 2])["light"] == "green"
    assert shifted([1000, 1000, 1000], [100, 300, 200])["light"] == "yellow"
    assert shifted([1000, 1000, 1000], [10, 300, 90])["light"] == "red"


def test_score_drift_by_period() -> None:
    rng = np.random.default_rng(1)
    reference, score = rng.normal(size=4000), np.append(rng.normal(size=1000), 1 + rng.normal(size=1000))
    period = np.repeat(["2025", "2026"], 1000).astype(object)
    rows = score_drift(reference, score, period)
    assert [row["period"] for row in rows] == [None, "2025", "2026"]
    assert [row["light"] for row in rows[1:]] == ["green", "red"]


def test_features_are_compared_on_the_models_own_bins() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "still": rng.normal(size=3000),
            "moves": rng.normal(size=3000),
            "kind": pd.Categorical(rng.choice(list("abc"), 3000)),
        }
    )
    y = rng.integers(0, 2, 3000)
    made = Preparation().prepare(frame, y).preparation
    later = frame.assign(moves=frame["moves"] + 1)
    later.loc[:999, "still"] = np.where(rng.random(1000) < 0.02, np.nan, later.loc[:999, "still"])
    period = np.full(3000, "now", dtype=object)
    codes = made.transform(later)
    rows = feature_drift(made.columns_, codes, period, {"moves": 0.7}, made.transform(frame))
    by_name = {row["feature"]: row for row in rows}
    assert rows[0]["feature"] == "moves"
    assert by_name["moves"]["light"] == "red"
    assert by_name["moves"]["importance"] == 0.7
    assert by_name["kind"]["csi"] == pytest.approx(0, abs=1e-12)
    assert by_name["still"]["light"] == "green"
    assert by_name["still"]["missing_then"] == 0
    assert by_name["still"]["missing_now"] > 0
    alone = {row["feature"]: row for row in feature_drift(made.columns_, codes, period, {})}
    assert alone["moves"]["csi"] == pytest.approx(by_name["moves"]["csi"], abs=1e-9)
    assert alone["kind"]["csi"] is None


def test_codes_are_joined_to_about_equal_shares_and_missing_stays_apart() -> None:
    counts = np.zeros(256, dtype=np.int64)
    counts[:100] = 10
    group = merged_codes(counts)
    assert np.bincount(group[:100], weights=counts[:100]).tolist() == [100.0] * 10
    assert group[255] == 10


def test_periods_get_coarser_with_more_dates() -> None:
    few = np.array([date(2025, 6, 30), date(2024, 6, 30)], dtype=object)
    assert periods_of(few).tolist() == ["2025-06-30", "2024-06-30"]
    days = np.array([date(2024, 1, 15) + timedelta(days=30 * k) for k in range(24)], dtype=object)
    assert set(periods_of(days)) == {f"{y}-Q{q}" for y in (2024, 2025) for q in (1, 2, 3, 4)}
    long = np.array([date(2000 + k // 4, 3 * (k % 4) + 1, 1) for k in range(40)], dtype=object)
    assert set(periods_of(long)) == {str(2000 + k) for k in range(10)}
