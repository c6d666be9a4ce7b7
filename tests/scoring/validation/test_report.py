"""The whole report on frames drawn from a stated process: complete, strict JSON, never a crash."""

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from graphcredit.exc import LabelError
from graphcredit.scoring import TrainingResult, evaluate, train
from graphcredit.scoring.validation import SOURCES, Validation, validate
from graphcredit.store import CreditStore
from tests.scoring.world import DAY, builder, fill, frame, labels
from tests.support.stores import empty_store

N = 700
QUICK = {"folds": 3, "repeats": 1, "models": ["logistic", "scorecard"]}
EARLIER = date(2024, 6, 30)


def split() -> np.ndarray:
    return np.array(["train"] * 400 + ["valid"] * 100 + ["test"] * (N - 500))


def world() -> tuple[pd.DataFrame, np.ndarray]:
    table, y, _ = frame(N, seed=8)
    rng = np.random.default_rng(0)
    return table.assign(sales_12m=rng.lognormal(10, 1, N), region=pd.Categorical(rng.choice(["N", "S"], N))), y


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with empty_store("duckdb", tmp_path_factory.mktemp("validate")) as store:
        yield fill(store, N)


@pytest.fixture(scope="module")
def trained(shop: CreditStore) -> TrainingResult:
    table, y = world()
    return train(shop, labels(y, split=split()), build=builder(table), **QUICK)


@pytest.fixture(scope="module")
def report(shop: CreditStore, trained: TrainingResult) -> Validation:
    table, y = world()
    other = train(shop, labels(y, split=split()), build=builder(table), folds=3, repeats=1, models=["tree"])
    return validate(
        trained.model, shop, labels(y, split=split()), build=builder(table), against=other.model, repeats=200
    )


def test_the_figures_are_those_of_evaluate(shop: CreditStore, trained: TrainingResult, report: Validation) -> None:
    table, y = world()
    known = evaluate(trained.model, shop, labels(y, split=split()), build=builder(table))
    body = report.to_dict()
    assert {name: body[name] for name in known} == json.loads(json.dumps(known))
    for sets in body["models"].values():
        assert list(sets) == ["tabular", "graph", "all"]
        for figures in sets.values():
            assert {"auc", "auc_ci", "ks", "f1", "brier", "n", "chosen"} <= set(figures)


def test_the_report_is_complete_and_strict_json(report: Validation) -> None:
    body = report.to_dict()
    json.dumps(body, allow_nan=False)
    wanted = {"discrimination", "calibration", "grades", "segments", "feature_sets", "cutoffs", "drift", "migration",
              "against", "findings", "about", "sources"}  # fmt: skip
    assert wanted <= set(body)
    assert body["sources"] == SOURCES
    assert {found["light"] for found in body["findings"]} <= {"green", "yellow", "red", "grey"}
    assert all({"en", "zh"} == set(found["text"]) for found in body["findings"])
    assert {"auc", "level", "hosmer_lemeshow", "grades", "psi", "csi", "graph", "segments", "against"} <= {
        found["test"] for found in body["findings"]
    }


def test_every_chapter_speaks_of_the_same_rows(trained: TrainingResult, report: Validation, shop: CreditStore) -> None:
    table, y = world()
    body = report.to_dict()
    pds = trained.model.predict(builder(table)(shop, DAY)).pd.to_numpy()[500:]
    assert body["discrimination"]["auc"] == pytest.approx(roc_auc_score(y[500:], pds))
    assert body["chosen"]["auc"] == pytest.approx(body["discrimination"]["auc"])
    assert body["calibration"]["mean_pd"] == pytest.approx(pds.mean())
    assert sum(row["n"] for row in body["grades"]["grades"]) == 200
    assert set(body["segments"]["divisions"]) == {"industry", "region", "size"}
    assert all(sum(row["n"] for row in rows) == 200 for rows in body["segments"]["divisions"].values())
    assert {row["segment"] for row in body["segments"]["divisions"]["size"]} == {"small", "medium", "large"}
    pairs = {(pair["first"], pair["second"]): pair for pair in body["feature_sets"]["pairs"]}
    assert set(pairs) == {("all", "tabular"), ("graph", "tabular"), ("all", "graph")}
    kind = body["feature_sets"]["kind"]
    uplift = body["comparison"]["graph_uplift_by_model"][kind]
    assert pairs["all", "tabular"]["difference"] == pytest.approx(uplift["auc"], abs=1e-5)
    assert pairs["all", "tabular"]["delong"]["p"] == pytest.approx(uplift["p"], rel=1e-6)
    assert body["drift"]["reference_n"] == 500
    assert body["drift"]["score"][0]["light"] == "green"
    assert body["migration"]["n"] == 200
    assert body["migration"]["stable"] == 1.0  # the stand-in serves the same features on every day
    moved = body["migration"]["moved"]
    assert moved["score"]["psi"] == 0.0
    assert {row["csi"] for row in moved["features"]} == {0.0}
    assert body["against"]["note"] is None
    assert len(body["against"]["swaps"]) == 6


