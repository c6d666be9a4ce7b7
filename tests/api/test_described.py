"""The description for people: both languages for every route, examples that a server really gives, a page without scripts."""

import json
import re

import jsonschema
import pytest

from graphcredit_api.described.describe import recorded
from graphcredit_api.described.sentences import ZH
from tests.api.test_access import PUBLIC, TABLE
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")
ROUTES = {(method.lower(), path) for method, path in set(TABLE) | PUBLIC}
NOT_JSON = {("get", "/metrics"), ("get", "/v1/alerts/stream"), ("get", "/v1/models/{model_id}/card")}


def operations(client):
    for path, methods in client.get("/v1/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_every_route_has_a_sentence_in_both_languages(local) -> None:
    assert set(ZH) == ROUTES
    for method, path, operation in operations(local):
        told = operation["x-summary"]
        assert told["en"] == operation["summary"] != "", (method, path)
        assert re.search("[一-鿿]", told["zh"]), (method, path)
        assert told["zh"] in operation["description"]


def test_every_route_has_examples_in_both_languages(local) -> None:
    for method, path, operation in operations(local):
        good = next(code for code in sorted(operation["responses"]) if code < "300")
        if (method, path) in NOT_JSON:
            continue
        examples = operation["responses"][str(recorded()[f"{method.upper()} {path}"]["status"])]["content"][
            "application/json"
        ]["examples"]
        assert set(examples) == {"en", "zh"}, (method, path, good)
        body = operation.get("requestBody")
        if body is not None:
            assert set(body["content"]["application/json"]["examples"]) == {"en", "zh"}, (method, path)


def test_examples_hold_no_secret() -> None:
    text = json.dumps(recorded())
    assert not re.search(r"gck_[0-9a-f]{12}_|\$argon2|eyJ[\w-]{20,}\.[\w-]{20,}\.", text)


def test_an_examples_answer_has_the_fields_that_a_server_gives(local, demo: Demo) -> None:
    for path, query in (
        ("/v1/parties/{party_id}", {}), ("/v1/parties/{party_id}/score", {}), ("/v1/parties/{party_id}/headroom", {}),
        ("/v1/parties/{party_id}/exposure", {}), ("/v1/portfolio", {}), ("/v1/decisions", {}), ("/v1/alerts", {}),
        ("/v1/jobs", {}), ("/v1/models", {}), ("/v1/groups", {}), ("/v1/reviews", {"since": "2026-03-31", "limit": 2}),
        ("/v1/policies/current", {}), ("/v1/overdue", {"limit": 2}), ("/v1/book/risk", {}), ("/v1/e-receivables", {}),
    ):  # fmt: skip
        now = local.get(path.format(party_id=demo.party), params=query).json()
        assert set(recorded()[f"GET {path}"]["answer"]["en"]) == set(now), path


def test_an_examples_request_is_one_that_the_description_allows(local) -> None:
    described = local.get("/v1/openapi.json").json()
    asked = 0
    for _, _, operation in operations(local):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is None:
            continue
        schema = {**body["schema"], "components": described["components"]}
        for value in body["examples"].values():
            jsonschema.validate(value["value"], schema)
            asked += 1
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate("no object", schema)
    assert asked > 30


@pytest.mark.parametrize(("language", "word"), [("en", "Parameters"), ("zh", "参数")])
def test_the_page_shows_every_route_and_runs_nothing(local, language: str, word: str) -> None:
    page = local.get("/v1/docs", headers={"Accept-Language": language})
    assert page.headers["content-type"].startswith("text/html")
    for method, path in ROUTES:
        assert f"<code>{method.upper()} {path}</code>" in page.text
    assert word in page.text
    assert not re.search(r"<script|style=|https?://", page.text.replace("https://credit", ""))
    assert local.get("/v1/docs.css").headers["content-type"].startswith("text/css")
