"""SQL and Cypher in every text that a route takes, on both stores: only text, in parameters and in bodies."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from graphcredit.decisions import default_policy
from graphcredit.settings import Settings
from graphcredit_api.app import create_app
from tests.api.conftest import TestClient
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")
BENIGN = "zz-nobody-zz"
HOSTILE = (
    "x' OR '1'='1",
    "'; DROP TABLE parties; --",
    "x') UNION SELECT * FROM records --",
    "x'}) DETACH DELETE n //",
    "`}) MATCH (m) RETURN m //",
    "$party_id",
)
ENDLESS = "/v1/alerts/stream"
FINDS = {
    ("/v1/parties", "q"),
    ("/v1/audit", "about"),
}  # a search by similarity, and a trail that grows with each question


def reads(client) -> list[tuple[str, list[str], list[str]]]:
    """(path, names in it, text parameters of the query) of every reading route that takes text."""
    found = []
    for path, methods in client.get("/v1/openapi.json").json()["paths"].items():
        if "get" not in methods or path == ENDLESS:
            continue
        given = methods["get"].get("parameters", [])
        text = [p["name"] for p in given if p["in"] == "query" and plain_text(p["schema"])]
        inside = [p["name"] for p in given if p["in"] == "path"]
        if text or inside:
            found.append((path, inside, text))
    return found


def plain_text(schema: dict) -> bool:
    kinds = [schema, *schema.get("anyOf", [])]
    return any(
        k.get("type") == "string" and "format" not in k and "enum" not in k and "pattern" not in k for k in kinds
    )


def answers(client, party: str, word: str) -> dict[tuple[str, str], tuple[int, int]]:
    """(route, parameter) -> status and how many rows, with `word` in that parameter."""
    made = {}
    for path, inside, text in reads(client):
        known = {name: party if name in ("party_id", "target_id") else BENIGN for name in inside}
        for name in inside:
            filled = path.format(**{**known, name: word.replace("/", "%2F")})
            made[path, name] = outcome(client.get(filled))
        for name in text:
            made[path, name] = outcome(client.get(path.format(**known), params={name: word}))
    return made


def outcome(answer) -> tuple[int, int]:
    body = answer.json() if "json" in answer.headers.get("content-type", "") else None
    lists = [value for value in body.values() if isinstance(value, list)] if isinstance(body, dict) else []
    return answer.status_code, max(map(len, lists), default=0) if answer.status_code < 400 else 0


@pytest.fixture(scope="module", params=["duckdb", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def served(
    request: pytest.FixtureRequest, demo: Demo, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestClient, str]]:
    """Local use of each store, and a party of it."""
    if request.param == "duckdb":
        settings, party = Settings(store=demo.copy(tmp_path_factory.mktemp("injection") / "demo").url), demo.party
    else:
        graph = request.getfixturevalue("on_neo4j")
        settings, party = graph.settings.model_copy(update={"auth": "local"}), graph.party
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client, party


def words(client) -> tuple[str, ...]:
    """All of them where a question takes no network; on a server the ones it could understand, and one it could not."""
    return HOSTILE if client.app.state.services.store.url.startswith("duckdb") else HOSTILE[3:5] + HOSTILE[:1]


def test_statements_in_parameters_are_only_text(served) -> None:
    client, party = served
    store = client.app.state.services.store
    before = store.info().facts
    benign = answers(client, party, BENIGN)
    assert len(benign) > 15
    for word in words(client):
        told = answers(client, party, word)
        assert {k: v for k, v in told.items() if v[0] >= 500} == {}
        more = {k: (v, benign[k]) for k, v in told.items() if v[0] < 400 and v[1] > benign[k][1] and k not in FINDS}
        assert more == {}
        trail = client.get("/v1/audit", params={"about": word}).json()["entries"]
        assert [entry for entry in trail if word not in entry["object"].values()] == []
    assert store.info().facts == before


def bodies(party: str, other: str) -> dict[str, Any]:
    """A body for every writing route that takes one; every text in it is tried."""
    why = {"reason": "because it was agreed so"}
    loan = {"party_id": party, "product": "loan", "amount": "10.00", "tenor_days": 30, "note": "spring"}
    loan |= {"application_id": "a-1", "currency": "CNY", "documents": ["T-1"], "debtor_id": other}
    paid = {"payment_id": "P-x", "payer_id": party, "payee_id": other, "paid_on": "2026-06-01", "amount": "7"}
    policy = default_policy().model_dump(mode="json")
    decided = "/v1/decisions/DEC-20260101-000000000000"
    return {
        "/v1/auth/token": {"name": "li.wei", "password": "correct horse battery"},
        "/v1/auth/refresh": {"refresh_token": "Zm9v"},
        "/v1/scores": {"party_ids": [party, "x"]},
        "/v1/stress": {"shock": {party: 1.0}, "layers": ["supply"]},
        "/v1/stress/jobs": {"kind": "shocks", "shocks": {"one": {party: 0.5}}, "layers": ["supply"]},
        "/v1/applications/check": loan,
        "/v1/decisions": loan,
        "/v1/decisions/bulk": {"applications": [loan]},
        f"{decided}/approve": why,
        f"{decided}/override": {"outcome": "decline", **why},
        f"{decided}/settle": why,
        "/v1/orders/check": {"party_id": party, "amount": "10.00", "currency": "CNY", "kind": "order"},
        f"/v1/parties/{party}/case/steps": {"action": "note", "note": "spoke to them", "creditor_id": other},
        "/v1/e-receivables": {"issuer_id": party, "holder_id": other, "amount": "1.00", "due_on": "2026-09-30"},
        "/v1/e-receivables/ERC-0/transfer": {"giver": party, "taker": other, "amount": "1.00"},
        "/v1/e-receivables/ERC-0/redeem": {},
        f"/v1/parties/{party}/hold": why,
        f"/v1/parties/{party}/release": why,
        "/v1/facts/payments": {"rows": [{**paid, "currency": "CNY", "transaction_id": "T-1", "attr_note": "x"}]},
        "/v1/policies": {"policy": {**policy, "effective_from": "2099-01-01"}},
        "/v1/policies/check": {"policy": policy},
        "/v1/policies/simulate": {"policy": policy, "parties": [party]},
        "/v1/models/champion/promote": why,
        "/v1/alerts/check": {"since": "2026-05-01", "as_of": "2026-06-01", "parties": [party]},
        "/v1/reviews": {"since": "2026-05-01", "as_of": "2026-06-01"},
    }


def texts(body: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a body holds texts: as values, and as the names of a mapping of parties."""
    pairs = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in pairs:
        if isinstance(value, str):
            yield (*where, name)
        elif where[:1] in (("shock",), ("shocks",)):
            yield (*where, name, None)
        yield from texts(value, (*where, name))


