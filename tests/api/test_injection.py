"""SQL and Cypher in every text parameter of every reading route: the answer is that of any unknown text, facts stay as they are."""

import pytest

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
FINDS = {("/v1/parties", "q"), ("/v1/audit", "about")}  # a search by similarity, and a trail that grows with each question


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


def test_statements_in_parameters_are_only_text(local, demo: Demo) -> None:
    store = local.app.state.services.store
    before = store.info().facts
    benign = answers(local, demo.party, BENIGN)
    assert len(benign) > 15
    for word in HOSTILE:
        told = answers(local, demo.party, word)
        assert {k: v for k, v in told.items() if v[0] >= 500} == {}
        more = {
            k: (v, benign[k])
            for k, v in told.items()
            if v[0] < 400 and v[1] > benign[k][1] and k not in FINDS
        }
        assert more == {}
        trail = local.get("/v1/audit", params={"about": word}).json()["entries"]
        assert [entry for entry in trail if word not in entry["object"].values()] == []
    assert store.info().facts == before
