"""Alerts: each kind on facts made for it, nothing where nothing has changed, the same finding once."""

from datetime import date
from decimal import Decimal

import pytest

from graphcredit.decisions import headroom_book
from graphcredit.exc import InputError, NotFoundError
from graphcredit.monitor import KINDS, Alert, AlertRules, alerts_between, keep_alerts, list_alerts
from graphcredit.store import CreditStore
from tests.decisions.world import build, invoice
from tests.monitor.world import EARLIER, LATER, POLICY, add, books, event, everybodys_claims, lent, promised, scores


def of(alerts: tuple[Alert, ...], kind: str) -> dict[str, Alert]:
    return {alert.party_id: alert for alert in alerts if alert.kind == kind}


def figures(alert: Alert) -> dict[str, str]:
    return {figure.name: figure.value for figure in alert.figures}


def test_nothing_changed_raises_nothing(duckdb_store: CreditStore) -> None:
    build(duckdb_store, invoices=[invoice("T1", 100_000, issued_on="2026-05-01")])
    add(duckdb_store, "credit_events", [event("other", "default", "2026-01-05")])
    assert alerts_between(duckdb_store, *books(duckdb_store)) == ()


@pytest.mark.parametrize(("pd", "fell"), [(0.02, 1), (0.05, 2), (0.5, 5)])
def test_a_grade_that_falls_far_enough(duckdb_store: CreditStore, pd: float, fell: int) -> None:
    build(duckdb_store)
    before, after = books(duckdb_store, after={"seller": pd})
    for notches in (1, 2, 5):
        found = of(alerts_between(duckdb_store, before, after, rules=AlertRules(notches=notches)), "grade_worse")
        assert set(found) == ({"seller"} if fell >= notches else set())


