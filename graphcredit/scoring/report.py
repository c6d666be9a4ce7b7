"""Shapes of results, the same for training and for validation."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from graphcredit.scoring.kernels import Floats
from graphcredit.scoring.metrics import difference_se


def nested(results: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """`kind|set` -> result as kind -> set -> result."""
    made: dict[str, dict[str, dict[str, Any]]] = {}
    for key, result in results.items():
        kind, feature_set = key.split("|")
        made.setdefault(kind, {})[feature_set] = result
    return made


def comparison(
    results: Mapping[str, dict[str, Any]], scores: Mapping[str, Floats], y: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Tabular only, graph only and both, each with its best kind; and what the graph adds, with paired intervals.

    The uplift is what it is: it may be negative, and its interval may hold 0.

    Args:
        results: `kind|set` -> figures.
        scores: `kind|set` -> score of each row, shape (n,), nan where a row was not judged.
        y: outcomes, shape (n,).
    """
    by_set: dict[str, dict[str, Any]] = {}
    for key, result in results.items():
        kind, feature_set = key.split("|")
        if feature_set not in by_set or result["auc"] > by_set[feature_set]["auc"]:
            by_set[feature_set] = {"model": kind, **{k: result[k] for k in ("auc", "auc_ci", "ks", "brier", "n")}}
    kinds = dict.fromkeys(key.split("|")[0] for key in results)
    pairs = {kind: (f"{kind}|all", f"{kind}|tabular") for kind in kinds}
    by_kind = {
        kind: uplift(results, scores, y, *pair) for kind, pair in pairs.items() if all(key in results for key in pair)
    }
    made: dict[str, Any] = {"best_by_feature_set": by_set, "graph_uplift_by_model": by_kind}
    if "all" in by_set and "tabular" in by_set:
        best = (f"{by_set['all']['model']}|all", f"{by_set['tabular']['model']}|tabular")
        found = uplift(results, scores, y, *best)
        made |= {"graph_uplift": found["auc"], "graph_uplift_ci": found["ci"], "graph_uplift_p": found["p"]}
    return made


def uplift(
    results: Mapping[str, dict[str, Any]],
    scores: Mapping[str, Floats],
    y: npt.NDArray[np.int64],
    first: str,
    second: str,
) -> dict[str, Any]:
    """AUC of `first` over `second` with a 95% interval and p-value (DeLong, paired, on the rows that both judged)."""
    gain = results[first]["auc"] - results[second]["auc"]
    judged = ~(np.isnan(scores[first]) | np.isnan(scores[second]))
    se = difference_se(y[judged], scores[first][judged], scores[second][judged])
    if not np.isfinite(se) or se == 0:
        return {"auc": round(gain, 5), "ci": [round(gain, 5)] * 2, "p": 1.0}
    half = float(norm.ppf(0.975)) * se
    return {
        "auc": round(gain, 5),
        "ci": [round(gain - half, 5), round(gain + half, 5)],
        "p": float(2 * norm.sf(abs(gain) / se)),
    }