def test_without_a_test_split_the_training_rows_are_cross_validated_anew(shop: CreditStore) -> None:
    table, y = world()
    made = train(shop, labels(y), build=builder(table), models=["logistic"], folds=3, repeats=1)
    found = validate(made.model, shop, labels(y), build=builder(table), repeats=200).to_dict()
    assert found["about"]["out_of_fold"]
    assert found["models"]["logistic"]["all"]["auc"] == made.report["models"]["logistic"]["all"]["auc"]
    known = made.report["comparison"]["best_by_feature_set"]["all"]["auc"]
    assert found["feature_sets"]["scores"]["all"]["auc"] == pytest.approx(known, abs=0.02)
    assert found["drift"]["score"] == []
    assert found["drift"]["note"]["zh"]
    in_sample = roc_auc_score(y, made.model.predict(builder(table)(shop, DAY)).pd)
    assert found["discrimination"]["auc"] < in_sample


def test_a_day_without_scores_is_said(shop: CreditStore, trained: TrainingResult) -> None:
    table, y = world()

    def build(store: CreditStore, day: date, *, parties: Any = None) -> Any:
        if day < DAY:
            raise LabelError("nothing was known")
        return builder(table)(store, day, parties=parties)

    found = validate(trained.model, shop, labels(y, split=split()), build=build, migrate_from=EARLIER, repeats=200)
    assert found.sections["migration"]["n"] == 0
    assert "nothing was known" in found.sections["migration"]["note"]["en"]
    plain = validate(trained.model, shop, labels(y, split=split()), build=build, stability=False, repeats=200)
    assert not {"drift", "migration"} & set(plain.sections)


def test_what_moved_since_the_earlier_day_is_measured(shop: CreditStore, trained: TrainingResult) -> None:
    table, y = world()
    names = [info.name for info in trained.model.features if pd.api.types.is_float_dtype(table[info.name])]
    name = max(names, key=lambda each: trained.model.chosen.estimator.importance().get(each, 0.0))
    spread = float(table[name].std())

    def build(store: CreditStore, day: date, *, parties: Any = None) -> Any:
        then = table if day == DAY else table.assign(**{name: table[name] - 3 * spread})
        return builder(then)(store, day, parties=parties)

    found = validate(trained.model, shop, labels(y, split=split()), build=build, repeats=200)
    moved = found.sections["migration"]["moved"]
    csi = {row["feature"]: row for row in moved["features"]}
    assert csi[name]["csi"] > 1
    assert csi[name]["light"] == "red"
    assert all(row["csi"] == 0 for other, row in csi.items() if other != name)
    then, now = (trained.model.predict(build(shop, day)).pd.to_numpy()[500:] for day in (EARLIER, DAY))
    cuts = np.quantile(then, np.arange(1, 10) / 10)
    shares = [np.histogram(each, [-np.inf, *cuts, np.inf])[0] / 200 for each in (then, now)]
    e, a = (np.maximum(each, 1e-4) for each in shares)
    assert moved["score"]["psi"] == pytest.approx(float(((a - e) * np.log(a / e)).sum()), rel=0.05)
    assert moved["score"]["light"] == "red"
    line = next(each for each in found.findings if each["test"] == "moved")
    assert line["light"] == "red"


def test_few_rows_are_said_and_one_class_is_refused(shop: CreditStore, trained: TrainingResult) -> None:
    table, y = world()
    bad, good = np.flatnonzero(y[500:])[0] + 500, np.flatnonzero(1 - y[500:])[:3] + 500
    few = labels(y, split=split()).iloc[[*range(500), bad, *good]]
    found = validate(trained.model, shop, few, build=builder(table), repeats=200).to_dict()
    json.dumps(found, allow_nan=False)
    assert found["discrimination"]["auc_ci"] == [None, None]
    assert found["findings"][0]["light"] == "grey"
    alone = labels(y, split=split()).iloc[[*range(500), *good]]
    with pytest.raises(LabelError, match="one class only"):
        validate(trained.model, shop, alone, build=builder(table))
    with pytest.raises(LabelError, match="no label belongs to the split"):
        validate(trained.model, shop, labels(y, split=split()).iloc[:500], build=builder(table))


def test_rows_learned_from_are_a_red_finding(shop: CreditStore, trained: TrainingResult) -> None:
    table, y = world()
    moved = np.where(np.arange(N) < 250, "test", split())
    found = validate(trained.model, shop, labels(y, split=moved), build=builder(table), repeats=200)
    assert (found.findings[0]["test"], found.findings[0]["light"]) == ("learned_from", "red")
    whole = validate(trained.model, shop, labels(y), split="all", build=builder(table), repeats=200).to_dict()
    assert whole["drift"]["note"] is not None
    assert whole["n"] == N
