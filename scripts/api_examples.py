"""Record the examples of the API's description from the demo's sample: python -m scripts.api_examples DEMO_FOLDER

Every request is really made, once in each language; long lists and texts in the answers are shortened.
"""

import json
import re
import shutil
import sys
import tempfile
import time
import warnings
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

from graphcredit.settings import Settings
from graphcredit.store import open_store
from graphcredit_api.app import create_app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

TARGET = Path(__file__).resolve().parents[1] / "api" / "graphcredit_api" / "described" / "examples.json"
SHOWN, LONGEST, DEEPEST = 2, 120, 5
SECRET = re.compile(r"token$|secret|password")


def shorten(value: Any, depth: int = 0) -> Any:
    """The same with few entries in lists and deep objects, long texts cut, and no token."""
    if isinstance(value, dict):
        few = list(value.items())[: 30 if depth < 1 else 9 if depth < 3 else 4]
        if depth >= DEEPEST:
            return {"...": "..."} if few else {}
        return {name: "..." if SECRET.search(name) and isinstance(each, str) and len(each) > 30 else shorten(each, depth + 1)
                for name, each in few}  # fmt: skip
    if isinstance(value, list):
        return [shorten(each, depth + 1) for each in value[: SHOWN if depth < 2 else 1]]
    if isinstance(value, str) and len(value) > LONGEST:
        return value[:LONGEST] + "..."
    return value


def by_language(values: dict[str, Any]) -> dict[str, Any]:
    """Values by language; only the English one where both are the same."""
    return {"en": values["en"]} if values["en"] == values["zh"] else {"en": values["en"], "zh": values["zh"]}


class Recorder:
    """Makes requests and keeps what was asked and answered."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.kept: dict[str, dict[str, Any]] = {}

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        zh: Any = None,
        query: Any = None,
        between: str = "",
        **where: str,
    ) -> Any:
        """Make a request in both languages; returns the English answer's JSON. `between` is posted to undo the first."""
        url, answers, status = path.format(**where), {}, 0
        for language, sent in (("zh", zh if zh is not None else body), ("en", body)):
            headers = {"Accept-Language": language}
            answer = self.client.request(method, url, json=sent, params=query, headers=headers)
            if answer.status_code >= 400:
                raise SystemExit(f"{method} {url}: {answer.status_code} {answer.text}")
            status = answer.status_code
            kind = answer.headers["content-type"]
            if between and language == "zh":
                self.client.post(between.format(**where), json={"reason": "for the example"})
            answers[language] = answer.json() if kind.startswith("application/json") else answer.text
        entry: dict[str, Any] = {
            "status": status,
            "answer": by_language({name: shorten(each) for name, each in answers.items()}),
        }
        if body is not None:
            entry["request"] = by_language({"en": shorten(body), "zh": shorten(zh if zh is not None else body)})
        self.kept[f"{method} {path}"] = entry
        return answers["en"]

    def finished(self, job_id: str) -> None:
        """Wait for a job."""
        while self.client.get(f"/v1/jobs/{job_id}").json()["state"] in ("queued", "running"):
            time.sleep(0.05)


def record(calls: Recorder, party: str) -> None:
    """Every route that answers JSON."""
    call = calls.call
    for path in ("/v1/health", "/v1/ready", "/v1/auth/me", "/v1/portfolio", "/v1/groups", "/v1/models"):
        call("GET", path)
    name = call("GET", "/v1/parties/{party_id}", party_id=party)["name"]
    call("GET", "/v1/parties", query={"q": name[:4], "limit": 2})
    call("GET", "/v1/parties/{party_id}/facts/{table}", party_id=party, table="transactions")
    for what in ("groups", "exposure", "headroom", "limit", "score", "network"):
        found = call("GET", f"/v1/parties/{{party_id}}/{what}", party_id=party)
    other = next(node["id"] for node in found["nodes"] if not node["seed"])
    call("GET", "/v1/parties/{party_id}/paths/{target_id}", party_id=party, target_id=other)
    call("POST", "/v1/scores", body={"party_ids": [party, "F000999"]})
    call("POST", "/v1/stress", body={"shock": {party: 1.0}, "top": 2})
    payment = {"payment_id": "P-1", "payer_id": party, "payee_id": other, "paid_on": "2026-06-30", "amount": "1200.00"}
    call(
        "POST",
        "/v1/facts/{table}",
        table="payments",
        body={"rows": [payment, {**payment, "payment_id": "P-2", "amount": "x"}]},
    )
    lend(calls, party)
    watch(calls)
    govern(calls)


