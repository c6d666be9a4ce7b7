"""Replay a decision: the same answer from what was known then, and the name of every fact that was corrected since."""

from typing import Any

from graphcredit.decisions.amounts import plain
from graphcredit.decisions.canonical import has_digest
from graphcredit.decisions.decision import KIND as DECISION
from graphcredit.decisions.decision import Decision, decision_from
from graphcredit.decisions.judge import Answer, judge
from graphcredit.decisions.policy_text import policy_by_hash
from graphcredit.decisions.texts import Frozen
from graphcredit.exc import NotFoundError
from graphcredit.model.asof import as_of_moment
from graphcredit.model.tables import TABLES
from graphcredit.store import CreditStore


class Difference(Frozen):
    """A fact behind the decision that reads differently today: which column, what it was, what it is."""

    source: str
    column: str
    then: str
    now: str
    recorded_at: str

    def __str__(self) -> str:
        return f"{self.source} {self.column}: {self.then} -> {self.now} (recorded {self.recorded_at})"


class Replay(Frozen):
    """The answer as recorded and as recomputed from the recorded inputs; `same` when they are equal."""

    decision_id: str
    same: bool
    inputs_intact: bool
    recorded: Answer
    recomputed: Answer
    differences: tuple[Difference, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return dict(plain(self.model_dump()))


def replay(store: CreditStore, decision_id: str) -> Replay:
    """Recompute a decision from its recorded inputs under its recorded policy, and look what became of its facts.

    Raises:
        NotFoundError: no such decision, or its policy's text is not in the store.
    """
    first = store.get_record(DECISION, decision_id, revision=1)
    if first is None:
        raise NotFoundError(f"decision {decision_id!r} does not exist", remedy="see `graphcredit decisions list`")
    decision = decision_from(first)
    again = judge(decision.inputs, policy_by_hash(store, decision.policy_hash))
    return Replay(
        decision_id=decision_id,
        same=plain(again.model_dump()) == plain(decision.answer.model_dump()),
        inputs_intact=has_digest(decision.inputs, decision.inputs_hash),
        recorded=decision.answer,
        recomputed=again,
        differences=tuple(differences(store, decision)),
    )


def sources_of(decision: Decision) -> list[str]:
    """Names of the facts behind a decision's figures, in order."""
    figures = [figure.source for reason in decision.answer.reasons for figure in reason.figures]
    figures += [part.source for part in decision.inputs.limit.capacity]
    figures += [part["source"] for part in decision.inputs.limit.cover_parts]
    figures += [document.source for document in decision.inputs.facts.documents]
    figures += [f"parties/{standing.party_id}" for standing in decision.inputs.standings]
    return [source for source in dict.fromkeys(figures) if source.split("/")[0] in TABLES and "/" in source]


def differences(store: CreditStore, decision: Decision) -> list[Difference]:
    """Columns of the decision's facts that a version recorded since reads differently.

    A version counts as known to the decision when it was recorded by the end of its as-of day, but not when it was written
    with such a date after the decision: then the inputs, which are kept, still hold what was read.
    """
    found = []
    for source in sources_of(decision):
        table, *key = source.split(" ")[0].split("/")
        if len(key) != len(TABLES[table].key):
            continue
        versions = [row for batch in store.versions(table, key=key) for row in batch.to_pylist()]
        then = [row for row in versions if row["recorded_at"] <= as_of_moment(decision.as_of)]
        if not then or then[-1] is versions[-1]:
            continue
        old, new = then[-1], versions[-1]
        found += [
            Difference(
                source=source,
                column=name,
                then=str(plain(old[name])),
                now=str(plain(new[name])),
                recorded_at=new["recorded_at"].isoformat(),
            )
            for name in old
            if name not in ("recorded_at", "superseded_at") and old[name] != new[name]
        ]
    return found
