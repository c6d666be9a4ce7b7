"""Users and keys from the command line: changed, shut out, revoked, and each step in the audit log."""

from pathlib import Path

import pytest

from graphcredit.exc import AuthenticationError
from graphcredit.store import open_store
from graphcredit_api.auth.keys import principal_of_key
from graphcredit_api.auth.users import LoginThrottle, log_in
from tests.support.demo import graphcredit

PASSWORD = "correct horse battery"


def test_a_users_life(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'users.duckdb'}"
    assert graphcredit("user", "create", "li.wei", "--role", "analyst", "--store", url, stdin=PASSWORD + "\n").code == 0
    assert graphcredit("user", "change", "li.wei", "--role", "approver", "--store", url).code == 0
    with open_store(url) as store:
        assert log_in(store, LoginThrottle(), "li.wei", PASSWORD, "here").role == "approver"
    new = "another horse battery"
    assert graphcredit("user", "change", "li.wei", "--password", "--store", url, stdin=new + "\n").code == 0
    assert graphcredit("user", "change", "li.wei", "--inactive", "--store", url).code == 0
    with open_store(url) as store, pytest.raises(AuthenticationError):
        log_in(store, LoginThrottle(), "li.wei", new, "here")
    assert graphcredit("user", "change", "li.wei", "--store", url).code == 2
    assert graphcredit("user", "change", "nobody", "--inactive", "--store", url).code == 3
    entries = graphcredit("audit", "list", "--store", url, "--json").json["entries"]
    assert [entry["action"] for entry in reversed(entries)] == ["user create", *["user change"] * 3]
    assert PASSWORD not in str(entries)
    assert new not in str(entries)


def test_a_revoked_key_is_useless(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'keys.duckdb'}"
    made = graphcredit("user", "key", "erp", "--scope", "read", "--store", url, "--json").json["key"]
    with open_store(url) as store:
        assert principal_of_key(store, made).name == "key:erp"
    assert graphcredit("user", "revoke", made.split("_")[1], "--store", url).code == 0
    told = graphcredit("user", "keys", "--store", url, "--json").json["keys"]
    assert told[0]["active"] is False
    entries = graphcredit("audit", "list", "--store", url, "--json").json["entries"]
    assert [entry["action"] for entry in entries] == ["user revoke", "user key"]
    assert made.split("_")[2] not in str(entries)
    assert graphcredit("user", "revoke", "none", "--store", url).code == 3
