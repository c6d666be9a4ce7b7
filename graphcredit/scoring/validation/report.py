"""The validation report: one call, every statistic, on rows that the model has not learned from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from graphcredit.exc import LabelError
from graphcredit.jsonable import plain
from graphcredit.scoring.dataset import Build, Dataset, join_features
from graphcredit.scoring.evaluate import cross_validated, evaluate_rows
from graphcredit.scoring.labels import Labels, labels_from_store, read_labels
from graphcredit.scoring.model import CreditModel
from graphcredit.scoring.splits import assign_roles
from graphcredit.scoring.validation.bootstrap import REPEATS
from graphcredit.scoring.validation.cutoffs import ProfitTerms, cutoff_table
from graphcredit.scoring.validation.findings import findings
from graphcredit.scoring.validation.rows import Judged, judged_rows, out_of_fold_rows
from graphcredit.scoring.validation.sections import (
    against_section,
    calibration_section,
    discrimination_section,
    drift_section,
    feature_sets_section,
    grades_section,
    migration_section,
    segments_section,
)
from graphcredit.scoring.validation.sources import SOURCES
from graphcredit.store.base import AsOf, CreditStore

MOST_REFERENCE = 50_000
"""Training rows that the score is compared with, sampled where there are more."""


@dataclass(frozen=True)
class ValidationOptions:
    """What a report may be told.

    Attributes:
        terms: what a loan earns and loses, for cut-offs.
        migrate_from: the earlier day of the grade migration; a year before the newest row when None.
        stability: False leaves drift and migration out, which need features of other days.
        repeats, seed: of the bootstrap.
    """

    terms: ProfitTerms = field(default_factory=ProfitTerms)
    migrate_from: date | None = None
    stability: bool = True
    repeats: int = REPEATS
    seed: int = 0


@dataclass(frozen=True)
class Validation:
    """A finished report.

    Attributes:
        figures: every candidate on these rows: split, source, model_id, n, defaults, models (kind -> feature set ->
            figures), chosen, comparison, warnings; as `scoring.evaluate` gives them.
        sections: discrimination, calibration, grades, segments, feature_sets, cutoffs, and where asked drift, migration,
            against; each JSON-able.
        findings: one line a test, with a light.
        about: the model's kind, training day, calibration; the rows' days and horizon.
    """

    figures: Mapping[str, Any]
    sections: Mapping[str, Any]
    findings: tuple[Mapping[str, Any], ...]
    about: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Strict JSON (no NaN): the figures' keys on top, then `about`, `findings`, each section, and `sources`."""
        made: dict[str, Any] = plain(
            {**self.figures, "about": self.about, "findings": list(self.findings), **self.sections, "sources": SOURCES}
        )
        return made


def validate(
    model: CreditModel,
    store: CreditStore,
    labels: Labels | pd.DataFrame | str | Path | None = None,
    *,
    split: str = "test",
    as_of: AsOf = None,
    build: Build | None = None,
    against: CreditModel | None = None,
    options: ValidationOptions | None = None,
    **settings: Any,
) -> Validation:
    """Validate a model on labelled rows.

    Args:
        model: the model, whose chosen candidate is looked at closely.
        store, labels: facts and outcomes; the store's labels when None.
        split: train, valid, test or all. Without a test split, a model that was judged by cross-validation is
            cross-validated anew, and the report says so.
        as_of: observation date of labels that carry none.
        build: builds a feature matrix; `graphcredit.features.build_features` when None.
        against: another model, for paired tests and swap sets.
        options: see ValidationOptions; or give its fields as keywords.

    Raises:
        LabelError: the split is empty, or has one class only; InputError: a feature matrix of another release.
    """
    chosen = options or ValidationOptions(**settings)
    draw = {"repeats": chosen.repeats, "seed": chosen.seed}
    checked = _labels(store, labels, as_of)
    rows, reference, split = _rows(model, store, checked, split, build, chosen.stability)
    y = rows.data.y
    if y.min() == y.max():
        raise LabelError(
            f"all {len(y)} labels of the split {split!r} are {y[0]}: one class only",
            remedy="add parties of the other class; most figures need both",
        )
    figures = cross_validated(model) if rows.out_of_fold else evaluate_rows(model, rows.data, split=split)
    sections: dict[str, Any] = {
        "discrimination": discrimination_section(rows),
        "calibration": calibration_section(rows),
        "grades": grades_section(model, rows),
        "segments": segments_section(rows),
        "feature_sets": feature_sets_section(model, rows, **draw),
        "cutoffs": cutoff_table(y, rows.pd, chosen.terms, own=model.chosen.cutoff),
    }
    if chosen.stability:
        sections["drift"] = drift_section(model, rows, reference)
        sections["migration"] = migration_section(model, rows, store, build, chosen.migrate_from)
    if against is not None:
        sections["against"] = against_section(model, against, rows, **draw)
    twins = () if rows.out_of_fold else figures["warnings"]
    return Validation(figures, sections, tuple(findings(sections, twins)), _about(model, rows, split))