def lend(calls: Recorder, party: str) -> None:
    """Applications, decisions, orders."""
    call = calls.call
    loan = {"party_id": party, "product": "loan", "amount": "10000.00", "tenor_days": 90, "payments": 3}
    english, chinese = {**loan, "note": "working capital for spring orders"}, {**loan, "note": "春季订单流动资金"}
    call("POST", "/v1/applications/check", body=english, zh=chinese)
    made = call("POST", "/v1/decisions", body=english, zh=chinese)
    call("POST", "/v1/decisions/bulk", body={"applications": [english, {**loan, "amount": "-1"}]})
    call("GET", "/v1/decisions", query={"limit": 2})
    for what in ("", "/replay"):
        call("GET", f"/v1/decisions/{{decision_id}}{what}", decision_id=made["decision_id"])
    call("POST", "/v1/orders/check", body={"party_id": party, "amount": "250000.00", "kind": "quotation"})
    call(
        "POST",
        "/v1/parties/{party_id}/hold",
        between="/v1/parties/{party_id}/release",
        party_id=party,
        body={"reason": "invoice in dispute"},
        zh={"reason": "发票有争议"},
    )
    call(
        "POST",
        "/v1/parties/{party_id}/release",
        between="/v1/parties/{party_id}/hold",
        party_id=party,
        body={"reason": "dispute settled"},
        zh={"reason": "争议已解决"},
    )
    call("GET", "/v1/parties/{party_id}/holds", party_id=party)
    second_person(calls, made)
    collect(calls)
    receivables(calls)


def collect(calls: Recorder) -> None:
    """The book's risk, what is overdue, a case and a promise."""
    call = calls.call
    call("GET", "/v1/book/risk", query={"scenario": ["severe_recession"]})
    debtor = call("GET", "/v1/overdue", query={"limit": 2})["debtors"][0]["party_id"]
    promise = {"action": "promise", "amount": "50000.00", "promised_for": "2026-07-31", "note": "told us on the phone"}
    zh = {**promise, "note": "电话中承诺"}
    call("POST", "/v1/parties/{party_id}/case/steps", party_id=debtor, body=promise, zh=zh)
    call("GET", "/v1/parties/{party_id}/case", party_id=debtor)


def receivables(calls: Recorder) -> None:
    """An e-receivable from issue over a split to redemption; of the first firm with room for it."""
    call = calls.call
    firms = (f"F{number:06d}" for number in range(20, 300))
    room = lambda firm: float(calls.client.get(f"/v1/parties/{firm}/headroom").json()["available"])  # noqa: E731
    party = next(firm for firm in firms if room(firm) > 100_000)
    one, two = "F000013", "F000014"
    path = "/v1/e-receivables"
    issue = {"issuer_id": party, "holder_id": one, "amount": "2000.00", "due_on": "2026-12-20"}
    number = call("POST", path, body=issue)["certificate_id"]
    part = {"giver": one, "taker": two, "amount": "500.00"}
    call("POST", f"{path}/{{certificate_id}}/transfer", certificate_id=number, body=part)
    call("GET", f"{path}/{{certificate_id}}", certificate_id=number)
    call("GET", path, query={"limit": 2})
    redeem(calls, f"{path}/{{certificate_id}}/redeem", issue)


def redeem(calls: Recorder, path: str, issue: dict[str, Any]) -> None:
    """One certificate a language: each is redeemed once."""
    answers = {}
    for language in ("en", "zh"):
        number = calls.client.post("/v1/e-receivables", json=issue).json()["certificate_id"]
        answer = calls.client.post(path.format(certificate_id=number), json={"on": "2026-12-20"})
        if answer.status_code >= 400:
            raise SystemExit(f"{path}: {answer.text}")
        answers[language] = shorten(answer.json())
    sent = {"en": {"on": "2026-12-20"}}
    calls.kept[f"POST {path}"] = {"status": 201, "answer": by_language(answers), "request": sent}


