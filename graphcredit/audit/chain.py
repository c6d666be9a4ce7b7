"""The chain of hashes: each entry carries SHA-256 of its predecessor's hash and its own content.

An entry that is changed, removed from the middle, inserted or moved breaks the chain at that place. Cutting off the end, or
writing the whole chain anew, is seen by comparing with a head (number and hash) that was noted elsewhere before.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64
"""The hash before the first entry."""


@dataclass(frozen=True)
class Verdict:
    """What a check of the log found.

    Attributes:
        sound: whether every entry is as it was written.
        entries: how many were read. first_fault: number of the first entry that is not sound, None where all are.
        reason: what is wrong with it, "" where nothing is.
        head: number and hash of the last sound entry, to be noted elsewhere.
    """

    sound: bool
    entries: int
    first_fault: int | None
    reason: str
    head: tuple[int, str]


def entry_hash(previous: str, entry: Mapping[str, Any]) -> str:
    """SHA-256 over the predecessor's hash and the entry's content (all but its own `hash`) in canonical JSON."""
    content = {name: value for name, value in entry.items() if name != "hash"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def verify_chain(entries: Iterable[Mapping[str, Any]], *, expected: Mapping[int, str] | None = None) -> Verdict:
    """Check entries from the first one on.

    Args:
        entries: in ascending order of `n`.
        expected: number -> hash as noted earlier; each must be found.
    """
    wanted = dict(expected or {})
    count, number, previous = 0, 0, GENESIS
    for entry in entries:
        count += 1
        fault = _fault(entry, number + 1, previous, wanted)
        if fault:
            return Verdict(False, count, int(entry.get("n", number + 1)), fault, (number, previous))
        number, previous = int(entry["n"]), str(entry["hash"])
        wanted.pop(number, None)
    if wanted:
        missing = min(wanted)
        return Verdict(False, count, missing, f"entry {missing}, noted earlier, is not there", (number, previous))
    return Verdict(True, count, None, "", (number, previous))


def _fault(entry: Mapping[str, Any], number: int, previous: str, wanted: Mapping[int, str]) -> str:
    found = int(entry.get("n", 0))
    if found != number:
        return f"entry {number} should follow here, not {found}: entries were removed, inserted or moved"
    if entry.get("hash") != entry_hash(previous, entry):
        return f"entry {number} does not fit its hash: it or the one before it was changed"
    if number in wanted and wanted[number] != entry["hash"]:
        return f"entry {number} has another hash than was noted earlier: the log was written anew"
    return ""
