"""Named features of a party as of a date, tabular and graph."""

from graphcredit.features import (
    behaviour,
    graph_neighbours,
    graph_position,
    graph_risk,
    graph_trade,
    profile,
    statements,
    trade,
)
from graphcredit.features.build import build_features
from graphcredit.features.evidence import TieEvidence, path_evidence
from graphcredit.features.matrix import FeatureMatrix
from graphcredit.features.registry import GROUPS, Feature, Group, feature_group, registered

MODULES = (profile, trade, statements, behaviour, graph_position, graph_trade, graph_risk, graph_neighbours)
"""Importing them registers their features."""

__all__ = [
    "GROUPS",
    "MODULES",
    "Feature",
    "FeatureMatrix",
    "Group",
    "TieEvidence",
    "build_features",
    "feature_group",
    "path_evidence",
    "registered",
]
