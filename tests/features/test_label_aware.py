"""Label-aware features: right against brute force, and blind to a party's own label."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.exc import LabelError, ShapeError
from graphcredit.features import LabelTies, label_aware
from graphcredit.features.label_aware import DECAY, HOPS, PEER_PRIOR, PRIOR
from graphcredit.network import Layer, Network, csr_from_edges

N = 40


def drawn(seed: int, n: int = N, ties: int = 90) -> Network:
    rng = np.random.default_rng(seed)
    layers = {}
    for name in ("trade", "guarantee", "ownership", "other"):
        a, b = rng.integers(0, n, (2, ties))
        keep = a != b
        whole = csr_from_edges(a[keep], b[keep], rng.random(int(keep.sum())) + 0.1, n)
        half = csr_from_edges(a[keep][::2], b[keep][::2], np.ones(len(a[keep][::2])), n)
        layers[name] = Layer(name, whole, {"x": half, "y": whole} if name == "other" else {})
    attributes = {
        "industry": rng.choice(np.array(["A", "B", "C", ""], dtype=object), n),
        "region": rng.choice(np.array(["N", "S"], dtype=object), n),
    }
    return Network(np.array([f"f{i:03d}" for i in range(n)], dtype=object), layers, attributes)


def by_brute_force(network: Network, labels: dict[str, int], folds: dict[str, int], party: str) -> dict[str, float]:
    """One party's figures from the definitions, tie by tie."""
    seen = {other: y for other, y in labels.items() if party not in folds or folds[other] != folds[party]}
    base = sum(seen.values()) / len(seen)
    me, ids = network.position(party), network.ids.tolist()

    def rate(weights: np.ndarray, prior: float) -> float:
        known = sum(weights[ids.index(p)] for p in seen)
        bad = sum(weights[ids.index(p)] * y for p, y in seen.items())
        return float((bad + prior * base) / (known + prior))

    made = {}
    for layer in ("trade", "guarantee", "ownership", "other"):
        dense = network.matrix(layer).toarray()
        for side, matrix in (("out", dense), ("in", dense.T)):
            made[f"label_{layer}_{side}"] = rate(matrix[me] / max(matrix[me].sum(), 1e-300), PRIOR)
    ties = sum(network.matrix(layer).toarray() for layer in ("trade", "guarantee", "ownership", "other"))
    step = ((ties + ties.T) > 0).astype(float)
    step /= np.maximum(step.sum(axis=1, keepdims=True), 1)
    spread = sum(DECAY**h * np.linalg.matrix_power(step, h)[me] for h in range(1, HOPS + 1))
    made["label_diffused"] = rate(spread, PRIOR)
    held = (network.matrix("ownership").toarray().T > 0).astype(float)
    made["label_relatives"] = rate((held @ held.T)[me], PRIOR)
    industry, region = network.attributes["industry"], network.attributes["region"]
    made["label_region_peers"] = rate((region == region[me]).astype(float), PEER_PRIOR)
    made["label_industry_peers"] = rate((industry == industry[me]).astype(float), PEER_PRIOR) if industry[me] else base
    return made


@pytest.mark.parametrize("seed", [0, 1])
def test_every_figure_is_what_its_definition_says(seed: int) -> None:
    network = drawn(seed)
    rng = np.random.default_rng(seed)
    chosen = rng.choice(network.ids, 25, replace=False).tolist()
    labels = {party: int(rng.random() < 0.4) for party in chosen}
    folds = {party: k % 3 for k, party in enumerate(chosen)}
    frame = label_aware(network, labels, folds)
    for party in [chosen[0], chosen[7], *sorted(set(network.ids) - set(chosen))[:3]]:
        for name, value in by_brute_force(network, labels, folds, party).items():
            assert frame.loc[party, name] == pytest.approx(value), (party, name)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, N - 1), st.integers(2, 5))