def test_a_better_grade_raises_nothing(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    before, after = books(duckdb_store, before={"seller": 0.5})
    assert of(alerts_between(duckdb_store, before, after), "grade_worse") == {}


def test_a_limit_nearly_used_up_and_over(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    limit = headroom_book(duckdb_store, POLICY, as_of=LATER, scores=scores()).limit("sister").amount
    add(duckdb_store, "facilities", [lent("L1", "sister", str(int(limit * Decimal("0.5"))))])
    add(duckdb_store, "facilities", [lent("L2", "sister", str(int(limit * Decimal("0.45"))), on="2026-06-10")])
    found = of(alerts_between(duckdb_store, *books(duckdb_store)), "low_headroom")
    assert found["sister"].severity == "warning"
    assert figures(found["sister"])["limit"] == str(limit)
    add(duckdb_store, "facilities", [lent("L3", "sister", str(int(limit * Decimal("0.2"))), on="2026-06-20")])
    assert of(alerts_between(duckdb_store, *books(duckdb_store)), "low_headroom")["sister"].severity == "critical"


def test_what_is_newly_overdue_and_what_blocks(duckdb_store: CreditStore) -> None:
    rows = [
        invoice("OLD", 50_000, buyer="buyer", issued_on="2026-01-01", due_on="2026-03-01"),  # blocked before
        invoice("NEW", 20_000, buyer="third", issued_on="2026-05-01", due_on="2026-06-10"),
        invoice("LONG", 30_000, buyer="giver", issued_on="2026-05-01", due_on="2026-05-20"),
        invoice("SMALL", 500, buyer="sister", issued_on="2026-05-01", due_on="2026-06-10"),
    ]
    build(duckdb_store, invoices=rows)
    paid = {"payment_id": "P1", "payer_id": "parent", "payee_id": "seller", "paid_on": "2026-01-02", "amount": "1",
            "recorded_at": "2026-01-02"}  # fmt: skip
    add(duckdb_store, "payments", [paid])  # the seller's payments are recorded, so unpaid means unpaid
    found = of(alerts_between(duckdb_store, *books(duckdb_store)), "new_overdue")
    assert {party: alert.severity for party, alert in found.items()} == {"third": "warning", "giver": "critical"}
    assert figures(found["third"])["overdue"] == "20000.00"
    assert figures(found["third"])["overdue_days"] == "20"


def test_a_default_reaches_sellers_lenders_guarantors_and_partners(duckdb_store: CreditStore) -> None:
    rows = [
        invoice("A", 90_000, seller="seller", buyer="buyer", issued_on="2026-05-02"),
        invoice("B", 810_000, seller="seller", buyer="third", issued_on="2026-05-02"),
        invoice("C", 5_000, seller="parent", buyer="buyer", issued_on="2026-05-02"),
        invoice("D", 995_000, seller="parent", buyer="third", issued_on="2026-05-02"),
    ]
    build(duckdb_store, invoices=rows)
    add(duckdb_store, "guarantees", [promised("G1", "giver", "buyer", "750000")])
    add(duckdb_store, "facilities", [lent("L1", "buyer", "400000")])
    add(duckdb_store, "credit_events", [event("buyer", "default", "2026-06-15")])
    found = alerts_between(duckdb_store, *books(duckdb_store))
    assert set(of(found, "credit_event")) == {"buyer"}
    assert {p: figures(a)["guaranteed"] for p, a in of(found, "guarantee_called").items()} == {"giver": "750000.00"}
    near = of(found, "neighbour_in_default")
    assert set(near) == {"seller", "other", "parent"}
    assert near["seller"].path == ("buyer", "seller")
    assert figures(near["other"])["lending"] == "400000.00"
    assert figures(near["seller"])["sales"] == "0.10" or figures(near["seller"])["sales"] == "0.1"
    assert "sales" not in figures(near["parent"])  # 0.5% of its sales; only its claim counts


def test_a_cured_or_older_default_is_not_news(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    add(duckdb_store, "credit_events", [event("buyer", "default", "2026-06-05"), event("buyer", "cured", "2026-06-20", "E2"),
                                        event("third", "default", "2026-04-01", "E3")])  # fmt: skip
    kinds = {alert.kind for alert in alerts_between(duckdb_store, *books(duckdb_store))}
    assert not kinds & {"credit_event", "neighbour_in_default"}


def test_a_group_that_comes_near_its_cap(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    add(duckdb_store, "ownership", [{"holder_id": "parent", "held_id": "sister", "relation": "shareholder", "share": 0.9,
                                     "valid_from": "2025-01-01", "recorded_at": "2025-01-01"}])  # fmt: skip
    policy = everybodys_claims()
    cap = policy.cap("group")
    add(duckdb_store, "facilities", [lent("L1", "sister", str(int(cap * Decimal("0.8"))))])
    add(duckdb_store, "facilities", [lent("L2", "sister", str(int(cap * Decimal("0.12"))), on="2026-06-10")])
    found = of(alerts_between(duckdb_store, *books(duckdb_store, policy=policy)), "group_near_cap")
    (alert,) = found.values()
    assert alert.severity == "warning"
    assert {alert.party_id, *alert.related} == {"parent", "sister"}
    assert Decimal(figures(alert)["cap"]) == cap
    assert (
        of(alerts_between(duckdb_store, *books(duckdb_store, policy=policy), parties=["third"]), "group_near_cap") == {}
    )


def test_sales_that_fall_away(duckdb_store: CreditStore) -> None:
    def sold(seller: str, month: int, count: int, amount: int) -> list[dict[str, object]]:
        return [
            invoice(f"{seller}{month}{k}", amount, seller=seller, buyer="buyer", issued_on=f"2026-0{month}-15",
                    due_on="2026-12-31")
            for k in range(count)
        ]  # fmt: skip

    rows = []
    for month in (1, 2, 3, 4, 5, 6):
        rows += sold("seller", month, 3, 1000) if month < 4 else sold("seller", month, 1, 1000)
        rows += sold("third", month, 3, 1000)
    build(duckdb_store, invoices=rows)
    before = headroom_book(duckdb_store, POLICY, as_of=date(2026, 3, 31), scores=scores())
    after = headroom_book(duckdb_store, POLICY, as_of=LATER, scores=scores())
    found = of(alerts_between(duckdb_store, before, after), "transaction_drop")
    assert set(found) == {"seller"}
    assert (figures(found["seller"])["sales"], figures(found["seller"])["sales_before"]) == ("3000.00", "9000.00")


def test_alerts_speak_both_languages_and_are_ordered(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    add(duckdb_store, "guarantees", [promised("G1", "giver", "buyer", "750000")])
    add(duckdb_store, "credit_events", [event("buyer", "default", "2026-06-15")])
    found = alerts_between(duckdb_store, *books(duckdb_store, after={"third": 0.05}))
    severities = [alert.severity for alert in found]
    assert severities == sorted(severities, key=["critical", "warning", "info"].index)
    assert {alert.kind for alert in found} <= set(KINDS)
    for alert in found:
        assert alert.text.en
        assert any("一" <= letter <= "鿿" for letter in alert.text.zh)


def test_the_same_finding_is_recorded_once(store: CreditStore) -> None:
    build(store)
    add(store, "credit_events", [event("buyer", "default", "2026-06-15")])
    found = alerts_between(store, *books(store))
    assert keep_alerts(store, found) == len(found) > 0
    assert keep_alerts(store, found) == 0
    assert {record.record_id for record in list_alerts(store)} == {alert.alert_id for alert in found}
    assert [record.party_id for record in list_alerts(store, kind="credit_event")] == ["buyer"]


def test_days_must_be_in_order_and_parties_known(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    before, after = books(duckdb_store)
    with pytest.raises(InputError, match="not before"):
        alerts_between(duckdb_store, after, before)
    with pytest.raises(NotFoundError):
        alerts_between(duckdb_store, before, after, parties=["nobody"])
    assert (before.book.day, after.book.day) == (EARLIER, LATER)
