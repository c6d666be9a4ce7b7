"""Validation of a model: discrimination, calibration, stability, use; each statistic with its source."""

from graphcredit.scoring.validation.bootstrap import paired_bootstrap
from graphcredit.scoring.validation.brier import brier_parts
from graphcredit.scoring.validation.curves import average_precision, discrimination, precision_recall, roc_curve
from graphcredit.scoring.validation.cutoffs import ProfitTerms, cutoff_table
from graphcredit.scoring.validation.delong import covariance, holm, paired_test
from graphcredit.scoring.validation.drift import feature_drift, psi, score_drift
from graphcredit.scoring.validation.feature_sets import compare_scores, feature_sets
from graphcredit.scoring.validation.grades import binomial_p, correlated_p, grade_tests, jeffreys_p, light
from graphcredit.scoring.validation.hosmer_lemeshow import hosmer_lemeshow
from graphcredit.scoring.validation.migration import migration
from graphcredit.scoring.validation.reliability import calibration_curve, calibration_line
from graphcredit.scoring.validation.report import Validation, ValidationOptions, validate
from graphcredit.scoring.validation.segments import segment_table, segments
from graphcredit.scoring.validation.sources import SOURCES
from graphcredit.scoring.validation.spiegelhalter import spiegelhalter
from graphcredit.scoring.validation.swaps import swap_set, swap_sets

__all__ = [
    "SOURCES",
    "ProfitTerms",
    "Validation",
    "ValidationOptions",
    "average_precision",
    "binomial_p",
    "brier_parts",
    "calibration_curve",
    "calibration_line",
    "compare_scores",
    "correlated_p",
    "covariance",
    "cutoff_table",
    "discrimination",
    "feature_drift",
    "feature_sets",
    "grade_tests",
    "holm",
    "hosmer_lemeshow",
    "jeffreys_p",
    "light",
    "migration",
    "paired_bootstrap",
    "paired_test",
    "precision_recall",
    "psi",
    "roc_curve",
    "score_drift",
    "segment_table",
    "segments",
    "spiegelhalter",
    "swap_set",
    "swap_sets",
    "validate",
]
