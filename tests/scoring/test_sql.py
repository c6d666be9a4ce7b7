from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from graphcredit.exc import InputError
from graphcredit.scoring import CreditModel, points_table, to_sql, train
from graphcredit.scoring.sql import scorecard_candidate
from tests.scoring.world import builder, fill, frame, labels, matrix
from tests.support.stores import empty_store

N = 800


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> CreditModel:
    table, y, _ = frame(N, seed=8)
    table["o'dd \"name"] = table["leverage"] + np.random.default_rng(0).normal(size=N)
    table["industry"] = table["industry"].cat.rename_categories({"C": "C's"})
    with empty_store("duckdb", tmp_path_factory.mktemp("sql")) as store:
        return train(
            fill(store, N),
            labels(y),
            build=builder(table),
            models=["scorecard"],
            feature_sets=["all"],
            folds=2,
            repeats=1,
        ).model


def fresh() -> pd.DataFrame:
    table = frame(600, seed=21)[0]
    rng = np.random.default_rng(1)
    table["o'dd \"name"] = np.where(rng.random(600) < 0.3, np.nan, rng.normal(size=600) * 3)
    table["industry"] = pd.Categorical(rng.choice(["A", "B", "C's", "new", None], 600))
    table.loc[table.index[:20], "leverage"] = np.nan
    return table


def run(card: CreditModel, table: pd.DataFrame) -> pd.DataFrame:
    features = table.reset_index().astype({"industry": object})
    with duckdb.connect() as connection:
        connection.register("features", features)
        return connection.execute(f"SELECT * FROM ({to_sql(card)}) ORDER BY party_id").df()


def test_sql_scores_like_python(card: CreditModel) -> None:
    table = fresh()
    found, ours = run(card, table), card.predict(matrix(table)).sort_values("party_id")
    assert "industry" in to_sql(card)
    np.testing.assert_allclose(found["pd"], ours["pd"], rtol=1e-9)
    np.testing.assert_allclose(found["points"], ours["points"], atol=0.005 + 1e-9)


def test_sql_is_exact_at_the_bounds(card: CreditModel) -> None:
    from graphcredit.scoring.scorecard import Scorecard

    estimator: Any = card.chosen.estimator
    assert isinstance(estimator, Scorecard)
    edges = estimator.column("leverage").edges
    table = fresh().iloc[: min(len(edges), 200)].copy()
    table["leverage"] = edges[: len(table)]
    np.testing.assert_allclose(
        run(card, table)["pd"], card.predict(matrix(table)).sort_values("party_id")["pd"], rtol=1e-9
    )


def test_a_clerk_can_add_up_the_points(card: CreditModel) -> None:
    table = points_table(card)
    base = float(table.loc[table["feature"] == "(base)", "points"].iloc[0])
    row = fresh().iloc[[100]]
    total = base
    for name, bins in table[table["feature"] != "(base)"].groupby("feature"):
        value = row[name].iloc[0]
        for text, points in zip(bins["bin"], bins["points"], strict=True):
            if _inside(value, text):
                total += points
                break
    assert total == pytest.approx(float(card.predict(matrix(row))["points"].iloc[0]), abs=0.01)
    counted = table[table["feature"] == "leverage"]
    assert counted["count"].sum() == N
    assert (counted["bad_rate"] <= 1).all()


def _inside(value: Any, text: str) -> bool:
    if text == "missing":
        return bool(pd.isna(value))
    if pd.isna(value):
        return False
    if text.startswith("{"):
        return str(value) in text[1:-1].split(", ")
    low, high = text.strip("[()").split(", ")
    return float(low) <= float(value) < float(high)


def test_points_rise_as_risk_falls_bin_by_bin(card: CreditModel) -> None:
    table = points_table(card)
    for name, bins in table[table["feature"] != "(base)"].groupby("feature"):
        known = bins[bins["bin"] != "missing"]["points"].to_numpy()
        steps = np.diff(known)
        assert (steps >= -1e-9).all() or (steps <= 1e-9).all(), name


def test_only_a_scorecard_has_points(card: CreditModel) -> None:
    from dataclasses import replace

    assert scorecard_candidate(card).chosen is card.chosen
    tree = replace(card, chosen=replace(card.chosen, kind="tree", estimator=object()))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="a tree has no points table"):
        points_table(tree)
    with pytest.raises(InputError, match="no scorecard was trained"):
        scorecard_candidate(replace(card, candidates={}))
