"""Entity tags: what did not change is not sent twice, what did is, and streams are not held back."""

import asyncio

import pytest

from graphcredit_api.etags import LARGEST, EntityTags
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")
READS = (
    "", "/score", "/headroom", "/exposure", "/limit", "/groups", "/network", "/holds", "/facts/transactions",
)  # fmt: skip


@pytest.mark.parametrize("what", READS)
def test_an_unchanged_answer_is_not_sent_twice(local, demo: Demo, what: str) -> None:
    url = f"/v1/parties/{demo.party}{what}"
    first = local.get(url)
    assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
    again = local.get(url, headers={"If-None-Match": f'W/"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-request-id"]
    assert local.get(url, headers={"If-None-Match": '"other"'}).json() == first.json()


def test_a_changed_answer_has_another_tag(local, demo: Demo) -> None:
    url, body = "/v1/parties/F000005/holds", {"reason": "invoice in dispute"}
    before = local.get(url)
    assert local.post("/v1/parties/F000005/hold", json=body).status_code == 201
    after = local.get(url, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]


def test_faults_and_writes_carry_no_tag(local) -> None:
    assert "etag" not in local.get("/v1/parties/nobody").headers
    assert "etag" not in local.post("/v1/scores", json={"party_ids": ["x"]}).headers
    assert "etag" not in local.get("/metrics").headers


@pytest.mark.parametrize(("kind", "size"), [(b"text/event-stream", 10), (b"application/json", LARGEST)])
def test_streams_and_the_largest_answers_pass_as_they_come(kind: bytes, size: int) -> None:
    sent: list[dict] = []

    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        for more in (True, True, False):
            await send({"type": "http.response.body", "body": b"x" * size, "more_body": more})
            if kind == b"text/event-stream":
                assert sent[-1]["body"] == b"x" * size  # on its way before the next one is made

    async def collect(message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/v1/x", "headers": []}
    asyncio.run(EntityTags(app)(scope, None, collect))
    assert sum(len(message.get("body", b"")) for message in sent) == 3 * size
    assert not [name for name, _ in sent[0]["headers"] if name == b"etag"]
