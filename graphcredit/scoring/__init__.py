"""Models of default: scorecard to boosting, calibrated, explained, validated."""

from graphcredit.scoring.card import model_card, model_card_html
from graphcredit.scoring.dataset import Dataset, join_features
from graphcredit.scoring.evaluate import evaluate, evaluate_rows, labelled_rows
from graphcredit.scoring.kinds import KINDS
from graphcredit.scoring.labels import Labels, labels_from_store, read_labels
from graphcredit.scoring.low_default import GradeBound, most_prudent, prudent_pds, upper_bound
from graphcredit.scoring.master_scale import DEFAULT_SCALE, MasterScale
from graphcredit.scoring.matrix import FEATURE_SETS, FeatureInfo
from graphcredit.scoring.model import Candidate, CreditModel
from graphcredit.scoring.overlay import Outlook, OverlayRule, read_outlook
from graphcredit.scoring.persistence import load_model, save_model
from graphcredit.scoring.points import PointScale
from graphcredit.scoring.reasons import Reason, Score
from graphcredit.scoring.registry import ModelRegistry
from graphcredit.scoring.score import explain_party, score_parties
from graphcredit.scoring.sql import points_table, to_sql
from graphcredit.scoring.train import TrainingOptions, TrainingResult, train
from graphcredit.scoring.tree_picture import tree_svg

__all__ = [
    "DEFAULT_SCALE",
    "FEATURE_SETS",
    "KINDS",
    "Candidate",
    "CreditModel",
    "Dataset",
    "FeatureInfo",
    "GradeBound",
    "Labels",
    "MasterScale",
    "ModelRegistry",
    "Outlook",
    "OverlayRule",
    "PointScale",
    "Reason",
    "Score",
    "TrainingOptions",
    "TrainingResult",
    "evaluate",
    "evaluate_rows",
    "explain_party",
    "join_features",
    "labelled_rows",
    "labels_from_store",
    "load_model",
    "model_card",
    "model_card_html",
    "most_prudent",
    "points_table",
    "prudent_pds",
    "read_labels",
    "read_outlook",
    "save_model",
    "score_parties",
    "to_sql",
    "train",
    "tree_svg",
    "upper_bound",
]
