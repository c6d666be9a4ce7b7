"""Collections: aging by hand, steps by amount and age, promises kept and broken, deadlines, discounts, letters."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.decisions import Case, book_of, case_of, default_policy, worklist
from graphcredit.decisions.collections import (
    CollectionStep,
    NextStep,
    aging,
    early_offers,
    history_of,
    ledger_of,
    new_step,
    next_step,
    record_step,
    rule_of,
    terms_apr,
)
from graphcredit.decisions.collections.deadlines import limitation, restarts
from graphcredit.decisions.policy.load import policy_from
from graphcredit.decisions.positions import read_book
from graphcredit.exc import InputError, NotFoundError, PolicyError
from graphcredit.store import CreditStore
from tests.decisions.world import DAY, build, invoice
from tests.support.stores import facts

D = Decimal
RULE = rule_of(default_policy())


def paid(
    name: str, amount: str, on: str, *, payer: str = "buyer", payee: str = "seller", invoice_id: str | None = None
) -> dict[str, Any]:
    return {"payment_id": name, "payer_id": payer, "payee_id": payee, "paid_on": on, "amount": amount,
            "transaction_id": invoice_id, "recorded_at": on}  # fmt: skip


def late(name: str, amount: int, days: int, **more: Any) -> dict[str, Any]:
    """An invoice so many days past due on the day (below 0: not yet due)."""
    due = DAY - timedelta(days=days)
    issued = min(due - timedelta(days=60), date(2026, 6, 1))
    return invoice(name, amount, issued_on=issued.isoformat(), due_on=due.isoformat(), **more)


def world(
    store: CreditStore, invoices: Sequence[dict[str, Any]], payments: Sequence[dict[str, Any]] = ()
) -> CreditStore:
    build(store, invoices=invoices)
    seed = paid("P0", "1", "2022-01-03", payer="third")  # the seller records payments, so that what is unpaid is known
    store.upsert("payments", facts("payments", [seed, *payments]))
    return store


def case(store: CreditStore, who: str = "buyer", *, on: date = DAY, **more: Any) -> Case:
    return case_of(store, who, book_of(store, None, on), **more)


def note(store: CreditStore, action: str, on: date, who: str = "buyer", **more: Any) -> CollectionStep:
    return record_step(store, who, new_step(action, on=on, by="ann", **more), RULE)


def test_aging_by_hand_on_both_stores(store: CreditStore) -> None:
    world(
        store,
        [late("A", 10_000, 5), late("B", 20_000, 31), late("C", 30_000, 90), late("D", 40_000, 91), late("E", 50_000, 400),
         late("F", 60_000, -10), late("G", 7_000, 45, buyer="other")],
        [paid("P1", "2500", "2026-06-20", invoice_id="A")],
    )  # fmt: skip
    found = case(store)
    assert [(bucket.name.en, bucket.amount, bucket.invoices) for bucket in found.buckets] == [
        ("not yet due", D(60_000), 1), ("1-30 days", D(7_500), 1), ("31-60 days", D(20_000), 1),
        ("61-90 days", D(30_000), 1), ("91-180 days", D(40_000), 1), ("over 180 days", D(50_000), 1),
    ]  # fmt: skip
    assert (found.overdue, found.overdue_days) == (D(147_500), 400)
    interest = [each.interest for each in found.invoices if each.transaction_id == "D"]
    assert interest == [D("448.77")]  # 40,000 x 4.5% x 91 / 365
    listed = worklist(store, book_of(store, None, DAY))
    assert [(debtor.party_id, debtor.overdue, debtor.overdue_days) for debtor in listed.debtors] == [
        ("buyer", D(147_500), 400),
        ("other", D(7_000), 45),
    ]
    assert listed.overdue == D(154_500) == sum((sum(d.aging[1:]) for d in listed.debtors), D(0))
    assert [b.amount for b in listed.buckets] == [sum(d.aging[k] for d in listed.debtors) for k in range(6)]
    assert worklist(store, book_of(store, None, DAY), top=1).debtors_count == 2
    assert worklist(store, book_of(store, None, DAY), creditor_id="third").debtors == ()
    with pytest.raises(NotFoundError, match="nobody"):
        case(store, "nobody")
    with pytest.raises(NotFoundError, match="nobody"):
        worklist(store, book_of(store, None, DAY), creditor_id="nobody")


def test_the_worklist_is_kept_while_facts_and_steps_stay_the_same(
    store: CreditStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    world(store, [late("A", 10_000, 5), late("G", 7_000, 45, buyer="other")])
    policy, reads = default_policy(), []
    monkeypatch.setattr(aging, "read_book", lambda *given, **more: reads.append(1) or read_book(*given, **more))
    rows = {debtor.party_id: debtor for debtor in worklist(store, ledger_of(store, policy, DAY)).debtors}
    again = {debtor.party_id: debtor for debtor in worklist(store, ledger_of(store, policy, DAY)).debtors}
    assert len(reads) == 1
    assert all(again[party] is rows[party] for party in rows)
    note(store, "dispute", DAY, "buyer", invoice_ids=("A",), note="short delivery")
    disputed = {debtor.party_id: debtor for debtor in worklist(store, ledger_of(store, policy, DAY)).debtors}
    assert (disputed["buyer"].disputed, disputed["other"]) == (D(10_000), rows["other"])
    store.upsert("payments", facts("payments", [paid("P1", "2500", DAY.isoformat(), payer="other", invoice_id="G")]))
    after = worklist(store, ledger_of(store, policy, DAY))
    assert (len(reads), after.overdue) == (2, D(14_500))
    assert {debtor.party_id: debtor.disputed for debtor in after.debtors} == {"buyer": D(10_000), "other": D(0)}


def test_another_rule_has_rows_of_its_own(duckdb_store: CreditStore) -> None:
    world(duckdb_store, [late("A", 80_000, 40)])
    policy = default_policy()
    rule = rule_of(policy).model_copy(update={"bucket_days": (10, 20)})
    other = policy.model_copy(update={"collections": rule})
    found = [worklist(duckdb_store, ledger_of(duckdb_store, each, DAY)).debtors[0].aging for each in (policy, other)]
    assert [len(aging) for aging in found] == [len(RULE.bucket_days) + 2, 4]


def test_invoices_older_than_the_trade_window_are_collected_still(duckdb_store: CreditStore) -> None:
    world(duckdb_store, [late("old", 9_000, 1100), late("new", 1_000, 3)])
    assert case(duckdb_store).overdue == D(10_000)


@pytest.mark.parametrize(
    ("amount", "days", "code"),
    [(500, 1, "reminder"), (500, 200, "reminder"), (5_000, 29, "reminder"), (5_000, 30, "demand"), (5_000, 200, "demand"),
     (999, 59, "reminder"), (10**6, 400, "demand")],
)  # fmt: skip
def test_the_first_step_goes_by_amount_and_age(amount: int, days: int, code: str) -> None:
    found = next_step(RULE, D(amount), DAY - timedelta(days=days), (), (), DAY)
    assert (found.code, found.due, found.on) == (code, True, DAY)
    step = RULE.step(code)
    assert step is not None
    assert found.answer_by == DAY + timedelta(days=step.answer_days)


def test_steps_follow_each_other_after_their_wait(duckdb_store: CreditStore) -> None:
    world(duckdb_store, [late("A", 80_000, 100)])
    told: list[tuple[str | None, str, bool]] = []
    for on in (DAY, DAY + timedelta(days=4), DAY + timedelta(days=12), DAY + timedelta(days=30)):
        found = case(duckdb_store, on=on).next
        told.append((found.code, str(found.on), found.due))
        if found.due and found.code:
            note(duckdb_store, found.code, on)
    assert told == [
        ("demand", "2026-06-30", True),
        ("final_demand", "2026-07-10", False),  # ten days for an answer
        ("final_demand", "2026-07-12", True),
        ("legal", "2026-07-30", True),
    ]
    after = case(duckdb_store, on=DAY + timedelta(days=60))
    assert (after.next.code, after.next.why.en) == (None, "every step the sum allows was taken")
    assert [step.action for step in after.history] == ["demand", "final_demand", "legal"]
    assert case(duckdb_store).history == (history_of(duckdb_store, "buyer")[0],)  # as of a day, later steps are unknown


def test_small_sums_are_never_sued_for_and_old_cases_do_not_count(duckdb_store: CreditStore) -> None:
    world(duckdb_store, [late("A", 40_000, 200)])
    for action, before in (("reminder", 300), ("demand", 250)):  # about an earlier debt, paid since
        note(duckdb_store, action, DAY - timedelta(days=before))
    assert case(duckdb_store).next.code == "demand"
    for action in ("demand", "final_demand"):
        note(duckdb_store, action, DAY - timedelta(days=30))
    assert case(duckdb_store).next.code is None  # 40,000 is below the least sum of a claim


def test_a_promise_waits_is_kept_or_broken(store: CreditStore) -> None:
    world(store, [late("A", 80_000, 40)])
    note(store, "promise", DAY, amount=D("79500.00"), promised_for=DAY + timedelta(days=10))
    rest = case(store)  # 500 are not promised: below the least sum of a demand
    assert (rest.next.code, rest.next.due) == ("reminder", True)
    note(store, "promise", DAY, amount=D("500.00"), promised_for=DAY + timedelta(days=10))
    waiting = case(store)
    assert (waiting.next.code, waiting.next.due, waiting.next.on) == (None, False, DAY + timedelta(days=13))
    assert "wait for the promise" in waiting.next.why.en
    store.upsert(
        "payments",
        facts("payments", [paid("P1", "20000", "2026-07-05"), paid("P2", "9000", "2026-07-12", payee="other")]),
    )
    later = case(store, on=DAY + timedelta(days=13))
    assert [(each.state, each.paid) for each in later.promises] == [("broken", D(29_000)), ("broken", D(0))]
    assert (later.next.code, "promised for 2026-07-10" in later.next.why.en) == ("demand", True)
    store.upsert("payments", facts("payments", [paid("P3", "51000", "2026-07-11")]))
    kept = case(store, on=DAY + timedelta(days=13)).promises
    assert [(each.state, each.paid) for each in kept] == [("kept", D(79_500)), ("kept", D(500))]


def test_one_payment_keeps_only_one_promise(duckdb_store: CreditStore) -> None:
    world(duckdb_store, [late("A", 80_000, 40)], [paid("P1", "15000", "2026-06-30")])
    for _ in range(2):
        note(duckdb_store, "promise", date(2026, 6, 28), amount=D(10_000), promised_for=date(2026, 6, 30))
    states = [(each.state, each.paid) for each in case(duckdb_store, on=date(2026, 7, 5)).promises]
    assert states == [("kept", D(10_000)), ("broken", D(5_000))]


def test_what_is_disputed_is_not_asked_for(duckdb_store: CreditStore) -> None:
    world(duckdb_store, [late("A", 80_000, 100), late("B", 3_000, 10)])
    note(duckdb_store, "dispute", DAY, invoice_ids=("A",), note="goods came back")
    found = case(duckdb_store)
    assert (found.overdue, found.disputed, found.next.code) == (D(83_000), D(80_000), "reminder")
    assert "INV-A" not in found.letters[0].text.en
    note(duckdb_store, "dispute_resolved", DAY, invoice_ids=("A",), note="returned goods were credited")
    assert case(duckdb_store).next.code == "demand"
    (row,) = worklist(duckdb_store, book_of(duckdb_store, None, DAY)).debtors
    assert (row.disputed, row.next.code) == (D(0), "demand")


@pytest.mark.parametrize(
    ("due", "events", "runs_from", "by"),
    [
        (date(2024, 2, 29), [], date(2024, 2, 29), date(2027, 2, 28)),
        (date(2023, 9, 1), [("reminder", date(2024, 5, 1))], date(2023, 9, 1), date(2026, 9, 1)),
        (date(2023, 9, 1), [("demand", date(2024, 5, 1))], date(2024, 5, 1), date(2027, 5, 1)),
        (date(2023, 9, 1), [("promise", date(2024, 5, 1)), ("demand", date(2026, 4, 1))], date(2026, 4, 1), date(2029, 4, 1)),
        (date(2020, 1, 1), [("demand", date(2024, 5, 1))], date(2020, 1, 1), date(2023, 1, 1)),  # too late to begin anew
    ],
)  # fmt: skip
def test_limitation_is_three_years_and_begins_anew(
    due: date, events: list[tuple[str, date]], runs_from: date, by: date
) -> None:
    steps = [CollectionStep(action=action, on=on, by="ann", at=datetime(2026, 1, 1)) for action, on in events]
    begin = restarts(due, "A", "seller", steps, (), RULE)
    assert begin == runs_from
    found = limitation(begin, DAY, RULE)
    assert (found.by, found.days_left) == (by, (by - DAY).days)
    assert found.state == ("lapsed" if by < DAY else "soon" if (by - DAY).days <= 180 else "running")
    assert "Art. 188" in found.source.en
    assert "《中华人民共和国民法典》第188条" in found.source.zh


def test_payments_guarantors_and_judgments_in_a_case(duckdb_store: CreditStore) -> None:
    world(duckdb_store, [late("A", 80_000, 1000)], [paid("P1", "5000", "2025-03-01", invoice_id="A")])
    rows = [{"guarantee_id": f"G-{kind}", "guarantor_id": "giver", "obligor_id": "buyer", "amount": "90000", "kind": kind,
             "valid_from": "2020-01-01", "recorded_at": "2020-01-01"} for kind in ("joint", "mortgage")]  # fmt: skip
    duckdb_store.upsert("guarantees", facts("guarantees", rows))
    note(duckdb_store, "judgment", date(2026, 5, 5))
    found = {each.kind: each for each in case(duckdb_store).deadlines}
    assert found["limitation"].by == date(2028, 3, 1)
    due = DAY - timedelta(days=1000)
    assert (found["guarantee"].runs_from, found["guarantee"].state) == (due, "lapsed")  # six months after the due date
    assert "giver" in found["guarantee"].text.en
    assert (found["enforcement"].by, found["enforcement"].state) == (date(2028, 5, 5), "running")


def test_discounts_for_paying_early_by_hand(duckdb_store: CreditStore) -> None:
    world(duckdb_store, [late("A", 100_000, -45), late("B", 100_000, -8), late("C", 900, -45), late("D", 5_000, 3)])
    offers = case(duckdb_store).offers
    assert [(o.invoice_id, o.days_early, o.discount) for o in offers] == [
        ("A", 40, D("876.71")),
        ("A", 35, D("767.12")),
        ("A", 25, D("547.95")),
    ]  # 100,000 x 8% x days / 365; B would come less than five days early after ten, three days early after five
    assert offers[0].pay == D("99123.29")
    assert float(offers[0].effective) == pytest.approx((100_000 / 99_123.29) ** (365 / 40) - 1, abs=1e-6)
    assert terms_apr(D("0.02"), 10, 30) == D("0.372449")  # 2/10 net 30: 2/98 x 365/20
    for off, first, net in ((D(0), 10, 30), (D(1), 10, 30), (D("0.02"), 30, 30)):
        with pytest.raises(InputError, match="terms are"):
            terms_apr(off, first, net)


@settings(max_examples=60, deadline=None)
@given(units=st.integers(0, 10**12), ahead=st.integers(-30, 200))
def test_an_earlier_payment_never_gets_less_off(units: int, ahead: int) -> None:
    made = early_offers("A", "seller", DAY + timedelta(days=ahead), units, DAY, RULE, currency="CNY", worth=units)
    assert all(a.discount >= b.discount for a, b in pairwise(made))
    assert all(o.pay + o.discount == o.amount and 0 < o.pay < o.amount for o in made)
    assert all(o.days_early >= RULE.early_discount.min_days_early and o.pay_by >= DAY for o in made)


@settings(max_examples=80, deadline=None)
@given(total=st.integers(1, 10**6), days=st.integers(1, 800), gap=st.integers(0, 40), steps=st.integers(0, 6))
def test_every_chain_of_steps_only_grows_harder_and_ends(total: int, days: int, gap: int, steps: int) -> None:
    oldest, day = DAY - timedelta(days=days), DAY
    codes = [step.code for step in RULE.steps]
    history: list[CollectionStep] = []
    for _ in range(steps):
        found: NextStep = next_step(RULE, D(total), oldest, history, (), day)
        if found.due and found.code:
            assert all(codes.index(found.code) > codes.index(past.action) for past in history)
            step = RULE.step(found.code)
            assert step is not None
            assert (day - oldest).days >= step.from_days
            assert total >= step.min_amount
            assert step.after is None or step.after in {past.action for past in history}
            history.append(CollectionStep(action=found.code, on=day, by="ann", at=datetime(2026, 1, 1)))
        elif found.on is not None:
            assert found.on > day
        day += timedelta(days=gap)
    assert len(history) <= len(codes)


def test_letters_in_both_languages_one_a_creditor(store: CreditStore) -> None:
    world(
        store,
        [late("A", 80_000, 35), late("B", 1_234, 40, seller="other")],
        [paid("P9", "1", "2022-02-02", payer="third", payee="other")],
    )
    found = case(store)
    assert [(letter.creditor_id, letter.kind) for letter in found.letters] == [
        ("other", "demand"),
        ("seller", "demand"),
    ]
    text = found.letters[1].text
    assert "INV-A" in text.en
    assert "INV-B" not in text.en
    assert "CNY 80,345.21" in text.en  # 80,000 and 345.21 interest of 35 days
    assert "2026-07-10" in text.en
    assert "请于 2026-07-10 前支付本金 CNY 80,000.00 及逾期利息 CNY 345.21，合计 CNY 80,345.21" in text.zh
    assert "Interest for late payment: 4.50% a year after the due date, counted to 2026-06-30." in text.en
    assert "逾期利息：自到期次日起按年利率 4.50% 计至 2026-06-30。" in text.zh
    assert "合计：CNY 80,000.00" in text.zh
    assert "remind" not in text.en  # nothing says that one was sent
    (only,) = case(store, creditor_id="other").letters
    assert only.creditor_id == "other"


def test_a_notice_before_the_due_date(duckdb_store: CreditStore) -> None:
    world(duckdb_store, [late("A", 80_000, -2), late("B", 70_000, -30)])
    found = case(duckdb_store)
    assert (found.overdue, found.next.code, found.next.why.en) == (D(0), "due_soon", "due in 2 days")
    assert "INV-A" in found.letters[0].text.zh
    assert "INV-B" not in found.letters[0].text.zh
    assert worklist(duckdb_store, book_of(duckdb_store, None, DAY)).debtors == ()
    quiet = case(duckdb_store, "third")
    assert (quiet.next.code, quiet.next.why.en, quiet.letters) == (None, "nothing is overdue", ())


@pytest.mark.parametrize(
    ("action", "more", "said"),
    [
        ("threat", {}, "unknown action 'threat'"),
        ("promise", {}, "is none"),
        ("promise", {"amount": D(-1), "promised_for": DAY}, "is none"),
        ("promise", {"amount": D("1.001"), "promised_for": DAY}, "is none"),
        ("promise", {"amount": D(5)}, "names a day"),
        ("promise", {"amount": D(5), "promised_for": DAY - timedelta(days=1)}, "not before"),
        ("reminder", {"amount": D(5)}, "belong to a promise"),
        ("dispute", {"note": "why"}, "names its invoices"),
        ("dispute", {"invoice_ids": ("A",)}, "says what it is about"),
    ],
)
def test_steps_that_say_nothing_are_refused(
    duckdb_store: CreditStore, action: str, more: dict[str, Any], said: str
) -> None:
    world(duckdb_store, [late("A", 80_000, 35)])
    with pytest.raises(InputError, match=said):
        note(duckdb_store, action, DAY, **more)
    with pytest.raises(NotFoundError, match="nobody"):
        note(duckdb_store, "reminder", DAY, who="nobody")
    with pytest.raises(InputError, match="who took it"):
        record_step(duckdb_store, "buyer", new_step("reminder", on=DAY, by=" "), RULE)
    assert history_of(duckdb_store, "buyer") == ()


def test_steps_written_at_the_same_time_are_all_kept(store: CreditStore) -> None:
    world(store, [late("A", 80_000, 35)])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda k: note(store, "note", DAY, note=f"call {k}"), range(6)))
    assert {step.note for step in history_of(store, "buyer")} == {f"call {k}" for k in range(6)}


def test_the_policys_steps_are_checked() -> None:
    def broken(change: Any) -> str:
        made = default_policy().model_dump(mode="json")
        change(made["collections"])
        with pytest.raises(PolicyError) as error:
            policy_from(made)
        return str(error.value)

    assert "must ascend" in broken(lambda c: c.update(bucket_days=[30, 30]))
    assert "follows 'fax'" in broken(lambda c: c["steps"][4].update(after="fax"))
    assert "comes before" in broken(lambda c: c["steps"][4].update(from_days=2))
    assert "repeat" in broken(lambda c: c["steps"][4].update(code="demand"))
    assert "source" in broken(lambda c: c["late_interest"].pop("source"))
    without = default_policy().model_dump(mode="json") | {"collections": None}
    assert rule_of(policy_from(without)) == RULE
