"""Row-level limits: a reader of one portfolio sees its parties, and nobody else's name in any answer about them."""

import json

import pytest

from graphcredit.store import CreditStore
from graphcredit_api.auth.access import remembered
from graphcredit_api.auth.roles import LOCAL
from graphcredit_api.auth.users import create_user
from graphcredit_api.masking import mask_view, masked
from tests.api.conftest import PASSWORD
from tests.support.demo import Demo
from tests.support.stores import facts

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def nora(secured, demo: Demo) -> dict[str, str]:
    """An analyst of a portfolio that holds one party."""
    store: CreditStore = secured.app.state.services.store
    row = store.read("parties", where={"party_id": [demo.party]}).to_pylist()[0]
    known = {name: row[name] for name in ("party_id", "kind", "name", "industry", "region")}
    attributes = json.dumps({**json.loads(row["attributes"] or "{}"), "portfolio": "south"}, sort_keys=True)
    changed = facts("parties", [known | {"attributes": attributes, "recorded_at": "2026-06-30 12:00:00"}])
    store.upsert("parties", changed)
    create_user(store, "nora.south", PASSWORD, "analyst", portfolios=["south"])
    token = secured.post("/v1/auth/token", json={"name": "nora.south", "password": PASSWORD}).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def others(secured, demo: Demo) -> list[str]:
    network = secured.app.state.services.desk.network()
    return [str(party) for party in network.ids if str(party) != demo.party]


def test_answers_about_ones_own_party_name_nobody_else(secured, nora, demo: Demo) -> None:
    base, foreign = f"/v1/parties/{demo.party}", set(others(secured, demo))
    for path in ("/network", "/groups"):
        answer = secured.get(base + path, headers=nora)
        assert answer.status_code == 200
        assert demo.party in answer.text
        assert not {party for party in foreign if f'"{party}"' in answer.text}, path
    stress = secured.post("/v1/stress", json={"shock": {demo.party: 1.0}}, headers=nora).json()
    assert {row["party_id"] for row in stress["parties"]} <= {demo.party}
    book = secured.get("/v1/portfolio", headers=nora).json()
    assert not foreign & {row["party_id"] for row in book["worst_sources"] + book["largest"]}


def test_what_belongs_to_others_is_as_if_it_did_not_exist(secured, nora, tokens, demo: Demo) -> None:
    loan = {"party_id": "F000003", "product": "loan", "amount": "1000.00", "tenor_days": 90, "payments": 3}
    header = {"Authorization": f"Bearer {tokens['analyst']}"}
    made = secured.post("/v1/decisions", json=loan, headers=header).json()["decision_id"]
    job = secured.post("/v1/stress/jobs", json={"kind": "each", "top": 3}, headers=header).json()["job_id"]
    for method, path, body in (
        ("get", "/v1/parties/F000003", None),
        ("get", f"/v1/parties/{demo.party}/paths/F000003", None),
        ("get", f"/v1/decisions/{made}", None),
        ("get", f"/v1/decisions/{made}/replay", None),
        ("post", f"/v1/decisions/{made}/settle", {}),
        ("post", "/v1/decisions", loan),
        ("post", "/v1/applications/check", loan),
        ("post", "/v1/orders/check", {"party_id": "F000003", "amount": "1"}),
        ("post", "/v1/parties/F000003/hold", {"reason": "not mine"}),
        ("post", "/v1/stress", {"shock": {"F000003": 1}}),
        ("post", "/v1/stress/jobs", {"kind": "each", "parties": ["F000003"]}),
        ("get", f"/v1/jobs/{job}", None),
        ("get", f"/v1/jobs/{job}/result", None),
        ("post", f"/v1/jobs/{job}/cancel", None),
    ):
        assert secured.request(method, path, json=body, headers=nora).status_code == 404, path
    many = secured.post("/v1/decisions/bulk", json={"applications": [loan]}, headers=nora).json()
    assert many["results"][0]["problem"]["code"] == "not_found"
    assert secured.post("/v1/scores", json={"party_ids": ["F000003"]}, headers=nora).json()["scores"] == []
    assert made not in secured.get("/v1/decisions", headers=nora).text


def test_masking_keeps_ties_together() -> None:
    view = {"nodes": [{"id": "A", "name": "Own"}, {"id": "AB", "name": "Foreign Ltd"}], "edges": [{"source": "A", "target": "AB",
            "title": "A sells to AB (Foreign Ltd)"}]}  # fmt: skip
    shown = mask_view(view, {"A"})
    assert [node["id"] for node in shown["nodes"]] == ["A", "?1"]
    assert shown["edges"] == [{"source": "A", "target": "?1", "title": "A sells to ?1 (?)"}]
    assert mask_view(view, None) is view
    assert masked(["x"], []) == ["x"]


async def _asked(services, look):
    return await remembered(services, "token:vera", look)


def test_who_asks_is_known_for_a_while_without_the_store(secured) -> None:
    import asyncio

    from graphcredit.exc import AuthenticationError, StoreUnavailableError
    from graphcredit_api.services import Services

    services = Services(secured.app.state.services.settings, secured.app.state.services.store)

    def away():
        raise StoreUnavailableError("away")

    def gone():
        raise AuthenticationError("shut out")

    with pytest.raises(StoreUnavailableError):
        asyncio.run(_asked(services, away))
    assert asyncio.run(_asked(services, lambda: LOCAL)) is LOCAL
    assert asyncio.run(_asked(services, away)) is LOCAL
    with pytest.raises(AuthenticationError):
        asyncio.run(_asked(services, gone))
    with pytest.raises(StoreUnavailableError):
        asyncio.run(_asked(services, away))  # whoever was shut out is not remembered