def second_person(calls: Recorder, made: dict[str, Any]) -> None:
    """Override, approve, settle: locally one person is all roles and may not be the second, so the first is renamed."""
    from graphcredit.store import Record

    store = calls.client.app.state.services.store  # type: ignore[attr-defined]

    numbers = count(1)

    def taken_by_another(**changes: Any) -> str:
        record = store.get_record("decision", made["decision_id"])
        name = f"{made['decision_id']}-{next(numbers)}"
        body = deepcopy(dict(record.body)) | {"by": "li.wei", "decision_id": name} | changes
        store.put_records([Record("decision", name, body, record.party_id)])
        return name

    said = {"reason": "cash deposit arrived after the decision"}
    said_zh = {"reason": "决定后已收到现金保证金，风险可控可批"}
    for what, changes, body, zh in (
        ("override", {}, {"outcome": "decline", **said}, {"outcome": "decline", **said_zh}),
        ("approve", {"approval": {"level": 1, "needed": 2, "given": [], "state": "pending"}}, said, said_zh),
        (
            "settle",
            {"claims": [{"resource": "limit:party:none", "amount": "0"}]},
            {"reason": "repaid"},
            {"reason": "已归还"},
        ),
    ):
        path, answers = f"/v1/decisions/{{decision_id}}/{what}", {}
        for language, sent in (("en", body), ("zh", zh)):
            url = path.format(decision_id=taken_by_another(**changes))
            answer = calls.client.post(url, json=sent, headers={"Accept-Language": language})
            if answer.status_code >= 400:
                raise SystemExit(f"{url}: {answer.text}")
            answers[language] = shorten(answer.json())
        calls.kept[f"POST {path}"] = {"status": 200, "answer": by_language(answers), "request": {"en": body, "zh": zh}}
    calls.call("GET", "/v1/overrides", query={"limit": 20})


def watch(calls: Recorder) -> None:
    """Jobs, alerts, reviews, audit."""
    call = calls.call
    job = call("POST", "/v1/stress/jobs", body={"kind": "each", "top": 2})["job_id"]
    calls.finished(job)
    call("GET", "/v1/jobs/{job_id}", job_id=job)
    call("GET", "/v1/jobs/{job_id}/result", job_id=job)
    call("POST", "/v1/jobs/{job_id}/cancel", job_id=job)
    call("GET", "/v1/jobs", query={"limit": 2})
    check = call("POST", "/v1/alerts/check", body={"since": "2026-03-31", "as_of": "2026-06-30"})["job_id"]
    calls.finished(check)
    call("GET", "/v1/alerts", query={"limit": 2})
    call("GET", "/v1/reviews", query={"since": "2026-03-31", "limit": 2})
    review = call("POST", "/v1/reviews", body={"since": "2026-03-31", "as_of": "2026-06-30"})["job_id"]
    calls.finished(review)
    call("GET", "/v1/audit", query={"limit": 2})
    call("GET", "/v1/audit/verify")


def govern(calls: Recorder) -> None:
    """Policies and models."""
    call = calls.call
    for path in ("/v1/policies/current", "/v1/policies/default"):
        policy = call("GET", path)
    shown = []
    for version in ("2027.1", "2027.2"):
        given = {**deepcopy(policy), "version": version, "effective_from": "2027-01-01"}
        given["pricing"]["funding"] = {"value": "0.031", "source": "treasury, December 2026"}
        shown.append(given)
    call("POST", "/v1/policies/check", body={"policy": shown[0]})
    call("POST", "/v1/policies/simulate", body={"policy": shown[0], "parties": ["F000001"]})
    call("POST", "/v1/policies", body={"policy": shown[0]}, zh={"policy": shown[1]})
    label = f"{policy['policy_id']}@2027.1"
    call("GET", "/v1/policies")
    call("GET", "/v1/policies/{label}", label=label)
    call("GET", "/v1/policies/{label}/diff/{other}", label="default", other=label)
    model = call("GET", "/v1/models/{model_id}", model_id="champion")["model_id"]
    call("GET", "/v1/models/{model_id}/compare/{other_id}", model_id=model, other_id="champion")
    body, zh = {"reason": "validated in June 2026"}, {"reason": "已通过 2026 年 6 月的模型验证"}
    call("POST", "/v1/models/{model_id}/promote", model_id=model, body=body, zh=zh)


TOKENS = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9...",
    "refresh_token": "Zm9vYmFy...",
    "token_type": "bearer",
    "expires_in": 900,
}


def main(folder: Path) -> None:
    """Record and write."""
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(folder, Path(place) / "demo")
        url = f"duckdb:///{place}/demo/demo.duckdb"
        with open_store(url) as store, TestClient(create_app(Settings(store=url), store)) as client:
            calls = Recorder(client)
            party = client.get("/v1/parties", params={"q": "F000012"}).json()["parties"][0]["party_id"]
            record(calls, party)
    for path, sent in (
        ("token", {"name": "li.wei", "password": "correct horse battery"}),
        ("refresh", {"refresh_token": "Zm9v..."}),
    ):
        both = {"en": sent}
        calls.kept[f"POST /v1/auth/{path}"] = {"status": 200, "request": both, "answer": {"en": TOKENS}}
    text = (
        "{\n"
        + ",\n".join(
            f"{json.dumps(path)}: {json.dumps(entry, ensure_ascii=False)}" for path, entry in sorted(calls.kept.items())
        )
        + "\n}"
    )
    TARGET.write_text(text + "\n", encoding="utf-8")
    print(f"{len(calls.kept)} examples, {len(text):,} characters")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
