"""What firms publish and what is known against them: statements and credit events, noisy views of their health."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from graphcredit_ingest.sample.firms import Firms, Floats


def statements_table(rng: np.random.Generator, firms: Firms, end: date) -> pa.Table:
    """The table `statements`: two years of nineteen firms in twenty, published four months after the period's end."""
    chosen = np.flatnonzero(rng.random(firms.n) < 0.95)
    tables = []
    for years in (2, 1):
        period = date(end.year - years, 12, 31)
        items = _items(rng, firms, chosen, 0.93**years)
        for item, values in items.items():
            tables.append(
                pa.table(
                    {
                        "party_id": firms.ids[chosen].tolist(),
                        "period_end": [period] * len(chosen),
                        "item": [item] * len(chosen),
                        "amount": [f"{value:.2f}" for value in values],
                        "months": [0 if item in _BALANCE else 12] * len(chosen),
                        "currency": ["CNY"] * len(chosen),
                        "published_on": [period + timedelta(days=120)] * len(chosen),
                        "source": ["self"] * len(chosen),
                    }
                )
            )
    return pa.concat_tables(tables)


_BALANCE = frozenset(
    ("cash", "receivables", "inventory", "current_assets", "total_assets", "payables", "short_term_debt",
     "current_liabilities", "long_term_debt", "total_liabilities", "retained_earnings", "equity")
)  # fmt: skip


def _items(rng: np.random.Generator, firms: Firms, chosen: np.ndarray, scale: float) -> dict[str, Floats]:
    """Items that fit each other (assets = liabilities + equity), each ratio telling of health with noise of its own."""
    health = firms.health[chosen]

    def seen(noise: float) -> Floats:
        return np.asarray(health + rng.normal(0, noise, len(chosen)))

    revenue = firms.size[chosen] * scale * np.exp(rng.normal(0, 0.08, len(chosen)))
    margin = 0.06 + 0.035 * seen(0.4)
    profit = revenue * margin
    assets = revenue * np.exp(rng.normal(-0.1, 0.25, len(chosen)))
    leverage = np.clip(0.58 - 0.1 * seen(0.4), 0.05, 1.4)
    liabilities = assets * leverage
    current = assets * rng.uniform(0.45, 0.65, len(chosen))
    due_soon = np.minimum(liabilities, current / np.clip(1.4 + 0.3 * seen(0.4), 0.4, 4))
    cash = current * np.clip(0.15 + 0.05 * seen(0.5), 0.01, 0.5)
    receivables = revenue * np.clip(0.18 - 0.02 * seen(0.6), 0.02, 0.5)
    debt = liabilities * 0.45
    return {
        "revenue": revenue,
        "cost_of_sales": revenue * (0.82 - 0.02 * seen(0.6)),
        "operating_profit": profit * 1.3,
        "ebit": profit * 1.25,
        "interest_expense": np.maximum(debt * 0.05, 1),
        "net_profit": profit,
        "operating_cash_flow": profit * 1.1 + revenue * 0.02 * seen(0.6),
        "cash": cash,
        "receivables": np.minimum(receivables, current - cash),
        "inventory": np.maximum(current - cash - receivables, 0),
        "current_assets": current,
        "total_assets": assets,
        "payables": due_soon * 0.5,
        "short_term_debt": np.minimum(due_soon * 0.5, debt),
        "current_liabilities": due_soon,
        "long_term_debt": np.maximum(liabilities - due_soon, 0),
        "total_liabilities": liabilities,
        "retained_earnings": (assets - liabilities) * np.clip(0.5 + 0.15 * seen(0.5), -0.5, 1),
        "equity": assets - liabilities,
    }


def events_table(rng: np.random.Generator, firms: Firms, known: np.ndarray, end: date) -> pa.Table:
    """The table `credit_events`: defaults known by then, and signs of weakness before."""
    rows: list[tuple[int, str, int]] = [(int(i), "default", int(days)) for i, days in zip(
        np.flatnonzero(known), rng.integers(5, 360, int(known.sum())), strict=True)]  # fmt: skip
    for kind, base, slope in (("late_payment", -2.6, 0.9), ("court", -3.8, 0.8), ("tax_arrears", -4.2, 0.8)):
        chance = 1 / (1 + np.exp(-(base - slope * firms.health)))
        hit = np.flatnonzero(rng.random(firms.n) < chance)
        rows += [(int(i), kind, int(days)) for i, days in zip(hit, rng.integers(5, 700, len(hit)), strict=True)]
    rows.sort(key=lambda row: (-row[2], row[0], row[1]))
    amounts = np.round(firms.size[[row[0] for row in rows]] * 0.02, 2)
    return pa.table(
        {
            "event_id": [f"E{i:07d}" for i in range(1, len(rows) + 1)],
            "party_id": [str(firms.ids[row[0]]) for row in rows],
            "kind": [row[1] for row in rows],
            "occurred_on": [end - timedelta(days=row[2]) for row in rows],
            "amount": [f"{value:.2f}" for value in amounts],
            "source": ["sample"] * len(rows),
        }
    )
