"""Choosing: how much to compare, which feature groups to use, which candidate wins. The rules are stated in the report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.scoring.compare import Extra, Judged, Judges, gain, judge
from graphcredit.scoring.kinds import KINDS
from graphcredit.scoring.matrix import FeatureInfo
from graphcredit.scoring.splits import repeated_folds

RULE = (
    "The candidate with the highest evidence wins: AUC by repeated cross-validation on the training rows, averaged with "
    "the AUC on the validation split where there is one. A simpler candidate (order: {order}; tabular before graph before "
    "all) takes its place where the paired difference is within one standard error (Nadeau-Bengio for folds, DeLong for "
    "the validation split) and below {tolerance} AUC."
)
GROUP_RULE = (
    "A feature group is left out only where the probe (boosting) gains more than one standard error and .002 AUC without "
    "it; a label-aware group is used only where it gains more than that with it, on the validation split too."
)
SET_ORDER = ("tabular", "graph", "all")
MOST_ROWS, PROBE_ROWS = 5_000, 3_000


@dataclass(frozen=True)
class Plan:
    """How much is compared, by number of rows.

    Attributes:
        rows: training rows used for comparing (a stratified sample of all).
        folds, repeats: of the cross-validation.
    """

    rows: int
    folds: int
    repeats: int


def plan_for(n: int, folds: int, repeats: int) -> Plan:
    """Full repeats where rows are few; fewer, and a sample, where each fit is dear and each row counts less."""
    if n <= 600:
        return Plan(n, folds, repeats)
    if n <= MOST_ROWS:
        return Plan(n, folds, 1)
    return Plan(MOST_ROWS, min(folds, 3), 1)


def sample_rows(y: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], most: int, seed: int) -> npt.NDArray[np.int64]:
    """At most `most` of these positions, classes in proportion but no class below a tenth where it can be helped."""
    if len(rows) <= most:
        return rows
    generator = np.random.default_rng(seed)
    bad, good = rows[y[rows] == 1], rows[y[rows] == 0]
    want_bad = int(np.clip(round(most * len(bad) / len(rows)), min(len(bad), most // 10), most))
    want_bad = max(want_bad, most - len(good))
    chosen = np.concatenate(
        [
            generator.choice(bad, min(want_bad, len(bad)), replace=False),
            generator.choice(good, min(most - want_bad, len(good)), replace=False),
        ]
    )
    return np.sort(chosen)


def make_judges(
    y: npt.NDArray[np.int64],
    train: npt.NDArray[np.int64],
    valid: npt.NDArray[np.int64],
    plan: Plan,
    *,
    seed: int,
    groups: npt.NDArray[Any] | None = None,
) -> Judges:
    """Folds over a sample of the training rows, and the validation split if both classes are in it."""
    rows = sample_rows(y, train, plan.rows, seed)
    inside = None if groups is None else groups[rows]
    repeats = repeated_folds(y[rows], folds=plan.folds, repeats=plan.repeats, seed=seed, groups=inside)
    placed = [[(rows[learn], rows[held]) for learn, held in folds] for folds in repeats]
    usable = len(valid) > 0 and 0 < y[valid].sum() < len(valid)
    return Judges(placed, (rows, valid) if usable else None)


@dataclass(frozen=True)
class GroupChoice:
    """Which groups are used, and why not the others.

    Attributes:
        used: names of columns.
        dropped, added: group -> gain in AUC and its standard error.
    """

    used: list[str]
    dropped: dict[str, tuple[float, float]] = field(default_factory=dict)
    added: dict[str, tuple[float, float]] = field(default_factory=dict)
    tried: dict[str, tuple[float, float]] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """JSON-able."""

        def shown(found: dict[str, tuple[float, float]]) -> dict[str, dict[str, float]]:
            return {name: {"gain": round(value, 5), "se": round(se, 5)} for name, (value, se) in found.items()}

        return {
            "rule": GROUP_RULE,
            "features_used": len(self.used),
            "dropped": shown(self.dropped),
            "label_aware_added": shown(self.added),
            "tried": shown(self.tried),
        }


def choose_groups(
    X: pd.DataFrame,
    y: npt.NDArray[np.int64],
    judges: Judges,
    features: Sequence[FeatureInfo],
    *,
    signs: Mapping[str, int],
    seed: int = 0,
    extra: Extra | None = None,
    extra_features: Sequence[FeatureInfo] = (),
    tick: Callable[[], None] | None = None,
) -> GroupChoice:
    """Family by family: try the matrix without each group, and with each label-aware group; see GROUP_RULE."""
    plain = [info for info in features if info.family != "label"]
    labelled = [*(info for info in features if info.family == "label"), *extra_features]
    base = [info.name for info in plain]
    groups = list(dict.fromkeys(info.group for info in plain))
    sets: dict[str, list[str]] = {"base": base}
    if len(groups) > 1:
        sets |= {f"-{group}": [info.name for info in plain if info.group != group] for group in groups}
    label_groups = list(dict.fromkeys(info.group for info in labelled))
    sets |= {f"+{group}": base + [i.name for i in labelled if i.group == group] for group in label_groups}
    if len(sets) == 1:
        return GroupChoice(base)
    found = judge(
        X, y, judges, kinds=["probe"], sets=sets, signs=signs, seed=seed,
        extra=extra if extra_features else None, tick=tick,
    )  # fmt: skip
    reference = found["probe|base"]
    tried = {name: gain(found[f"probe|{name}"], reference, y, judges) for name in sets if name != "base"}
    proven = {name: pair for name, pair in tried.items() if pair[0] > max(pair[1], 0.002)}
    dropped = {name[1:]: pair for name, pair in proven.items() if name.startswith("-")}
    added = {name[1:]: pair for name, pair in proven.items() if name.startswith("+") and _holds(found, name)}
    used = [info.name for info in plain if info.group not in dropped] or base
    used += [info.name for info in labelled if info.group in added]
    return GroupChoice(used, dropped, added, tried)


def _holds(found: Mapping[str, Judged], name: str) -> bool:
    """Whether a set also gains on the validation split; never without one."""
    before, after = found["probe|base"].valid_auc, found[f"probe|{name}"].valid_auc
    return before is not None and after is not None and after > before


def tolerance_for(n: int) -> float:
    """AUC that simplicity may cost."""
    return 0.002 if n >= 2_000 else 0.005 if n >= 500 else 0.01


def choose(
    judged: Mapping[str, Judged], y: npt.NDArray[np.int64], judges: Judges, n: int
) -> tuple[str, dict[str, tuple[float, float]]]:
    """The winner's key, and what the best gains over every candidate (with standard error); see RULE."""

    def simplicity(key: str) -> tuple[int, int]:
        kind, feature_set = key.split("|")
        return KINDS[kind].complexity, SET_ORDER.index(feature_set) if feature_set in SET_ORDER else len(SET_ORDER)

    best = max(judged, key=lambda key: (judged[key].evidence, [-part for part in simplicity(key)]))
    behind = {key: gain(judged[best], judged[key], y, judges) for key in judged}
    near = [key for key, (lost, se) in behind.items() if lost <= min(se, tolerance_for(n))]
    return min([*near, best], key=simplicity), behind


def rule_text(n: int) -> str:
    """RULE for this many rows."""
    order = ", ".join(sorted(KINDS, key=lambda kind: KINDS[kind].complexity))
    return RULE.format(order=order, tolerance=tolerance_for(n))
