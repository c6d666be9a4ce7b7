"""Books read from a store: the last known period, a year's flows, stand-ins named."""

from datetime import date, datetime
from pathlib import Path

import numpy as np

from graphcredit.contagion import cascade
from graphcredit.contagion.read_financials import read_financials
from graphcredit.network import build_network
from tests.network.facts import DAY, parties, sale, store_of


def line(party: str, item: str, amount: float, end: date, **more: object) -> dict[str, object]:
    return {"party_id": party, "item": item, "amount": amount, "period_end": end, "currency": "CNY", **more}


def test_the_last_known_period_counts_and_flows_are_a_year(tmp_path: Path) -> None:
    old, last = date(2024, 12, 31), date(2026, 3, 31)
    facts = {
        "parties": [*parties("A", "B", industry="C13"), *parties("C", registered_capital=70)],
        "transactions": [sale("t1", "A", "B", 48, due_on=date(2026, 12, 1), currency="CNY")],
        "statements": [
            line("A", "equity", 900, old, months=0), line("A", "equity", 40, last, months=0),
            line("A", "revenue", 500, old, months=12), line("A", "revenue", 30, last, months=3),
            line("A", "cost_of_sales", 20, last, months=3),
            line("A", "current_assets", 50, last, months=0), line("A", "current_liabilities", 35, last, months=0),
            line("A", "equity", -5, date(2026, 4, 30), months=0, recorded_at=datetime(2027, 1, 1)),
            line("stranger", "equity", 1, last, months=0),
        ],
    }  # fmt: skip
    store = store_of(tmp_path, facts)
    network = build_network(store, DAY, window_months=24)
    found = read_financials(store, network, pd=[0.1, np.nan, 0.3])
    assert found.equity[0] == 40.0  # what is recorded in 2027 is not known yet
    assert (found.revenue[0], found.material_cost[0], found.income[0]) == (120.0, 80.0, 40.0)
    assert found.liquid_assets.tolist() == [15.0, np.inf, np.inf]
    assert found.equity[2] == 70.0
    assert found.pd.tolist() == [0.1, 0.02, 0.3]
    assert any("registered capital" in note for note in found.warnings)
    hit = cascade(network, {"B": 1.0}, found)
    assert hit.loss[0] > 0
    store.close()
