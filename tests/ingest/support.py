"""Small files and a store in memory for the tests of loading."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from graphcredit.store import CreditStore, QuarantinedRow, open_store
from graphcredit_ingest import LoadReport, load

PARTIES = "party_id,kind,name\nA,company,Alpha\nB,company,Beta\nC,bank,Gamma\n"
INVOICE = "transaction_id,seller_id,buyer_id,issued_on,amount\n"


@contextmanager
def memory() -> Iterator[CreditStore]:
    """An empty store that vanishes."""
    with open_store("duckdb://:memory:") as store:
        yield store


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def load_text(store: CreditStore, folder: Path, files: Mapping[str, str | bytes], **options: object) -> LoadReport:
    """Load files given as text; with the parties A, B and C unless others are given."""
    if not any(name.startswith("parties") for name in files) and "mapping" not in options:
        files = {"parties.csv": PARTIES, **files}
    return load(store, [write(folder, files)], **options)  # type: ignore[arg-type]


def waiting(store: CreditStore) -> list[QuarantinedRow]:
    """Everything in quarantine."""
    return store.quarantined()


def told(rows: Sequence[QuarantinedRow]) -> list[tuple[int, str, str, str]]:
    """(row, column, reason, remedy) of quarantined rows: what a user sees."""
    return [(row.row, row.column, row.reason, row.remedy) for row in rows]


def ids(store: CreditStore, table: str = "transactions") -> list[str]:
    """First key column of every fact that holds now."""
    rows = store.read(table)
    return list(rows[rows.column_names[0]].to_pylist())