def with_word(body: Any, where: tuple[Any, ...], word: str) -> Any:
    """The body with a word in one place; None at the end of a place means the name itself."""
    made = deepcopy(body)
    node = made
    for step in where[:-1] if where[-1] is not None else where[:-2]:
        node = node[step]
    if where[-1] is not None:
        node[where[-1]] = word
    else:
        node[word] = node.pop(where[-2])
    return made


def test_a_body_of_every_writing_route_is_tried(served) -> None:
    client, party = served
    described = client.get("/v1/openapi.json").json()["paths"]
    takes = {path for path, methods in described.items() if "requestBody" in methods.get("post", {})}
    tried = {
        path.replace(party, "{party_id}")
        .replace("DEC-20260101-000000000000", "{decision_id}")
        .replace("ERC-0", "{certificate_id}")
        for path in bodies(party, "o")
    }
    known = {"/v1/facts/payments": "/v1/facts/{table}", "/v1/models/champion/promote": "/v1/models/{model_id}/promote"}
    assert {known.get(path, path) for path in tried} == takes


def test_statements_in_bodies_are_only_text(served) -> None:
    client, party = served
    store = client.app.state.services.store
    before, ids = store.info(), set(store.read("parties", columns=["party_id"])["party_id"].to_pylist())
    other = next(name for name in sorted(ids) if name != party)
    failed = []
    for path, body in bodies(party, other).items():
        places = list(texts(body))[:12]  # a policy is hundreds of texts of one kind
        for place in places:
            for word in words(client)[:3]:
                answer = client.post(path, json=with_word(body, place, word))
                if answer.status_code >= 500:
                    failed.append((path, place, word, answer.status_code))
    assert failed == []
    after = store.info()
    assert set(store.read("parties", columns=["party_id"])["party_id"].to_pylist()) >= ids
    assert {table for table in before.facts if after.facts[table] < before.facts[table]} == set()
    assert {kind for kind, count in before.records.items() if after.records.get(kind, 0) < count} == set()
    written = store.read("payments", where={"payment_id": list(words(client)[:3])})
    assert sorted(written["payment_id"].to_pylist()) == sorted(words(client)[:3])  # kept word for word
