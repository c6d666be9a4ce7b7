"""Every kind of model, held to the same promises."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from graphcredit.exc import InputError, LabelError
from graphcredit.scoring.base import ScoringModel
from graphcredit.scoring.boosting import Boosting, as_floats
from graphcredit.scoring.flat_trees import from_boosting, from_forest
from graphcredit.scoring.kinds import KINDS, check_kinds
from graphcredit.scoring.logistic import ridge
from graphcredit.scoring.preprocess import Preparation
from graphcredit.scoring.tree import Tree
from graphcredit.scoring.tree_picture import draw
from tests.scoring.world import frame

SIGNS = {"leverage": 1, "cash": -1, "links": 1}


@pytest.fixture(scope="module")
def world() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    return frame(600, seed=3)


@pytest.fixture(scope="module")
def unseen() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    return frame(1500, seed=4)


@pytest.fixture(scope="module", params=list(KINDS))
def fitted(request: pytest.FixtureRequest, world):  # type: ignore[no-untyped-def]
    X, y, _ = world
    return KINDS[request.param](seed=0, signs=SIGNS).fit(X, y)


def test_it_learns_what_there_is(fitted, unseen) -> None:  # type: ignore[no-untyped-def]
    X, y, true = unseen
    best = roc_auc_score(y, true)
    assert roc_auc_score(y, fitted.log_odds(X)) > best - (0.13 if fitted.kind == "tree" else 0.08)


def test_attributions_add_up(fitted, unseen) -> None:  # type: ignore[no-untyped-def]
    X = unseen[0].iloc[:50]
    why = fitted.attributions(X)
    assert why.values.shape == (50, len(fitted.preparation_.names))
    np.testing.assert_allclose(why.base + why.values.sum(axis=1), fitted.log_odds(X), atol=1e-9)
    assert np.ptp(why.base) < 1e-6


def test_probabilities_and_scikit_learns_verbs(fitted, unseen) -> None:  # type: ignore[no-untyped-def]
    X = unseen[0].iloc[:20]
    p = fitted.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert ((p[:, 1] > 0.5) == (fitted.predict(X) == 1)).all()
    fresh = clone(fitted)
    assert fresh.get_params()["seed"] == 0
    assert not hasattr(fresh, "preparation_")
    assert "constant" not in fitted.preparation_.names
    assert sum(fitted.importance().values()) == pytest.approx(1, abs=1e-9)
    assert fitted.describe()["kind"] == fitted.kind


def test_the_same_seed_gives_the_same_model(fitted, world, unseen) -> None:  # type: ignore[no-untyped-def]
    X, y, _ = world
    again = clone(fitted).fit(X, y)
    np.testing.assert_array_equal(again.log_odds(unseen[0]), fitted.log_odds(unseen[0]))


@pytest.mark.parametrize("kind", ["boosting", "scorecard"])
def test_signs_are_held(kind: str, world) -> None:  # type: ignore[no-untyped-def]
    X, y, _ = world
    model = KINDS[kind](seed=0, signs=SIGNS).fit(X, y)
    row = pd.concat([X.iloc[[7]]] * 40)
    for name, sign in SIGNS.items():
        moved = row.assign(**{name: np.linspace(X[name].min(), X[name].max(), 40)})
        assert (sign * np.diff(model.log_odds(moved)) >= -1e-9).all()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "average"])
def test_a_random_label_is_not_learned(kind: str) -> None:
    rng = np.random.default_rng(5)
    n = 500
    X = pd.DataFrame(rng.normal(size=(n, 6)), columns=list("abcdef"))
    X["many"] = pd.Categorical(rng.integers(0, 80, n).astype(str))
    y = rng.integers(0, 2, n)
    half = np.arange(n) < n // 2
    auc = roc_auc_score(y[~half], KINDS[kind](seed=0).fit(X[half], y[half]).log_odds(X[~half]))
    assert 0.4 < auc < 0.6


def test_one_class_cannot_be_fitted(world) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(LabelError, match="both classes"):
        KINDS["logistic"]().fit(world[0], np.zeros(600))
    with pytest.raises(InputError, match="unknown model kind 'magic'"):
        check_kinds(["magic"])


def test_flat_trees_are_scikit_learns(world, unseen) -> None:  # type: ignore[no-untyped-def]
    X, y, _ = world
    prepared = Preparation().prepare(X, y)
    codes = prepared.preparation.transform(unseen[0])
    boosting = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(as_floats(prepared.codes), y)
    np.testing.assert_allclose(
        from_boosting(boosting).predict(codes), boosting.decision_function(as_floats(codes)), atol=1e-9
    )
    forest = RandomForestClassifier(20, min_samples_leaf=3, random_state=0).fit(as_floats(prepared.codes), y)
    flat = from_forest(forest.estimators_)
    np.testing.assert_allclose(flat.predict(codes), forest.predict_proba(as_floats(codes))[:, 1], atol=1e-9)
    base, parts = flat.path_attribution(codes)
    np.testing.assert_allclose(base + parts.sum(axis=1), flat.predict(codes), atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_one_column_changed_is_the_whole_row_scored_again(seed: int) -> None:
    X, y, _ = frame(300, seed=6)
    model, rng = Boosting(rounds=20).fit(X, y), np.random.default_rng(seed)
    codes = model.preparation_.transform(X)[seed : seed + 1]
    columns = rng.permutation(codes.shape[1])[:3]
    targets = rng.integers(0, 256, (3, 5)).astype(np.uint8)
    targets[0, 0], targets[1, 1] = 255, codes[0, columns[1]]
    found = model.log_odds_changed(codes, columns, targets)
    for i, column in enumerate(columns):
        for k in range(5):
            row = codes.copy()
            row[0, column] = targets[i, k]
            assert found[i, k] == pytest.approx(model.log_odds_codes(row)[0], abs=1e-12)
    np.testing.assert_allclose(found, ScoringModel.log_odds_changed(model, codes, columns, targets), atol=1e-12)


@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0])
def test_ridge_is_scikit_learns_optimum(strength: float) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 8))
    y = (x[:, 0] + rng.normal(size=200) > 0.7).astype(np.int64)
    oracle = LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(x, y)
    np.testing.assert_allclose(ridge(x, y, strength), np.append(oracle.coef_[0], oracle.intercept_), atol=2e-4)


def test_a_tree_is_readable(world) -> None:  # type: ignore[no-untyped-def]
    X, y, _ = world
    tree = Tree().fit(X, y)
    text = tree.text()
    assert text.startswith(f"default {y.mean():.1%} of 600: ")
    assert "leverage <" in text
    picture = draw(tree.root())
    assert picture.startswith("<svg")
    assert picture.count("<rect") == text.count("default")
    assert tree.describe()["text"] == text
