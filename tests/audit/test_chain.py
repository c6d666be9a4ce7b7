"""The chain: whatever is done to a written log is seen, and where."""

import hashlib
import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcredit.audit import GENESIS, verify_chain
from graphcredit.audit.log import _chained


def chain(n: int) -> list[dict[str, Any]]:
    entries = [{"who": f"user{k}", "action": "GET /v1/portfolio", "object": {"k": k}, "status": 200} for k in range(n)]
    return _chained(entries, (0, GENESIS))[0]["entries"]


def test_hashes_are_sha256_over_predecessor_and_canonical_content() -> None:
    first, second = chain(2)
    for entry, previous in ((first, "0" * 64), (second, first["hash"])):
        content = {name: value for name, value in entry.items() if name != "hash"}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert entry["hash"] == hashlib.sha256((previous + "\n" + text).encode()).hexdigest()


def test_a_written_chain_is_sound() -> None:
    found = verify_chain(chain(5))
    assert (found.sound, found.entries, found.first_fault, found.head[0]) == (True, 5, None, 5)


@given(st.integers(1, 8), st.sampled_from(("who", "action", "object", "status", "hash", "at")))
def test_a_changed_entry_is_found_where_it_is(at: int, field: str) -> None:
    entries = deepcopy(chain(8))
    entries[at - 1][field] = "changed"
    found = verify_chain(entries)
    assert (found.sound, found.first_fault) == (False, at)
    assert found.head[0] == at - 1


@given(st.integers(1, 7))
def test_removed_inserted_and_moved_entries_are_found(at: int) -> None:
    whole = chain(8)
    removed = [entry for entry in whole if entry["n"] != at]
    inserted = [*whole[:at], whole[at - 1], *whole[at:]]
    moved = [*whole[: at - 1], whole[at], whole[at - 1], *whole[at + 1 :]]
    for changed in (removed, inserted, moved):
        assert not verify_chain(changed).sound


@pytest.mark.parametrize("left", [0, 3])
def test_a_cut_off_end_is_seen_beside_a_head_noted_earlier(left: int) -> None:
    whole = chain(5)
    head = {5: whole[-1]["hash"]}
    assert verify_chain(whole, expected=head).sound
    assert verify_chain(whole[:left]).sound  # the chain alone cannot know
    found = verify_chain(whole[:left], expected=head)
    assert (found.sound, found.first_fault) == (False, 5)


def test_a_log_written_anew_is_seen_beside_a_head_noted_earlier() -> None:
    forged = _chained([{"who": "another"}] * 5, (0, GENESIS))[0]["entries"]
    assert verify_chain(forged).sound
    assert not verify_chain(forged, expected={5: chain(5)[-1]["hash"]}).sound
