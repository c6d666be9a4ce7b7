"""The text of each policy decided under, kept by its hash, so that decisions can be replayed."""

from contextlib import suppress
from weakref import WeakKeyDictionary

from graphcredit.decisions.amounts import plain
from graphcredit.decisions.canonical import digest
from graphcredit.decisions.policy import Policy
from graphcredit.decisions.policy.load import policy_from
from graphcredit.exc import ConflictError, NotFoundError
from graphcredit.store import CreditStore, Record

TEXTS = "policy_text"
_TEXTS_KEPT: "WeakKeyDictionary[CreditStore, list[tuple[Policy, str]]]" = WeakKeyDictionary()
"""Policies whose text a store is known to keep, with its hash: texts are never removed."""


def keep_policy(store: CreditStore, policy: Policy) -> str:
    """Keep the text of a policy, so that decisions under it can be replayed; returns its hash."""
    kept = _TEXTS_KEPT.setdefault(store, [])
    for known, name in kept:
        if known is policy:
            return name
    body = plain(policy.model_dump(mode="json"))
    name = digest(body)
    if store.get_record(TEXTS, name) is None:
        with suppress(ConflictError):  # another writer kept the same text
            store.put_records([Record(TEXTS, name, {"label": policy.label, "policy": body})])
    kept.append((policy, name))
    del kept[:-8]
    return name


def policy_by_hash(store: CreditStore, policy_hash: str) -> Policy:
    """The policy that a decision was taken under.

    Raises:
        NotFoundError: its text is not in the store.
    """
    found = store.get_record(TEXTS, policy_hash)
    if found is None:
        raise NotFoundError(f"the policy {policy_hash[:12]} is not in the store", remedy="copy it with the decisions")
    return policy_from(dict(found.body["policy"]), name=str(found.body["label"]))
