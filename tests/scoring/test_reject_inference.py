"""Reject inference: what it gives where its assumption holds, what it says of it, and that weights reach every kind."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from graphcredit.exc import InputError, LabelError, ValueRangeError
from graphcredit.scoring import model_card, train
from graphcredit.scoring.base import expit
from graphcredit.scoring.kinds import KINDS
from graphcredit.scoring.logistic import ridge
from graphcredit.scoring.preprocess import Preparation, Prepared
from graphcredit.scoring.reject_inference import ASSUMES, METHODS, Rejects, augment, infer, read_rejects
from graphcredit.scoring.scorecard import best_cuts, count_bins
from tests.scoring.world import DAY, builder, fill, frame, ids
from tests.support.stores import empty_store

TRUTH = np.array([0.9, -0.7, -1.0])  # two features and the intercept
N = 700


def through_the_door(n: int, seed: int, *, hidden: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Applicants, outcomes and who is accepted: by their features and chance alone, or by something hidden as well."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    unseen = rng.normal(size=n)
    y = (rng.random(n) < expit(x @ TRUTH[:2] + TRUTH[2] + hidden * unseen)).astype(np.int64)
    accepted = x[:, 0] - x[:, 1] + 2 * hidden * unseen + rng.normal(size=n) < 0.3
    return x, y, accepted


def fitted(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    return ridge(x, y, 1e6, weights=weights)


def augmented(x: np.ndarray, y: np.ndarray, accepted: np.ndarray, method: str, prudence: float = 1.0) -> np.ndarray:
    first = fitted(x[accepted], y[accepted])
    pds = expit(x @ first[:2] + first[2])
    inferred = infer(method, pds[accepted], y[accepted], pds[~accepted], prudence=prudence)
    rows, outcomes, weights = augment(y[accepted], inferred)
    return fitted(np.concatenate([x[accepted], x[~accepted]])[rows], outcomes, weights)


def standard_errors(x: np.ndarray, at: np.ndarray) -> np.ndarray:
    design = np.column_stack([x, np.ones(len(x))])
    p = expit(design @ at)
    return np.sqrt(np.diag(np.linalg.inv((design.T * (p * (1 - p))) @ design)))


@pytest.mark.parametrize("method", METHODS)
def test_with_rejects_missing_at_random_the_coefficients_are_recovered(method: str) -> None:
    x, y, accepted = through_the_door(20_000, 1)
    assert 0.3 < accepted.mean() < 0.8
    found = augmented(x, y, accepted, method)
    error = standard_errors(x[accepted], found)
    slack = 0.0 if method == "fuzzy" else 0.06  # parcelling knows scores by bands only
    assert (np.abs(found - TRUTH) <= 3 * error + slack).all()


def test_fuzzy_augmentation_of_a_right_model_changes_nothing() -> None:
    """The weighted likelihood is flat where the accepted model is: it adds no information, as the warning says."""
    x, y, accepted = through_the_door(3_000, 2)
    np.testing.assert_allclose(augmented(x, y, accepted, "fuzzy"), fitted(x[accepted], y[accepted]), atol=1e-4)


def test_where_the_assumption_fails_the_intercept_is_too_low_and_prudence_raises_it() -> None:
    x, y, accepted = through_the_door(40_000, 3, hidden=1.0)
    whole = fitted(x, y)
    assert augmented(x, y, accepted, "fuzzy")[2] < whole[2] - 0.1
    assert augmented(x, y, accepted, "parcelling", 1.5)[2] > augmented(x, y, accepted, "parcelling", 1.0)[2]


def test_parcelling_gives_each_band_its_rate_times_the_factor() -> None:
    rng = np.random.default_rng(4)
    accepted, rejected = rng.random(5_000) * 0.5, rng.random(4_000) * 0.5
    y = (rng.random(5_000) < accepted).astype(np.int64)
    drawn = infer("parcelling", accepted, y, rejected, prudence=1.5, seed=1)
    assert set(drawn) == {0.0, 1.0}
    edges = np.quantile(np.concatenate([accepted, rejected]), np.linspace(0, 1, 21)[1:-1])
    for band in range(20):
        mine = drawn[np.searchsorted(edges, rejected, side="right") == band]
        here = y[np.searchsorted(edges, accepted, side="right") == band]
        assert mine.mean() == pytest.approx(1.5 * here.mean(), abs=0.02)
    np.testing.assert_array_equal(drawn, infer("parcelling", accepted, y, rejected, prudence=1.5, seed=1))


def test_augmented_weights_of_a_reject_sum_to_one() -> None:
    rows, outcomes, weights = augment(np.array([0, 1]), np.array([0.3, 1.0, 0.0]))
    assert rows.tolist() == [0, 1, 2, 3, 2, 4]
    assert outcomes.tolist() == [0, 1, 1, 1, 0, 0]
    np.testing.assert_allclose(weights, [1, 1, 0.3, 1.0, 0.7, 1.0])


@pytest.mark.parametrize("kind", list(KINDS))
def test_weights_reach_every_kind(kind: str) -> None:
    """Rows of weight 0 may say what they like; a fit on the others alone is the oracle."""
    table, y, _ = frame(400, seed=3)
    table = table[["leverage", "cash", "links"]].fillna(0)
    prepared = Preparation(seed=0).prepare(table, y)
    half = np.arange(400) < 250
    wrong = np.where(half, y, 1 - y)
    weighted = KINDS[kind](seed=0).fit_prepared(prepared, wrong, half.astype(np.float64))
    misled = KINDS[kind](seed=0).fit_prepared(prepared, wrong)
    alone = KINDS[kind](seed=0).fit_prepared(
        Prepared(prepared.preparation, np.ascontiguousarray(prepared.codes[half])), y[half]
    )
    near, far = (
        np.corrcoef(each.log_odds_codes(prepared.codes), alone.log_odds_codes(prepared.codes))[0, 1]
        for each in (weighted, misled)
    )
    assert near > 0.9
    assert near > far


def test_weighted_ridge_is_scikit_learns_and_a_solvers_optimum() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    y = (x[:, 0] + rng.normal(size=200) > 0.7).astype(np.int64)
    w = rng.random(200) * 3
    oracle = LogisticRegression(C=0.5, tol=1e-10, max_iter=10_000).fit(x, y, sample_weight=w)
    found = ridge(x, y, 0.5, weights=w)
    np.testing.assert_allclose(found, np.append(oracle.coef_[0], oracle.intercept_), atol=2e-4)
    design = np.column_stack([x, np.ones(200)])
    loss = lambda b: (w * (np.logaddexp(0, design @ b) - y * (design @ b))).sum() + (b[:4] ** 2).sum()  # noqa: E731
    np.testing.assert_allclose(found, minimize(loss, np.zeros(5), tol=1e-12).x, atol=1e-3)


def test_weighted_bins_are_those_of_repeated_rows() -> None:
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 50, 600).astype(np.uint8)
    y = (rng.random(600) < 0.1 + codes / 100).astype(np.int64)
    times = rng.integers(1, 4, 600)
    repeated, outcomes = np.repeat(codes, times), np.repeat(y, times)
    weights = times.astype(np.float64)
    cuts = best_cuts(repeated, outcomes, 1)
    assert best_cuts(codes, y, 1, weights)
    assert count_bins(codes, y, cuts, weights) == count_bins(repeated, outcomes, cuts)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with empty_store("duckdb", tmp_path_factory.mktemp("rejects")) as store:
        yield fill(store, N)


@pytest.mark.parametrize("method", METHODS)
def test_training_with_rejects_warns_of_what_it_assumes(shop: Any, method: str, tmp_path: Path) -> None:
    table, y, true = frame(N, seed=8)
    accepted = np.argsort(np.argsort(true + np.random.default_rng(0).normal(0, 0.1, N))) < 450
    labels = pd.DataFrame({"party_id": np.array(ids(N))[accepted], "observed_on": DAY, "default": y[accepted]})
    rejects = pd.DataFrame({"party_id": np.array(ids(N))[~accepted], "observed_on": DAY})
    rejects.to_csv(tmp_path / "rejects.csv", index=False)
    how = {"build": builder(table), "models": ["logistic", "scorecard"], "folds": 2, "repeats": 1}
    made = train(shop, labels, rejects=tmp_path / "rejects.csv", reject_method=method, **how)
    again = train(shop, labels, rejects=rejects, reject_method=method, **how)
    found = made.report["reject_inference"]
    assert (found["method"], found["rejects"]) == (method, 250)
    assert "assumes" in found["assumes"]["en"]
    assert "假定" in found["assumes"]["zh"]
    assert found["assumes"]["en"] in made.report["warnings"]
    card = model_card(made.model)
    assert found["assumes"]["en"] in card
    assert found["assumes"]["zh"] in card
    assert made.report["chosen"]["n"] == 450  # judged on accepted parties only
    pds = made.model.predict(builder(table)(shop, DAY)).pd
    np.testing.assert_array_equal(pds, again.model.predict(builder(table)(shop, DAY)).pd)
    assert pds[~accepted].mean() > pds[accepted].mean()
    assert np.corrcoef(pds, true)[0, 1] > 0.75
    without = train(shop, labels, **how)
    assert without.report["reject_inference"] is None
    assert not np.array_equal(pds, without.model.predict(builder(table)(shop, DAY)).pd)


def test_what_cannot_be_rejects_is_said(shop: Any, tmp_path: Path) -> None:
    table, y, _ = frame(N, seed=8)
    labels = pd.DataFrame({"party_id": ids(N), "observed_on": DAY, "default": y})
    how = {"build": builder(table), "models": ["logistic"], "folds": 2, "repeats": 1}
    with pytest.raises(LabelError, match="3 parties are rejects and labelled, too, first P00000"):
        train(shop, labels, rejects=labels.head(3), **how)
    with pytest.raises(LabelError, match="no file"):
        train(shop, labels, rejects=tmp_path / "none.csv", **how)
    with pytest.raises(InputError, match="unknown reject inference 'magic'"):
        train(shop, labels.head(500), rejects=labels.tail(100), reject_method="magic", **how)
    with pytest.raises(ValueRangeError, match="a factor of 0"):
        Rejects(table, "parcelling", 10, prudence=0)
    with pytest.raises(LabelError, match="lack the column party_id"):
        read_rejects(pd.DataFrame({"observed_on": [DAY]}))
    assert set(ASSUMES) == set(METHODS)
