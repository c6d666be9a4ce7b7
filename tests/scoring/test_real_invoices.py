"""The main job on real invoices: load, features, train on 123 firms, score 302, on both stores."""

import gzip
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graphcredit.features import build_features
from graphcredit.network import build_network
from graphcredit.network.change import same_network
from graphcredit.scoring import TrainingResult, train
from graphcredit.store import CreditStore
from graphcredit_ingest import load
from tests.support.stores import empty_store

DAY = date(2020, 2, 29)
FILES = ("labelled_sales", "labelled_purchases", "unlabelled_sales", "unlabelled_purchases")
real_group = pytest.mark.xdist_group("cumcm2020c-score")  # one load and one training for these tests


@pytest.fixture(scope="module")
def real(cumcm2020c: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CreditStore]:
    """All of it in a DuckDB file."""
    with empty_store("duckdb", tmp_path_factory.mktemp("real")) as store:
        load(store, [cumcm2020c], mapping="cumcm2020c")
        yield store


@pytest.fixture(scope="module")
def trained(real: CreditStore) -> TrainingResult:
    """Five folds, five times, as `train` does unasked, of the two kinds that read best."""
    return train(real, models=["logistic", "scorecard"])


@real_group
def test_five_folds_five_times_reach_the_auc_asked_for_and_say_their_spread(trained: TrainingResult) -> None:
    chosen = trained.report["chosen"]
    assert chosen["auc"] >= 0.87
    assert len(chosen["auc_folds"]) == 25
    assert 0 < chosen["auc_sd"] < 0.05
    assert chosen["auc_ci"][0] < chosen["auc"] < chosen["auc_ci"][1]
    assert trained.report["labels"]["n"] == 123


@real_group
def test_the_report_says_what_the_graph_adds_even_where_it_adds_nothing(trained: TrainingResult) -> None:
    assert {"tabular", "graph", "all"} == set(trained.report["models"]["logistic"])
    low, high = trained.report["comparison"]["graph_uplift_ci"]
    assert low <= trained.report["comparison"]["graph_uplift"] <= high


@real_group
def test_the_given_rating_is_no_input(trained: TrainingResult) -> None:
    names = {name for candidate in trained.model.candidates.values() for name in candidate.features}
    assert names
    assert not [name for name in names if "rating" in name or "x_" in name.removeprefix("attr_")[:2]]


@real_group
def test_every_unlabelled_firm_is_scored_with_grade_and_reasons(real: CreditStore, trained: TrainingResult) -> None:
    firms = [f"E{number}" for number in range(124, 426)]
    matrix = build_features(real, DAY, parties=firms)
    scores = trained.model.predict(matrix)
    assert len(scores.pd) == 302
    assert np.isfinite(scores.pd).all()
    assert ((scores.pd > 0) & (scores.pd < 1)).all()
    assert len(np.unique(np.round(scores.pd, 6))) > 150


def tenth(source: Path, target: Path) -> Path:
    """The same files with every tenth firm and its invoices."""
    target.mkdir()
    for name in ("labelled_firms", "unlabelled_firms"):
        frame = pd.read_csv(source / f"{name}.csv", dtype=str)
        frame[_chosen(frame["firm"])].to_csv(target / f"{name}.csv", index=False)
    for name in FILES:
        frame = pd.read_csv(source / f"{name}.csv.gz", dtype=str, keep_default_na=False)
        with gzip.open(target / f"{name}.csv.gz", "wt", encoding="utf-8") as out:
            frame[_chosen(frame["firm"])].to_csv(out, index=False)
    return target


def _chosen(firms: "pd.Series[str]") -> "pd.Series[bool]":
    return firms.str.strip().str.removeprefix("E").astype(int) % 10 == 3


def _hold_stores_equal(folder: Path, tmp_path: Path) -> None:
    """Load on both; reports, network and features of the firms must be the same to the last bit."""
    with empty_store("duckdb", tmp_path) as one, empty_store("neo4j", tmp_path) as two:
        reports = [load(store, [folder], mapping="cumcm2020c").to_json() for store in (one, two)]
        counts = [{key: report[key] for key in ("read", "new", "changed", "unchanged")} for report in reports]
        assert counts[0] == counts[1]
        assert counts[0]["new"] > 10_000
        assert same_network(build_network(one, DAY), build_network(two, DAY))
        firms = sorted(party for party in one.read("labels", as_of=None)["party_id"].to_pylist())
        tables = [build_features(store, DAY, parties=firms).frame for store in (one, two)]
        pd.testing.assert_frame_equal(*tables, check_exact=True)


@pytest.mark.usefixtures("neo4j_url")
@pytest.mark.parametrize("share", ["a tenth", pytest.param("all", marks=[pytest.mark.slow, pytest.mark.timeout(2400)])])
def test_both_stores_hold_the_same_invoices_network_and_features(share: str, cumcm2020c: Path, tmp_path: Path) -> None:
    folder = cumcm2020c if share == "all" else tenth(cumcm2020c, tmp_path / "tenth")
    _hold_stores_equal(folder, tmp_path)
    assert folder.is_dir()
