"""DeLong against its definition, pair by pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.scoring.validation import covariance, holm, paired_bootstrap, paired_test
from graphcredit.scoring.validation.bootstrap import repeats_for, resampled_aucs


def brute_force(y: np.ndarray, scores: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """AUCs and their covariance from every pair of a default and a sound party, as the paper writes them."""
    v10, v01 = [], []
    for score in scores:
        wins = [[1.0 if b > g else 0.5 if b == g else 0.0 for g in score[y == 0]] for b in score[y == 1]]
        v10.append(np.mean(wins, axis=1))
        v01.append(np.mean(wins, axis=0))
    m, n = int(y.sum()), int((1 - y).sum())
    k = len(scores)
    found = np.empty((k, k))
    for i in range(k):
        for j in range(k):
            s10 = sum((a - v10[i].mean()) * (b - v10[j].mean()) for a, b in zip(v10[i], v10[j], strict=True)) / (m - 1)
            s01 = sum((a - v01[i].mean()) * (b - v01[j].mean()) for a, b in zip(v01[i], v01[j], strict=True)) / (n - 1)
            found[i, j] = s10 / m + s01 / n
    return np.array([v.mean() for v in v10]), found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(2, 15))
def test_covariance_is_the_papers(seed: int, m: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.array([1] * m + [0] * n))
    scores = [rng.integers(0, 6, m + n).astype(float), rng.normal(size=m + n)]
    areas, expected = brute_force(y, scores)
    np.testing.assert_allclose(covariance(y, scores), expected, atol=1e-12)
    test = paired_test(y, *scores)
    assert test["difference"] == pytest.approx(areas[0] - areas[1], abs=1e-12)
    variance = expected[0, 0] + expected[1, 1] - 2 * expected[0, 1]
    assert test["se"] == pytest.approx(np.sqrt(max(variance, 0)), abs=1e-9)


def test_equal_scores_do_not_differ_and_few_rows_are_said() -> None:
    y = np.array([0, 1, 0, 1])
    score = np.array([0.1, 0.4, 0.5, 0.9])
    assert paired_test(y, score, score * 2)["p"] == 1.0
    assert paired_test(np.array([0, 0, 1]), np.arange(3.0), -np.arange(3.0))["p"] is None


def test_the_bootstrap_agrees_with_delong_and_with_plain_resampling(drawn: tuple[np.ndarray, ...]) -> None:
    y, pd, other = drawn
    found = paired_bootstrap(y, {"a": pd, "b": other}, [("a", "b"), ("b", "a")], repeats=600, seed=3)
    delong = paired_test(y, pd, other)
    np.testing.assert_allclose(found["a", "b"]["ci"], delong["ci"], atol=0.012)
    assert found["a", "b"]["ci"][0] == pytest.approx(-found["b", "a"]["ci"][1], abs=1e-12)
    assert found["a", "b"]["p"] < 0.05
    drawn_aucs = resampled_aucs(y, {"b": other}, repeats=3, seed=3)["b"]
    rng = np.random.default_rng(3)
    bad, good = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    for value in drawn_aucs:
        b = other[bad[rng.integers(0, len(bad), len(bad))]]
        g = other[good[rng.integers(0, len(good), len(good))]]
        assert value == pytest.approx((b[:, None] > g).mean() + 0.5 * (b[:, None] == g).mean(), abs=1e-12)
    assert [repeats_for(n) for n in (100, 80_000, 10**7)] == [1000, 500, 200]


def test_holm_by_hand() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": None}) == {"a": 0.03, "b": 0.06, "c": 0.06, "d": None}