def test_a_party_never_sees_its_own_label_nor_that_of_its_fold(seed: int, who: int, folds: int) -> None:
    network = drawn(seed)
    rng = np.random.default_rng(seed)
    labels = {party: int(rng.random() < 0.3) for party in network.ids.tolist()}
    fold = {party: int(k) for party, k in zip(labels, rng.permutation(N) % folds, strict=True)}
    mine = [party for party in labels if fold[party] == fold[network.ids[who]]]
    turned = {party: 1 - y if party in mine else y for party, y in labels.items()}
    one, other = label_aware(network, labels, fold), label_aware(network, turned, fold)
    pd.testing.assert_frame_equal(one.loc[mine], other.loc[mine], check_exact=True)


def test_planted_random_labels_cannot_be_learned() -> None:
    """No column, and no model of them, tells random labels apart: the interval of the AUC holds one half."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    network = drawn(3, n=1500, ties=4000)
    rng = np.random.default_rng(7)
    y = (rng.random(1500) < 0.2).astype(int)
    ties, ids, scores = LabelTies(network), network.ids.tolist(), np.zeros(1500)
    for learn, held in StratifiedKFold(4, shuffle=True, random_state=0).split(np.zeros(1500), y):
        frame = ties.frame({ids[i]: int(y[i]) for i in learn})
        model = HistGradientBoostingClassifier(max_iter=15, max_leaf_nodes=6, random_state=0)
        scores[held] = model.fit(frame.iloc[learn], y[learn]).predict_proba(frame.iloc[held])[:, 1]
    draws = [rng.integers(0, 1500, 1500) for _ in range(1000)]
    # 99.9%: a fair coin leaves a 95% interval once in twenty draws of labels
    low, high = np.percentile([roc_auc_score(y[d], scores[d]) for d in draws], [0.05, 99.95])
    assert low < 0.5 < high


def test_real_contagion_is_seen_out_of_fold() -> None:
    network = drawn(4, n=800, ties=1600)
    both = network.matrix("ownership") + network.matrix("ownership").T
    rng = np.random.default_rng(0)
    seed = rng.random(800) < 0.1
    y = (seed | (np.asarray(both @ seed.astype(float)) > 0.5)).astype(int)
    frame = label_aware(network, dict(zip(network.ids.tolist(), y.tolist(), strict=True)))
    from sklearn.metrics import roc_auc_score

    assert roc_auc_score(y, frame["label_ownership_in"]) > 0.6


def test_rows_names_and_folds() -> None:
    network = drawn(5)
    labels = {"f001": 1, "f002": 0, "f003": 0, "unknown": 1}
    frame = label_aware(network, labels, 2, parties=["f003", "nobody"])
    assert frame.index.tolist() == ["f003", "nobody"]
    assert frame.loc["nobody"].isna().all()
    assert list(frame.columns) == [feature.name for feature in LabelTies(network).features]
    assert all(feature.family == "label" for feature in LabelTies(network).features)
    pd.testing.assert_frame_equal(label_aware(network, labels, 2, seed=4), label_aware(network, labels, 2, seed=4))


def test_without_any_label_there_is_nothing_to_say() -> None:
    assert label_aware(drawn(6), {}).drop(columns="label_relatives_count").isna().all(axis=None)


@pytest.mark.parametrize(
    ("labels", "folds", "error", "text"),
    [
        ({"f001": 2}, 5, LabelError, "0 or 1"),
        ({"f001": 1}, 1, ShapeError, "at least 2 folds|1 folds"),
        ({"f001": 1, "f002": 0}, {"f001": 0}, ShapeError, "have no fold"),
        ({"f001": 1, "f002": 0}, {"f001": 3, "f002": 3}, ShapeError, "one fold"),
    ],
)
def test_wrong_labels_and_folds_are_refused(labels, folds, error, text) -> None:
    with pytest.raises(error, match=text) as caught:
        label_aware(drawn(0), labels, folds)
    assert caught.value.remedy
