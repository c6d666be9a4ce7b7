"""What a person verified of a party: a number in a register, a visit on site; who, when, and what was found.

The finding is a record of the store (`verification`); the party's row gets a new version with `verification` and
`verified_on`, known from now on, so that a score of an earlier day stays as it was.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pyarrow as pa

from graphcredit.exc import InputError, NotFoundError
from graphcredit.model.identifiers import uscc_fault
from graphcredit.store import CreditStore, Record

KIND = "verification"
RANK = {"self_reported": 0, "registry": 1, "site_visit": 2}
Way = Literal["registry", "site_visit"]


@dataclass(frozen=True)
class Verification:
    """One check of a party. `number` is the credit code read in the register; `confirmed` is False where it contradicts."""

    party_id: str
    way: Way
    by: str
    on: date
    finding: str = ""
    number: str | None = None
    confirmed: bool = True


def record_verification(store: CreditStore, made: Verification) -> dict[str, Any]:
    """Write a verification down; the same one again changes nothing. Returns what is known of the party afterwards.

    A site visit outranks a register; a check that contradicts makes the party's facts self-reported again.

    Raises:
        NotFoundError: the store does not know the party.
        InputError: nobody made it, it lies in the future, or the number is wrong or another than the party's.
    """
    held = store.read("parties", where={"party_id": [made.party_id]})
    if not held.num_rows:
        raise NotFoundError(f"party {made.party_id!r} is not known", remedy="load it, or check its id")
    row = held.to_pylist()[0]
    _refuse(made, row)
    body = {**asdict(made), "on": made.on.isoformat()}
    key = hashlib.blake2b(json.dumps(body, sort_keys=True).encode(), digest_size=8).hexdigest()
    now = datetime.now(UTC).replace(tzinfo=None)
    fresh = store.get_record(KIND, key) is None
    before = row["verification"] if made.confirmed else None
    level = max(before or "self_reported", made.way, key=RANK.__getitem__) if made.confirmed else "self_reported"
    number = made.number if made.confirmed and made.number else row["uscc"]
    changed = {"verification": level, "verified_on": made.on if made.confirmed else None, "uscc": number}
    later = row["verified_on"] is not None and made.confirmed and row["verified_on"] > made.on
    if fresh and not later and any(row[name] != value for name, value in changed.items()):
        known_at = max(now, row["recorded_at"] + timedelta(microseconds=1))
        row |= {**changed, "recorded_at": known_at}
        store.upsert("parties", pa.Table.from_pylist([row], schema=held.schema))
    if fresh:  # after the facts: a check that was interrupted is made again as a whole
        store.put_records([Record(KIND, key, body, party_id=made.party_id, at=now)])
    return {
        "party_id": made.party_id,
        "new": fresh,
        **{name: row[name] for name in ("verification", "verified_on", "uscc")},
        "history": verifications(store, made.party_id),
    }


def _refuse(made: Verification, row: dict[str, Any]) -> None:
    if not made.by.strip():
        raise InputError("nobody is named who verified", remedy="add --by NAME")
    if made.on > datetime.now(UTC).date() + timedelta(days=1):  # it is tomorrow elsewhere
        raise InputError(f"{made.on} lies in the future", remedy="give the day of the check")
    if made.number is None:
        return
    if fault := uscc_fault(made.number):
        raise InputError(f"{made.number} is no unified social credit code: {fault}", remedy="read it again")
    if made.confirmed and row["uscc"] not in (None, made.number):
        raise InputError(
            f"the register says {made.number}, the store {row['uscc']}",
            remedy="record it as contradicting (--contradicts), or load the right number first",
        )


def verifications(store: CreditStore, party_id: str) -> list[dict[str, Any]]:
    """All checks of a party, the newest first."""
    return [dict(record.body) for record in store.find_records(KIND, party_id=party_id, limit=1000)]