def _labels(store: CreditStore, labels: Labels | pd.DataFrame | str | Path | None, as_of: AsOf) -> Labels:
    if labels is None:
        return labels_from_store(store)
    day = None if as_of is None else pd.Timestamp(as_of).date()
    return labels if isinstance(labels, Labels) else read_labels(labels, observed_on=day)


def _rows(
    model: CreditModel, store: CreditStore, labels: Labels, split: str, build: Build | None, stability: bool
) -> tuple[Judged, Dataset | None, str]:
    """Rows to judge, training rows to compare with (None where there are none), and the split's name.

    Both are joined with features at once: a day that they share is built once.
    """
    if split == "all":
        return judged_rows(model, join_features(store, labels, build=build)), None, split
    roles = assign_roles(labels)
    wanted = roles.rows(split)
    if not wanted.any():
        if split == "test" and model.meta.get("labels", {}).get("split") == "cv":
            return out_of_fold_rows(model, join_features(store, labels, build=build)), None, "cross-validation"
        raise LabelError(
            f"no label belongs to the split {split!r}; there are {roles.counts()}",
            remedy="name another split, or all; without a test split read the cross-validated figures of `train`",
        )
    learned = roles.rows("train", "valid") & ~wanted if stability else np.zeros(len(labels), dtype=bool)
    if learned.sum() > MOST_REFERENCE:
        drawn = np.random.default_rng(0).choice(np.flatnonzero(learned), MOST_REFERENCE, replace=False)
        learned = np.isin(np.arange(len(labels)), drawn)
    joined = join_features(store, labels.take(wanted | learned), build=build)
    mine = wanted[wanted | learned]
    data = _only_days(joined.take(mine))
    return judged_rows(model, data), joined.take(~mine) if learned.any() else None, split


def _only_days(data: Dataset) -> Dataset:
    """Without matrices of days that no row has."""
    days = set(data.labels.dates)
    return Dataset(
        data.X,
        data.labels,
        data.features,
        {day: network for day, network in data.networks.items() if day in days},
        data.store_version,
        {day: matrix for day, matrix in data.matrices.items() if day in days},
    )


def _about(model: CreditModel, rows: Judged, split: str) -> dict[str, Any]:
    return {
        "model_id": model.model_id,
        "kind": model.kind,
        "feature_set": model.feature_set,
        "features": len(model.features),
        "trained_at": model.meta["trained_at"],
        "trained_to": model.meta["as_of"],
        "calibration": model.chosen.calibrator.describe(),
        "cutoff": model.chosen.cutoff,
        "split": split,
        "out_of_fold": rows.out_of_fold,
        "before_overlay": True,
        "labels": rows.data.labels.summary(),
        "data_fingerprint": model.meta["data_fingerprint"],
        "code_version": model.meta["code_version"],
    }
