"""The API held to its own description: generated requests, good, bad and in sequence, find no 5xx and no other shape."""

from collections.abc import Iterator

import pytest
from schemathesis import openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from graphcredit.settings import Settings
from graphcredit.store import open_store
from graphcredit_api.app import create_app
from graphcredit_api.warm import prepare
from tests.api.conftest import TestClient
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")
CHECKS = {
    "ignored_auth": {"enabled": False},  # local use knows no sign-in; test_access tries every route without it
    "positive_data_acceptance": {"enabled": False},  # a party that does not exist is rightly refused
    "negative_data_rejection": {
        "enabled": False
    },  # a query string is text: half of what breaks its schema is text, too
}
ENDLESS = "/v1/alerts/stream"  # answers until the caller leaves
PHASES = ("examples", "coverage", "fuzzing", "stateful")


@pytest.fixture(scope="module")
def served(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """An application of its own: generated requests write, too."""
    own = demo.copy(tmp_path_factory.mktemp("schema") / "demo")
    given = Settings(store=own.url, rate_limit_per_minute=100_000_000)
    with open_store(own.url) as store, TestClient(create_app(given, store), raise_server_exceptions=False) as client:
        prepare(client.app.state.services)  # as a server does: what all wait for is not the answer time of the first
        yield client


def found(client: TestClient, phases: dict[str, dict], party: str = "", **generation: object) -> tuple[list[str], int]:
    """What generated requests show that should not be, and how many were sent."""
    enabled = {name: {"enabled": name in phases, **phases.get(name, {})} for name in PHASES}
    project = {
        "phases": enabled,
        "checks": CHECKS,
        "generation": {"deterministic": True, "no-shrink": True, "database": "none", **generation},
        "parameters": {"path.party_id": party} if party else {},
        "seed": 7,
    }
    schema = openapi.from_asgi("/v1/openapi.json", client.app, config=SchemathesisConfig.from_dict(project))
    schema = schema.exclude(path=ENDLESS)
    faults, sent = set[str](), 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            faults.add(f"{event.label}: {event.value!r}")
        if isinstance(event, events.ScenarioFinished):
            sent += len(event.recorder.interactions)
            for case_id, checks in event.recorder.checks.items():
                answer = event.recorder.interactions.get(case_id)
                for node in checks:
                    if node.failure_info is not None:
                        request = event.recorder.cases[case_id].value.as_curl_command()[:400]
                        status = answer.response.status_code if answer and answer.response else None
                        what = node.failure_info.failure.message[:300]
                        faults.add(f"{event.recorder.label} {node.name} {status} {what}\n  {request}")
    return sorted(faults), sent


def test_examples_and_edges_of_every_parameter(served: TestClient, demo: Demo) -> None:
    faults, sent = found(served, {"examples": {}, "coverage": {}}, demo.party)
    assert faults == []
    assert sent > 500


def test_generated_requests_to_every_operation(served: TestClient, demo: Demo) -> None:
    faults, sent = found(served, {"fuzzing": {}}, demo.party, **{"max-examples": 4})
    assert faults == []
    assert sent > 150


def test_sequences_that_follow_what_was_answered(served: TestClient) -> None:
    faults, sent = found(served, {"stateful": {}}, **{"max-examples": 6})
    assert faults == []
    assert sent > 20


@pytest.mark.slow
def test_many_generated_requests_and_sequences(served: TestClient, demo: Demo) -> None:
    faults, _ = found(served, {"fuzzing": {}, "stateful": {}}, demo.party, **{"max-examples": 150})
    assert faults == []


def test_problems_are_described_in_both_languages(served: TestClient) -> None:
    described = served.get("/v1/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    titles = described["components"]["responses"]["Problem404"]["content"]["application/problem+json"]["examples"]
    assert [titles[language]["value"]["title"] for language in ("en", "zh")] == ["Not found", "未找到"]


def test_a_refused_method_names_all_that_are_allowed(served: TestClient) -> None:
    assert served.delete("/v1/decisions").headers["allow"] == "GET, POST"
