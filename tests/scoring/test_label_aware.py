"""Outcomes of other parties: never a row's own, used only where a later split proves them, found again when scoring."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from graphcredit.exc import InputError
from graphcredit.network import Network, network_from_edges
from graphcredit.scoring import TrainingResult, evaluate, join_features, load_model, read_labels, save_model, train
from graphcredit.scoring.compare import judge
from graphcredit.scoring.label_aware import label_aware_columns
from graphcredit.scoring.selection import Plan, make_judges
from graphcredit.store import CreditStore
from tests.scoring.world import DAY, Matrix, feature, fill, ids, labels
from tests.support.stores import empty_store

N, SIZE = 900, 9


def families() -> Network:
    """Holders that own nine firms each."""
    ties = [(f"H{i // SIZE:03d}", name, 0.3) for i, name in enumerate(ids(N))]
    return network_from_edges({"ownership": ties})


def build_on(network: Network) -> Any:
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.normal(size=(N, 3)), columns=["a", "b", "c"], index=ids(N))
    described = tuple(feature(name, group=name) for name in table.columns)

    def build(store: CreditStore, as_of: date, *, parties: Sequence[str] | None = None) -> Matrix:
        rows = table if parties is None else table.loc[list(parties)]
        return Matrix(rows, described, as_of, network=network)

    return build


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with empty_store("duckdb", tmp_path_factory.mktemp("labels")) as store:
        yield fill(store, N)


def outcomes(shared: bool) -> np.ndarray:
    """Families that are mostly bad or mostly good, or coins."""
    rng = np.random.default_rng(3)
    bad = np.repeat(rng.random(N // SIZE) < 0.35, SIZE)
    return (rng.random(N) < (np.where(bad, 0.75, 0.08) if shared else 0.3)).astype(np.int64)


SPLIT = np.random.default_rng(4).choice(["train", "valid", "test"], N, p=[0.6, 0.2, 0.2])


@pytest.fixture(scope="module")
def proven(shop: CreditStore) -> TrainingResult:
    return train(
        shop, labels(outcomes(True), split=SPLIT), build=build_on(families()), models=["logistic"], folds=3, repeats=1
    )


def test_a_random_label_is_not_learned_through_others(shop: CreditStore) -> None:
    y = outcomes(False)
    data = join_features(shop, read_labels(labels(y)), build=build_on(families()))
    extra, described = label_aware_columns(data)
    assert extra is not None
    names = [info.name for info in described]
    judges = make_judges(y, np.arange(N), np.array([], dtype=np.int64), Plan(N, 3, 1), seed=0)
    found = judge(
        data.X, y, judges, kinds=["boosting", "random_forest", "logistic"], sets={"label": names}, signs={}, extra=extra
    )
    for judged in found.values():
        assert 0.42 < judged.cv_auc < 0.58
    own = extra(np.arange(N))
    for name in names:
        if own[name].std() > 0:
            assert abs(np.corrcoef(own[name], y)[0, 1]) < 0.15
    flipped = labels(np.where(np.arange(N) == 5, 1 - y, y))
    other = label_aware_columns(join_features(shop, read_labels(flipped), build=build_on(families())))[0]
    assert other is not None
    pd.testing.assert_series_equal(other(np.arange(N)).loc[5], own.loc[5])


def test_they_are_used_where_the_validation_split_proves_them(shop: CreditStore, proven: TrainingResult) -> None:
    groups = proven.report["recipe"]["feature_groups"]
    assert groups["label_aware_added"]
    report = evaluate(proven.model, shop, labels(outcomes(True), split=SPLIT), build=build_on(families()))
    assert report["models"]["logistic"]["graph"]["auc"] > 0.7
    assert report["models"]["logistic"]["tabular"]["auc"] < 0.62
    assert report["chosen"]["auc"] > 0.7


def test_scores_of_new_parties_look_at_the_labels_of_training(
    shop: CreditStore, proven: TrainingResult, tmp_path: Path
) -> None:
    save_model(proven.model, tmp_path / "m.gcmodel")
    model = load_model(tmp_path / "m.gcmodel")
    matrix = build_on(families())(shop, DAY)
    pds = model.predict(matrix).set_index("party_id")["pd"]
    y = outcomes(True)
    assert pds[y == 1].mean() > pds[y == 0].mean() + 0.1
    score = model.explain(matrix, "P00007")
    assert score.pd == pytest.approx(pds["P00007"], abs=1e-12)
    assert any(reason.family == "label" for reason in score.reasons)
    with pytest.raises(InputError, match="has no network"):
        model.predict(Matrix(matrix.frame, matrix.features, DAY))


def test_without_proof_they_are_not_even_made(shop: CreditStore) -> None:
    coins = train(
        shop, labels(outcomes(False), split=SPLIT), build=build_on(families()), models=["logistic"], folds=3, repeats=1
    )
    assert coins.report["recipe"]["feature_groups"]["label_aware_added"] == {}
    assert coins.model.known_labels is None
    one_date = train(shop, labels(outcomes(True)), build=build_on(families()), models=["logistic"], folds=3, repeats=1)
    assert all(info.family != "label" for info in one_date.model.features)
    assert not any(name.startswith("+") for name in one_date.report["recipe"]["feature_groups"]["tried"])
