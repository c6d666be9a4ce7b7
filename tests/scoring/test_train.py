"""Training and evaluation, end to end on frames drawn from a stated process."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from graphcredit.exc import InputError, LabelError
from graphcredit.scoring import TrainingResult, evaluate, model_card, model_card_html, train
from graphcredit.scoring.selection import plan_for, sample_rows
from graphcredit.store import CreditStore
from tests.scoring.world import DAY, builder, fill, frame, ids, labels
from tests.support.stores import empty_store

N = 700
QUICK = {"folds": 3, "repeats": 1, "models": ["logistic", "scorecard", "boosting"]}


def split(n: int = N) -> np.ndarray:
    return np.array(["train"] * 400 + ["valid"] * 100 + ["test"] * (n - 500))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with empty_store("duckdb", tmp_path_factory.mktemp("train")) as store:
        yield fill(store, N)


@pytest.fixture(scope="module")
def trained(shop: CreditStore) -> TrainingResult:
    table, y, _ = frame(N, seed=8)
    return train(shop, labels(y, split=split()), build=builder(table), **QUICK)


def test_the_report_compares_every_kind_on_every_feature_set(trained: TrainingResult) -> None:
    report = trained.report
    assert list(report["models"]) == QUICK["models"]
    for sets in report["models"].values():
        assert list(sets) == ["tabular", "graph", "all"]
        for figures in sets.values():
            assert {"auc", "auc_sd", "auc_ci", "ks", "f1", "brier", "n", "chosen", "valid_auc"} <= set(figures)
            assert figures["auc_ci"][0] < figures["auc"] < figures["auc_ci"][1]
    chosen = [(k, s) for k, sets in report["models"].items() for s, figures in sets.items() if figures["chosen"]]
    assert chosen == [(report["chosen"]["model"], report["chosen"]["feature_set"])]
    assert report["chosen"]["feature_set"] == "all"
    assert report["comparison"]["graph_uplift"] > 0
    low, high = report["comparison"]["graph_uplift_ci"]
    assert low < report["comparison"]["graph_uplift"] < high
    assert set(report["comparison"]["graph_uplift_by_model"]) == set(QUICK["models"])
    assert report["labels"]["roles"] == {"train": 400, "valid": 100}
    assert "highest evidence" in report["recipe"]["rule"]
    assert report["recipe"]["rows_trained"] == 500


def test_progress_runs_to_its_end(shop: CreditStore) -> None:
    table, y, _ = frame(N, seed=8)
    seen: list[tuple[int, int]] = []
    train(
        shop, labels(y), build=builder(table), models=["logistic"], folds=2, repeats=1,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert [done for done, _ in seen] == list(range(1, len(seen) + 1))
    assert seen[-1][0] == seen[-1][1]


def test_test_rows_are_never_learned_from(shop: CreditStore, trained: TrainingResult) -> None:
    table, y, _ = frame(N, seed=8)
    other = y.copy()
    other[500:] = 1 - other[500:]
    again = train(shop, labels(other, split=split()), build=builder(table), **QUICK)
    a, b = (each.model.predict(builder(table)(shop, DAY)).pd for each in (trained, again))
    np.testing.assert_array_equal(a, b)
    assert trained.model.model_id == again.model.model_id


def test_evaluation_reports_each_candidate(shop: CreditStore, trained: TrainingResult) -> None:
    table, y, true = frame(N, seed=8)
    report = evaluate(trained.model, shop, labels(y, split=split()), build=builder(table))
    assert report["n"] == 200
    assert report["warnings"] == []
    for sets in report["models"].values():
        for figures in sets.values():
            assert {"auc", "auc_ci", "ks", "f1", "brier", "n", "chosen"} <= set(figures)
    assert report["chosen"]["auc"] > 0.7
    assert report["models"]["boosting"]["all"]["auc"] > report["models"]["boosting"]["graph"]["auc"]
    kept = evaluate(trained.model, shop, labels(y, split=split()), split="valid", build=builder(table))
    assert kept["n"] == 100
    assert np.abs(trained.model.predict(builder(table)(shop, DAY)).pd - true).mean() < 0.15


def test_rows_learned_from_are_found_in_a_test(shop: CreditStore, trained: TrainingResult) -> None:
    table, y, _ = frame(N, seed=8)
    moved = np.where(np.arange(N) < 250, "test", split())
    report = evaluate(trained.model, shop, labels(y, split=moved), build=builder(table))
    assert "250 of 450 rows were learned from" in report["warnings"][0]


def test_without_a_test_split_the_cross_validated_figures_answer(shop: CreditStore) -> None:
    table, y, _ = frame(N, seed=8)
    made = train(shop, labels(y), build=builder(table), models=["logistic"], folds=3, repeats=2)
    report = evaluate(made.model, shop, labels(y), build=builder(table))
    assert report["source"] == "3-fold cross-validation repeated 1 times"
    assert report["chosen"]["auc"] == made.report["chosen"]["auc"]
    with pytest.raises(LabelError, match="no label belongs to the split 'valid'"):
        evaluate(made.model, shop, labels(y), split="valid", build=builder(table))


def test_pds_meet_the_default_rate_or_the_given_tendency(shop: CreditStore) -> None:
    table, y, _ = frame(N, seed=8)
    own = train(shop, labels(y), build=builder(table), models=["logistic"], folds=3, repeats=1)
    assert own.model.predict(builder(table)(shop, DAY)).pd.mean() == pytest.approx(y.mean(), abs=0.02)
    long_run = train(
        shop, labels(y), build=builder(table), models=["logistic"], folds=3, repeats=1, central_tendency=0.03
    )
    assert long_run.model.predict(builder(table)(shop, DAY)).pd.mean() == pytest.approx(0.03, abs=0.01)
    assert long_run.model.chosen.calibrator.philosophy == "through-the-cycle"


def test_noise_is_not_learned(shop: CreditStore) -> None:
    rng = np.random.default_rng(9)
    table = pd.DataFrame(rng.normal(size=(N, 4)), columns=["a", "b", "links", "noise"], index=ids(N))
    y = (rng.random(N) < 0.3).astype(np.int64)
    made = train(shop, labels(y), build=builder(table), **QUICK)
    for sets in made.report["models"].values():
        for figures in sets.values():
            assert 0.4 < figures["auc"] < 0.6
    pds = made.model.predict(builder(table)(shop, DAY)).pd
    assert pds.std() < 0.06


def test_dates_split_by_time(shop: CreditStore) -> None:
    table, y, _ = frame(N, seed=8)
    days = np.repeat([date(2022, 6, 30), date(2023, 6, 30), date(2024, 6, 30), date(2025, 6, 30)], N // 4)
    given = labels(y, observed_on=days)
    made = train(shop, given, build=builder(table), models=["logistic"], folds=3, repeats=1)
    assert made.report["labels"]["split"] == "time"
    assert evaluate(made.model, shop, given, build=builder(table))["n"] == N // 4


def test_bad_labels_and_words(shop: CreditStore) -> None:
    table, y, _ = frame(N, seed=8)
    build = builder(table)
    with pytest.raises(LabelError, match="one class only"):
        train(shop, labels(np.zeros(N, dtype=np.int64)), build=build)
    with pytest.raises(LabelError, match="at least 10 are needed"):
        train(shop, labels((np.arange(N) < 5).astype(np.int64)), build=build)
    with pytest.raises(InputError, match="unknown model kind"):
        train(shop, labels(y), build=build, models=["oracle"])
    with pytest.raises(InputError, match="unknown feature set"):
        train(shop, labels(y), build=build, feature_sets=["everything"])
    with pytest.raises(LabelError, match="no feature can be used"):
        train(shop, labels(y), build=builder(pd.DataFrame({"x": np.ones(N)}, index=ids(N))))
    with pytest.raises(LabelError, match="the store holds no labels"):
        train(shop, build=build)


def test_the_card_names_what_a_validator_asks_for(trained: TrainingResult) -> None:
    text = model_card(trained.model)
    for said in (
        trained.model.model_id, "Data fingerprint", "point-in-time", "What the graph adds", "highest evidence",
        "| AAA |", "leverage", "seed 0",
    ):  # fmt: skip
        assert said in text
    page = model_card_html(trained.model)
    assert page.count("<table>") == page.count("</table>") == 5
    assert "http" not in page


def test_plans_and_samples_fit_the_size() -> None:
    assert (plan_for(123, 5, 5).folds, plan_for(123, 5, 5).repeats) == (5, 5)
    assert plan_for(1_000_000, 5, 5).rows == 5_000
    y = (np.arange(100_000) % 100 == 0).astype(np.int64)
    rows = sample_rows(y, np.arange(100_000), 5_000, 0)
    assert len(rows) == len(set(rows)) == 5_000
    assert y[rows].sum() == 500
    assert (rows == sample_rows(y, np.arange(100_000), 5_000, 0)).all()


def test_labels_from_a_file(shop: CreditStore, tmp_path: Path) -> None:
    table, y, _ = frame(N, seed=8)
    labels(y).drop(columns="observed_on").to_csv(tmp_path / "labels.csv", index=False)
    made = train(shop, tmp_path / "labels.csv", as_of=DAY, build=builder(table), models=["tree"], folds=2, repeats=1)
    assert made.model.kind == "tree"
    assert made.model.as_of == DAY
