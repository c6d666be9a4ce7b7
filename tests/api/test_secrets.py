"""Secrets: tokens that are played with do not work, and no log line or audit entry of a whole session holds one."""

import base64
import hmac
import io
import json
import logging
import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from graphcredit import logs
from graphcredit.settings import Settings
from graphcredit.store import open_store
from graphcredit_api.app import create_app
from graphcredit_api.auth.keys import create_key, revoke_key
from graphcredit_api.auth.users import change_user, create_user
from tests.api.conftest import KEY, TestClient
from tests.support.demo import Demo

pytestmark = pytest.mark.xdist_group("demo")


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def claims(**changes: object) -> dict[str, object]:
    now = int(time.time())
    return {
        "iss": "graphcredit",
        "aud": "graphcredit",
        "sub": "ada",
        "typ": "access",
        "iat": now,
        "exp": now + 600,
    } | changes


def signed(header: dict[str, object], key: str, body: dict[str, object] | None = None, digest: str = "sha256") -> str:
    """A token with whatever header, signed by HMAC with whatever key."""
    text = f"{part(header)}.{part(body or claims())}"
    made = hmac.new(key.encode(), text.encode(), digest).digest()
    return f"{text}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


HS = {"alg": "HS256", "typ": "JWT"}
GAMES = {
    "kid to a file": lambda: signed({**HS, "kid": "/dev/null"}, ""),
    "kid to a known file": lambda: signed({**HS, "kid": "../../../../proc/sys/kernel/randomize_va_space"}, "2\n"),
    "kid with SQL": lambda: signed({**HS, "kid": "x' UNION SELECT 'aaaa'--"}, "aaaa"),
    "kid with a command": lambda: signed({**HS, "kid": "|/bin/true"}, "aaaa"),
    "a key set of its own": lambda: signed({**HS, "jku": "https://localhost/keys.json", "kid": "1"}, "aaaa"),
    "a certificate of its own": lambda: signed({**HS, "x5u": "https://localhost/c.pem"}, "aaaa"),
    "a key in the header": lambda: signed({**HS, "jwk": {"kty": "oct", "k": "YWFhYQ"}}, "aaaa"),
    "algorithm none": lambda: f"{part({'alg': 'none'})}.{part(claims())}.",
    "algorithm None": lambda: f"{part({'alg': 'None'})}.{part(claims())}.",
    "algorithm nOnE, signed": lambda: signed({"alg": "nOnE"}, KEY),
    "no algorithm": lambda: signed({"typ": "JWT"}, KEY),
    "a longer hash": lambda: signed({"alg": "HS512", "typ": "JWT"}, KEY, digest="sha512"),
    "RSA named": lambda: signed({"alg": "RS256", "typ": "JWT"}, KEY),
    "an empty key": lambda: signed(HS, ""),
    "no signature": lambda: signed(HS, KEY).rsplit(".", 1)[0] + ".",
    "half a signature": lambda: signed(HS, KEY)[:-10],
    "claims changed after signing": lambda: ".".join(
        [*signed(HS, KEY).split(".")[:1], part(claims(sub="root")), signed(HS, KEY).split(".")[2]]
    ),
    "must understand": lambda: signed({**HS, "crit": ["exp2"], "exp2": 1}, KEY),
    "no expiry": lambda: signed(HS, KEY, {k: v for k, v in claims().items() if k != "exp"}),
    "not yet": lambda: signed(HS, KEY, claims(nbf=int(time.time()) + 3600)),
    "issued tomorrow": lambda: signed(HS, KEY, claims(iat=int(time.time()) + 86_400)),
    "for somebody else": lambda: signed(HS, KEY, claims(aud="another")),
    "a name that is a list": lambda: signed(HS, KEY, claims(sub=["ada"])),
    "a name that is an injection": lambda: signed(HS, KEY, claims(sub="ada' OR '1'='1")),
}


