"""Loading 1.1M real invoices into DuckDB, validated, quarantined and upserted, beside two ways of loading them.

    python -m benchmarks.load_invoices [--quick] [--sample 20000] [--folder ../shared/data/cumcm2020c]

Peers: DuckDB's bare `read_csv` of the four invoice files into tables (no validation, no keys, no versions), and
`pandas.read_csv` + a pydantic model a row + `executemany` into DuckDB, on a sample of rows and scaled. Ours also loads
110,886 parties and 123 labels. Parity: rows and the exact sum of amounts of the distinct invoices are those of the files;
goals: at most 4 times the bare read, at least 5 times as fast as pydantic, a reload no slower, under 2 GB.
"""

import argparse
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb
import pandas as pd
from pydantic import BaseModel, field_validator

from benchmarks.harness import Measured, child, measure, report, row
from graphcredit.store import open_store
from graphcredit_ingest import load

SIDES = {
    "labelled_sales": "buyer", "labelled_purchases": "seller",
    "unlabelled_sales": "buyer", "unlabelled_purchases": "seller",
}  # fmt: skip
FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "cumcm2020c"


def ours(folder: str, path: str) -> Measured:
    """Load through the mapping: (rows read, new, unchanged) of the transactions and of everything."""
    with open_store("duckdb://:memory:") as warm:  # imports, which every process of ours pays once
        load(warm, [Path(folder) / "labelled_firms.csv"], mapping="cumcm2020c")

    def work() -> dict[str, Any]:
        with open_store(f"duckdb:///{path}") as store:
            return load(store, [folder], mapping="cumcm2020c").to_json()

    return measure(work)


def stored(path: str) -> tuple[int, Decimal]:
    """Invoices in a store of ours and the exact sum of their amounts."""
    with duckdb.connect(path, read_only=True) as connection:
        count, total = connection.execute("SELECT count(*), sum(amount) FROM transactions").fetchall()[0]
    return int(count), Decimal(total)


def bare(folder: str, path: str) -> Measured:
    """DuckDB's own reader into one table a file: rows, and afterwards distinct rows and their sum."""

    def work() -> None:
        with duckdb.connect(path) as connection:
            for name in SIDES:
                file = f"{folder}/{name}.csv.gz"
                connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{file}')").fetchall()

    made = measure(work)
    union = " UNION ALL ".join(
        f"SELECT count(*) AS n, (SELECT count(*) FROM (SELECT DISTINCT * FROM {name})) AS d, (SELECT sum(CAST(amount AS "
        f"DECIMAL(24, 4))) FROM (SELECT DISTINCT * FROM {name})) AS total FROM {name}"
        for name in SIDES
    )
    with duckdb.connect(path, read_only=True) as connection:
        found = connection.execute(f"SELECT sum(n), sum(d), sum(total) FROM ({union})").fetchall()[0]
    return Measured(found, made.wall, made.cpu)


class Invoice(BaseModel):
    """What a careful person would write for a row."""

    firm: str
    invoice_no: str
    issued_on: date
    counterparty: str
    amount: Decimal
    tax: Decimal
    status: Literal["有效发票", "作废发票"]

    @field_validator("issued_on", mode="before")
    @classmethod
    def _day(cls, value: str) -> date:
        return datetime.strptime(value, "%Y/%m/%d").date()


def _invoices(frame: pd.DataFrame, other: str) -> Iterator[tuple[Any, ...]]:
    for line in frame.itertuples(index=False):
        given = line._asdict()
        made = Invoice(
            firm=given["firm"], invoice_no=given["invoice_no"], issued_on=given["date"], counterparty=given[other],
            amount=given["amount"], tax=given["tax"], status=given["status"].strip(),
        )  # fmt: skip
        yield tuple(made.model_dump().values())


def row_wise(folder: str, path: str, sample: int) -> Measured:
    """pandas + pydantic + executemany: all rows read, `sample` of them validated and written, the times scaled."""
    with duckdb.connect(path) as connection:
        connection.execute(
            "CREATE TABLE invoices (f TEXT, n TEXT, d DATE, c TEXT, a DECIMAL(24,4), t DECIMAL(24,4), s TEXT)"
        )
        reading = measure(lambda: {n: pd.read_csv(f"{folder}/{n}.csv.gz", dtype=str) for n in SIDES})
        frames = reading.result
        rows = sum(map(len, frames.values()))

        def work() -> int:
            done = 0
            for name, other in SIDES.items():
                part = frames[name].head(max(sample * len(frames[name]) // rows, 1))
                lines = list(_invoices(part, other))
                connection.execute("BEGIN")
                connection.executemany("INSERT INTO invoices VALUES (?, ?, ?, ?, ?, ?, ?)", lines)
                connection.execute("COMMIT")
                done += len(lines)
            return done

        made = measure(work)
        written = connection.execute("SELECT count(*) FROM invoices").fetchall()[0][0]
    if written != made.result:
        raise SystemExit(f"executemany wrote {written} of {made.result}")
    scale = rows / made.result
    return Measured((rows, made.result), reading.wall + scale * made.wall, reading.cpu + scale * made.cpu)


def _shortened(folder: Path, target: Path, rows: int) -> Path:
    """The first rows of every file, for a quick look."""
    for name in (*SIDES, "labelled_firms", "unlabelled_firms"):
        ending = ".csv" if name.endswith("firms") else ".csv.gz"
        pd.read_csv(folder / f"{name}{ending}", dtype=str, nrows=rows).to_csv(target / f"{name}{ending}", index=False)
    return target


def main() -> None:
    """Run all, check parity, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="20,000 rows a file")
    parser.add_argument("--sample", type=int, default=8_000, help="rows that the row-wise peer validates and writes")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the real invoices")
    given = parser.parse_args()
    if not given.folder.is_dir():
        print(f"{given.folder} is absent: nothing to measure")
        return
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        folder = str(_shortened(given.folder, work, 20_000) if given.quick else given.folder)
        raw = child(bare, folder, str(work / "bare.duckdb"))
        path = str(work / "ours.duckdb")
        first = child(ours, folder, path)
        again = child(ours, folder, path)
        slow = child(row_wise, folder, str(work / "rows.duckdb"), 2_000 if given.quick else given.sample)
        count, total = stored(path)
    rows, distinct, amount = raw.result
    counted = first.result["tables"]["transactions"]
    if (counted["read"], count, total) != (rows, distinct, amount) or counted["quarantined"]:
        raise SystemExit(f"no parity: {counted}, {count} {total} stored; {rows}, {distinct} {amount} in the files")
    if again.result["unchanged"] != first.result["read"] or again.result["new"] or again.result["changed"]:
        raise SystemExit(f"a reload changed something: {again.result['tables']}")
    peer = f"pandas + pydantic + executemany ({slow.result[1]:,} rows, scaled)"
    speed = f"{counted['read'] / first.wall:,.0f} rows/s"
    report(f"Loading {rows:,} invoices into DuckDB (ours with {first.result['read'] - rows:,} parties and labels)", [
        row("load", first, raw, "DuckDB read_csv", f"{speed}; {first.wall / raw.wall:.2f} times the bare read"),
        row("load", first, slow, peer),
        row("reload, unchanged", again, first, "first load"),
    ])  # fmt: skip
    print(f"peak of the bare read {raw.peak_mb:,.0f} MB, of the row-wise peer {slow.peak_mb:,.0f} MB")


if __name__ == "__main__":
    main()
