"""Distress, clearing and supply cascades; one model a file."""

from graphcredit.contagion.cascade_result import Cascade
from graphcredit.contagion.clearing import Clearing, clear_payments
from graphcredit.contagion.debtrank import debtrank
from graphcredit.contagion.esri import SupplyCascade, SupplyRisks, esri, esri_all
from graphcredit.contagion.fsri import FinancialLoss, fsri
from graphcredit.contagion.guarantee_spread import GuaranteeSpread, guarantee_spread
from graphcredit.contagion.impact import ExposureSystem, Impacts, ShockAnswer, impact_of_each, prepare, shock_one
from graphcredit.contagion.linear_debtrank import linear_debtrank
from graphcredit.contagion.neva import VALUATIONS, ex_ante_value, neva, normal_default_probability
from graphcredit.contagion.result import Contribution, Diagnostics, Explanation

__all__ = [
    "VALUATIONS",
    "Cascade",
    "Clearing",
    "Contribution",
    "Diagnostics",
    "Explanation",
    "ExposureSystem",
    "FinancialLoss",
    "GuaranteeSpread",
    "Impacts",
    "ShockAnswer",
    "SupplyCascade",
    "SupplyRisks",
    "clear_payments",
    "debtrank",
    "esri",
    "esri_all",
    "ex_ante_value",
    "fsri",
    "guarantee_spread",
    "impact_of_each",
    "linear_debtrank",
    "neva",
    "normal_default_probability",
    "prepare",
    "shock_one",
]
