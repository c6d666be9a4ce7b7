"""The rows a report is about: outcomes, the model's PDs on them, and which segment and period each belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.features.units import plain, unit_of
from graphcredit.scoring.base import expit
from graphcredit.scoring.compare import Judges, judge
from graphcredit.scoring.dataset import Dataset
from graphcredit.scoring.evaluate import with_label_columns
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.matrix import FEATURE_SETS, FeatureInfo, in_feature_set
from graphcredit.scoring.model import Candidate, CreditModel
from graphcredit.scoring.peers import industries_of
from graphcredit.scoring.selection import plan_for
from graphcredit.scoring.splits import repeated_folds

SIZES = ("revenue_reported", "sales_12m", "registered_capital", "sales_all", "purchases_12m")
"""Features by which parties are called small, medium or large; the first known for most parties is used."""
KNOWN_SHARE = 0.6
FINE_CODES = 12
"""More industries than this are joined by the first letter of their code (a section of GB/T 4754 or ISIC)."""
SIZE_NAMES = ("small", "medium", "large")


@dataclass(frozen=True)
class Judged:
    """Rows with what the model says of them.

    Attributes:
        data: the rows, length n.
        frame: their features, label-aware ones included.
        scores: `kind|feature_set` -> log-odds of default, shape (n,).
        pd: of the chosen candidate, before the industry overlay, shape (n,).
        out_of_fold: whether PDs come from cross-validation of the training rows instead of the model itself.
    """

    data: Dataset
    frame: pd.DataFrame
    scores: Mapping[str, Floats]
    pd: Floats
    out_of_fold: bool = False


def judged_rows(model: CreditModel, data: Dataset) -> Judged:
    """The model's own scores of rows it has not learned from: its kind on every feature set, and the chosen candidate."""
    frame = with_label_columns(model, data)
    wanted = {**of_kind(model), model.chosen.key: model.chosen}
    scores = {key: candidate.log_odds(frame) for key, candidate in wanted.items()}
    return Judged(data, frame, scores, expit(scores[model.chosen.key]))


def of_kind(model: CreditModel) -> dict[str, Candidate]:
    """Candidates of the chosen kind, by key, in the order tabular, graph, all."""
    keys = [f"{model.kind}|{name}" for name in FEATURE_SETS]
    return {key: model.candidates[key] for key in keys if key in model.candidates}


def out_of_fold_rows(model: CreditModel, data: Dataset) -> Judged:
    """Scores of the training rows by cross-validating the chosen kind anew with the recipe and seed of the training.

    Where no row was kept for a test, these are the honest ones. Large sets are sampled, in proportion.
    """
    seed = int(model.meta.get("seed", 0))
    recipe = model.meta["report"]["recipe"]
    plan = plan_for(len(data.y), int(recipe["folds"]), int(recipe["repeats"]))
    part = data.take(np.sort(np.random.default_rng(seed).permutation(len(data.y))[: plan.rows]))
    parties = part.labels.party_id
    groups = parties if len(set(parties)) < len(parties) else None
    repeats = repeated_folds(part.y, folds=plan.folds, repeats=plan.repeats, seed=seed, groups=groups)
    sets = _sets(model, part)
    signs = {info.name: info.sign for info in part.features if info.sign}
    found = judge(part.X, part.y, Judges(repeats), kinds=[model.kind], sets=sets, signs=signs, seed=seed)
    scores = {key: model.candidates[key].calibrator.log_odds(judged.log_odds) for key, judged in found.items()}
    kept = np.flatnonzero(np.all([np.isfinite(score) for score in scores.values()], axis=0))
    part = part.take(kept)
    scores = {key: score[kept] for key, score in scores.items()}
    return Judged(part, part.X, scores, expit(scores[model.chosen.key]), out_of_fold=True)


def _sets(model: CreditModel, data: Dataset) -> dict[str, list[str]]:
    """Feature set -> columns that training had at hand: groups that it left out are left out here."""
    left_out = set(model.meta["report"]["recipe"]["feature_groups"].get("dropped", {}))
    used = [info for info in data.features if info.family != "label" and info.group not in left_out]
    trained = [candidate.feature_set for candidate in of_kind(model).values()]
    return {name: [info.name for info in used if in_feature_set(info, name)] for name in trained}


def divisions(data: Dataset) -> tuple[dict[str, npt.NDArray[np.object_]], dict[str, Any] | None]:
    """Industry, region and size of each row ("" where unknown), and how size was cut; shape (n,) each."""
    industry = attribute(data, "industry")
    if len(set(industry) - {""}) > FINE_CODES:
        industry = np.array([code[:1] for code in industry], dtype=object)
    size, rule = size_bands(data)
    return {"industry": industry, "region": attribute(data, "region"), "size": size}, rule


def attribute(data: Dataset, name: str) -> npt.NDArray[np.object_]:
    """A text attribute of each row's party, from its feature or the network of its day; "" where unknown."""
    out = np.full(len(data.y), "", dtype=object)
    if name in data.X.columns:
        column = data.X[name].astype("string").fillna("")
        return np.asarray(column.to_numpy(dtype=object), dtype=object)
    for day, matrix in data.matrices.items():
        rows = np.flatnonzero(data.labels.observed_on == day)
        if name == "industry":
            by_party = dict(zip(matrix.frame.index, industries_of(matrix), strict=True))
            out[rows] = [by_party.get(party, "") for party in data.labels.party_id[rows]]
            continue
        network: Any = data.networks.get(day)
        values = None if network is None else network.attributes.get(name)
        if values is not None:
            at = [network.index.get(party, -1) for party in data.labels.party_id[rows]]
            out[rows] = [str(values[i]) if i >= 0 else "" for i in at]
    return out


def size_bands(data: Dataset) -> tuple[npt.NDArray[np.object_], dict[str, Any] | None]:
    """Thirds of the rows by the first size feature known for most of them; all "" and None where there is none."""
    described = {info.name: info for info in data.features}
    for name in SIZES:
        if name not in data.X.columns:
            continue
        values = data.X[name].to_numpy(dtype=np.float64, na_value=np.nan)
        known = np.isfinite(values)
        if known.mean() < KNOWN_SHARE or len(np.unique(values[known])) < len(SIZE_NAMES):
            continue
        cuts = np.quantile(values[known], [1 / 3, 2 / 3])
        band = np.array(SIZE_NAMES, dtype=object)[np.searchsorted(cuts, np.nan_to_num(values), side="right")]
        return np.where(known, band, "").astype(object), _size_rule(described[name], cuts)
    return np.full(len(data.y), "", dtype=object), None


def _size_rule(info: FeatureInfo, cuts: Floats) -> dict[str, Any]:
    told = [plain(float(cut), unit_of(info.name, info.unit)) for cut in cuts]
    return {
        "feature": info.name,
        "label": {"en": info.label("en"), "zh": info.label("zh")},
        "unit": told[0][1],
        "bounds": [bound for bound, _ in told],
    }
