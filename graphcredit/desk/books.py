"""Figures of statements as arrays beside the network, for stress tests."""

from datetime import date

import numpy as np
import numpy.typing as npt

from graphcredit.features.context import Context
from graphcredit.features.graph_risk import equity_of
from graphcredit.network import Network
from graphcredit.settings import get_settings
from graphcredit.store import CreditStore

Floats = npt.NDArray[np.float64]


def statement_figures(store: CreditStore, day: date, network: Network) -> dict[str, Floats]:
    """equity, revenue, material_cost, liquid_assets (nan where unknown) and equity_known (with stand-ins), each (n,)."""
    context = Context(store, day, network, get_settings().currency)
    context.figures("statements")
    nothing = np.full(network.n, np.nan)
    shared = context.shared
    return {
        "equity": shared.get("equity", nothing),
        "revenue": shared.get("revenue", nothing),
        "material_cost": shared.get("cost", nothing),
        "liquid_assets": shared.get("liquid", nothing),
        "equity_known": equity_of(context),
    }
