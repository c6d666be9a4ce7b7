"""Policies in force: adopted versions are records, never edited, never dated back over decisions."""

from datetime import date

from graphcredit.decisions.amounts import plain
from graphcredit.decisions.policy.load import load_policy, policy_from
from graphcredit.decisions.policy.model import Policy
from graphcredit.exc import ConflictError, PolicyError
from graphcredit.store import CreditStore, Record

KIND = "policy"


def adopt_policy(store: CreditStore, policy: Policy, *, by: str, today: date) -> Record:
    """Put a policy into force from its `effective_from`.

    Raises:
        PolicyError: it is dated in the past and would change decisions already taken.
        ConflictError: that version was adopted before.
    """
    if policy.effective_from < today:
        later = [
            record.record_id
            for record in store.find_records("decision", limit=1000)
            if str(record.body.get("as_of", "")) >= policy.effective_from.isoformat()
        ]
        if later:
            raise PolicyError(
                f"policy {policy.label} is dated {policy.effective_from}, in the past: it would change "
                f"{len(later)} decisions already taken, such as {later[-1]}",
                remedy=f"let it begin today ({today}) or later; use `policy simulate` to see its effect on the past",
                decisions=later[:20],
            )
    record = Record(KIND, policy.label, {"policy": plain(policy.model_dump(mode="json")), "adopted_by": by,
                                         "effective_from": policy.effective_from.isoformat()})  # fmt: skip
    try:
        store.put_records([record])
    except ConflictError:
        raise ConflictError(
            f"policy {policy.label} is adopted already", remedy="give the changed policy a new version"
        ) from None
    return record


def policy_in_force(store: CreditStore, day: date) -> Policy:
    """The adopted policy of a day: the one that began last by then; where none was adopted, the settings' or shipped one.

    Raises:
        PolicyError: the policy had ended by that day.
    """
    begun = [
        record
        for record in store.find_records(KIND, limit=1000)
        if str(record.body["effective_from"]) <= day.isoformat()
    ]
    if not begun:
        return load_policy()
    last = max(begun, key=lambda record: (str(record.body["effective_from"]), record.at, record.record_id))
    policy = policy_from(dict(last.body["policy"]), name=last.record_id)
    if policy.effective_to is not None and policy.effective_to < day:
        raise PolicyError(
            f"policy {policy.label} ended on {policy.effective_to}", remedy="adopt one that covers the day asked"
        )
    return policy
