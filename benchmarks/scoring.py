"""Training on 20k labelled firms, scoring a million parties, explaining one; beside scikit-learn's own prediction and `shap`.

    python -m benchmarks.scoring [--quick] [--firms 20000] [--parties 1000000] [--features 150]

Features are ready (drawn); building them is timed in benchmarks.features. Parity: our flat trees score as scikit-learn's
forests do on the same codes, boosting's Shapley values are those of `shap`, and the reasons of a score add up to its points.
"""

import math
import tempfile
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks.harness import Measured, child, measure, options, parity, report, row
from graphcredit.features import Feature, FeatureMatrix
from graphcredit.scoring import CreditModel, load_model, save_model, train
from graphcredit.scoring.boosting import as_floats
from graphcredit.scoring.flat_trees import from_boosting, from_forest
from graphcredit.scoring.forest import ExtraTrees
from graphcredit.scoring.preprocess import Preparation
from graphcredit.store import open_store

DAY = date(2026, 6, 30)
GROUPS = 12


def drawn(n: int, features: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """A frame (n, features), a tenth missing, heavy tails in a third, and labels of which a fifth of the columns tell."""
    rng = np.random.default_rng(seed)
    columns: dict[str, np.ndarray] = {}
    z = np.full(n, -3.2)
    for j in range(features):
        x = rng.normal(size=n)
        if j % 5 == 0:
            z += 0.35 * np.sin(j + 1) * x
        if j % 3 == 0:
            np.exp(x, out=x)
        x[rng.random(n) < 0.1] = np.nan
        columns[f"x{j:03d}"] = x
    y = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(np.int64)
    frame = pd.DataFrame(columns, copy=False)
    frame.index = pd.Index([f"P{i:07d}" for i in range(n)], name="party_id", dtype=object)
    return frame, y


def matrix(frame: pd.DataFrame) -> FeatureMatrix:
    described = tuple(
        Feature(
            name,
            "graph" if j % 2 else "tabular",
            f"group {j % GROUPS}",
            "",
            ("drawn",),
            name,
            name,
            changeable=j % 4 == 0,
        )
        for j, name in enumerate(frame.columns)
    )
    return FeatureMatrix(frame, described, DAY)


def fit(firms: int, features: int, folder: str) -> Measured:
    """Train with everything; the model is left in `folder`."""
    import pyarrow as pa

    frame, y = drawn(firms, features, 0)
    with open_store(f"duckdb:///{folder}/bench.duckdb") as store:
        recorded = pa.array([np.datetime64("2026-01-01T00:00:00", "us")] * firms)
        names = pa.array(frame.index.tolist())
        kind = pa.array(["company"] * firms)
        store.upsert("parties", pa.table({"party_id": names, "kind": kind, "name": names, "recorded_at": recorded}))
        labels = pd.DataFrame({"party_id": frame.index, "observed_on": DAY, "default": y})
        whole = matrix(frame)
        made = measure(lambda: train(store, labels, build=lambda *_, **__: whole))
    save_model(made.result.model, Path(folder) / "bench.gcmodel")
    chosen = made.result.report["chosen"]
    return Measured(f"{chosen['model']} on {chosen['feature_set']}, AUC {chosen['auc']:.4f}", made.wall, made.cpu)


def score(parties: int, features: int, folder: str, kind: str) -> Measured:
    """Score every party by one kind of the trained model; input included in the peak."""
    model = _with(load_model(Path(folder) / "bench.gcmodel"), kind)
    frame, _ = drawn(parties, features, 1)
    whole = matrix(frame)
    model.predict(matrix(frame.iloc[:1000]))  # compiled code is loaded before the clock runs
    made = measure(lambda: model.predict(whole))
    return Measured(len(made.result), made.wall, made.cpu)


def _with(model: CreditModel, kind: str) -> CreditModel:
    from dataclasses import replace

    from graphcredit.scoring.matrix import infos

    chosen = model.candidates[f"{kind}|all"]
    known = {info.name: info for info in infos(matrix(drawn(10, 400, 0)[0]))}
    return replace(model, chosen=chosen, features=tuple(known[name] for name in chosen.features))


def explain(features: int, folder: str) -> Measured:
    """One explained score of the average, mean of a hundred after the first."""
    model = _with(load_model(Path(folder) / "bench.gcmodel"), "average")
    whole = matrix(drawn(2000, features, 2)[0])
    parties = list(whole.frame.index[:101])
    first = model.explain(whole, parties[0])
    if abs(math.fsum([first.base_points, *(reason.points for reason in first.reasons)]) - first.points) > 1e-9:
        raise SystemExit("reasons do not add up")
    made = measure(lambda: [model.explain(whole, party) for party in parties[1:]])
    return Measured(len(made.result), made.wall / 100, made.cpu / 100)


def trees(parties: int, features: int) -> list[tuple[str, ...]]:
    """Our flat trees beside scikit-learn's on the same codes."""
    frame, y = drawn(10_000, features, 3)
    prepared = Preparation().prepare(frame, y)
    forest: Any = ExtraTrees(seed=0)._grower(10_000).set_params(n_jobs=1)
    forest.fit(as_floats(prepared.codes), y)
    flat = from_forest(forest.estimators_)
    codes = prepared.preparation.transform(drawn(parties, features, 4)[0])
    floats = as_floats(codes)
    flat.predict(codes[:10])
    ours, peer = measure(lambda: flat.predict(codes)), measure(lambda: forest.predict_proba(floats)[:, 1])
    parity("forest", ours.result, peer.result, rtol=1e-9, atol=1e-12)
    return [row(f"{len(flat.roots)} deep trees, {parties:,} rows", ours, peer, "scikit-learn")]


def shapley(features: int) -> list[tuple[str, ...]]:
    """Shapley values of boosting, a row at a time and many at once, beside `shap` on scikit-learn's own trees."""
    frame, y = drawn(10_000, features, 5)
    prepared = Preparation().prepare(frame, y)
    boosted = HistGradientBoostingClassifier(
        max_iter=400, learning_rate=0.03, max_leaf_nodes=16, max_features=0.3, early_stopping=False, random_state=0
    ).fit(as_floats(prepared.codes), y)
    flat = from_boosting(boosted)
    codes = prepared.preparation.transform(drawn(1000, features, 6)[0])
    floats = as_floats(codes).astype(np.float64)
    with warnings.catch_warnings():  # of the plots that the library brings along
        warnings.simplefilter("ignore")
        import shap
    peer = shap.TreeExplainer(boosted, feature_perturbation="tree_path_dependent")

    def theirs(rows: np.ndarray) -> np.ndarray:
        return np.asarray(peer.shap_values(rows, check_additivity=False))

    parity("Shapley values", flat.shapley(codes), theirs(floats), rtol=1e-9, atol=1e-9)
    one = [slice(i, i + 1) for i in range(300)]
    return [
        row(
            f"Shapley values of {len(flat.roots)} boosted trees, 300 rows one by one",
            measure(lambda: [flat.shapley(codes[i]) for i in one], repeat=3),
            measure(lambda: [theirs(floats[i]) for i in one], repeat=3),
            "shap",
        ),
        row(
            f"Shapley values of {len(flat.roots)} boosted trees, {len(codes):,} rows at once",
            measure(lambda: flat.shapley(codes), repeat=3),
            measure(lambda: theirs(floats), repeat=3),
            "shap",
        ),
    ]


def main() -> None:
    given = options(
        __doc__,
        ("firms", 20_000, "labelled firms trained on"),
        ("parties", 1_000_000, "parties scored"),
        ("features", 150, "columns"),
    )
    firms, parties = (2_000, 50_000) if given.quick else (given.firms, given.parties)
    with tempfile.TemporaryDirectory() as folder:
        lines = trees(min(parties, 200_000), given.features)
        lines += shapley(given.features)
        trained = child(fit, firms, given.features, folder)
        lines.append(row(f"train with everything, {firms:,} firms", trained, note=str(trained.result)))
        for kind in ("scorecard", "boosting", "average"):
            lines.append(row(f"score {parties:,} parties: {kind}", child(score, parties, given.features, folder, kind)))
        lines.append(row("explain one party (average)", child(explain, given.features, folder)))
    report(
        f"scoring, {given.features} features (goals: train < 120 s, 1M parties < 10 s and 3 GB, explain < 0.02 s)",
        lines,
    )


if __name__ == "__main__":
    main()
