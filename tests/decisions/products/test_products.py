"""Each product's arithmetic by a worked example, computed here by hand."""

from datetime import date
from decimal import Decimal

import pytest

from graphcredit.decisions import default_policy
from graphcredit.decisions.application import Goods
from graphcredit.decisions.loans import affordable, dscr, months_of
from graphcredit.decisions.products import confirming_warehouse, dynamic_discount, factoring, inventory_pledge
from graphcredit.decisions.products.e_receivable import Certificate, check_tenor
from graphcredit.exc import InputError

D = Decimal

POLICY = default_policy()


def test_factoring_holds_back_twice_the_dilution() -> None:
    reserve = factoring.dilution_reserve(D("0.03"), D(2), D(0))
    assert reserve == D("0.06")
    assert factoring.ceiling(D("1000000"), reserve, D("0.80")) == D("752000.00")  # 1,000,000 x 0.94 x 0.80


def test_inventory_cover_margin_call_and_liquidation() -> None:
    rule = POLICY.products["inventory_pledge"]
    copper = Goods(name="copper", quantity=D(100), unit_price=D(70000), liquidity="daily")
    worth = inventory_pledge.value(copper.quantity, copper.unit_price, D("0.05"))
    assert worth == D("6650000.00")
    assert [
        inventory_pledge.cover_needed(copper.model_copy(update={"liquidity": kind}), rule)
        for kind in ("daily", "monthly", "slow")
    ] == [D("1.20"), D("1.35"), D("1.50")]
    loan = inventory_pledge.ceiling(worth, D("1.20"))
    assert loan == D("5541666.66")
    assert inventory_pledge.margin_call_price(D("5000000"), copper, rule) == D(
        "57894.74"
    )  # 1.1 x 5,000,000 / (100 x 0.95)
    assert inventory_pledge.margin_state(D("5000000"), copper, D(60000), rule).state == "ok"
    call = inventory_pledge.margin_state(D("5000000"), copper, D(57000), rule)
    assert (call.state, call.top_up) == ("margin_call", D("585000.00"))  # 6,000,000 - 5,415,000
    assert inventory_pledge.margin_state(D("5000000"), copper, D(55000), rule).state == "liquidation"


def test_confirming_warehouse_releases_against_payment_and_is_bought_back() -> None:
    bill = confirming_warehouse.Warehouse(face=D(1000000), deposit=D(300000))
    bill = bill.release(D(300000))
    with pytest.raises(InputError, match="cannot leave"):
        bill.release(D("0.01"))
    bill = bill.pay(D(200000)).release(D(150000))
    assert (bill.releasable, bill.exposure, bill.buy_back) == (D(50000), D(500000), D(500000))
    with pytest.raises(InputError, match="cannot be paid in"):
        bill.pay(D(500001))


def test_dynamic_discount_is_simple_interest_for_the_days() -> None:
    made = dynamic_discount.discount(D(100000), D("0.08"), 45)
    assert (made.discount, made.paid) == (D("986.30"), D("99013.70"))  # 100,000 x 8% x 45 / 365
    assert float(made.effective) == pytest.approx((100000 / 99013.70) ** (365 / 45) - 1, abs=1e-6)
    assert dynamic_discount.apr_of(D(100000), made.paid, 45) == D("0.080000")
    with pytest.raises(InputError, match="above 0"):
        dynamic_discount.discount(D(100000), D("0.08"), 0)


def test_loan_that_cash_flow_carries() -> None:
    # room = 8,000,000 / 1.25 - 400,000 = 6,000,000 a year = 500,000 a month for 24 months at 6%
    found = affordable(D(8000000), D(400000), D("0.06"), 24, minimum=D("1.25"))
    assert float(found) == pytest.approx(500_000 * (1 - 1.005**-24) / 0.005, abs=0.01)
    assert affordable(D(400000), D(400000), D("0.06"), 24, minimum=D("1.25")) == 0
    assert affordable(D(1200000), D(0), D(0), 6, minimum=D(1)) == D("1200000.00")
    assert dscr(D(8000000), D(5000000)) == D("1.6000")
    assert [months_of(days) for days in (1, 30, 31, 180, 365)] == [1, 1, 2, 6, 12]


def certificate(amount: str = "1000.00") -> Certificate:
    return Certificate(
        certificate_id="E1",
        issuer_id="buyer",
        amount=D(amount),
        issued_on=date(2026, 1, 1),
        due_on=date(2026, 6, 30),
        balances={"seller": D(amount)},
    )


def test_e_receivable_tenor_is_a_year_at_most_and_usually_six_months() -> None:
    assert check_tenor(date(2026, 1, 1), date(2026, 7, 1), POLICY) == (181, True)
    assert check_tenor(date(2026, 1, 1), date(2026, 12, 31), POLICY) == (364, False)
    with pytest.raises(InputError, match="past the cap of 365 days"):
        check_tenor(date(2026, 1, 1), date(2027, 1, 2), POLICY)


def test_e_receivable_passes_on_only_what_is_held() -> None:
    split = certificate().moved("seller", "third", D("400.01"), date(2026, 2, 1))
    assert split.balances == {"seller": D("599.99"), "third": D("400.01")}
    for giver, taker, amount, said in (
        ("seller", "third", "600", "holds 599.99"),
        ("seller", "third", "0", "cannot be passed on"),
        ("seller", "third", "0.001", "cannot be passed on"),
        ("seller", "seller", "1", "already"),
    ):
        with pytest.raises(InputError, match=said):
            split.moved(giver, taker, D(amount), date(2026, 2, 1))
    with pytest.raises(InputError, match="until before"):
        split.moved("third", "seller", D(1), date(2026, 6, 30))
