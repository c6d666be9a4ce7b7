"""Named features of a party as of a date, tabular and graph."""

from graphcredit.features import (
    behaviour,
    borrowing,
    graph_mix,
    graph_neighbours,
    graph_position,
    graph_risk,
    graph_structure,
    graph_trade,
    graph_typed,
    profile,
    statements,
    trade,
)
from graphcredit.features.build import build_features
from graphcredit.features.evidence import TieEvidence, path_evidence
from graphcredit.features.label_aware import LabelTies, label_aware
from graphcredit.features.matrix import FeatureMatrix
from graphcredit.features.registry import GROUPS, Feature, Group, feature_group, registered

MODULES = (
    profile,
    trade,
    statements,
    behaviour,
    borrowing,
    graph_position,
    graph_typed,
    graph_mix,
    graph_trade,
    graph_risk,
    graph_structure,
    graph_neighbours,
)
"""Importing them registers their features."""

__all__ = [
    "GROUPS",
    "MODULES",
    "Feature",
    "FeatureMatrix",
    "Group",
    "LabelTies",
    "TieEvidence",
    "build_features",
    "feature_group",
    "label_aware",
    "path_evidence",
    "registered",
]
