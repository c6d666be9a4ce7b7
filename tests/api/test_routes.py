"""What the API answers, and how it refuses."""

import pytest

from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")
APPLICATION = {"product": "loan", "amount": "10000.00", "tenor_days": 90, "payments": 3}


def test_health_says_whether_the_store_answers(local) -> None:
    assert local.get("/v1/health").json() == {"status": "ok", "version": "0.1.0", "store": "reachable", "reason": ""}


def test_a_party_is_found_by_name_and_read(local, demo: Demo) -> None:
    name = local.get(f"/v1/parties/{demo.party}").json()["name"]
    found = local.get("/v1/parties", params={"q": name}).json()["parties"]
    assert found[0]["party_id"] == demo.party


def test_an_unchanged_party_is_not_sent_twice(local, demo: Demo) -> None:
    first = local.get(f"/v1/parties/{demo.party}")
    again = local.get(f"/v1/parties/{demo.party}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_score_network_groups_headroom_and_paths_answer(local, demo: Demo) -> None:
    base = f"/v1/parties/{demo.party}"
    score = local.get(f"{base}/score").json()
    assert score["grade"] and len(score["reasons"]) > 3
    view = local.get(f"{base}/network", params={"limit": 40}).json()
    assert view["shown"] == len(view["nodes"]) <= 40
    assert {edge["layer"] for edge in view["edges"]} <= {layer["id"] for layer in view["layers"]}
    room = local.get(f"{base}/headroom").json()
    assert room["binding"] in room["lines"]
    assert local.get(f"{base}/groups").status_code == 200
    other = next(node["id"] for node in view["nodes"] if not node["seed"])
    found = local.get(f"{base}/paths/{other}").json()["paths"]
    assert found[0]["parties"][0] == demo.party
    assert found[0]["parties"][-1] == other


def test_stress_and_portfolio_answer(local, demo: Demo) -> None:
    assert local.post("/v1/stress", json={"shock": {demo.party: 1.0}}).json()["total_loss"] > 0
    book = local.get("/v1/portfolio").json()
    assert book["exposure"] > book["expected_loss"] > 0


def test_bulk_scores_name_the_unknown_ones(local, demo: Demo) -> None:
    body = local.post("/v1/scores", json={"party_ids": [demo.party, "nobody"]}).json()
    assert [row["party_id"] for row in body["scores"]] == [demo.party]
    assert body["errors"] == [{"index": 1, "party_id": "nobody", "code": "not_found"}]


def test_the_same_idempotency_key_decides_once(local, demo: Demo) -> None:
    application = {**APPLICATION, "party_id": demo.party}
    first = local.post("/v1/decisions", json=application, headers={"Idempotency-Key": "order-1"})
    again = local.post("/v1/decisions", json=application, headers={"Idempotency-Key": "order-1"})
    assert first.status_code == 201
    assert first.json()["decision_id"] == again.json()["decision_id"]
    replayed = local.get(f"/v1/decisions/{first.json()['decision_id']}/replay").json()
    assert replayed["same"] is True


def test_decisions_are_paged_without_gaps(local, demo: Demo) -> None:
    for _ in range(3):
        local.post("/v1/decisions", json={**APPLICATION, "party_id": demo.party})
    every = [made["decision_id"] for made in local.get("/v1/decisions", params={"limit": 200}).json()["decisions"]]
    paged, cursor = [], None
    while True:
        page = local.get("/v1/decisions", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        paged += [made["decision_id"] for made in page["decisions"]]
        cursor = page["next"]
        if not cursor:
            break
    assert paged == every


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("get", "/v1/parties/nobody", None, 404, "not_found"),
        ("get", "/v1/parties/nobody/score", None, 404, "not_found"),
        ("get", "/v1/nothing", None, 404, "not_found"),
        ("delete", "/v1/portfolio", None, 405, "method_not_allowed"),
        ("post", "/v1/stress", {"shock": {"F000001": 2}}, 422, "bad_input"),
        ("post", "/v1/stress", {"shock": {}}, 422, "bad_input"),
        (
            "post",
            "/v1/decisions",
            {"party_id": "F000001", "product": "loan", "amount": "-1", "tenor_days": 9},
            422,
            "bad_input",
        ),
        ("get", "/v1/decisions?cursor=rubbish", None, 422, "bad_input"),
        ("get", "/v1/parties?q=x&as_of=June", None, 422, "bad_input"),
    ],
)
def test_faults_are_problem_documents(local, method: str, path: str, body, status: int, code: str) -> None:
    answer = local.request(method, path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code
    assert problem["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    assert "Traceback" not in answer.text
    assert "/work" not in answer.text


def test_problems_speak_the_readers_language(local) -> None:
    titles = {
        lang: local.get("/v1/parties/nobody", headers={"Accept-Language": lang}).json()["title"]
        for lang in ("en", "zh-CN")
    }
    assert titles == {"en": "Not found", "zh-CN": "未找到"}


@pytest.mark.parametrize(
    "text", ["' OR 1=1 --", '"}) DETACH DELETE n //', "<script>alert(1)</script>", "%00", "../../etc/passwd"]
)
def test_hostile_text_is_only_text(local, demo: Demo, text: str) -> None:
    assert local.get("/v1/parties", params={"q": text}).json()["parties"] == []
    assert local.get(f"/v1/parties/{demo.party}").status_code == 200


def test_a_large_body_is_refused_before_it_is_read(local) -> None:
    answer = local.post("/v1/stress", content=b"x" * 21_000_000, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_every_answer_carries_security_headers(local) -> None:
    for path in ("/", "/v1/health", "/v1/nothing"):
        headers = local.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_metrics_count_requests(local) -> None:
    local.get("/v1/health")
    assert 'graphcredit_requests_total{method="GET",route="/v1/health",status="200"}' in local.get("/metrics").text
