"""What the sample is for: the graph adds what its process puts into ties, and nothing where it puts nothing there.

The truth is kept apart by the generator; a model sees only what a bank would.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from graphcredit.features import build_features
from graphcredit.scoring import evaluate, train
from graphcredit_ingest import load
from graphcredit_ingest.sample import generate
from tests.support.stores import empty_store

Floats = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Proof:
    """Figures of training and test, and of each test row its outcome, predicted PD and true PD, shape (n,)."""

    report: dict[str, Any]
    test: dict[str, Any]
    outcome: Floats
    pd: Floats
    true_pd: Floats


def prove(folder: Path, firms: int, strength: float, **options: Any) -> Proof:
    """Draw, load, train on three quarters of the labels, judge on the rest."""
    generate(folder / "drawn", firms=firms, contagion=strength, format="parquet")
    labels = pd.read_parquet(folder / "drawn" / "labels.parquet")
    labels["split"] = np.random.default_rng(1).choice(["train", "test"], len(labels), p=[0.75, 0.25])
    with empty_store("duckdb", folder) as store:
        load(store, [path for path in (folder / "drawn").iterdir() if path.is_file()])
        made = train(store, labels, **options)
        test = evaluate(made.model, store, labels)
        rows = labels[labels["split"] == "test"]
        parties = rows["party_id"].tolist()
        pds = made.model.predict(build_features(store, rows["observed_on"].iloc[0], parties=parties))["pd"]
    truth = pd.read_parquet(folder / "drawn" / "truth" / "pd.parquet").set_index("party_id")["pd"]
    return Proof(made.report, test, rows["default"].to_numpy(), pds.to_numpy(), truth.loc[parties].to_numpy())


def gini(outcome: Floats, score: Floats) -> float:
    return 2 * float(roc_auc_score(outcome, score)) - 1


def hold_quality(proof: Proof) -> None:
    """Ranks nearly as well as the truth does, on rows not learned from; PDs are as high as the true ones, by decile."""
    assert gini(proof.outcome, proof.pd) >= 0.9 * gini(proof.outcome, proof.true_pd)
    for part in np.array_split(np.argsort(proof.pd, kind="stable"), 10):
        said, true = proof.pd[part].mean(), proof.true_pd[part].mean()
        assert abs(said - true) <= max(0.01, 0.25 * true), (said, true)


@pytest.mark.slow
def test_with_contagion_the_graph_clearly_adds_and_the_model_nears_the_truth(tmp_path: Path) -> None:
    proof = prove(tmp_path, 20_000, 1.0)
    for figures in (proof.report, proof.test):
        assert figures["comparison"]["graph_uplift_ci"][0] > 0.02
    assert proof.test["chosen"]["feature_set"] == "all"
    hold_quality(proof)


@pytest.mark.slow
def test_without_contagion_the_graph_adds_nothing_and_the_report_says_so(tmp_path: Path) -> None:
    proof = prove(tmp_path, 20_000, 0.0)
    for figures in (proof.report, proof.test):
        low, high = figures["comparison"]["graph_uplift_ci"]
        assert low <= 0 <= high
    assert proof.test["chosen"]["feature_set"] == "tabular"
    hold_quality(proof)


def test_three_thousand_firms_of_the_default_strength_show_it_already(tmp_path: Path) -> None:
    proof = prove(tmp_path, 3_000, 1.0, models=["boosting"], feature_sets=["tabular", "all"], folds=3)
    assert proof.report["comparison"]["graph_uplift_ci"][0] > 0
    assert proof.report["chosen"]["feature_set"] == "all"
