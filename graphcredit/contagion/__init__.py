"""Distress, clearing and supply cascades; one model a file."""

from graphcredit.contagion.cascade import NetworkCascade, cascade
from graphcredit.contagion.cascade_paths import Event
from graphcredit.contagion.cascade_result import Cascade
from graphcredit.contagion.cascade_system import CASCADE_LAYERS, RiskSystem, risk_system
from graphcredit.contagion.clearing import Clearing, clear_payments
from graphcredit.contagion.debtrank import debtrank
from graphcredit.contagion.esri import SupplyCascade, SupplyRisks, esri, esri_all
from graphcredit.contagion.esri_update import SupplyUpdate, esri_update
from graphcredit.contagion.exposure_system import ExposureSystem, prepare
from graphcredit.contagion.financials import Financials, StandIns
from graphcredit.contagion.fsri import FinancialLoss, fsri
from graphcredit.contagion.guarantee_spread import GuaranteeSpread, called_share, guarantee_spread
from graphcredit.contagion.impact import Impacts, impact_of_each
from graphcredit.contagion.impact_update import ImpactUpdate, impact_update
from graphcredit.contagion.linear_debtrank import linear_debtrank
from graphcredit.contagion.neva import VALUATIONS, ex_ante_value, neva, normal_default_probability
from graphcredit.contagion.portfolio import (
    FailureEffects,
    LossMeasures,
    Measure,
    PortfolioRisk,
    failure_effects,
    portfolio_risk,
)
from graphcredit.contagion.read_financials import read_financials
from graphcredit.contagion.result import Contribution, Diagnostics, Explanation
from graphcredit.contagion.shock_one import ShockAnswer, shock_one
from graphcredit.contagion.supply_inputs import Economy, economy

__all__ = [
    "CASCADE_LAYERS",
    "VALUATIONS",
    "Cascade",
    "Clearing",
    "Contribution",
    "Diagnostics",
    "Economy",
    "Event",
    "Explanation",
    "ExposureSystem",
    "FailureEffects",
    "FinancialLoss",
    "Financials",
    "GuaranteeSpread",
    "ImpactUpdate",
    "Impacts",
    "LossMeasures",
    "Measure",
    "NetworkCascade",
    "PortfolioRisk",
    "RiskSystem",
    "ShockAnswer",
    "StandIns",
    "SupplyCascade",
    "SupplyRisks",
    "SupplyUpdate",
    "called_share",
    "cascade",
    "clear_payments",
    "debtrank",
    "economy",
    "esri",
    "esri_all",
    "esri_update",
    "ex_ante_value",
    "failure_effects",
    "fsri",
    "guarantee_spread",
    "impact_of_each",
    "impact_update",
    "linear_debtrank",
    "neva",
    "normal_default_probability",
    "portfolio_risk",
    "prepare",
    "read_financials",
    "risk_system",
    "shock_one",
]
