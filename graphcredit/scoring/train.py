"""Training: labels in, a frozen model and an honest comparison out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.exc import InputError
from graphcredit.scoring.base import logit
from graphcredit.scoring.calibration import calibrate
from graphcredit.scoring.compare import Extra, Judged, Judges, judge
from graphcredit.scoring.dataset import Build, Dataset, join_features
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.kinds import check_kinds, fit_kinds
from graphcredit.scoring.label_aware import known as known_labels
from graphcredit.scoring.label_aware import label_aware_columns
from graphcredit.scoring.labels import Labels, check_trainable, labels_from_store, read_labels
from graphcredit.scoring.leakage import LeakageReport, check_leakage
from graphcredit.scoring.master_scale import DEFAULT_SCALE, MasterScale
from graphcredit.scoring.matrix import FEATURE_SETS, FeatureInfo, in_feature_set
from graphcredit.scoring.metrics import best_cutoff, summary
from graphcredit.scoring.model import Candidate, CreditModel
from graphcredit.scoring.overlay import OverlayRule
from graphcredit.scoring.points import PointScale
from graphcredit.scoring.provenance import code_version, fingerprint, model_identity, overlay_backtest, reference
from graphcredit.scoring.reject_inference import Rejects, join_rejects, learn, read_rejects
from graphcredit.scoring.selection import (
    PROBE_ROWS,
    GroupChoice,
    Plan,
    choose,
    choose_groups,
    make_judges,
    plan_for,
    rule_text,
    sample_rows,
)
from graphcredit.scoring.splits import Roles, assign_roles, connected_groups
from graphcredit.store.base import CreditStore

MOST_FIT_ROWS = 250_000
FEW_ROWS = 300
"""Below this, groups of features are not chosen: the choice would be noise."""
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TrainingOptions:
    """What a training run may be told; the defaults are meant to do well unattended.

    Attributes:
        models: kinds to compare, all when None.
        feature_sets: of tabular, graph, all.
        folds, repeats: of the cross-validation, at most; large data get fewer (see `plan_for`).
        seed: the same seed and data give the same model.
        overlay: False switches the industry overlay off.
        split: auto, given, time or cv.
        keep_groups: connected parties (control, guarantees) on one side of every fold.
        central_tendency: long-run default rate to calibrate to; the labels' own when None.
        reject_method: how outcomes of rejects, if given, are inferred: fuzzy or parcelling.
        scale, points: master scale and point scale.
    """

    models: Sequence[str] | None = None
    feature_sets: Sequence[str] = FEATURE_SETS
    folds: int = 5
    repeats: int = 5
    seed: int = 0
    overlay: bool = True
    split: str = "auto"
    keep_groups: bool = False
    central_tendency: float | None = None
    reject_method: str = "fuzzy"
    scale: MasterScale = DEFAULT_SCALE
    points: PointScale = field(default_factory=PointScale)


@dataclass(frozen=True)
class TrainingResult:
    """A trained model and the report of how it was chosen (JSON-able)."""

    model: CreditModel
    report: dict[str, Any]


def train(
    store: CreditStore,
    labels: Labels | pd.DataFrame | str | Path | None = None,
    *,
    as_of: date | None = None,
    options: TrainingOptions | None = None,
    build: Build | None = None,
    progress: Callable[[int, int], None] | None = None,
    rejects: pd.DataFrame | str | Path | None = None,
    **settings: Any,
) -> TrainingResult:
    """Join labels with features, compare kinds and feature sets, choose, refit on train and validation rows.

    Args:
        store: the facts.
        labels: Labels, a frame or a CSV file; those in the store when None.
        as_of: observation date of labels that carry none.
        options: see TrainingOptions; or give its fields as keywords.
        build: builds a feature matrix; `graphcredit.features.build_features` when None.
        progress: called with (fits done, fits in all).
        rejects: parties declined (party_id, observed_on) to learn from, too; see `reject_inference` for what that assumes.

    Raises:
        LabelError: labels that do not allow a model, each with its reason.
        InputError: an unknown kind or feature set.
    """
    chosen = options or TrainingOptions(**settings)
    kinds = check_kinds(chosen.models)
    if unknown := [name for name in chosen.feature_sets if name not in FEATURE_SETS]:
        raise InputError(f"unknown feature set {unknown[0]!r}", remedy=f"some of {', '.join(FEATURE_SETS)}")
    checked = _labels(store, labels, as_of)
    roles = assign_roles(checked, chosen.split)
    check_trainable(checked.take(roles.rows("train")))
    learned = roles.rows("train", "valid")
    data = join_features(store, checked.take(learned), build=build)
    roles = Roles(roles.role[learned], roles.method, roles.note)
    leakage = check_leakage(data, roles, store)
    run = _Training(store, data, roles, leakage, kinds, chosen, progress)
    if rejects is not None:
        given = read_rejects(rejects, observed_on=as_of)
        run.rejects = join_rejects(store, given, data, chosen.reject_method, seed=chosen.seed, build=build)
    return run.run()


def _labels(store: CreditStore, labels: Labels | pd.DataFrame | str | Path | None, as_of: date | None) -> Labels:
    if labels is None:
        return labels_from_store(store)
    return labels if isinstance(labels, Labels) else read_labels(labels, observed_on=as_of)


class _Training:
    """One run: its data, its plan, and the steps in order."""

    def __init__(
        self,
        store: CreditStore,
        data: Dataset,
        roles: Roles,
        leakage: LeakageReport,
        kinds: Sequence[str],
        options: TrainingOptions,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.store, self.data, self.roles, self.leakage = store, data, roles, leakage
        self.kinds, self.options, self.progress = kinds, options, progress
        self.train = np.flatnonzero(roles.rows("train"))
        self.valid = np.flatnonzero(roles.rows("valid"))
        self.plan = plan_for(len(self.train), options.folds, options.repeats)
        self.signs = {info.name: info.sign for info in data.features if info.sign}
        self.groups = self._groups()
        self.extra, self.extra_features = self._label_aware()
        self.rejects: Rejects | None = None
        self.done, self.total = 0, 0
        self.left_out: dict[str, str] = {}  # column -> why no model can use it
        self.out_of_fold: dict[str, Floats] = {}  # PDs of rows judged, nan elsewhere

    def run(self) -> TrainingResult:
        y = self.data.y
        judges = make_judges(y, self.train, self.valid, self.plan, seed=self.options.seed, groups=self.groups)
        judges = replace(judges, rejects=self.rejects)
        if self.rejects is not None:  # nobody knows the outcomes around rejects
            self.extra, self.extra_features = None, ()
        groups = self._choose_groups()
        self.total = self.done  # as many tries as it took
        sets = self._sets(groups)
        self.total += judges.count * len(sets) + len(sets)
        label_used = any(info.name in set(groups.used) for info in self.extra_features)
        extra = self.extra if label_used else None
        wanted = {name for columns in sets.values() for name in columns}
        narrow = self.data.X[[name for name in self.data.X.columns if name in wanted]]
        judged = judge(
            narrow, y, judges, kinds=self.kinds, sets=sets, signs=self.signs, seed=self.options.seed,
            extra=extra, tick=self._tick,
        )  # fmt: skip
        winner, behind = choose(judged, y, judges, len(self.train))
        candidates, results = self._refit(sets, judged, extra)
        return self._result(winner, candidates, results, behind, groups, judges)

    def _tick(self) -> None:
        self.done += 1
        if self.progress:
            self.progress(self.done, max(self.total, self.done))

    def _groups(self) -> npt.NDArray[np.object_] | None:
        """Rows that must stay together: the same party, or connected ones where asked."""
        labels = self.data.labels
        if self.options.keep_groups:
            network = self.data.networks.get(labels.dates[-1])
            if network is None:
                raise InputError("connected groups need a network", remedy="build features with one")
            return connected_groups(network, labels.party_id).astype(object)
        return labels.party_id if len(set(labels.party_id)) < len(labels) else None

    def _label_aware(self) -> tuple[Extra | None, tuple[FeatureInfo, ...]]:
        """Only a validation split can prove outcomes of other parties useful; without one they are not made."""
        if len(self.valid) == 0 or len(self.train) < FEW_ROWS:
            return None, ()
        return label_aware_columns(self.data, seed=self.options.seed)

    def _choose_groups(self) -> GroupChoice:
        y, options = self.data.y, self.options
        if len(self.train) < FEW_ROWS or min(y.sum(), len(y) - y.sum()) < 60:
            return GroupChoice([info.name for info in self.data.features if info.family != "label"])
        plan = Plan(min(PROBE_ROWS, len(self.train)), min(3, options.folds), 1)
        judges = make_judges(y, self.train, self.valid, plan, seed=options.seed, groups=self.groups)
        self.total += judges.count * (2 + len({info.group for info in self.extra_features}))
        return choose_groups(
            self.data.X, y, judges, self.data.features, signs=self.signs, seed=options.seed,
            extra=self.extra, extra_features=self.extra_features, tick=self._tick,
        )  # fmt: skip

    def _sets(self, groups: GroupChoice) -> dict[str, list[str]]:
        """Feature set -> columns in use; a set without any is left out, but one always stays."""
        used = set(groups.used)
        infos = [info for info in (*self.data.features, *self.extra_features) if info.name in used]
        infos = [info for info in infos if self._varies(info.name)]
        wanted = {
            name: [info.name for info in infos if in_feature_set(info, name)] for name in self.options.feature_sets
        }
        kept = {name: columns for name, columns in wanted.items() if columns}
        return kept or {"all": [info.name for info in infos] or sorted(used)}

    def _varies(self, name: str) -> bool:
        """Whether a column has two values (missing is one) among the rows learned from; else no fold needs it."""
        if name not in self.data.X.columns:
            return True
        return bool(self.data.X[name].nunique(dropna=False) > 1)

    def _refit(
        self, sets: dict[str, list[str]], judged: dict[str, Judged], extra: Extra | None
    ) -> tuple[dict[str, Candidate], dict[str, dict[str, Any]]]:
        """Fit every candidate on train and validation rows, calibrate it on what it said out of fold."""
        y, options = self.data.y, self.options
        rows = sample_rows(y, np.arange(len(y)), MOST_FIT_ROWS, options.seed)
        frame = self.data.X if extra is None else pd.concat([self.data.X, extra(np.arange(len(y)))], axis=1)
        refit_offset = float(logit(y[rows].mean()) - logit(y.mean()))
        known = learn(frame.iloc[rows], y[rows], seed=options.seed, rejects=self.rejects, signs=self.signs)
        self.left_out = dict(known.prepared.preparation.dropped_)
        candidates: dict[str, Candidate] = {}
        results: dict[str, dict[str, Any]] = {}
        for name, columns in sets.items():
            part = known.prepared.subset(columns)
            if not part.preparation.columns_:
                continue
            fitted = fit_kinds(self.kinds, part, known.y, seed=options.seed, signs=self.signs, weights=known.weights)
            for kind, estimator in fitted.items():
                key = f"{kind}|{name}"
                candidate, result = self._calibrated(key, estimator, judged[key], refit_offset)
                candidates[key], results[key] = candidate, result
            self._tick()
        return candidates, results

    def _calibrated(
        self, key: str, estimator: Any, found: Judged, refit_offset: float
    ) -> tuple[Candidate, dict[str, Any]]:
        kind, name = key.split("|")
        seen = np.flatnonzero(~np.isnan(found.log_odds))
        weights, offset = self._weights(seen)
        raw, y = found.log_odds[seen] - offset, self.data.y[seen]
        made = calibrate(
            raw, y, central_tendency=self.options.central_tendency, weights=weights,
            method="sigmoid" if kind == "scorecard" else "auto",
        )  # fmt: skip
        pds = made.pd(raw)
        self.out_of_fold[key] = np.full(len(self.data.y), np.nan)
        self.out_of_fold[key][seen] = pds
        cutoff = best_cutoff(y, pds, weights)
        made.x = made.x + refit_offset  # refitted on a sample with more defaults, its log-odds are higher by this
        result = {
            **summary(y, pds, cutoff, weights),
            "auc": found.cv_auc,
            "auc_sd": found.spread,
            "auc_folds": [round(value, 5) for value in found.fold_auc],
            "auc_repeats": [round(value, 5) for value in found.repeat_auc],
            "valid_auc": found.valid_auc,
            "evidence": found.evidence,
            "features": len(estimator.pruned().preparation_.names),
        }
        return Candidate(kind, name, estimator.pruned(), made, cutoff), result

    def _weights(self, seen: Rows) -> tuple[Floats, float]:
        """Rows that each judged row stands for, and the log-odds by which sampling made defaults more common."""
        y = self.data.y
        weights = np.ones(len(seen))
        inside = np.isin(seen, self.train)
        judged = y[seen[inside]]
        whole = y[self.train]
        for outcome in (0, 1):
            share = (whole == outcome).sum() / max(1, (judged == outcome).sum())
            weights[inside & (y[seen] == outcome)] = share
        offset = float(logit(judged.mean()) - logit(whole.mean())) if len(judged) < len(whole) else 0.0
        return weights, offset

    def _result(
        self,
        winner: str,
        candidates: dict[str, Candidate],
        results: dict[str, dict[str, Any]],
        behind: dict[str, tuple[float, float]],
        groups: GroupChoice,
        judges: Judges,
    ) -> TrainingResult:
        data, options = self.data, self.options
        if winner not in candidates:
            winner = max(candidates, key=lambda key: results[key]["evidence"])
        for key, result in results.items():
            result["chosen"] = key == winner
            result["behind_best"] = {"auc": behind[key][0], "se": behind[key][1]}
        best = candidates[winner]
        described = {info.name: info for info in (*data.features, *self.extra_features)}
        peers, prints = reference(data)
        report = self._report(winner, results, groups, judges)
        meta = {
            "trained_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
            "as_of": data.labels.dates[-1].isoformat(),
            "code_version": code_version(),
            "data_fingerprint": fingerprint(data),
            "store_version": data.store_version,
            "seed": options.seed,
            "labels": report["labels"],
            "recipe": report["recipe"],
            "metrics": results[winner],
            "comparison": report["comparison"],
            "leakage": self.leakage.body(),
            "reject_inference": report["reject_inference"],
            "importance": dict(list(best.estimator.describe()["importance"].items())[:30]),
            "overlay_backtest": overlay_backtest(self.store, data, self.out_of_fold[winner], options.scale)
            if options.overlay
            else None,
            "report": report,
        }
        report["overlay_backtest"] = meta["overlay_backtest"]
        model_id = model_identity(best, meta)
        report["model_id"] = model_id
        model = CreditModel(
            model_id=model_id,
            chosen=best,
            candidates=candidates,
            features=tuple(described[name] for name in best.features),
            scale=options.scale,
            point_scale=options.points,
            overlay=OverlayRule() if options.overlay else None,
            peers=peers,
            prints=prints,
            meta=meta,
            known_labels=known_labels(data, np.arange(len(data.y))) if self._uses_labels(candidates) else None,
        )
        return TrainingResult(model, report)

    def _uses_labels(self, candidates: dict[str, Candidate]) -> bool:
        made = {info.name for info in self.extra_features}
        return any(made & set(candidate.features) for candidate in candidates.values())

    def _report(
        self, winner: str, results: dict[str, dict[str, Any]], groups: GroupChoice, judges: Judges
    ) -> dict[str, Any]:
        from graphcredit.scoring.report import comparison, nested

        data, options = self.data, self.options
        kind, feature_set = winner.split("|")
        folds = sum(len(each) for each in judges.repeats)
        return {
            "labels": {**data.labels.summary(), "roles": self.roles.counts(), "split": self.roles.method},
            "recipe": {
                "rule": rule_text(len(self.train)),
                "split": self.roles.note,
                "folds": self.plan.folds,
                "repeats": self.plan.repeats,
                "folds_judged": folds,
                "rows_compared": self.plan.rows,
                "rows_trained": len(data.y),
                "feature_groups": groups.body(),
                "left_out": self.left_out,
                "candidates": [key.replace("|", " on ") for key in results],
            },
            "models": nested(results),
            "chosen": {"model": kind, "feature_set": feature_set, **results[winner]},
            "comparison": comparison(results, self.out_of_fold, data.y),
            "calibration": {"central_tendency": options.central_tendency or float(data.y.mean())},
            "leakage": self.leakage.body(),
            "reject_inference": self.rejects.body() if self.rejects else None,
            "warnings": [*self.leakage.warnings, *([self.rejects.warning["en"]] if self.rejects else [])],
        }
