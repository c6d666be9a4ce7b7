"""An e-receivable from issue to redemption: on the issuer's limits, never financed twice along its chain, conserved."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcredit.decisions import book_of, decide, default_policy, settle
from graphcredit.decisions.products.e_receivable import Certificate, certificate_resource, read_certificate, transfer
from graphcredit.decisions.products.e_receivable_life import issue, redeem
from graphcredit.exc import CapacityError, ConflictError, InputError, NotFoundError, StoreUnavailableError
from graphcredit.store import CreditStore, open_store
from tests.decisions.world import DAY, build

D = Decimal
POLICY = default_policy()
BEGUN = {"issuer_id": "buyer", "holder_id": "seller", "issued_on": DAY, "due_on": DAY.replace(month=12)}


def finance(store: CreditStore, certificate: Certificate, holder: str, amount: str) -> str:
    wanted = {"party_id": holder, "product": "e_receivable", "amount": amount, "tenor_days": 90,
              "certificate_id": certificate.certificate_id}  # fmt: skip
    return decide(store, wanted, as_of=DAY).outcome


def test_what_is_financed_is_not_passed_on_and_what_is_passed_on_not_financed(store: CreditStore) -> None:
    build(store)
    made = issue(store, POLICY, amount=D(1000), on=D(5000), **BEGUN)
    name = made.certificate_id
    assert finance(store, made, "seller", "700") == "approve"
    with pytest.raises(InputError, match=r"financed part of .*: 300.00 can be passed on, not 400"):
        transfer(store, name, giver="seller", taker="third", amount=D(400), on=DAY)
    assert read_certificate(store, name).balances == {"seller": D("1000.00")}
    transfer(store, name, giver="seller", taker="third", amount=D(300), on=DAY)
    with pytest.raises(InputError, match="is financed already"):
        finance(store, made, "seller", "100")
    assert finance(store, made, "third", "300") == "approve"
    with pytest.raises(InputError, match="is financed already"):
        finance(store, made, "third", "100")


def test_a_part_that_comes_back_may_be_financed_again(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    made = issue(duckdb_store, POLICY, amount=D(1000), on=D(5000), **BEGUN)
    for giver, taker in (("seller", "third"), ("third", "seller"), ("seller", "third"), ("third", "seller")):
        transfer(duckdb_store, made.certificate_id, giver=giver, taker=taker, amount=D(600), on=DAY)
    kept = read_certificate(duckdb_store, made.certificate_id)
    assert (kept.received("seller"), kept.balance("seller")) == (D(2200), D(1000))
    assert finance(duckdb_store, made, "seller", "1000") == "approve"
    taken = certificate_resource(made.certificate_id, "seller")
    assert duckdb_store.claimed([taken])[taken] == D(2200)


def test_issued_on_headroom_it_uses_every_cap_and_gives_all_back(store: CreditStore) -> None:
    build(store)
    book = book_of(store, None, DAY)
    before = book.headroom("buyer")
    made = issue(store, POLICY, amount=D(400_000), on=book, **BEGUN)
    after = book.headroom("buyer")
    assert after.available == before.available - 400_000
    assert [line.claimed for line in after.lines] == [D(400_000)] * len(after.lines)
    assert store.claimed(["limit:debtor:buyer"])["limit:debtor:buyer"] == D(400_000)
    with pytest.raises(CapacityError):
        issue(store, POLICY, amount=after.available + 1, on=book, **BEGUN)
    redeem(store, made.certificate_id, on=DAY.replace(month=12))
    assert book.headroom("buyer") == before
    with pytest.raises(ConflictError, match="redeemed already"):
        redeem(store, made.certificate_id, on=DAY.replace(month=12))
    with pytest.raises(InputError, match="is redeemed"):
        transfer(store, made.certificate_id, giver="seller", taker="third", amount=D(1), on=DAY)
    with pytest.raises(InputError, match="is redeemed"):
        finance(store, made, "seller", "100")


def test_issued_under_a_decision_it_uses_the_limit_once(duckdb_store: CreditStore) -> None:
    build(duckdb_store)
    asked = {"party_id": "buyer", "product": "e_receivable", "amount": "500000", "tenor_days": 180}
    decision = decide(duckdb_store, asked, as_of=DAY)
    assert decision.outcome == "approve"
    for amount in (D(300_000), D(200_000)):
        issue(duckdb_store, POLICY, amount=amount, on=decision.decision_id, **BEGUN)
    assert duckdb_store.claimed(["limit:party:buyer"])["limit:party:buyer"] == D(500_000)
    with pytest.raises(CapacityError):
        issue(duckdb_store, POLICY, amount=D("0.01"), on=decision.decision_id, **BEGUN)
    with pytest.raises(InputError, match="does not allow other to issue"):
        issue(duckdb_store, POLICY, amount=D(1), on=decision.decision_id, **{**BEGUN, "issuer_id": "other"})
    settle(duckdb_store, decision.decision_id, by="desk")
    with pytest.raises(InputError, match="does not allow buyer to issue"):
        issue(duckdb_store, POLICY, amount=D(1), on=decision.decision_id, **BEGUN)
    with pytest.raises(NotFoundError, match="DEC-0"):
        issue(duckdb_store, POLICY, amount=D(1), on="DEC-0", **BEGUN)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"amount": D(0)}, "cannot be issued"),
        ({"amount": D(-1)}, "cannot be issued"),
        ({"amount": D("0.001")}, "cannot be issued"),
        ({"holder_id": "buyer"}, "same party"),
        ({"due_on": DAY}, "falls due after"),
        ({"due_on": DAY.replace(year=2027, month=7, day=15)}, "past the cap of 365 days"),
    ],
)
def test_what_cannot_be_issued(duckdb_store: CreditStore, change: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        issue(duckdb_store, POLICY, on=D(1000), **{"amount": D(100), **BEGUN, **change})  # type: ignore[arg-type]
    assert duckdb_store.find_records("e_receivable") == []


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["pass", "finance"]), st.sampled_from("abc"), st.sampled_from("abc"), st.integers(1, 900)
        ),
        max_size=14,
    )
)
def test_whatever_happens_no_more_is_financed_than_was_issued(steps: list[tuple[str, str, str, int]]) -> None:
    with open_store("duckdb://:memory:") as opened:
        build(opened, firms=("buyer", "a", "b", "c"))
        made = issue(opened, POLICY, amount=D(1000), on=D(5000), **{**BEGUN, "holder_id": "a"})
        financed = D(0)
        for what, giver, taker, amount in steps:
            try:
                if what == "pass":
                    transfer(opened, made.certificate_id, giver=giver, taker=taker, amount=D(amount), on=DAY)
                else:
                    wanted = {"party_id": giver, "product": "e_receivable", "amount": str(amount), "tenor_days": 60,
                              "certificate_id": made.certificate_id}  # fmt: skip
                    financed += decide(opened, wanted, as_of=DAY).answer.amount
            except InputError:
                continue
        kept = read_certificate(opened, made.certificate_id)
        assert sum(kept.balances.values()) == D(1000)
        assert financed <= D(1000)
        for holder in "abc":
            name = certificate_resource(made.certificate_id, holder)
            assert opened.claimed([name])[name] <= kept.received(holder)


def test_passed_on_and_financed_at_the_same_time_only_one_wins(store: CreditStore) -> None:
    build(store)
    made = issue(store, POLICY, amount=D(1000), on=D(5000), **BEGUN)

    def attempt(number: int) -> bool:
        try:
            if number % 2:
                return finance(store, made, "seller", "600") == "approve"
            transfer(store, made.certificate_id, giver="seller", taker="third", amount=D(600), on=DAY)
        except (InputError, ConflictError):
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(attempt, range(8))).count(True) <= 2  # a rest of 400 may still be financed
    name = certificate_resource(made.certificate_id, "seller")
    assert store.claimed([name])[name] <= D(1000)


TAKERS = ("a", "b", "c", "d")


def at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """What `count` callers get who start together: a certificate, or the error they were told."""
    ready = Barrier(count)

    def one(number: int) -> object:
        ready.wait(30)
        try:
            return act(number)
        except (InputError, ConflictError) as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def held(store: CreditStore) -> tuple[CreditStore, str]:
    build(store, firms=("buyer", "seller", *TAKERS))
    return store, issue(store, POLICY, amount=D(1000), on=D(5000), **BEGUN).certificate_id


def test_of_many_who_pass_on_one_holding_at_once_exactly_one_does(store: CreditStore) -> None:
    _, name = held(store)
    told = at_once(
        12, lambda k: transfer(store, name, giver="seller", taker=TAKERS[k % 4], amount=D(1000), on=DAY)
    )  # fmt: skip
    won = [each for each in told if isinstance(each, Certificate)]
    kept = read_certificate(store, name)
    assert len(won) == 1
    assert all(isinstance(each, InputError) for each in told if each not in won)
    assert kept == won[0]
    assert (len(kept.chain), kept.revision, sum(kept.balances.values())) == (1, 2, D(1000))


def test_on_the_revision_that_many_have_read_exactly_one_part_moves(store: CreditStore) -> None:
    _, name = held(store)
    told = at_once(
        12, lambda k: transfer(store, name, giver="seller", taker=TAKERS[k % 4], amount=D(50), on=DAY, revision=1)
    )
    assert sum(isinstance(each, Certificate) for each in told) == 1
    assert all("is at revision 2, not 1" in str(each) for each in told if not isinstance(each, Certificate))
    kept = read_certificate(store, name)
    assert (kept.balance("seller"), sum(kept.balances.values()), kept.revision) == (D(950), D(1000), 2)


def test_parts_passed_on_at_once_are_no_more_than_was_held(store: CreditStore) -> None:
    _, name = held(store)
    told = at_once(8, lambda k: transfer(store, name, giver="seller", taker=TAKERS[k % 4], amount=D(300), on=DAY))
    assert sum(isinstance(each, Certificate) for each in told) == 3
    kept = read_certificate(store, name)
    assert (kept.balance("seller"), sum(kept.balances.values()), len(kept.chain)) == (D(100), D(1000), 3)


def test_one_step_sent_many_times_at_once_moves_once(store: CreditStore) -> None:
    _, name = held(store)
    told = at_once(
        8, lambda _: transfer(store, name, giver="seller", taker="a", amount=D(100), on=DAY, transfer_id="step")
    )
    assert all(isinstance(each, Certificate) for each in told)
    assert read_certificate(store, name).balances == {"a": D(100), "seller": D(900)}
    with pytest.raises(ConflictError, match=r"transfer step .* was another one"):
        transfer(store, name, giver="seller", taker="b", amount=D(100), on=DAY, transfer_id="step")


def test_a_step_whose_answer_is_lost_is_known_when_it_is_sent_again(
    store: CreditStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, name = held(store)
    write = store.put_records

    def lost(*given: object, **more: object) -> None:
        write(*given, **more)  # type: ignore[arg-type]
        raise StoreUnavailableError("went away", remedy="wait")

    def pass_on() -> Certificate:
        return transfer(store, name, giver="seller", taker="a", amount=D(400), on=DAY, revision=1, transfer_id="t")

    def end() -> Certificate:
        return redeem(store, name, on=DAY, redemption_id="r")

    for work in (pass_on, end):
        with monkeypatch.context() as patched:
            patched.setattr(store, "put_records", lost)
            with pytest.raises(StoreUnavailableError):
                work()
        again = work()
        assert again == read_certificate(store, name)
        assert again.balances == {"a": D(400), "seller": D(600)}
    assert (again.state, again.redeemed_on, again.revision) == ("redeemed", DAY, 3)
    with pytest.raises(ConflictError, match="redeemed already"):
        redeem(store, name, on=DAY, redemption_id="another")
    assert store.claimed(["limit:party:buyer"])["limit:party:buyer"] == 0
