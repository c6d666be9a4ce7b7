"""Every kind of model by name, simplest to read first."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from graphcredit.exc import InputError
from graphcredit.scoring.average import MEMBERS, Average
from graphcredit.scoring.base import ScoringModel
from graphcredit.scoring.boosting import Boosting
from graphcredit.scoring.forest import ExtraTrees, RandomForest
from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.logistic import Logistic
from graphcredit.scoring.preprocess import Prepared
from graphcredit.scoring.scorecard import Scorecard
from graphcredit.scoring.tree import Tree

KINDS: dict[str, type[ScoringModel]] = {
    kind.kind: kind for kind in (Logistic, Scorecard, Tree, Boosting, RandomForest, ExtraTrees, Average)
}
FEWER_TREES = 60
"""Trees of a forest while kinds are compared; the final fit grows all of them."""


def _new(kind: str, seed: int, signs: Mapping[str, int]) -> ScoringModel:
    """An unfitted model; `probe` is a quick boosting, for choosing feature groups only."""
    if kind == "probe":
        return Boosting(seed=seed, signs=signs, rounds=50, learning_rate=0.1)
    return KINDS[kind](seed=seed, signs=signs)


def _hasten(model: ScoringModel, n: int) -> None:
    """Fewer trees while kinds are compared."""
    if isinstance(model, RandomForest | ExtraTrees):
        model.trees = FEWER_TREES
    elif isinstance(model, Boosting) and model.rounds is None and n >= 2_000:
        model.rounds, model.learning_rate = 125, 0.06


def check_kinds(models: Sequence[str] | None) -> list[str]:
    """The kinds asked for, all by default.

    Raises:
        InputError: an unknown kind.
    """
    wanted = list(dict.fromkeys(models)) if models else list(KINDS)
    unknown = [kind for kind in wanted if kind not in KINDS]
    if unknown:
        raise InputError(f"unknown model kind {unknown[0]!r}", remedy=f"some of {', '.join(KINDS)}")
    return wanted


def fit_kinds(
    kinds: Sequence[str],
    prepared: Prepared,
    y: npt.NDArray[np.int64],
    *,
    seed: int,
    signs: Mapping[str, int],
    quick: bool = False,
    weights: Floats | None = None,
) -> dict[str, ScoringModel]:
    """Fit several kinds on the same codes; the average takes its members from those already fitted.

    Args:
        quick: smaller forests, for comparisons.
        weights: of the rows, shape (n,); 1 when None.
    """
    fitted: dict[str, ScoringModel] = {}
    needed = [*(kind for kind in kinds if kind != "average"), *(MEMBERS if "average" in kinds else ())]
    for kind in dict.fromkeys(needed):
        model = _new(kind, seed, signs)
        if quick:
            _hasten(model, len(y))
        fitted[kind] = model.fit_prepared(prepared, y, weights)
    if "average" in kinds:
        fitted["average"] = Average.of([fitted[member] for member in MEMBERS])
    return {kind: fitted[kind] for kind in kinds}
