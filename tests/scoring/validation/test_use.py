"""Migration, segments, cut-offs, swap sets and feature sets, by hand and by brute force."""

import numpy as np
import pytest
from scipy.stats import fisher_exact
from sklearn.metrics import confusion_matrix, roc_auc_score

from graphcredit.exc import ValueRangeError
from graphcredit.scoring.validation import (
    ProfitTerms,
    cutoff_table,
    feature_sets,
    migration,
    segment_table,
    segments,
    swap_set,
)

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]


def test_migration_counts_as_a_confusion_matrix() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.integers(0, 4, 200), rng.integers(0, 3, 200)
    found = migration(before, after, ("A", "B", "C", "D"))
    np.testing.assert_array_equal(found["counts"], confusion_matrix(before, after, labels=range(4)))
    assert all(sum(row) == pytest.approx(1) for row in found["shares"])
    assert found["stable"] + found["better"] + found["worse"] == pytest.approx(1)
    assert found["mean_notches"] == pytest.approx((after - before).mean())
    empty = migration(np.array([], dtype=np.int64), np.array([], dtype=np.int64), ("A", "B"))
    assert (empty["stable"], empty["shares"]) == (None, [None, None])


def test_segments_say_what_cannot_be_said(drawn: Drawn) -> None:
    y, pd, _ = drawn
    level = np.array(["big"] * 300 + ["none"] * 60 + ["tiny"] * 20 + [""] * 20, dtype=object)
    outcome = y.copy()
    outcome[300:360] = 0
    rows = {row["segment"]: row for row in segment_table(outcome, pd, level)}
    assert list(rows) == ["big", "none", "tiny", ""]
    assert rows["big"]["auc"] == pytest.approx(roc_auc_score(y[:300], pd[:300]))
    assert rows["none"]["auc"] is None
    assert "nothing to rank" in rows["none"]["note"]["en"]
    assert rows["tiny"]["note"] is not None
    assert rows["tiny"]["few"]
    assert "size" not in segments(y, pd, {"size": np.full(len(y), "", dtype=object), "industry": level})


def test_many_small_segments_are_joined(drawn: Drawn) -> None:
    y, pd, _ = drawn
    level = np.array([f"S{min(i // 10, 30):02d}" for i in range(len(y))], dtype=object)
    rows = segment_table(y, pd, level)
    assert len(rows) == 15
    assert rows[-1]["segment"] == "*"
    assert sum(row["n"] for row in rows) == len(y)


def test_cut_offs_by_brute_force(drawn: Drawn) -> None:
    y, _, pd = drawn
    terms = ProfitTerms(lgd=0.6, margin=0.1, cost=0.01)
    found = cutoff_table(y, pd, terms, own=0.25)
    for row in [*found["rows"], found["best_expected"], found["best_realised"]]:
        inside = pd < row["cutoff"] if row["cutoff"] < 1 else np.ones(len(y), dtype=bool)
        assert row["approved"] == inside.sum()
        assert row["defaults"] == y[inside].sum()
        expected = sum((1 - p) * 0.1 - p * 0.6 - 0.01 for p in pd[inside]) / len(y)
        realised = sum((-0.6 if bad else 0.1) - 0.01 for bad in y[inside]) / len(y)
        assert row["expected_profit"] == pytest.approx(expected, abs=1e-12)
        assert row["realised_profit"] == pytest.approx(realised, abs=1e-12)
    assert found["break_even"] == pytest.approx(0.09 / 0.7)
    best = max(np.where(pd < c, 0.09 - 0.7 * pd, 0).sum() for c in [*np.unique(pd), 1.0]) / len(y)
    assert found["best_expected"]["expected_profit"] == pytest.approx(best, abs=1e-12)
    assert {"break_even", "model", "step"} == {row["kind"] for row in found["rows"]}


def test_terms_must_be_shares() -> None:
    with pytest.raises(ValueRangeError, match="lgd is"):
        ProfitTerms(lgd=1.5)
    assert ProfitTerms(lgd=0, margin=0, cost=0).break_even is None


def test_swap_sets_by_hand(drawn: Drawn) -> None:
    y, pd, other = drawn
    found = swap_set(y, pd, other, 0.7)
    new, old = set(np.argsort(pd, kind="stable")[:280]), set(np.argsort(other, kind="stable")[:280])
    assert found["swapped_in"]["n"] == found["swapped_out"]["n"] == len(new - old)
    came, left = y[sorted(new - old)].sum(), y[sorted(old - new)].sum()
    assert (found["swapped_in"]["defaults"], found["swapped_out"]["defaults"]) == (came, left)
    assert found["defaults_avoided"] == left - came
    size = len(new - old)
    assert found["p"] == pytest.approx(fisher_exact([[came, size - came], [left, size - left]]).pvalue)
    assert sum(found[name]["n"] for name in ("both", "swapped_in", "swapped_out", "neither")) == len(y)
    assert swap_set(y, pd, pd, 0.5)["p"] is None


def test_feature_sets_are_compared_in_pairs(drawn: Drawn) -> None:
    y, pd, other = drawn
    found = feature_sets(y, {"tabular": other, "all": pd}, kind="logistic", repeats=200)
    assert [(pair["first"], pair["second"]) for pair in found["pairs"]] == [("all", "tabular")]
    pair = found["pairs"][0]
    assert pair["difference"] == pytest.approx(roc_auc_score(y, pd) - roc_auc_score(y, other))
    assert pair["verdict"] == "better"
    assert feature_sets(y, {"tabular": pd}, kind="tree")["pairs"] == []
