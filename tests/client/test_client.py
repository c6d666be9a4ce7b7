"""Every question of the client, put to a real server."""

import threading
import time
from datetime import date
from decimal import Decimal

import pytest

from graphcredit.client import Client
from graphcredit.exc import (
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    InputError,
    JobCancelledError,
    NotFoundError,
)
from graphcredit.store import Record
from graphcredit_api.auth.keys import create_key
from tests.api.conftest import Live
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")


def loan(demo: Demo, **changes: object) -> dict[str, object]:
    return {"party_id": demo.party, "product": "loan", "amount": Decimal("1000.00"), "tenor_days": 90, "payments": 3,
            **changes}  # fmt: skip


def test_a_party_is_found_and_read(analyst: Client, demo: Demo) -> None:
    found = analyst.party(demo.party)
    assert next(analyst.search(found.name)).party_id == demo.party
    assert (found.kind, found.stale) == ("company", False)
    payments = list(analyst.facts(demo.party, "transactions", page=20))
    assert len({row["transaction_id"] for row in payments}) == len(payments) > 20
    assert analyst.me()["role"] == "analyst"
    assert analyst.health()["status"] == "ok"


def test_scores_headroom_and_network_are_typed(analyst: Client, demo: Demo) -> None:
    score = analyst.score(demo.party)
    assert 0 < score.pd < 1
    assert all(reason.en and reason.zh for reason in score.reasons)
    many = analyst.scores([demo.party, "nobody"])
    assert [each.party_id for each in many.scores] == [demo.party]
    assert many.problems == ((1, "nobody", "not_found"),)
    room = analyst.headroom(demo.party)
    assert room.available == room.binding.available == min(line.available for line in room.lines)
    exposure = analyst.exposure(demo.party)
    assert exposure.total == exposure.facts + max(exposure.decided, Decimal(0))
    assert analyst.limit(demo.party)["amount"]
    view = analyst.network(demo.party, limit=30, layers=["trade", "guarantee"])
    assert view["shown"] <= 30
    other = next(node["id"] for node in view["nodes"] if not node["seed"])
    assert analyst.paths(demo.party, other)[0]["parties"][0] == demo.party
    assert {group["root"] for group in analyst.all_groups()} >= {group["root"] for group in analyst.groups(demo.party)}
    assert analyst.portfolio()["parties"] > 300


def test_stress_at_once_and_as_a_job(analyst: Client, demo: Demo) -> None:
    at_once = analyst.stress({demo.party: 1.0})
    assert at_once.total_loss > 0
    assert at_once.parties[0].loss == max(loss.loss for loss in at_once.parties)
    seen = []
    found = analyst.wait(analyst.stress_each(top=5), progress=lambda job: seen.append(job.state))
    assert seen[-1] == "done"
    assert len(found["parties"]) == 5
    many = analyst.wait(analyst.stress_many({"whole": {demo.party: 1.0}, "half": {demo.party: 0.5}}))
    assert {row["name"]: row["total_loss"] for row in many["shocks"]}["whole"] == at_once.total_loss


def test_a_decision_is_taken_once_and_read_again(analyst: Client, approver: Client, demo: Demo) -> None:
    told = analyst.check_application(loan(demo))
    made = analyst.decide(loan(demo), key="client-1")
    assert made.outcome == told["answer"]["outcome"]
    assert analyst.decide(loan(demo), key="client-1").decision_id == made.decision_id
    with pytest.raises(ConflictError) as caught:
        analyst.decide(loan(demo, amount=Decimal("2000.00")), key="client-1")
    assert caught.value.details["status"] == 409
    assert analyst.decision(made.decision_id).amount == made.amount
    assert next(analyst.decisions(party_id=demo.party)).party_id == demo.party
    assert analyst.replay(made.decision_id)["same"] is True
    changed = approver.override(made.decision_id, "decline", "the buyer has announced losses")
    assert (changed.outcome, changed.granted) == ("decline", False)
    assert made.decision_id in [each.decision_id for each in approver.overrides()]


def test_many_decisions_at_once_and_as_a_job(analyst: Client, demo: Demo) -> None:
    few = analyst.decide_many([loan(demo), loan(demo, party_id="nobody")], key="client-many")
    assert few[0].decision is not None
    assert few[1].problem is not None
    assert few[1].problem[0] == "not_found"
    many = analyst.decide_many([loan(demo), *[loan(demo, amount="none")] * 150])
    assert [each.index for each in many] == list(range(151))
    assert sum(each.decision is not None for each in many) == 1


def test_orders_are_checked_held_and_released(analyst: Client, approver: Client) -> None:
    assert analyst.check_order("F000007", Decimal("10.00"), kind="quotation").verdict in ("ok", "warn")
    analyst.hold("F000007", "invoice in dispute")
    assert analyst.check_order("F000007", Decimal("10.00")).verdict == "block"
    approver.release("F000007", "settled by the buyer")
    assert not analyst.check_order("F000007", Decimal("10.00")).hold


def test_facts_are_written_and_named_where_wrong(analyst: Client) -> None:
    row = {"payment_id": "CL-1", "payer_id": "F000003", "payee_id": "F000004", "paid_on": "2026-06-01", "amount": "9"}
    told = analyst.write_facts("payments", [row, {**row, "payment_id": "CL-2", "amount": "nine"}])
    assert (told["new"], told["quarantined"]) == (1, 1)
    assert told["problems"][0]["column"] == "amount"


