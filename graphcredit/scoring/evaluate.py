"""How a trained model does on labelled rows, every kind and feature set of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from graphcredit.exc import LabelError
from graphcredit.scoring.base import expit
from graphcredit.scoring.dataset import Build, Dataset, join_features
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.label_aware import with_known_labels
from graphcredit.scoring.labels import Labels, labels_from_store, read_labels
from graphcredit.scoring.metrics import summary
from graphcredit.scoring.model import CreditModel
from graphcredit.scoring.peers import row_prints
from graphcredit.scoring.report import comparison, nested
from graphcredit.scoring.splits import assign_roles
from graphcredit.store.base import AsOf, CreditStore


def labelled_rows(
    store: CreditStore,
    labels: Labels | pd.DataFrame | str | Path | None,
    split: str,
    *,
    as_of: AsOf = None,
    build: Build | None = None,
) -> Dataset:
    """Labels of one split (`train`, `valid`, `test` or `all`) joined with features as of their dates.

    Raises:
        LabelError: the split is empty.
    """
    day = None if as_of is None else pd.Timestamp(as_of).date()
    if labels is None:
        checked = labels_from_store(store)
    else:
        checked = labels if isinstance(labels, Labels) else read_labels(labels, observed_on=day)
    if split != "all":
        roles = assign_roles(checked)
        rows = roles.rows(split)
        if not rows.any():
            raise LabelError(
                f"no label belongs to the split {split!r}; there are {roles.counts()}",
                remedy="name another split, or all; without a test split read the cross-validated figures of `train`",
            )
        checked = checked.take(rows)
    return join_features(store, checked, build=build)


def evaluate(
    model: CreditModel,
    store: CreditStore,
    labels: Labels | pd.DataFrame | str | Path | None = None,
    *,
    split: str = "test",
    as_of: AsOf = None,
    build: Build | None = None,
) -> dict[str, Any]:
    """Figures of every candidate on one split; JSON-able.

    Without a split of that name, when the model was judged by cross-validation only, those figures are returned and
    `source` says so.

    Returns:
        `models` (kind -> feature set -> auc, auc_ci, ks, f1, brier, n, chosen), `chosen` (model, feature_set and its
        figures), `comparison` (what the graph adds), `split`, `source`, `warnings`.

    Raises:
        LabelError: the split is empty, or has one class only.
    """
    try:
        data = labelled_rows(store, labels, split, as_of=as_of, build=build)
    except LabelError:
        if split == "test" and model.meta.get("labels", {}).get("split") == "cv":
            return cross_validated(model)
        raise
    if data.y.min() == data.y.max():
        raise LabelError(
            f"all {len(data.y)} labels of the split {split!r} are {data.y[0]}: one class only",
            remedy="add parties of the other class; most figures need both",
        )
    return evaluate_rows(model, data, split=split)


def evaluate_rows(model: CreditModel, data: Dataset, *, split: str = "test") -> dict[str, Any]:
    """The same on rows already joined."""
    results: dict[str, dict[str, Any]] = {}
    scores: dict[str, Floats] = {}
    frame = with_label_columns(model, data)
    for key, candidate in model.candidates.items():
        scores[key] = candidate.log_odds(frame)
        results[key] = {**summary(data.y, expit(scores[key]), candidate.cutoff), "chosen": key == model.chosen.key}
    warnings = []
    names = [str(name) for name in data.X.columns]
    repeated = int(np.isin(row_prints(data.X, names), model.prints).sum()) if len(names) >= 3 else 0
    if repeated and split not in ("train", "valid", "all"):
        warnings.append(f"{repeated} of {len(data.y)} rows were learned from: these figures are too kind")
    return {
        "split": split,
        "source": "rows not learned from" if split == "test" else f"rows of the split {split}",
        "model_id": model.model_id,
        "n": len(data.y),
        "defaults": int(data.y.sum()),
        "models": nested(results),
        "chosen": {"model": model.kind, "feature_set": model.feature_set, **results[model.chosen.key]},
        "comparison": comparison(results, scores, data.y),
        "warnings": warnings,
    }


def cross_validated(model: CreditModel) -> dict[str, Any]:
    """The training report's out-of-fold figures, in the shape of `evaluate`."""
    report = dict(model.meta["report"])
    return {
        "split": "cross-validation",
        "source": f"{report['recipe']['folds']}-fold cross-validation repeated {report['recipe']['repeats']} times",
        "model_id": model.model_id,
        "n": report["chosen"]["n"],
        "defaults": report["chosen"]["defaults"],
        "models": report["models"],
        "chosen": report["chosen"],
        "comparison": report["comparison"],
        "warnings": ["no row was kept for a test; these are out-of-fold figures of the training rows"],
    }


def with_label_columns(model: CreditModel, data: Dataset) -> pd.DataFrame:
    """The frame with the label-aware columns that candidates read, from the labels the model was trained on."""
    wanted = dict.fromkeys(name for candidate in model.candidates.values() for name in candidate.features)
    absent = [name for name in wanted if name not in data.X.columns]
    if not absent:
        return data.X
    made = pd.DataFrame(np.nan, index=data.X.index, columns=absent)
    for day, matrix in data.matrices.items():
        rows = np.flatnonzero(data.labels.observed_on == day)
        whole = with_known_labels(matrix, model.known_labels, dict.fromkeys(absent))
        made.iloc[rows] = whole.reindex(index=data.labels.party_id[rows], columns=absent).to_numpy()
    return pd.concat([data.X, made], axis=1)
