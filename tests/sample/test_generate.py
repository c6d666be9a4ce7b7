"""The sample: same seed, same bytes; no dangling ids; sums that fit; defaults that follow the stated process."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graphcredit.exc import ValueRangeError
from graphcredit.model.identifiers import uscc_fault
from graphcredit.model.tables import TABLES
from graphcredit_ingest.sample import generate

FIRMS = 600


def read(folder: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("sample")
    generate(made, firms=FIRMS, seed=3, format="parquet")
    return made


@pytest.fixture(scope="module")
def tables(folder: Path) -> dict[str, pd.DataFrame]:
    return read(folder)


@pytest.mark.parametrize("seed", range(6))
def test_the_smallest_sample_can_be_drawn(tmp_path: Path, seed: int) -> None:
    report = generate(tmp_path, firms=20, seed=seed, months=1)
    assert report.tables["parties"] > 20


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_same_seed_gives_same_bytes_and_another_seed_does_not(tmp_path: Path, kind: str) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        generate(tmp_path / name, firms=60, seed=seed, format=kind)
    files = {
        name: {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob(f"*.{kind}")}
        for name in "abc"
    }
    assert files["a"] == files["b"]
    assert files["a"].keys() == files["c"].keys()
    assert files["a"][Path(f"transactions.{kind}")] != files["c"][Path(f"transactions.{kind}")]


def test_report_counts_what_was_written(tmp_path: Path) -> None:
    report = generate(tmp_path, firms=50, format="csv")
    body = json.loads(json.dumps(report.to_json()))
    for name, count in body["tables"].items():
        assert len(pd.read_csv(tmp_path / f"{name}.csv", dtype=str)) == count
    assert set(body["tables"]) <= set(TABLES)


def test_every_table_has_only_its_columns_and_unique_keys(tables: dict[str, pd.DataFrame]) -> None:
    for name, frame in tables.items():
        unknown = {c for c in frame.columns if c not in TABLES[name].names and not c.startswith("attr_")}
        assert not unknown, name
        assert frame[list(TABLES[name].required)].notna().all(axis=None), name
        assert not frame.duplicated(list(TABLES[name].key)).any(), name


def test_no_id_dangles_and_nobody_trades_with_or_holds_himself(tables: dict[str, pd.DataFrame]) -> None:
    known = set(tables["parties"]["party_id"])
    for name, frame in tables.items():
        for column in TABLES[name].party_columns:
            if column in frame:
                assert set(frame[column].dropna()) <= known, (name, column)
    pairs = {"transactions": ("seller_id", "buyer_id"), "guarantees": ("guarantor_id", "obligor_id"),
             "ownership": ("holder_id", "held_id"), "relations": ("source_id", "target_id")}  # fmt: skip
    for name, (a, b) in pairs.items():
        assert (tables[name][a] != tables[name][b]).all(), name
    assert set(tables["payments"]["transaction_id"]) <= set(tables["transactions"]["transaction_id"])


def test_sums_fit(tables: dict[str, pd.DataFrame]) -> None:
    held = tables["ownership"].groupby("held_id")["share"].sum()
    assert held.max() <= 1 + 1e-9
    loans = tables["facilities"].astype({"limit": float, "drawn": float})
    assert (loans["drawn"] <= loans["limit"] + 0.01).all()
    sheet = tables["statements"].astype({"amount": float}).pivot(
        index=["party_id", "period_end"], columns="item", values="amount"
    )  # fmt: skip
    assert np.allclose(sheet["total_assets"], sheet["total_liabilities"] + sheet["equity"], atol=0.02)
    assert (sheet["current_assets"] <= sheet["total_assets"]).all()
    first = tables["transactions"].set_index("transaction_id")["issued_on"]
    paid = tables["payments"]
    assert (
        pd.to_datetime(paid["paid_on"]).to_numpy() >= pd.to_datetime(first[paid["transaction_id"]]).to_numpy()
    ).mean() > 0.99


def test_nothing_happens_after_the_end(tmp_path: Path) -> None:
    end = date(2025, 3, 31)
    generate(tmp_path, firms=80, end=end, months=12, format="parquet")
    tables = read(tmp_path)
    dates = {"transactions": "issued_on", "payments": "paid_on", "credit_events": "occurred_on", "guarantees": "valid_from",
             "facilities": "valid_from", "ownership": "valid_from", "relations": "valid_from"}  # fmt: skip
    for name, column in dates.items():
        assert pd.to_datetime(tables[name][column]).max().date() <= end, name
    assert set(tables["labels"]["observed_on"]) == {end}


def test_it_looks_like_a_supply_chain(tables: dict[str, pd.DataFrame]) -> None:
    sales = tables["transactions"].query("kind == 'invoice'").astype({"amount": float})
    pairs = sales.groupby(["seller_id", "buyer_id"]).size()
    assert pairs.median() >= 3  # trade repeats
    back = pairs.index.isin([(b, a) for a, b in pairs.index])
    assert 0.01 < back.mean() < 0.5  # and is reciprocal at times
    degree = pairs.groupby(level=0).size()
    assert degree.max() > 5 * degree.median()  # heavy tails of degrees ...
    turnover = sales.groupby("seller_id")["amount"].sum().sort_values()
    assert turnover.tail(len(turnover) // 20).sum() > 0.25 * turnover.sum()  # ... and of sizes
    assert {"invoice", "order", "delivery"} == set(tables["transactions"]["kind"])
    assert (sales["amount"] < 0).any()
    assert 0 < (sales["status"] == "void").mean() < 0.15
    guarantees = set(map(tuple, tables["guarantees"][["guarantor_id", "obligor_id"]].to_numpy()))
    assert any((b, a) in guarantees for a, b in guarantees)  # mutual
    runs = tables["ownership"].query("relation == 'legal_representative'").groupby("holder_id").size()
    assert runs.max() >= 3  # persons who run several firms
    assert tables["parties"].query("kind == 'company'")["industry"].nunique() == 20
    assert tables["ownership"]["relation"].isin(["controller"]).any()


def test_every_credit_code_has_a_valid_check_digit(tables: dict[str, pd.DataFrame]) -> None:
    codes = tables["parties"].query("kind == 'company'")["uscc"]
    assert codes.notna().all()
    assert all(not uscc_fault(code) for code in codes)


def test_labels_leave_out_who_is_known_to_be_in_default(tables: dict[str, pd.DataFrame]) -> None:
    labels, events = tables["labels"], tables["credit_events"]
    known = set(events.loc[events["kind"] == "default", "party_id"])
    assert known
    assert not known & set(labels["party_id"])
    assert len(labels) == FIRMS - len(known)


def test_without_contagion_the_true_pd_is_the_firms_own_and_only_outcomes_change(tmp_path: Path, folder: Path) -> None:
    generate(tmp_path, firms=FIRMS, seed=3, contagion=0.0, format="parquet")
    alone, together = (pd.read_parquet(f / "truth" / "pd.parquet") for f in (tmp_path, folder))
    assert np.array_equal(alone["pd"], alone["pd_without_contagion"])
    assert (together["pd"] >= together["pd_without_contagion"] - 1e-12).all()
    assert together["pd"].mean() > alone["pd"].mean() * 1.2
    for name in ("transactions", "guarantees", "statements", "ownership"):
        assert (tmp_path / f"{name}.parquet").read_bytes() == (folder / f"{name}.parquet").read_bytes()


def test_outcomes_follow_the_true_pd(tmp_path: Path) -> None:
    generate(tmp_path, firms=12_000, seed=1, months=1, format="parquet")
    truth = pd.read_parquet(tmp_path / "truth" / "pd.parquet")
    rows = pd.read_parquet(tmp_path / "labels.parquet").merge(truth)
    decile = pd.qcut(rows["pd"], 10, labels=False)
    seen, said = (rows.groupby(decile)[c] for c in ("default", "pd"))
    error = np.sqrt((said.mean() * (1 - said.mean())) / said.size())
    assert (np.abs(seen.mean() - said.mean()) < 3.5 * error + 0.003).all()
    assert 0.04 < rows["default"].mean() < 0.08


@pytest.mark.parametrize(
    "wrong", [{"firms": 19}, {"contagion": -0.1}, {"months": 0}, {"format": "xlsx"}], ids=lambda case: next(iter(case))
)
def test_what_cannot_be_drawn_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueRangeError, match="cannot draw") as caught:
        generate(tmp_path / "none", **wrong)  # type: ignore[arg-type]
    assert caught.value.remedy
    assert not (tmp_path / "none").exists()


def test_quantities_follow_amounts_and_the_documents_of_one_invoice_agree(tables: dict[str, pd.DataFrame]) -> None:
    trade = tables["transactions"].astype({"amount": float})
    assert trade["quantity"].isna().equals(trade["goods"] == "services")
    assert trade["unit"].isna().equals(trade["goods"] == "services")
    counted = trade.dropna(subset=["quantity"]).astype({"quantity": float})
    assert (counted["quantity"] * counted["amount"] >= 0).all()
    prices = counted[counted["quantity"] != 0].assign(price=lambda frame: frame["amount"] / frame["quantity"])
    big = prices[prices["amount"].abs() > 10_000].groupby("goods")["price"]
    assert (big.max() / big.min() < 1.02).all()
    of = {kind: frame.set_index("number")["quantity"] for kind, frame in counted.groupby("kind")}
    both = of["delivery"].index.intersection(of["invoice"].index)
    assert len(both) > 20
    assert (of["delivery"][both] == of["invoice"][both]).all()
    assert (of["order"][both] == of["invoice"][both]).all()
