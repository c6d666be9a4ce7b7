"""The analysts' queries on a real server, on a small network whose answers are counted by hand."""

import pytest

from graphcredit.store import open_store
from graphcredit.store.neo4j import Neo4jStore, analysts
from tests.support.stores import NEO4J_MARKS, Server, facts, party, sale, wipe

pytestmark = list(NEO4J_MARKS)
DAY = {"as_of": "2024-12-31", "limit": 100}
SPAN = {"from_month": "2024-01", "to_month": "2024-12", "limit": 100}
KNOWN = "2024-01-01"


def guarantee(name: str, guarantor: str, obligor: str, amount: int, **columns) -> dict:
    own = {"guarantee_id": name, "guarantor_id": guarantor, "obligor_id": obligor, "amount": amount}
    return own | {"recorded_at": KNOWN} | columns


def loan(name: str, lender: str, borrower: str, limit: int, **columns) -> dict:
    own = {"facility_id": name, "lender_id": lender, "borrower_id": borrower, "limit": limit}
    return own | {"recorded_at": KNOWN} | columns


def tie(holder: str, held: str, relation: str = "shareholder", **columns) -> dict:
    return {"holder_id": holder, "held_id": held, "relation": relation, "recorded_at": KNOWN} | columns


@pytest.fixture(scope="module")
def store(neo4j_server: Server):
    wipe(neo4j_server.url)
    with open_store(neo4j_server.url) as opened:
        rows = [party(name, KNOWN, registered_capital=100) for name in "ABCDEFG"]
        rows[0] |= {"phone": "021-1"}
        rows[3] |= {"phone": "021-1"}
        opened.upsert("parties", facts("parties", [*rows, party("BANK", KNOWN, kind="bank")]))
        guarantees = [
            guarantee("G1", "A", "B", 50), guarantee("G2", "B", "C", 40), guarantee("G3", "C", "A", 30),
            guarantee("G4", "B", "A", 20), guarantee("G5", "A", "D", 90),
            guarantee("G6", "D", "A", 90, valid_to="2024-06-30"),  # over by the day asked
            guarantee("G7", "D", "A", 90, recorded_at="2025-02-01"),  # not yet known
        ]  # fmt: skip
        opened.upsert("guarantees", facts("guarantees", guarantees))
        corrected = [guarantee("G5", "A", "D", 80, recorded_at="2024-05-01")]
        opened.upsert("guarantees", facts("guarantees", corrected))
        loans = [loan("F1", "BANK", "A", 100, drawn=70), loan("F2", "BANK", "B", 60), loan("F3", "BANK", "F", 10)]
        opened.upsert("facilities", facts("facilities", loans))
        owners = [
            tie("H", "E", share=0.8), tie("E", "F", share=0.6), tie("H", "G", "controller"), tie("X", "G", "director"),
            tie("X", "A", share=0.1), tie("F", "H", share=0.05),
        ]  # fmt: skip
        opened.upsert("ownership", facts("ownership", owners))
        sales = [
            sale("T1", "S1", "A", 100), sale("T2", "S1", "C", 25), sale("T3", "S2", "A", 30), sale("T4", "S2", "C", 30),
            sale("T5", "S3", "C", 10), sale("T6", "A", "S1", 90), sale("T7", "S1", "A", 1000, status="void"),
            sale("T8", "S1", "A", 1000, kind="order"), sale("T9", "S1", "A", 999, "2023-05-05"),
        ]  # fmt: skip
        opened.upsert("transactions", facts("transactions", sales))
        event = {"event_id": "E1", "party_id": "A", "kind": "late_payment", "occurred_on": "2024-05-01"}
        rows = [
            event,
            event | {"event_id": "E2", "occurred_on": "2020-05-01"},
            event | {"event_id": "E3", "kind": "court"},
        ]
        opened.upsert("credit_events", facts("credit_events", [row | {"recorded_at": "2024-05-02"} for row in rows]))
        equity = {"party_id": "C", "item": "equity", "period_end": "2023-12-31", "amount": 10, "recorded_at": KNOWN}
        opened.upsert("statements", facts("statements", [equity]))
        yield opened


def ask(store: Neo4jStore, name: str, *columns: str, **params) -> list[tuple]:
    rows = analysts.run(store, name, **params)
    return [tuple(row[c] for c in columns) for row in rows]


def test_guarantee_circles(store) -> None:
    found = ask(store, "guarantee_circles", "members", "parties", "weakest", "amount", longest=8, **DAY)
    assert found == [(["A", "B", "C"], 3, 30, 120), (["A", "B"], 2, 20, 70)]
    assert len(analysts.run(store, "guarantee_circles", longest=2, **DAY)) == 1
    early = analysts.run(store, "guarantee_circles", longest=2, as_of="2024-03-01", limit=100)
    assert [row["members"] for row in early] == [["A", "D"], ["A", "B"]]
    assert analysts.run(store, "guarantee_circles", longest=8, as_of="2023-12-31", limit=100) == []


