"""The real invoices through their mapping, against counts made by pandas from the files themselves."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from graphcredit.model.tables import EXCLUDED_ATTRIBUTE_PREFIX
from graphcredit.store import CreditStore, open_store
from graphcredit_ingest import LoadReport, load
from tests.ingest.support import memory

pytestmark = pytest.mark.xdist_group("cumcm2020c-load")  # one load for all of these tests

SIDES = {
    "labelled_sales": "buyer",
    "labelled_purchases": "seller",
    "unlabelled_sales": "buyer",
    "unlabelled_purchases": "seller",
}


@pytest.fixture(scope="module")
def raw(cumcm2020c: Path) -> pd.DataFrame:
    """Every invoice as text, trimmed, with its side."""
    frames = []
    for name, other in SIDES.items():
        frame = pd.read_csv(cumcm2020c / f"{name}.csv.gz", dtype=str).rename(columns={other: "counterparty"})
        frames.append(frame.assign(side=name.split("_")[1][0].upper()))
    return pd.concat(frames, ignore_index=True).apply(lambda column: column.str.strip())


@pytest.fixture(scope="module")
def loaded(cumcm2020c: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CreditStore, LoadReport]]:
    """The whole folder in a DuckDB file."""
    path = tmp_path_factory.mktemp("cumcm") / "real.duckdb"
    with open_store(f"duckdb:///{path}") as store:
        yield store, load(store, [cumcm2020c], mapping="cumcm2020c")


def test_every_distinct_invoice_is_kept_and_true_duplicates_count_as_unchanged(
    loaded: tuple[CreditStore, LoadReport], raw: pd.DataFrame
) -> None:
    store, report = loaded
    distinct = raw.drop_duplicates()
    assert len(raw) == 1_099_441
    assert len(raw) - len(raw.drop_duplicates(["side", "firm", "invoice_no"])) == 13_766
    count = report.tables["transactions"]
    assert (count.read, count.new) == (len(raw), len(distinct))
    assert (count.unchanged, count.quarantined) == (len(raw) - len(distinct), 0)
    assert store.info().facts["transactions"] == len(distinct)


def test_amounts_status_and_days_are_those_of_the_files(
    loaded: tuple[CreditStore, LoadReport], raw: pd.DataFrame
) -> None:
    store, _ = loaded
    rows = store.read("transactions", columns=["amount", "tax", "status", "issued_on"], floats=True, ordered=False)
    found = rows.to_pandas()
    distinct = raw.drop_duplicates()
    amounts = distinct["amount"].astype(float)
    assert found["amount"].sum() == pytest.approx(amounts.sum(), rel=1e-9)
    assert found["tax"].sum() == pytest.approx(distinct["tax"].astype(float).sum(), rel=1e-9)
    assert (found["amount"] < 0).sum() == (amounts < 0).sum() > 0
    assert found["status"].value_counts().to_dict() == {
        "valid": (distinct["status"] == "有效发票").sum(),
        "void": (distinct["status"] == "作废发票").sum(),
    }
    assert (found["issued_on"].min(), found["issued_on"].max()) == (date(2016, 10, 4), date(2020, 2, 21))


def test_firms_sell_their_sales_and_buy_their_purchases(
    loaded: tuple[CreditStore, LoadReport], raw: pd.DataFrame
) -> None:
    store, _ = loaded
    rows = store.read("transactions", columns=["seller_id", "buyer_id"], ordered=False).to_pandas()
    sells = rows["seller_id"].str.match(r"E\d+$")
    buys = rows["buyer_id"].str.match(r"E\d+$")
    assert (sells ^ buys).all()
    sides = raw.drop_duplicates()["side"].value_counts()
    assert (sells.sum(), buys.sum()) == (sides["S"], sides["P"])


def test_firms_and_counterparties_are_parties_and_nothing_dangles(
    loaded: tuple[CreditStore, LoadReport], raw: pd.DataFrame
) -> None:
    store, report = loaded
    parties = store.read("parties", columns=["party_id", "status", "attributes"]).to_pandas().set_index("party_id")
    assert set(parties.index) == set(raw["counterparty"]) | {f"E{i}" for i in range(1, 426)}
    assert report.stubs == 0
    assert (parties["status"] == "anonymous").sum() == len(parties) - 425


def test_labels_come_from_the_labelled_and_the_rating_is_never_a_feature(
    loaded: tuple[CreditStore, LoadReport], cumcm2020c: Path
) -> None:
    store, _ = loaded
    firms = pd.read_csv(cumcm2020c / "labelled_firms.csv").set_index("firm")
    labels = store.read("labels").to_pandas().set_index("party_id")
    assert labels["default"].to_dict() == (firms["default"].str.strip() == "是").astype(int).to_dict()
    assert set(labels["observed_on"]) == {date(2020, 2, 29)}
    assert set(labels["horizon_months"]) == {12}
    known = store.read("parties", columns=["party_id", "attributes"], where={"party_id": list(firms.index)}).to_pylist()
    attributes = {row["party_id"]: json.loads(row["attributes"]) for row in known}
    assert all(name.startswith(EXCLUDED_ATTRIBUTE_PREFIX) for row in attributes.values() for name in row)
    assert {firm: row["x_rating"] for firm, row in attributes.items()} == firms["rating"].to_dict()


def test_the_same_files_again_change_nothing(loaded: tuple[CreditStore, LoadReport], cumcm2020c: Path) -> None:
    store, first = loaded
    version = store.version()
    again = load(store, [cumcm2020c], mapping="cumcm2020c")
    assert (again.total("new"), again.total("changed"), again.total("quarantined")) == (0, 0, 0)
    assert again.total("unchanged") == first.total("read")
    assert store.version() == version


def test_the_order_of_rows_does_not_matter(cumcm2020c: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(cumcm2020c / "labelled_sales.csv.gz", dtype=str, nrows=5_000)
    facts = []
    for name, rows in {"a": frame, "b": frame.sample(frac=1, random_state=7)}.items():
        (tmp_path / name).mkdir()
        rows.to_csv(tmp_path / name / "labelled_sales.csv", index=False)
        with memory() as store:
            load(store, [tmp_path / name], mapping="cumcm2020c")
            facts.append(store.versions("transactions").read_all())
    assert facts[0].equals(facts[1])