def test_alerts_reviews_and_their_job(analyst: Client) -> None:
    found = analyst.wait(analyst.check_alerts(since=date(2026, 3, 31), as_of=date(2026, 6, 30)))
    listed = [alert for alert in analyst.alerts() if alert.as_of == date(2026, 6, 30)]
    assert len(listed) == found["found"] > 0
    assert all(alert.en and alert.zh for alert in listed)
    reviews = list(analyst.reviews(since=date(2026, 3, 31), page=10))
    assert reviews
    assert all(review.action != "keep" or review.raw["overdue_review"] for review in reviews)
    told = analyst.wait(analyst.rerate(since=date(2026, 3, 31), as_of=date(2026, 6, 30)))
    assert told["count"] == len(reviews)


def test_alerts_are_heard_as_they_come(live: Live, analyst: Client) -> None:
    def tell() -> None:
        time.sleep(2)
        body = {"alert_id": "heard-1", "kind": "credit_event", "severity": "critical", "party_id": "F000001",
                "as_of": "2026-06-30", "text": {"en": "one", "zh": "一"}}  # fmt: skip
        live.store.put_records([Record("alert", "heard-1", body, "F000001")])

    teller = threading.Thread(target=tell)
    teller.start()
    event, alert = next(analyst.listen(seconds=20))
    teller.join()
    assert (alert.alert_id, alert.zh) == ("heard-1", "一")
    assert event
    assert list(analyst.listen(after=event, seconds=1)) == []


def test_policies_models_and_the_audit_log(administrator: Client) -> None:
    policy = administrator.policy()
    assert policy["policy_id"]
    assert administrator.policy("default")["version"]
    model = next(administrator.models())["model_id"]
    assert administrator.promote(model, "validated in June 2026")["model_id"] == model
    assert administrator.model()["model_id"] == model
    entries = list(administrator.audit(user="ada", page=50))
    assert entries[0].n > entries[-1].n
    assert "POST /v1/models/{model_id}/promote promote" in [entry.action for entry in entries]
    assert administrator.verify_audit()["sound"]


def test_refusals_are_errors_with_remedy_and_request_id(live: Live, analyst: Client, demo: Demo) -> None:
    with pytest.raises(NotFoundError) as missing:
        analyst.party("nobody")
    assert missing.value.remedy
    assert len(missing.value.details["request_id"]) > 8
    with pytest.raises(ForbiddenError, match="may not approve"):
        analyst.approve("DEC-none")
    with pytest.raises(InputError) as wrong:
        analyst.stress({demo.party: 2})
    assert wrong.value.details["errors"]
    with pytest.raises(AuthenticationError), Client(live.url) as nobody:
        nobody.portfolio()
    with pytest.raises(AuthenticationError), Client(live.url, api_key="gck_aaaaaa_bbb") as false_key:
        false_key.portfolio()


def test_an_api_key_is_limited_to_its_scope(live: Live, demo: Demo) -> None:
    key = create_key(live.store, "erp", scopes=["read"])
    with Client(live.url, api_key=key, language="zh") as erp:
        assert erp.headroom(demo.party).party_id == demo.party
        with pytest.raises(ForbiddenError):
            erp.decide(loan(demo))
        assert key not in repr(erp)


def test_a_cancelled_job_is_said_to_be(analyst: Client) -> None:
    shocks = {f"s{k}": {"F000001": 1.0} for k in range(3000)}
    job = analyst.stress_many(shocks)
    analyst.cancel(job)
    with pytest.raises(JobCancelledError):
        analyst.wait(job, timeout=60)
    assert job.job_id in [each.job_id for each in analyst.jobs()]


def test_collections_and_the_books_risk(analyst: Client) -> None:
    debtors = list(analyst.overdue(page=3))
    assert [row["overdue"] for row in debtors]
    first = debtors[0]["party_id"]
    analyst.collect(first, "note", note="spoke to them", key="note-1")
    analyst.collect(first, "note", note="spoke to them", key="note-1")
    analyst.promise(first, Decimal("10.00"), date(2026, 12, 31))
    case = analyst.case(first)
    assert [step["action"] for step in case["history"]] == ["note", "promise"]
    risk = analyst.book_risk()
    assert 0 < risk.expected_loss < risk.value_at_risk
    assert min(risk.after.values()) >= risk.expected_loss
    name = next(iter(risk.after))
    assert set(analyst.book_risk(scenarios=[name]).after) == {name}


def test_an_e_receivable_from_issue_to_redemption(analyst: Client, demo: Demo) -> None:
    others = [p["party_id"] for p in analyst.portfolio()["largest"] if p["party_id"] != demo.party]
    first, second = others[:2]
    made = analyst.issue_e_receivable(demo.party, first, Decimal("500.00"), date(2026, 12, 20), key="erc-1")
    assert analyst.issue_e_receivable(demo.party, first, Decimal("500.00"), date(2026, 12, 20), key="erc-1") == made
    split = analyst.transfer_e_receivable(made.certificate_id, first, second, Decimal("200.00"), revision=made.revision)
    assert split.balances == {first: Decimal("300.00"), second: Decimal("200.00")}
    with pytest.raises(ConflictError, match="revision"):
        analyst.transfer_e_receivable(made.certificate_id, first, second, Decimal("1.00"), revision=made.revision)
    assert [each.certificate_id for each in analyst.e_receivables(holder_id=second)] == [made.certificate_id]
    ended = analyst.redeem_e_receivable(made.certificate_id, on=date(2026, 12, 20))
    assert (ended.state, analyst.e_receivable(made.certificate_id).state) == ("redeemed", "redeemed")
