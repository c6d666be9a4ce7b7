"""Who may do what: every route tried by every role, tokens that must not work, keys, throttling."""

import jwt
import pytest

from graphcredit.store import CreditStore
from graphcredit_api.auth.keys import create_key, revoke_key
from graphcredit_api.auth.users import create_user
from tests.api.conftest import KEY, PASSWORD, TestClient
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")
PUBLIC = {
    ("GET", "/v1/health"),
    ("GET", "/v1/ready"),
    ("GET", "/metrics"),
    ("POST", "/v1/auth/token"),
    ("POST", "/v1/auth/refresh"),
}
EVERYBODY, DOERS = {"viewer", "analyst", "approver", "administrator"}, {"analyst", "approver"}
TABLE: dict[tuple[str, str], set[str]] = {
    ("GET", "/v1/auth/me"): EVERYBODY,
    ("GET", "/v1/parties"): EVERYBODY,
    ("GET", "/v1/parties/{party_id}"): EVERYBODY,
    ("GET", "/v1/parties/{party_id}/facts/{table}"): EVERYBODY,
    ("GET", "/v1/parties/{party_id}/groups"): EVERYBODY,
    ("GET", "/v1/parties/{party_id}/exposure"): EVERYBODY,
    ("GET", "/v1/parties/{party_id}/headroom"): EVERYBODY,
    ("GET", "/v1/parties/{party_id}/limit"): EVERYBODY,
    ("GET", "/v1/parties/{party_id}/score"): EVERYBODY,
    ("GET", "/v1/parties/{party_id}/network"): EVERYBODY,
    ("GET", "/v1/parties/{party_id}/paths/{target_id}"): EVERYBODY,
    ("POST", "/v1/scores"): {"analyst"},
    ("POST", "/v1/stress"): {"analyst", "approver", "administrator"},
    ("POST", "/v1/decisions"): DOERS,
    ("GET", "/v1/decisions"): EVERYBODY,
    ("GET", "/v1/decisions/{decision_id}"): EVERYBODY,
    ("GET", "/v1/decisions/{decision_id}/replay"): EVERYBODY,
    ("POST", "/v1/decisions/{decision_id}/approve"): {"approver"},
    ("POST", "/v1/decisions/{decision_id}/override"): {"approver"},
    ("POST", "/v1/orders/check"): DOERS,
    ("POST", "/v1/parties/{party_id}/hold"): {"analyst"},
    ("POST", "/v1/parties/{party_id}/release"): {"approver"},
    ("GET", "/v1/policies/current"): EVERYBODY,
    ("GET", "/v1/policies/default"): EVERYBODY,
    ("GET", "/v1/models"): EVERYBODY,
    ("GET", "/v1/portfolio"): EVERYBODY,
    ("GET", "/v1/groups"): EVERYBODY,
    ("POST", "/v1/facts/{table}"): {"analyst"},
    ("POST", "/v1/applications/check"): {"analyst", "approver", "administrator"},
    ("POST", "/v1/decisions/bulk"): {"analyst"},
    ("GET", "/v1/overrides"): EVERYBODY,
    ("POST", "/v1/decisions/{decision_id}/settle"): DOERS,
    ("GET", "/v1/parties/{party_id}/holds"): EVERYBODY,
    ("GET", "/v1/policies"): EVERYBODY,
    ("POST", "/v1/policies"): {"administrator"},
    ("GET", "/v1/policies/{label}"): EVERYBODY,
    ("GET", "/v1/policies/{label}/diff/{other}"): EVERYBODY,
    ("POST", "/v1/policies/check"): {"analyst", "approver", "administrator"},
    ("POST", "/v1/policies/simulate"): {"analyst", "approver", "administrator"},
    ("GET", "/v1/models/{model_id}"): EVERYBODY,
    ("GET", "/v1/models/{model_id}/card"): EVERYBODY,
    ("GET", "/v1/models/{model_id}/compare/{other_id}"): EVERYBODY,
    ("POST", "/v1/models/{model_id}/promote"): {"administrator"},
    ("POST", "/v1/stress/jobs"): {"analyst", "approver", "administrator"},
    ("GET", "/v1/alerts"): EVERYBODY,
    ("GET", "/v1/alerts/stream"): EVERYBODY,
    ("POST", "/v1/alerts/check"): {"analyst"},
    ("GET", "/v1/reviews"): EVERYBODY,
    ("POST", "/v1/reviews"): {"analyst"},
    ("GET", "/v1/jobs"): EVERYBODY,
    ("GET", "/v1/jobs/{job_id}"): EVERYBODY,
    ("GET", "/v1/jobs/{job_id}/result"): EVERYBODY,
    ("POST", "/v1/jobs/{job_id}/cancel"): EVERYBODY,
    ("GET", "/v1/book/risk"): EVERYBODY,
    ("GET", "/v1/overdue"): EVERYBODY,
    ("GET", "/v1/parties/{party_id}/case"): EVERYBODY,
    ("POST", "/v1/parties/{party_id}/case/steps"): {"analyst"},
    ("GET", "/v1/e-receivables"): EVERYBODY,
    ("POST", "/v1/e-receivables"): DOERS,
    ("GET", "/v1/e-receivables/{certificate_id}"): EVERYBODY,
    ("POST", "/v1/e-receivables/{certificate_id}/transfer"): {"analyst"},
    ("POST", "/v1/e-receivables/{certificate_id}/redeem"): DOERS,
    ("GET", "/v1/audit"): {"administrator"},
    ("GET", "/v1/audit/verify"): {"administrator"},
}


class Filled(dict):
    """Values for a path's parameters; "none" where none is given."""

    def __missing__(self, name: str) -> str:
        return "none"


