"""Choosing: how much to compare, which feature groups to use, which candidate wins. The rules are stated in the report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.scoring.compare import Extra, Judged, Judges, gain, judge
from graphcredit.scoring.kinds import KINDS, fit_kinds
from graphcredit.scoring.matrix import FeatureInfo
from graphcredit.scoring.metrics import auc
from graphcredit.scoring.preprocess import Preparation
from graphcredit.scoring.splits import repeated_folds

RULE = (
    "The candidate with the highest evidence wins: AUC by repeated cross-validation on the training rows, weighed with "
    "the AUC on the validation split where there is one (a default there counts three times, the split at most half). "
    "A simpler candidate (order: {order}; tabular before graph before all) takes its place where the paired difference "
    "is within one standard error (Nadeau-Bengio for folds, DeLong for the validation split) and below {tolerance} AUC."
)
GROUP_RULE = (
    "A feature group is left out only where a probe (boosting) does no worse with the group shuffled, and fitted again "
    "gains more than two standard errors and .002 AUC without it; a label-aware group is used only where it gains more "
    "than that with it, on the validation split too. Many groups are tried at once, hence two."
)
SET_ORDER = ("tabular", "graph", "all")
MOST_ROWS, PROBE_ROWS = 5_000, 3_000
SHUFFLES = 3
VALID_WORTH = 3.0
"""How many defaults of the training rows one of the validation split is worth: it may lie later, as what comes does."""


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
    if not usable:
        return Judges(placed)
    rare = [min(int(y[part].sum()), int(len(part) - y[part].sum())) for part in (rows, valid)]
    return Judges(placed, (rows, valid), min(0.5, VALID_WORTH * rare[1] / (rare[0] + VALID_WORTH * rare[1])))


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
        useless = idle_groups(X, y, judges, plain, signs=signs, seed=seed, tick=tick)
        sets |= {f"-{group}": [info.name for info in plain if info.group != group] for group in useless}
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
    proven = {name: pair for name, pair in tried.items() if pair[0] > max(2 * pair[1], 0.002)}
    dropped = {name[1:]: pair for name, pair in proven.items() if name.startswith("-")}
    added = {name[1:]: pair for name, pair in proven.items() if name.startswith("+") and _holds(found, name)}
    used = [info.name for info in plain if info.group not in dropped] or base
    used += [info.name for info in labelled if info.group in added]
    return GroupChoice(used, dropped, added, tried)


def idle_groups(
    X: pd.DataFrame,
    y: npt.NDArray[np.int64],
    judges: Judges,
    features: Sequence[FeatureInfo],
    *,
    signs: Mapping[str, int],
    seed: int = 0,
    tick: Callable[[], None] | None = None,
) -> list[str]:
    """Groups that a probe does not miss: its AUC on rows left out does not fall when the group's columns are shuffled."""
    group_of = {info.name: info.group for info in features}
    groups = list(dict.fromkeys(group_of.values()))
    folds = [*(fold for repeat in judges.repeats for fold in repeat), *([judges.valid] if judges.valid else [])]
    loss = np.zeros(len(groups))
    generator = np.random.default_rng(seed)
    for learn, held in folds:
        names = list(group_of)
        made = Preparation(seed=seed).prepare(X.iloc[learn][names], y[learn])
        model = fit_kinds(["probe"], made, y[learn], seed=seed, signs=signs)["probe"]
        codes = made.preparation.transform(X.iloc[held])
        before = auc(y[held], model.log_odds_codes(codes))
        owner = np.array([groups.index(group_of[name]) for name in made.preparation.names])
        for g in range(len(groups)):
            shuffled = codes.copy()
            mine = np.flatnonzero(owner == g)
            for _ in range(SHUFFLES):
                shuffled[:, mine] = codes[generator.permutation(len(held))][:, mine]
                loss[g] += (before - auc(y[held], model.log_odds_codes(shuffled))) / (len(folds) * SHUFFLES)
        if tick:
            tick()
    return [group for g, group in enumerate(groups) if loss[g] <= 0]


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
