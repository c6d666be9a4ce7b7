"""Judging candidates on rows that they have not learned from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.kinds import fit_kinds
from graphcredit.scoring.metrics import auc, corrected_se, difference_se
from graphcredit.scoring.reject_inference import Rejects
from graphcredit.scoring.reject_inference import learn as learned
from graphcredit.scoring.splits import Fold

Rows = npt.NDArray[np.int64]
Extra = Callable[[Rows], pd.DataFrame]
"""Positions whose labels may be known -> label-aware columns for all rows, none from a row's own label."""


@dataclass
class Judged:
    """What one candidate did on rows it had not seen.

    Attributes:
        log_odds: mean raw log-odds over repeats, shape (n,), nan where never judged.
        fold_auc: one per cross-validation fold, in order, with `per_repeat` folds a repeat.
        valid_auc: on the validation split, None without one.
    """

    key: str
    log_odds: Floats
    fold_auc: list[float] = field(default_factory=list)
    repeat_auc: list[float] = field(default_factory=list)
    valid_auc: float | None = None
    valid_log_odds: Floats | None = None
    valid_weight: float = 0.5

    @property
    def cv_auc(self) -> float:
        """Mean over folds; the mean over repeats is the same where folds are complete."""
        return float(np.mean(self.fold_auc)) if self.fold_auc else float("nan")

    @property
    def spread(self) -> float:
        """Standard deviation of the repeats' means; of the folds where there is one repeat."""
        values = self.repeat_auc if len(self.repeat_auc) > 1 else self.fold_auc
        return float(np.std(values)) if values else float("nan")

    @property
    def evidence(self) -> float:
        """What candidates are ranked by: cross-validated AUC, weighed with the validation split's where there is one."""
        if self.valid_auc is None or not np.isfinite(self.valid_auc):
            return self.cv_auc
        return (1 - self.valid_weight) * self.cv_auc + self.valid_weight * self.valid_auc


@dataclass(frozen=True)
class Judges:
    """Which rows judge: repeats of folds over the training rows, and the validation split.

    Attributes:
        repeats: lists of (learn, judge) positions.
        valid: (train rows, validation rows), or None.
        valid_weight: of the validation split's AUC in the evidence.
        rejects: learned from, too, with inferred outcomes; never judged by.
    """

    repeats: list[list[Fold]]
    valid: Fold | None = None
    valid_weight: float = 0.5
    rejects: Rejects | None = None

    @property
    def count(self) -> int:
        """Fits per candidate."""
        return sum(len(folds) for folds in self.repeats) + (self.valid is not None)


def judge(
    X: pd.DataFrame,
    y: npt.NDArray[np.int64],
    judges: Judges,
    *,
    kinds: Sequence[str],
    sets: Mapping[str, Sequence[str]],
    signs: Mapping[str, int],
    seed: int = 0,
    extra: Extra | None = None,
    tick: Callable[[], None] | None = None,
) -> dict[str, Judged]:
    """Fit every kind on every feature set in every fold and score the rows left out.

    Args:
        X, y: all rows, features (n, p) and labels.
        judges: the folds, as positions in X.
        kinds: names of kinds.
        sets: name -> columns.
        signs: feature -> +1, -1, 0.
        seed: for everything drawn.
        extra: label-aware columns, made anew in each fold from the labels of its learning rows only.
        tick: called after each fold and set.

    Returns:
        Results by `kind|set`; a set without usable columns in a fold scores .5 there.
    """
    keys = [f"{kind}|{name}" for name in sets for kind in kinds]
    total = {key: np.zeros(len(y)) for key in keys}
    count = np.zeros(len(y))
    found = {key: Judged(key, np.full(len(y), np.nan), valid_weight=judges.valid_weight) for key in keys}

    def one(learn: Rows, held: Rows) -> dict[str, Floats]:
        frame = X if extra is None else pd.concat([X, extra(learn)], axis=1)
        known = learned(frame.iloc[learn], y[learn], seed=seed, rejects=judges.rejects, signs=signs)
        whole = known.prepared
        codes = whole.preparation.transform(frame.iloc[held])
        scores: dict[str, Floats] = {}
        for name, columns in sets.items():
            wanted = set(columns)
            keep = [i for i, column in enumerate(whole.preparation.names) if column in wanted]
            if keep:
                part = whole.subset(wanted)
                fitted = fit_kinds(kinds, part, known.y, seed=seed, signs=signs, quick=True, weights=known.weights)
                mine = np.ascontiguousarray(codes[:, keep])
                scores |= {f"{kind}|{name}": model.log_odds_codes(mine) for kind, model in fitted.items()}
            else:
                scores |= {f"{kind}|{name}": np.zeros(len(held)) for kind in kinds}
            if tick:
                tick()
        return scores

    for folds in judges.repeats:
        start = {key: len(found[key].fold_auc) for key in keys}
        for learn, held in folds:
            count[held] += 1
            for key, scores in one(learn, held).items():
                total[key][held] += scores
                found[key].fold_auc.append(auc(y[held], scores))
        for key in keys:
            found[key].repeat_auc.append(float(np.mean(found[key].fold_auc[start[key] :])))
    seen = count > 0
    for key in keys:
        found[key].log_odds[seen] = total[key][seen] / count[seen]
    if judges.valid is not None:
        learn, held = judges.valid
        for key, scores in one(learn, held).items():
            found[key].log_odds[held] = scores
            found[key].valid_log_odds = scores
            found[key].valid_auc = auc(y[held], scores)
    return found


def gain(first: Judged, second: Judged, y: npt.NDArray[np.int64], judges: Judges) -> tuple[float, float]:
    """Evidence of `first` over `second`, and its standard error (corrected folds, paired DeLong on validation rows)."""
    folds = np.array(first.fold_auc) - np.array(second.fold_auc)
    k = max(2, max((len(each) for each in judges.repeats), default=2))
    se = corrected_se(folds, 1 / (k - 1)) if len(folds) else 0.0
    if judges.valid is not None and first.valid_log_odds is not None and second.valid_log_odds is not None:
        held = judges.valid[1]
        other = difference_se(y[held], first.valid_log_odds, second.valid_log_odds)
        weight = judges.valid_weight
        se = float(np.hypot((1 - weight) * se, weight * other if np.isfinite(other) else 0.0))
    return first.evidence - second.evidence, se
