"""The books of a network's parties, read from the statements of a store as of the network's date."""

from typing import Any

import numpy as np
import pandas as pd

from graphcredit.contagion.financials import Financials, StandIns
from graphcredit.contagion.inputs import Floats
from graphcredit.model.money import Rates
from graphcredit.network import Network
from graphcredit.settings import get_settings
from graphcredit.store import CreditStore

ITEMS = {
    "equity": "equity",
    "revenue": "revenue",
    "material_cost": "cost_of_sales",
    "operating_profit": "operating_profit",
    "current_assets": "current_assets",
    "current_liabilities": "current_liabilities",
}
FLOWS = frozenset({"revenue", "cost_of_sales", "operating_profit"})


def read_financials(
    store: CreditStore, network: Network, *, stand_ins: StandIns | None = None, **known: Any
) -> Financials:
    """Each party's last statement known as of the network's date; what it lacks is stood in for, with a warning.

    Items are taken from one period, the party's last, so that assets and profit belong together; flows are brought to a year.

    Args:
        store: with the table `statements`.
        network: built from it; its date decides what is known.
        stand_ins: for what is unknown.
        known: columns of `Financials.of` that add to or replace what is read, such as pd.

    Raises:
        CurrencyError: an amount in a currency without a rate by its day.
    """
    currency = get_settings().currency
    wanted = ["party_id", "period_end", "item", "amount", "currency", "months"]
    table = store.read("statements", as_of=network.as_of, columns=wanted, floats=True)
    day = network.as_of or pd.Timestamp.now(tz="UTC").date()
    rates = Rates.from_table(currency, store.read("rates", as_of=network.as_of))
    amounts = table["amount"].to_numpy().astype(np.float64)
    money = rates.convert_array(amounts, table["currency"], table["period_end"].to_numpy(), day)
    frame = pd.DataFrame(
        {
            "party": pd.Categorical(table["party_id"].to_pylist(), categories=network.ids.tolist()).codes,
            "end": table["period_end"].to_numpy(),
            "item": table["item"].to_pylist(),
            "amount": money,
            "months": table["months"].to_pandas().astype("float64"),
        }
    )
    frame = frame[(frame["party"] >= 0) & frame["item"].isin(set(ITEMS.values()))]
    frame = frame[frame["end"] == frame.groupby("party")["end"].transform("max")]
    yearly = frame["item"].isin(FLOWS) & (frame["months"] > 0)
    frame["amount"] = np.where(yearly, frame["amount"] * 12 / frame["months"].where(yearly, 12), frame["amount"])
    columns: dict[str, Floats] = {}
    for name, item in ITEMS.items():
        rows = frame[frame["item"] == item]
        columns[name] = np.full(network.n, np.nan)
        columns[name][rows["party"].to_numpy()] = rows["amount"].to_numpy()
    return Financials.from_network(network, stand_ins=stand_ins, **(columns | known))
