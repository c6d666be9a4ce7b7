"""Quantities: an invoice against what was delivered and ordered, where two of them are stated in the same unit."""

from datetime import date
from decimal import Decimal

import pytest

from graphcredit.decisions import decide, default_policy, replay
from graphcredit.decisions.products.base import Document
from graphcredit.decisions.quantities import match_quantities, quantity_text
from graphcredit.decisions.texts import Reason, Weight
from graphcredit.store import CreditStore
from tests.decisions.world import DAY, build, factoring, invoice

D = Decimal
RULE = default_policy().trade
assert RULE is not None


def document(
    kind: str, quantity: str | None, unit: str | None = "t", *, name: str = "", number: str | None = "N1",
    day: date = date(2026, 5, 1), gross: str = "100000", goods: str | None = "steel",
) -> Document:  # fmt: skip
    name = name or kind
    return Document(
        transaction_id=name, kind=kind, seller_id="s", buyer_id="b", number=number, issued_on=day, gross=D(gross),
        open=D(gross), source=f"transactions/{name}", quantity=None if quantity is None else D(quantity), unit=unit,
        goods=goods,
    )  # fmt: skip


def bill(quantity: str | None = "100", unit: str | None = "t", **more: object) -> Document:
    return document("invoice", quantity, unit, day=date(2026, 6, 1), **more)  # type: ignore[arg-type]


def found(each: Document, *others: Document) -> dict[str, Reason]:
    assert RULE is not None
    return {reason.code: reason for reason in match_quantities(each, others, RULE)}


def test_what_was_ordered_delivered_and_invoiced_agrees() -> None:
    reasons = found(bill(), document("order", "100"), document("delivery", "100"))
    assert set(reasons) == {"quantity_matched"}
    assert reasons["quantity_matched"].weight is Weight.SUPPORT
    assert reasons["quantity_matched"].text.en == "invoice invoices 100 t, within the 100 t delivered"
    assert reasons["quantity_matched"].text.zh == "invoice 开票数量 100 t，未超过交付数量 100 t"


@pytest.mark.parametrize(("invoiced", "code"), [("100.5", "quantity_matched"), ("100.5001", "over_invoiced")])
def test_an_invoice_may_exceed_what_was_delivered_by_the_tolerance_only(invoiced: str, code: str) -> None:
    assert set(found(bill(invoiced), document("delivery", "100"))) == {code}


def test_an_over_invoiced_quantity_refers_with_both_numbers_and_their_sources() -> None:
    said = found(bill("120"), document("delivery", "60", name="D1"), document("delivery", "40", name="D2"))
    reason = said["over_invoiced"]
    assert reason.weight is Weight.REFER
    assert reason.text.en == "invoice invoices 120 t, 100 t were delivered (tolerance 0.50%)"
    assert "开票数量 120 t" in reason.text.zh and "交付数量仅 100 t" in reason.text.zh
    assert [(f.value, f.source) for f in reason.figures] == [
        ("120", "transactions/invoice"),
        ("60", "transactions/D1"),
        ("40", "transactions/D2"),
    ]


def test_the_order_counts_where_no_delivery_is_recorded() -> None:
    assert set(found(bill("100"), document("order", "100"))) == {"quantity_matched"}
    assert "were ordered" in found(bill("101"), document("order", "100"))["over_invoiced"].text.en


@pytest.mark.parametrize(("delivered", "over"), [("105", False), ("105.0001", True)])
def test_a_delivery_may_exceed_the_order_by_five_per_cent(delivered: str, over: bool) -> None:
    said = found(bill("100"), document("order", "100"), document("delivery", delivered))
    assert ("over_delivered" in said) is over
    assert "quantity_matched" in said


def test_quantities_in_another_unit_or_of_other_goods_are_not_compared_and_it_is_said() -> None:
    said = found(bill("100"), document("delivery", "90000", "kg"))
    assert set(said) == {"quantity_not_comparable"}
    assert said["quantity_not_comparable"].weight is Weight.WARNING
    assert set(found(bill("100"), document("delivery", "10", goods="resin"))) == {"quantity_not_comparable"}
    assert set(found(bill("100", "T"), document("delivery", "100", "t"))) == {"quantity_matched"}


def test_nothing_is_said_where_nothing_can_be_compared() -> None:
    assert found(bill(None), document("delivery", "10")) == {}
    assert found(bill("100"), document("delivery", None)) == {}
    assert found(bill("100")) == {}
    assert found(bill("-5"), document("delivery", "1")) == {}
    assert found(document("order", "100"), document("delivery", "900")) == {}
    assert found(bill("100"), document("delivery", "1", day=date(2026, 6, 2))) == {}  # later than the invoice


def test_the_counterpart_has_the_number_else_the_amount_else_all_that_came_before() -> None:
    other = document("delivery", "500", number="N9", name="other", gross="900000")
    assert set(found(bill("100"), other, document("delivery", "80"))) == {"over_invoiced"}
    by_amount = document("delivery", "80", number=None, gross="101000", name="near")
    assert set(found(bill("100"), other, by_amount)) == {"over_invoiced"}
    assert set(found(bill("100"), other, document("delivery", "80", number=None, gross="7"))) == {"quantity_matched"}


def test_a_quantity_is_written_without_needless_zeros() -> None:
    assert [quantity_text(D(q), u) for q, u in (("1200.5000", "t"), ("3.0000", None), ("100", "pcs"))] == [
        "1,200.5 t", "3", "100 pcs",
    ]  # fmt: skip


def test_an_invoice_for_more_than_was_delivered_is_referred_and_replays(store: CreditStore) -> None:
    past = {"due_on": None, "number": "INV-T1", "unit": "t"}
    rows = [
        invoice("O1", 100_000, kind="order", issued_on="2026-05-01", quantity="20", **past),
        invoice("D1", 100_000, kind="delivery", issued_on="2026-05-20", quantity="20", **past),
        invoice("T1", 100_000, quantity="25", unit="t"),
    ]
    build(store, invoices=rows)
    made = decide(store, factoring(), as_of=DAY)
    assert made.outcome == "refer"
    assert "over_invoiced" in [reason.code for reason in made.answer.reasons]
    again = replay(store, made.decision_id)
    assert (again.same, again.inputs_intact) == (True, True)


def test_a_document_without_a_quantity_is_written_as_before_there_were_any() -> None:
    assert {"quantity", "unit", "goods"}.isdisjoint(bill(None).model_dump())
    assert bill("3").model_dump()["unit"] == "t"
