"""Overdue, cases, steps and the book's risk over the API: what the library says, by page, once, and to the right eyes."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from graphcredit.decisions import book_report
from graphcredit.desk import Credit, CreditDesk
from graphcredit.settings import Settings
from graphcredit_api.auth.users import create_user
from tests.api.conftest import PASSWORD
from tests.support.demo import Demo
from tests.support.stores import facts

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def debtor(local) -> str:
    """Who owes most that is overdue."""
    return local.get("/v1/overdue", params={"limit": 1}).json()["debtors"][0]["party_id"]


def test_everybody_overdue_by_page_as_the_library_lists_them(local, demo: Demo) -> None:
    whole = local.get("/v1/overdue", params={"limit": 500}).json()
    expected = Credit(CreditDesk(local.app.state.services.store, Settings(store=demo.url))).overdue().to_json()
    assert whole["debtors"] == json.loads(json.dumps(expected["debtors"]))
    assert whole["count"] == len(whole["debtors"]) == expected["debtors_count"] > 3
    assert Decimal(whole["overdue"]) == sum(Decimal(row["overdue"]) for row in whole["debtors"])
    listed, cursor = [], None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = local.get("/v1/overdue", params=params).json()
        listed += page["debtors"]
        cursor = page["next"]
        if cursor is None:
            break
    assert listed == whole["debtors"]


def test_a_case_adds_up_and_a_step_changes_what_comes_next(local, debtor: str) -> None:
    path = f"/v1/parties/{debtor}/case"
    case = local.get(path).json()
    late = [row for row in case["invoices"] if row["overdue_days"] > 0]
    assert Decimal(case["overdue"]) == sum(Decimal(row["open"]) for row in late) > 0
    amount = f"{Decimal(case['overdue']):.2f}"
    promise = {"action": "promise", "amount": amount, "promised_for": "2026-12-31"}
    key = {"Idempotency-Key": "promise-1"}
    first, again = (local.post(f"{path}/steps", json=promise, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    store = local.app.state.services.store
    kept = next(r for r in store.find_records("idempotency") if r.body.get("answer", {}).get("body") == first.json())
    store.put_records([replace(kept, body={**kept.body, "state": "free"}, revision=kept.revision + 1, at=None)])
    assert local.post(f"{path}/steps", json=promise, headers=key).json() == first.json()  # the first answer was lost
    after = local.get(path).json()
    assert [(p["amount"], p["state"]) for p in after["promises"]] == [(amount, "open")]
    assert after["next"] != case["next"]
    assert [step["by"] for step in after["history"]] == ["local"]


@pytest.mark.parametrize(
    "step",
    [
        {"action": "telephone"}, {"action": "promise"}, {"action": "promise", "amount": "10"}, {"action": "note"},
        {"action": "promise", "amount": "-1", "promised_for": "2026-12-31"}, {"action": "dispute", "note": "not mine"},
        {"action": "promise", "amount": "0.001", "promised_for": "2026-12-31"},
        {"action": "note", "note": "x", "amount": "5"}, {},
    ],
)  # fmt: skip
def test_what_is_no_step_is_refused_with_a_remedy(local, debtor: str, step: dict[str, str]) -> None:
    answer = local.post(f"/v1/parties/{debtor}/case/steps", json=step)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


def test_steps_about_or_to_nobody(local, debtor: str) -> None:
    told = {"action": "note", "note": "spoke to them"}
    assert local.post("/v1/parties/nobody/case/steps", json=told).status_code == 404
    assert local.post(f"/v1/parties/{debtor}/case/steps", json={**told, "creditor_id": "nobody"}).status_code == 404
    assert local.get(f"/v1/parties/{debtor}/case", params={"creditor_id": "nobody"}).status_code == 404
    assert local.get("/v1/overdue", params={"creditor_id": "nobody"}).status_code == 404


def test_the_books_risk_before_and_after_each_stress(local) -> None:
    told = local.get("/v1/book/risk").json()
    services = local.app.state.services
    book = services.credit.book()
    expected = book_report(services.store, book).to_json()
    assert told == json.loads(json.dumps(expected))
    full = {name: Decimal(told["full"][name]) for name in ("expected_loss", "value_at_risk", "expected_shortfall")}
    assert 0 < full["expected_loss"] < full["value_at_risk"] <= full["expected_shortfall"]
    names = [row["scenario"] for row in told["stress"]]
    one = local.get("/v1/book/risk", params={"scenario": names[-1:]}).json()
    assert [row["scenario"] for row in one["stress"]] == names[-1:]
    wrong = local.get("/v1/book/risk", params={"scenario": "meteor"})
    assert (wrong.status_code, names[0] in wrong.json()["remedy"]) == (404, True)


def test_a_portfolio_hides_other_debtors_and_creditors(secured, demo: Demo) -> None:
    store = secured.app.state.services.store
    listed = secured.app.state.services.credit.overdue().debtors
    mine, foreign = listed[0].party_id, listed[1].party_id
    row = store.read("parties", where={"party_id": [mine]}).to_pylist()[0]
    known = {name: row[name] for name in ("party_id", "kind", "name", "industry", "region")}
    changed = known | {"attributes": json.dumps({"portfolio": "east"}), "recorded_at": "2026-06-30 13:00:00"}
    store.upsert("parties", facts("parties", [changed]))
    create_user(store, "eva.east", PASSWORD, "analyst", portfolios=["east"])
    token = secured.post("/v1/auth/token", json={"name": "eva.east", "password": PASSWORD}).json()["access_token"]
    eva = {"Authorization": f"Bearer {token}"}
    assert [d["party_id"] for d in secured.get("/v1/overdue", headers=eva).json()["debtors"]] == [mine]
    case = secured.get(f"/v1/parties/{mine}/case", headers=eva)
    creditors = {row["creditor_id"] for row in case.json()["invoices"]}
    assert case.json()["party_id"] == mine
    assert all(name.startswith("?") for name in creditors)
    for method, path, body in (
        ("get", f"/v1/parties/{foreign}/case", None),
        ("get", f"/v1/parties/{mine}/case?creditor_id={foreign}", None),
        ("get", f"/v1/overdue?creditor_id={foreign}", None),
        ("post", f"/v1/parties/{foreign}/case/steps", {"action": "note", "note": "not mine"}),
        ("post", f"/v1/parties/{mine}/case/steps", {"action": "note", "note": "x", "creditor_id": foreign}),
    ):
        assert secured.request(method, path, json=body, headers=eva).status_code == 404, path
    assert secured.get("/v1/book/risk", headers=eva).status_code == 200
    assert date.fromisoformat(case.json()["as_of"])


def test_forms_ask_for_their_token_and_roles_hold(secured, demo: Demo) -> None:
    secured.cookies.clear()
    try:
        for name, status in (("vera", 403), ("anna", 403)):
            secured.cookies.clear()
            secured.post("/sign-in", data={"name": name, "password": PASSWORD}, follow_redirects=False)
            for path in (f"/parties/{demo.party}/case", "/e-receivables", "/e-receivables/ERC-1/redeem"):
                assert secured.post(path, data={"action": "note", "text": "x"}).status_code == status, (name, path)
            shown = secured.get(f"/parties/{demo.party}/case", headers={"accept": "text/html"}).text
            assert ("<textarea" in shown) == (name == "anna")
    finally:
        secured.cookies.clear()
