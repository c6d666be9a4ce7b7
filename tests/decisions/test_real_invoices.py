"""The real invoices: a policy simulated over the 302 firms without a credit record."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from graphcredit.decisions import default_policy, simulate_policy
from graphcredit.store import Record, open_store
from graphcredit_ingest import load

DAY = date(2020, 2, 29)


@pytest.mark.slow
def test_every_unlabelled_firm_gets_a_limit_a_price_and_a_decision_with_reasons(
    cumcm2020c: Path, tmp_path: Path
) -> None:
    with open_store(f"duckdb:///{tmp_path / 'real.duckdb'}") as store:
        load(store, [cumcm2020c], mapping="cumcm2020c")
        firms = [f"E{number}" for number in range(124, 426)]
        pds = np.random.default_rng(5).uniform(0.001, 0.2, len(firms))
        store.put_records(
            [
                Record(
                    "score",
                    f"s-{firm}",
                    {"party_id": firm, "pd": float(pd), "model_id": "stand-in", "as_of": DAY.isoformat()},
                    firm,
                    datetime(2020, 2, 29),
                )
                for firm, pd in zip(firms, pds, strict=True)
            ]
        )
        found = simulate_policy(store, default_policy(), parties=firms, as_of=DAY)
    assert len(found.rows) == 302
    assert all(row.reasons and row.rate is not None and row.grade for row in found.rows)
    approved = [row for row in found.rows if row.outcome.startswith("approve")]
    assert len(approved) > 60
    assert all(0 < row.amount <= row.limit for row in approved)
    assert set(found.outcomes) <= {"approve", "approve_with_conditions", "decline", "refer"}
    assert all(row.limit > 0 for row in approved)