def routes(client) -> set[tuple[str, str]]:
    described = client.get("/v1/openapi.json").json()["paths"]
    return {(method.upper(), path) for path, methods in described.items() for method in methods}


def test_every_route_is_in_the_table(secured) -> None:
    assert routes(secured) == set(TABLE) | PUBLIC


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_every_route_is_tried_by_every_role(secured, tokens, role: str, demo: Demo) -> None:
    allowed, refused = set(), set()
    for method, path in TABLE:
        url = path.format_map(Filled(party_id=demo.party, target_id=demo.party, table="payments"))
        body = {} if method == "POST" else None
        answer = secured.request(
            method,
            url,
            json=body,
            headers={
                "Authorization": f"Bearer {tokens[role]}",
                "Last-Event-ID": "rubbish",
            },  # no stream that stays open
            params={"q": "x"},
        )
        assert answer.status_code < 500, (method, path, answer.text)
        (refused if answer.status_code == 403 else allowed).add((method, path))
    assert allowed == {route for route, roles in TABLE.items() if role in roles}
    assert refused == set(TABLE) - allowed


def test_nobody_gets_nothing(secured, demo: Demo) -> None:
    for method, path in TABLE:
        url = path.format_map(Filled(party_id=demo.party, target_id=demo.party, table="payments"))
        assert secured.request(method, url, json={}).status_code == 401


def forged(**changes) -> str:
    import time

    now = int(time.time())
    claims = {"iss": "graphcredit", "aud": "graphcredit", "sub": "ada", "typ": "access", "iat": now, "exp": now + 600}
    claims |= changes.pop("claims", {})
    return jwt.encode(claims, changes.get("key", KEY), algorithm=changes.get("algorithm", "HS256"))


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(lambda: jwt.encode({"sub": "ada"}, "", algorithm="none"), id="algorithm none"),
        pytest.param(lambda: forged(key="another" * 8), id="another key"),
        pytest.param(lambda: forged(claims={"exp": 1}), id="expired"),
        pytest.param(lambda: forged(claims={"iss": "elsewhere"}), id="another issuer"),
        pytest.param(lambda: forged(claims={"typ": "refresh"}), id="another type"),
        pytest.param(lambda: forged(claims={"sub": "nobody"}), id="unknown user"),
        pytest.param(lambda: "not.a.token", id="malformed"),
        pytest.param(lambda: "gck_000000_aaaa", id="unknown key"),
    ],
)
def test_false_tokens_are_refused(secured, token) -> None:
    answer = secured.get("/v1/portfolio", headers={"Authorization": f"Bearer {token()}"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_role_in_the_token_is_not_believed(secured) -> None:
    swapped = forged(claims={"sub": "vera", "role": "administrator"})
    answer = secured.post("/v1/stress", json={"shock": {"F000001": 1}}, headers={"Authorization": f"Bearer {swapped}"})
    assert answer.status_code == 403


def test_a_refresh_token_works_once(secured) -> None:
    first = secured.post("/v1/auth/token", json={"name": "vera", "password": PASSWORD}).json()
    again = secured.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert again.status_code == 200
    assert secured.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]}).status_code == 401


def store_of(client) -> CreditStore:
    return client.app.state.services.store


def test_api_keys_are_scoped_and_revocable(secured, demo: Demo) -> None:
    key = create_key(store_of(secured), "erp", scopes=["read"])
    header = {"X-API-Key": key}
    assert secured.get(f"/v1/parties/{demo.party}", headers=header).status_code == 200
    assert (
        secured.post("/v1/orders/check", json={"party_id": demo.party, "amount": "1"}, headers=header).status_code
        == 403
    )
    revoke_key(store_of(secured), key.split("_")[1])
    assert secured.get(f"/v1/parties/{demo.party}", headers=header).status_code == 401


def test_a_portfolio_hides_the_others(secured, demo: Demo) -> None:
    create_user(store_of(secured), "nora", PASSWORD, "analyst", portfolios=["north"])
    token = secured.post("/v1/auth/token", json={"name": "nora", "password": PASSWORD}).json()["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    assert secured.get(f"/v1/parties/{demo.party}", headers=header).status_code == 404
    assert secured.get(f"/v1/parties/{demo.party}/score", headers=header).status_code == 404
    assert secured.get("/v1/decisions", headers=header).json()["decisions"] == []
    assert secured.get("/v1/parties", params={"q": demo.party}, headers=header).json()["parties"] == []


def test_guessing_passwords_slows_down_the_guesser_and_nobody_else(secured) -> None:
    guesser = TestClient(secured.app, client=("203.0.113.9", 50_000), raise_server_exceptions=False)
    answers = [
        guesser.post("/v1/auth/token", json={"name": "guess", "password": f"wrong password {k}"}) for k in range(8)
    ]
    codes = [answer.status_code for answer in answers]
    assert codes[:5] == [401] * 5
    assert 429 in codes[5:]
    assert int(answers[codes.index(429)].headers["retry-after"]) >= 1
    assert secured.post("/v1/auth/token", json={"name": "anna", "password": PASSWORD}).status_code == 200


def test_the_console_asks_for_sign_in_and_for_its_forms_token(secured) -> None:
    secured.cookies.clear()
    page = secured.get("/", headers={"Accept": "text/html"}, follow_redirects=False)
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in")
    signed = secured.post("/sign-in", data={"name": "anna", "password": PASSWORD}, follow_redirects=False)
    assert signed.status_code == 303
    assert "HttpOnly" in signed.headers["set-cookie"]
    assert secured.post("/sign-out", follow_redirects=False).status_code == 403
    secured.cookies.clear()
