"""Shapes of results, the same for training and for validation."""

from collections.abc import Mapping, Sequence
from typing import Any


def nested(results: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """`kind|set` -> result as kind -> set -> result."""
    made: dict[str, dict[str, dict[str, Any]]] = {}
    for key, result in results.items():
        kind, feature_set = key.split("|")
        made.setdefault(kind, {})[feature_set] = result
    return made


def comparison(results: Mapping[str, dict[str, Any]], kinds: Sequence[str]) -> dict[str, Any]:
    """Tabular only, graph only and both, each with its best kind; and what the graph adds, kind by kind.

    The uplift is what it is: it may be negative.
    """
    by_set: dict[str, dict[str, Any]] = {}
    for key, result in results.items():
        kind, feature_set = key.split("|")
        if feature_set not in by_set or result["auc"] > by_set[feature_set]["auc"]:
            by_set[feature_set] = {"model": kind, **{k: result[k] for k in ("auc", "auc_ci", "ks", "brier", "n")}}
    uplift = {
        kind: round(results[f"{kind}|all"]["auc"] - results[f"{kind}|tabular"]["auc"], 5)
        for kind in kinds
        if f"{kind}|all" in results and f"{kind}|tabular" in results
    }
    made: dict[str, Any] = {"best_by_feature_set": by_set, "graph_uplift_by_model": uplift}
    if "all" in by_set and "tabular" in by_set:
        made["graph_uplift"] = round(by_set["all"]["auc"] - by_set["tabular"]["auc"], 5)
    return made