@pytest.mark.parametrize("game", GAMES)
def test_tokens_that_are_played_with(secured, game: str) -> None:
    for headers in ({"Authorization": f"Bearer {GAMES[game]()}"}, {"Cookie": f"graphcredit_session={GAMES[game]()}"}):
        answer = secured.get("/v1/portfolio", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_an_honest_token_with_a_key_id_is_just_a_token(secured) -> None:
    good = {"Authorization": f"Bearer {signed({**HS, 'kid': 'whatever'}, KEY)}"}
    assert secured.get("/v1/auth/me", headers=good).json()["name"] == "ada"


PASSWORD, NEXT, GUESS = "marmalade-sandwich-7", "another-marmalade-8", "guessed-wrong-password-9"


@pytest.fixture
def talkative(demo: Demo, tmp_path, monkeypatch, caplog) -> Iterator[TestClient]:
    """A server that logs everything it can; the test client's own lines are not the server's."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx")
    lines = io.StringIO()
    monkeypatch.setattr("sys.stderr", lines)
    url = demo.copy(tmp_path / "demo").url
    given = Settings(
        store=url, auth="required", secret_key=SecretStr(KEY), log_level="DEBUG", log_format="json",
        rate_limit_per_minute=1_000_000,
    )  # fmt: skip
    with open_store(url) as store, TestClient(create_app(given, store), raise_server_exceptions=False) as client:
        client.app.state.lines = lines
        monkeypatch.undo()
        yield client
    logs.configure()


def session(client: TestClient) -> list[str]:
    """What a day of use may leave behind; returns every secret in it."""
    store = client.app.state.services.store
    create_user(store, "wang", PASSWORD, "analyst")
    key = create_key(store, "erp", scopes=["read"])
    token = client.post("/v1/auth/token", json={"name": "wang", "password": PASSWORD}).json()
    again = client.post("/v1/auth/refresh", json={"refresh_token": token["refresh_token"]}).json()
    client.post("/v1/auth/refresh", json={"refresh_token": token["refresh_token"]})  # used up
    bearer = {"Authorization": f"Bearer {again['access_token']}"}
    client.get("/v1/portfolio", headers=bearer)
    client.get("/v1/portfolio", headers={"X-API-Key": key})
    client.get("/v1/portfolio", headers={"Authorization": f"Bearer {key}"})
    client.get("/v1/parties", params={"q": "x", "api_key": key, "token": again["access_token"]}, headers=bearer)
    client.post("/v1/auth/token", json={"name": "wang", "password": GUESS})
    client.post("/v1/auth/token", json={"name": GUESS, "password": "x"})  # typed into the wrong field
    client.post("/v1/auth/token", json={"name": "wang", "password": [PASSWORD]})
    client.post("/v1/auth/token", json={"nome": "wang", "passwort": PASSWORD})
    client.post("/v1/auth/token", content=f'{{"name": "wang", "password": "{PASSWORD}"')
    client.get("/v1/portfolio", headers={"Authorization": f"Bearer {again['access_token']}x"})
    client.get("/v1/portfolio", headers={"Authorization": f"Basic {PASSWORD}"})
    client.get("/v1/portfolio", headers={"X-API-Key": f"{key}x"})
    revoke_key(store, key.split("_")[1])
    client.get("/v1/portfolio", headers={"X-API-Key": key})
    signed_in = client.post("/sign-in", data={"name": "wang", "password": PASSWORD}, follow_redirects=False)
    client.post("/sign-in", data={"name": "wang", "password": GUESS})
    client.get("/", headers={"Accept": "text/html"})
    client.post("/sign-out", data={"csrf_token": "nonsense"})
    cookies = [cookie.value for cookie in client.cookies.jar if cookie.name != "lang"]
    assert signed_in.status_code == 303
    assert cookies
    change_user(store, "wang", password=NEXT)
    client.post("/v1/auth/token", json={"name": "wang", "password": NEXT})
    secrets = [PASSWORD, NEXT, GUESS, KEY, key, key.split("_", 2)[2], *cookies]
    secrets += [token["access_token"], token["refresh_token"], again["access_token"], again["refresh_token"]]
    return [*secrets, *(each.rsplit(".", 1)[-1] for each in secrets if each.count(".") == 2)]


def test_nothing_that_is_written_down_holds_a_secret(talkative, caplog) -> None:
    secrets = session(talkative)
    store = talkative.app.state.services.store
    talkative.app.state.services.audited.close()
    lines = talkative.app.state.lines.getvalue() + "\n".join(record.getMessage() for record in caplog.records)
    assert '"path": "/v1/auth/token"' in lines  # it did log
    kept = json.dumps([dict(record.body) for record in store.find_records("audit", limit=1000)], default=str)
    entries = [record for record in store.every_record() if record.kind.startswith("audit")]
    kept += json.dumps([dict(record.body) for record in entries], default=str)
    assert "/v1/auth/token" in kept
    assert [secret for secret in secrets if secret in lines] == []
    assert [secret for secret in secrets if secret in kept] == []


def test_what_is_stored_of_a_secret_is_a_hash(talkative) -> None:
    secrets = session(talkative)
    store = talkative.app.state.services.store
    held = json.dumps([dict(record.body) | {"id": record.record_id} for record in store.every_record()], default=str)
    assert [secret for secret in secrets if secret in held] == []


def test_a_wrong_body_is_not_repeated_in_its_answer(talkative) -> None:
    for body in ({"name": "wang", "password": [PASSWORD]}, {"name": "wang", "password": PASSWORD, "x": PASSWORD}):
        assert PASSWORD not in talkative.post("/v1/auth/token", json=body).text
