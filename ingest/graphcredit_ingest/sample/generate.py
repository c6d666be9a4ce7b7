"""Draw a sample and write it as canonical tables; the truth about it goes to a folder of its own."""

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
from scipy import sparse

from graphcredit.exc import ValueRangeError
from graphcredit.model.tables import TABLES
from graphcredit_ingest.sample.books import events_table, statements_table
from graphcredit_ingest.sample.firms import INDUSTRIES, Firms, draw_firms, outlook_table, parties_table
from graphcredit_ingest.sample.process import Outcome, draw_outcome
from graphcredit_ingest.sample.ties import (
    Guarantees,
    draw_guarantees,
    facilities_table,
    guarantees_table,
    ownership_table,
    relations_table,
)
from graphcredit_ingest.sample.trade import Trade, draw_trade, invoices

END = date(2026, 6, 30)


@dataclass(frozen=True)
class SampleReport:
    """What was written."""

    folder: Path
    tables: dict[str, int]
    default_rate: float
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return {
            "folder": str(self.folder),
            "tables": self.tables,
            "default_rate": round(self.default_rate, 5),
            "seconds": round(self.seconds, 3),
        }


def generate(
    folder: Path | str,
    *,
    firms: int = 2000,
    seed: int = 7,
    contagion: float = 1.0,
    months: int = 24,
    end: date = END,
    format: str = "csv",
) -> SampleReport:
    """Write a sample of `firms` firms to `folder`; the same arguments give the same bytes.

    Args:
        folder: created if absent; holds one file a table, and `truth/pd` with each firm's true PD.
        firms: at least 20.
        seed: of every draw.
        contagion: strength with which distress spreads; 0 = none (see process.py).
        months: of invoices before `end`.
        end: the observation date; labels look twelve months ahead of it.
        format: csv or parquet.

    Raises:
        ValueRangeError: fewer than 20 firms, a negative strength, or another format.
    """
    if firms < 20 or contagion < 0 or months < 1 or format not in ("csv", "parquet"):
        raise ValueRangeError(
            f"cannot draw {firms} firms over {months} months with contagion {contagion} as {format}",
            remedy="use at least 20 firms, a month, a strength of 0 or more, and csv or parquet",
        )
    started = time.perf_counter()
    rng = np.random.default_rng(seed)
    drawn = draw_firms(rng, firms)
    effect = rng.permutation(np.linspace(-0.8, 0.8, len(INDUSTRIES)))
    trade, guarantees = draw_trade(rng, drawn), draw_guarantees(rng, drawn)
    worlds = np.random.default_rng([seed, 1])  # of its own, so that the strength changes nothing but who fails
    outcome = draw_outcome(worlds, drawn, effect, *_pressures(drawn, trade, guarantees), contagion)
    persons, banks = max(int(firms * 1.2), 10), min(12, 3 + firms // 200)
    sold, paid = invoices(rng, drawn, trade, months, end)
    tables = {
        "parties": parties_table(rng, drawn, persons, banks, end),
        "ownership": ownership_table(rng, drawn, persons, end),
        "transactions": sold,
        "payments": paid,
        "guarantees": guarantees_table(rng, drawn, guarantees, end, banks),
        "facilities": facilities_table(rng, drawn, end, banks),
        "statements": statements_table(rng, drawn, end),
        "credit_events": events_table(rng, drawn, outcome.known, end),
        "industry_outlook": outlook_table(rng, effect, end),
        "relations": relations_table(rng, drawn, end),
        "labels": _labels(drawn, outcome, end),
    }
    folder = Path(folder)
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        if name in tables:
            _write(tables[name], folder / f"{name}.{format}")
    truth = {"party_id": drawn.ids.tolist(), "pd": outcome.true_pd, "pd_without_contagion": outcome.own_pd}
    _write(pa.table(truth), folder / "truth" / f"pd.{format}")
    rate = float(outcome.defaulted[~outcome.known].mean())
    counts = {name: table.num_rows for name, table in tables.items()}
    return SampleReport(folder, counts, rate, time.perf_counter() - started)


def _pressures(firms: Firms, trade: Trade, given: Guarantees) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Shares of sales by buyer, and guarantees given against yearly sales (at most 1 a firm)."""
    shape = (firms.n, firms.n)
    sales = np.bincount(trade.seller, trade.amount, firms.n)
    shares = sparse.csr_array((trade.amount / sales[trade.seller], (trade.seller, trade.buyer)), shape=shape)
    weight = np.minimum(given.amount / firms.size[given.guarantor] * 8, 1.0)
    total = np.maximum(np.bincount(given.guarantor, weight, firms.n), 1.0)
    guaranteed = sparse.csr_array((weight / total[given.guarantor], (given.guarantor, given.obligor)), shape=shape)
    return shares, guaranteed


def _labels(firms: Firms, outcome: Outcome, end: date) -> pa.Table:
    """Labels of the firms that are not in default yet."""
    alive = np.flatnonzero(~outcome.known)
    return pa.table(
        {
            "party_id": firms.ids[alive].tolist(),
            "observed_on": [end] * len(alive),
            "default": outcome.defaulted[alive].astype(np.int64),
            "horizon_months": [12] * len(alive),
        }
    )


def _write(table: pa.Table, path: Path) -> None:
    if path.suffix == ".parquet":
        pq.write_table(table, path, compression="zstd")
    else:
        pcsv.write_csv(table, path, pcsv.WriteOptions(quoting_style="needed"))
