"""Records and claims in Neo4j: nodes locked in a fixed order, so that checks hold until the transaction ends."""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from neo4j import Transaction

from graphcredit.exc import ConflictError
from graphcredit.jsonable import body_text
from graphcredit.store.base import Claim, Record
from graphcredit.store.neo4j.statements import statement

LABELS = {"score": "Score", "decision": "Decision", "alert": "Alert"}


def key_of(kind: str, record_id: str) -> str:
    """The key of a record's head."""
    return f"{kind}\x1f{record_id}"


def put(transaction: Transaction, records: Sequence[Record], claims: Sequence[Claim]) -> None:
    """Write claims and records in the caller's transaction.

    Raises:
        CapacityError, ConflictError: see the port.
    """
    writer = secrets.token_hex(8)
    held: dict[str, dict[str, Decimal]] = {}
    for resource in sorted({claim.resource for claim in claims}):
        found = transaction.run(statement("records/lock_resource"), resource=resource, writer=writer).single(
            strict=True
        )
        held[resource] = {claim_id: Decimal(amount) for claim_id, amount in found["claims"] if claim_id is not None}
    for claim in claims:
        taken = held[claim.resource]
        if claim.claim_id in taken:
            continue
        used = sum(taken.values(), Decimal(0))
        if (over := claim.over(used)) is not None:
            raise over
        taken[claim.claim_id] = claim.amount
        transaction.run(
            statement("records/write_claim"),
            resource=claim.resource,
            key=f"{claim.resource}\x1f{claim.claim_id}",
            claim_id=claim.claim_id,
            amount=str(claim.amount),
            capacity=str(claim.capacity),
        ).consume()
    for record in sorted(records, key=lambda record: key_of(record.kind, record.record_id)):
        _put_record(transaction, record, writer)


def _put_record(transaction: Transaction, record: Record, writer: str) -> None:
    key = key_of(record.kind, record.record_id)
    head = transaction.run(statement("records/lock_record"), key=key, writer=writer).single(strict=True)
    latest = int(head["revision"])
    if record.revision != latest + 1:
        raise ConflictError(
            f"{record.kind} {record.record_id} has revision {latest}, {record.revision} cannot follow it",
            remedy="read it again and repeat the change",
            kind=record.kind,
            record_id=record.record_id,
            revision=latest,
        )
    if latest:
        transaction.run(statement("records/retire_revision"), key=key).consume()
    at = record.at or datetime.now(UTC).replace(tzinfo=None)
    transaction.run(
        statement("records/write_record", label=LABELS.get(record.kind, "Document")),
        key=key,
        kind=record.kind,
        record_id=record.record_id,
        revision=record.revision,
        party_id=record.party_id,
        at=at.isoformat(timespec="microseconds"),
        body=body_text(record.body),
    ).consume()
    if record.party_id is not None:
        about = statement("records/about")
        transaction.run(about, key=key, revision=record.revision, party_id=record.party_id).consume()


def restore(transaction: Transaction, written: Sequence[Record], claims: Sequence[Claim]) -> None:
    """Create what is not there, without checks, and mark the latest revision of each record."""
    for kind in sorted({record.kind for record in written}):
        rows = [
            {
                "key": key_of(kind, record.record_id),
                "kind": kind,
                "record_id": record.record_id,
                "revision": record.revision,
                "party_id": record.party_id,
                "at": record.at.isoformat(timespec="microseconds") if record.at else None,
                "body": body_text(record.body),
            }
            for record in written
            if record.kind == kind
        ]
        label = LABELS.get(kind, "Document")
        transaction.run(statement("records/restore_records", label=label), rows=rows).consume()
    listed = [
        {
            "resource": claim.resource,
            "key": f"{claim.resource}\x1f{claim.claim_id}",
            "claim_id": claim.claim_id,
            "amount": str(claim.amount),
            "capacity": str(claim.capacity),
        }
        for claim in claims
    ]
    if listed:
        transaction.run(statement("records/restore_claims"), rows=listed).consume()


def to_record(node: Any) -> Record:
    """A record from its node."""
    at = node["written_at"]
    moment = at.to_native() if hasattr(at, "to_native") else at
    return Record(
        node["kind"], node["record_id"], json.loads(node["body"]), node.get("party_id"), moment, int(node["revision"])
    )
