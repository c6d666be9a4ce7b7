"""Tabular only, graph only, both: what does the graph add on these rows, and is it more than chance?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import Labels01, auc, auc_interval
from graphcredit.scoring.validation.bootstrap import paired_bootstrap, repeats_for
from graphcredit.scoring.validation.delong import holm, paired_test

PAIRS = (("all", "tabular"), ("graph", "tabular"), ("all", "graph"))


def compare_scores(
    y: Labels01,
    scores: Mapping[str, Floats],
    pairs: Sequence[tuple[str, str]],
    *,
    repeats: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """AUC of each score and the difference of each pair by paired DeLong and paired bootstrap; JSON-able.

    Args:
        y: outcomes, shape (n,), both classes present.
        scores: name -> shape (n,), higher is riskier.
        pairs: (first, second), compared as first - second.

    Returns:
        `scores` (name -> auc, auc_ci), `pairs` (first, second, difference, delong, bootstrap, p_holm, verdict:
        better, worse or same by the 95% DeLong interval; unknown with too few rows).
    """
    repeats = repeats_for(len(y), repeats)
    drawn = paired_bootstrap(y, scores, pairs, repeats=repeats, seed=seed)
    tests = {f"{first}|{second}": paired_test(y, scores[first], scores[second]) for first, second in pairs}
    adjusted = holm({key: test["p"] for key, test in tests.items()})
    return {
        "scores": {
            name: {"auc": auc(y, score), "auc_ci": list(auc_interval(y, score))} for name, score in scores.items()
        },
        "pairs": [
            {
                "first": first,
                "second": second,
                "difference": tests[f"{first}|{second}"]["difference"],
                "delong": tests[f"{first}|{second}"],
                "bootstrap": drawn[first, second],
                "p_holm": adjusted[f"{first}|{second}"],
                "verdict": _verdict(tests[f"{first}|{second}"]),
            }
            for first, second in pairs
        ],
    }


def _verdict(test: Mapping[str, Any]) -> str:
    low, high = test["ci"]
    if low is None or not np.isfinite(low):
        return "unknown"
    return "better" if low > 0 else "worse" if high < 0 else "same"


def feature_sets(
    y: Labels01, by_set: Mapping[str, Floats], *, kind: str, repeats: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """The same kind of model on each feature set; `pairs` is empty where only one set had columns."""
    pairs = [(first, second) for first, second in PAIRS if first in by_set and second in by_set]
    return {"kind": kind, **compare_scores(y, by_set, pairs, repeats=repeats, seed=seed)}