def test_mutual_guarantees(store) -> None:
    found = ask(store, "mutual_guarantees", "first", "second", "first_for_second", "second_for_first", **DAY)
    assert found == [("A", "B", 50, 20)]


def test_exposure_paths(store) -> None:
    found = ask(store, "exposure_paths", "parties", "ties", source="D", target="BANK", longest=3, **DAY)
    assert found == [
        (["D", "A", "BANK"], ["GUARANTEES", "LENDS_TO"]),
        (["D", "A", "B", "BANK"], ["GUARANTEES", "GUARANTEES", "LENDS_TO"]),
    ]
    assert ask(store, "exposure_paths", "parties", source="BANK", target="D", longest=6, **DAY) == []


def test_hidden_common_controllers(store) -> None:
    found = ask(
        store, "hidden_common_controllers", "controller", "first", "second", "steps_to_first", "steps_to_second",
        longest=4, share=0.5, **DAY,
    )  # fmt: skip
    assert found == [("H", "E", "F", 1, 2), ("H", "F", "G", 2, 1)]


def test_dependants_of_top_customers(store) -> None:
    found = ask(store, "dependants_of_top_customers", "buyer", "supplier", "sold", "part", buyers=1, part=0.5, **SPAN)
    assert found == [("A", "S1", 100, 0.8), ("A", "S2", 30, 0.5)]


def test_who_is_hit(store) -> None:
    found = ask(store, "who_is_hit", "hit", "tie", "amount", party="A", from_month="2024-01", **DAY)
    assert sorted(found, key=str) == sorted(
        [
            ("S1", "SUPPLIES", 100), ("BANK", "LENDS_TO", 70), ("C", "GUARANTEES", 30), ("S2", "SUPPLIES", 30),
            ("B", "GUARANTEES", 20), ("X", "OWNS", 0),
        ],
        key=str,
    )  # fmt: skip


def test_exposures_by_controller(store) -> None:
    found = ask(store, "exposures_by_controller", "controller", "members", "drawn", longest=4, share=0.5, **DAY)
    assert found == [("A", ["A"], 70), ("B", ["B"], 60), ("H", ["E", "F", "G", "H"], 10)]


def test_dominant_buyers(store) -> None:
    found = ask(store, "dominant_buyers", "supplier", "buyer", "part", "buyers", part=0.8, **SPAN)
    assert found == [("A", "S1", 1, 1), ("S3", "C", 1, 1), ("S1", "A", 0.8, 2)]


def test_overstretched_guarantors(store) -> None:
    found = ask(store, "overstretched_guarantors", "guarantor", "guarantees", "given", "own", "times", times=1.0, **DAY)
    assert found == [("A", 2, 130, 100, 1.3), ("C", 1, 30, 10, 3)]


def test_suppliers_of_late_payers(store) -> None:
    found = ask(
        store, "suppliers_of_late_payers", "supplier", "late_payers", "events", "sold",
        since="2024-01-01", from_month="2024-01", **DAY,
    )  # fmt: skip
    assert found == [("S1", ["A"], 1, 100), ("S2", ["A"], 1, 30)]


def test_round_trip_trade(store) -> None:
    assert ask(store, "round_trip_trade", "members", "month", "least", "most", "alike", longest=4, **SPAN) == [
        (["A", "S1"], "2024-01", 90, 100, 0.9)
    ]


def test_shared_addresses(store) -> None:
    assert ask(store, "shared_addresses", "what", "value", "parties", **DAY) == [("phone", "021-1", ["A", "D"])]


def test_lenders_in_common(store) -> None:
    found = ask(store, "lenders_in_common", "lender", "guarantor", "obligor", "lent_to_guarantor", **DAY)
    assert found == [("BANK", "A", "B", 70), ("BANK", "B", "A", 60)]


def test_ownership_circles(store) -> None:
    assert ask(store, "ownership_circles", "members", longest=4, **DAY) == [(["E", "F", "H"],)]


def test_monthly_trade_follows_corrections(store) -> None:
    def trade() -> list[tuple]:
        found = ask(store, "dominant_buyers", "supplier", "buyer", "sold", part=0.0, **SPAN)
        return [row for row in found if row[0] == "N"]

    store.upsert("transactions", facts("transactions", [sale("N1", "N", "A", 10), sale("N2", "N", "A", 5)]))
    assert trade() == [("N", "A", 15)]
    later = [sale("N1", "N", "A", 7, recorded_at="2024-03-01"), sale("N3", "N", "A", 2, kind="credit_note")]
    store.upsert("transactions", facts("transactions", later))
    assert trade() == [("N", "A", 10)]
    late = [sale("N1", "N", "A", 99, recorded_at="2024-02-01")]  # arrives late, is superseded already
    store.upsert("transactions", facts("transactions", late))
    assert trade() == [("N", "A", 10)]
    voids = [sale(k, "N", "A", 1, status="void", recorded_at="2024-06-01") for k in ("N1", "N2", "N3")]
    store.upsert("transactions", facts("transactions", voids))
    assert trade() == []
