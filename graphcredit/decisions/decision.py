"""A decision as it is recorded and answered: who asked for what, on which inputs, under which policy, and what came of it."""

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from graphcredit.decisions.book_lines import BookEffect
from graphcredit.decisions.canonical import Lately, canonical, in_order
from graphcredit.decisions.gather import Inputs
from graphcredit.decisions.judge import Answer
from graphcredit.decisions.texts import Frozen
from graphcredit.jsonable import JsonText
from graphcredit.store import Record

KIND = "decision"
ON_TOP = ("outcome", "amount", "tenor_days", "rate", "fee", "conditions", "reasons")
"""Fields of the answer that are written beside it, for whoever reads no more."""
_WRITTEN = Lately[bytes]()


class Step(Frozen):
    """One thing that happened to a decision: decided, approved, rejected, overridden, settled."""

    action: str
    by: str
    at: datetime
    reason: str = ""
    level: int = 0


class Approval(Frozen):
    """Who must agree, who has, and whether the decision counts."""

    level: int
    needed: int
    given: tuple[str, ...] = ()
    state: str  # final, pending, rejected


class Held(Frozen):
    """What a decision holds of something scarce."""

    resource: str
    amount: Decimal


class Decision(Frozen):
    """A decision as recorded; `answer` counts once `approval.state` is final."""

    decision_id: str
    at: datetime
    as_of: date
    by: str
    policy: str
    policy_hash: str
    model_id: str | None
    inputs_hash: str
    inputs: Inputs
    answer: Answer
    approval: Approval
    history: tuple[Step, ...]
    book: BookEffect | None = None
    claims: tuple[Held, ...] = ()
    revision: int = 1

    @property
    def outcome(self) -> str:
        """approve, approve_with_conditions, refer or decline."""
        return self.answer.outcome.value

    @property
    def party_id(self) -> str:
        """Who applied."""
        return self.inputs.application.party_id

    def text(self) -> bytes:
        """As JSON, decimals as text; the answer's main fields on top."""
        return _WRITTEN.of(self, Decision._written)

    def to_json(self) -> dict[str, Any]:
        """The same, JSON-able."""
        return dict(json.loads(self.text()))

    def _written(self) -> bytes:
        answer = dict(self.answer.__dict__)
        top = {name: answer.pop(name) for name in ON_TOP}
        content = {
            "decision_id": self.decision_id,
            "application_id": self.inputs.application.application_id,
            "party_id": self.party_id,
            "product": self.inputs.application.product,
            **top,
            "currency": self.inputs.application.currency,
            "at": self.at,
            "as_of": self.as_of,
            "by": self.by,
            "policy": self.policy,
            "policy_hash": self.policy_hash,
            "model_id": self.model_id,
            "inputs_hash": self.inputs_hash,
            "approval": self.approval,
            "history": self.history,
            "book": self.book,
            "claims": self.claims,
            "answer": answer,
            "inputs": orjson.Fragment(_WRITTEN.of(self.inputs, canonical)),
            "revision": self.revision,
        }
        return in_order(content)


def digest_of(inputs: Inputs) -> str:
    """SHA-256 of inputs in canonical form."""
    return hashlib.sha256(_WRITTEN.of(inputs, canonical)).hexdigest()


def record_of(decision: Decision) -> Record:
    """A decision as a record."""
    return Record(
        KIND, decision.decision_id, JsonText(decision.text()), decision.party_id, decision.at, decision.revision
    )


def decision_from(record: Record) -> Decision:
    """A decision from its record."""
    body = record.body
    fields = {name: body[name] for name in Decision.model_fields if name in body}
    answer = {name: body[name] for name in ON_TOP} | fields["answer"]  # older ones hold them in the answer as well
    return Decision.model_validate(fields | {"answer": answer, "revision": record.revision})
