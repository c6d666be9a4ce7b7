"""One invoice is financed once: whole, split, renumbered, by a related party, and by fifty at the same time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from multiprocessing import get_context
from typing import Any

import pytest

from graphcredit.decisions import decide
from graphcredit.decisions.double_financing import base_number, marks_of
from graphcredit.decisions.products.base import Document
from graphcredit.store import CreditStore, open_store
from tests.decisions.world import DAY, build, factoring, invoice
from tests.support.stores import facts

D = Decimal

COPIES = [
    invoice("T1", 100_000),
    invoice("T1-renumbered", 100_000, number="9999"),
    invoice("half-1", 50_000, number="INV-T1-1"),
    invoice("half-2", 50_000, number="INV-T1-2"),
    invoice("third-1", 30_000, number="X1"),
    invoice("third-2", 30_000, number="X2"),
    invoice("third-3", 40_000, number="X3"),
]
REQUESTS: list[tuple[str, str]] = [(each["transaction_id"], "20000") for each in COPIES] + [
    ("T1", "40000"),
    ("T1", "39999"),
]


def document(name: str, gross: str, seller: str = "s", number: str | None = None) -> Document:
    return Document(transaction_id=name, kind="invoice", seller_id=seller, buyer_id="b", number=number, issued_on=DAY,
                    gross=D(gross), open=D(gross), source="x")  # fmt: skip


@pytest.mark.parametrize(
    ("number", "base"),
    [
        ("inv-0012/1", "INV-0012"),
        (" INV 7-2", "INV7"),
        ("00123", "123"),
        ("12A", "12"),
        ("ＩＮＶ５", "INV5"),
        (None, ""),
        ("A-B", "A-B"),
    ],
)
def test_numbers_lose_what_a_split_adds(number: str | None, base: str) -> None:
    assert base_number(number) == base


def test_marks_meet_where_documents_are_the_same_trade() -> None:
    whole, half, other = document("a", "100", number="N1"), document("b", "50"), document("c", "50")
    family = [whole, half, other]
    assert set(marks_of(whole, family)) & set(marks_of(document("d", "100", number="N2"), family))  # renumbered
    assert set(marks_of(whole, family)) & set(marks_of(half, family))  # a half and the whole
    assert set(marks_of(half, family)) & set(marks_of(other, family))  # two halves
    assert not set(marks_of(whole)) & set(marks_of(document("e", "99", number="N9")))
    related = {"s": "root", "t": "root"}
    assert set(marks_of(whole, (), related)) & set(marks_of(document("f", "100", seller="t"), (), related))


@pytest.mark.parametrize("second", [name for name, _ in REQUESTS[1:7]])
def test_a_copy_or_part_of_a_financed_invoice_is_refused(duckdb_store: CreditStore, second: str) -> None:
    build(duckdb_store, invoices=COPIES)
    assert decide(duckdb_store, factoring("T1", amount="20000"), as_of=DAY).outcome == "approve_with_conditions"
    made = decide(duckdb_store, factoring(second, amount="20000"), as_of=DAY)
    assert made.outcome == "decline"
    assert "already_financed" in [reason.code for reason in made.answer.reasons]


def test_two_halves_without_their_whole_are_two_when_they_differ(duckdb_store: CreditStore) -> None:
    build(duckdb_store, invoices=[invoice("A", 60_000, number="7-1"), invoice("B", 40_000, number="8-1")])
    assert decide(duckdb_store, factoring("A", amount="20000"), as_of=DAY).outcome == "approve_with_conditions"
    assert decide(duckdb_store, factoring("B", amount="20000"), as_of=DAY).outcome == "approve_with_conditions"


def test_a_related_seller_cannot_finance_the_same_trade(duckdb_store: CreditStore) -> None:
    build(duckdb_store, invoices=[invoice("T1", 100_000), invoice("S1", 100_000, seller="sister", number="55")])
    rows = [
        {
            "holder_id": "parent",
            "held_id": held,
            "relation": "shareholder",
            "share": 0.8,
            "valid_from": "2020-01-01",
            "recorded_at": "2020-01-01",
        }
        for held in ("seller", "sister")
    ]
    duckdb_store.upsert("ownership", facts("ownership", rows))
    assert decide(duckdb_store, factoring("T1"), as_of=DAY).outcome == "approve_with_conditions"
    made = decide(duckdb_store, factoring("S1", party_id="sister", amount="20000"), as_of=DAY)
    assert "already_financed" in [reason.code for reason in made.answer.reasons]


def test_fifty_threads_and_one_winner(duckdb_store: CreditStore) -> None:
    build(duckdb_store, invoices=COPIES)
    requests = [REQUESTS[k % len(REQUESTS)] for k in range(50)]
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda r: decide(duckdb_store, factoring(r[0], amount=r[1]), as_of=DAY), requests))
    winners = [each for each in made if each.outcome != "decline"]
    assert len(winners) == 1
    assert duckdb_store.claimed(["limit:party:seller"])["limit:party:seller"] == winners[0].answer.exposure


def related_world(opened: CreditStore) -> None:
    """The copies, and one more registered by a sister of the seller under the same parent."""
    build(opened, invoices=[*COPIES, invoice("S1", 100_000, seller="sister", number="55")])
    tie = {
        "holder_id": "parent",
        "relation": "shareholder",
        "share": 0.8,
        "valid_from": "2020-01-01",
        "recorded_at": "2020-01-01",
    }
    opened.upsert("ownership", facts("ownership", [{**tie, "held_id": held} for held in ("seller", "sister")]))


def worker(url: str, requests: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    with open_store(url) as opened:
        made = [
            decide(opened, factoring(name, amount=amount, party_id="sister" if name == "S1" else "seller"), as_of=DAY)
            for name, amount in requests
        ]
    return [(each.outcome, str(each.answer.exposure)) for each in made]


@pytest.mark.timeout(300)
def test_fifty_requests_of_several_processes_on_neo4j(neo4j_url: str) -> None:
    with open_store(neo4j_url) as opened:
        related_world(opened)
    wanted = [*REQUESTS, ("S1", "20000")]
    requests = [wanted[k % len(wanted)] for k in range(50)]
    with get_context("spawn").Pool(4) as pool:
        parts: list[Any] = pool.starmap(worker, [(neo4j_url, requests[k::4]) for k in range(4)])
    made = [each for part in parts for each in part]
    winners = [each for each in made if each[0] != "decline"]
    assert len(made) == 50
    assert len(winners) == 1
    with open_store(neo4j_url) as opened:
        used = opened.claimed(["limit:party:seller", "limit:party:sister"])
        assert sum(used.values()) == D(winners[0][1])
