"""A decision that is not recorded yet, and how it is recorded: with its line in the book, its claims and its audit entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from graphcredit.decisions.book_lines import line_record
from graphcredit.decisions.decision import Decision, record_of
from graphcredit.exc import CapacityError
from graphcredit.store import Chained, Claim, CreditStore, New, Record


class Witness(Protocol):
    """Who keeps the audit log of a decision."""

    def entries(self, decision_id: str) -> Chained:
        """What is to be kept with it."""

    def kept(self) -> None:
        """It was, in the transaction of the decision."""


@dataclass(frozen=True)
class Written:
    """A decision written out, ready to be recorded; all that another process needs to know of it.

    Attributes:
        text: as it is answered. records: itself and its line in the book. kept: it was recorded earlier.
    """

    decision_id: str
    outcome: str
    text: bytes
    records: tuple[Record, ...]
    claims: tuple[Claim, ...]
    kept: bool = False

    def keep(self, store: CreditStore, witness: Witness | None = None) -> bool:
        """Record it; False where something that it claims was taken meanwhile: look again."""
        (found,) = keep_together(store, [(self, witness)])
        if isinstance(found, Exception):
            raise found
        return found


@dataclass(frozen=True)
class Proposal:
    """A decision with what it claims; one taken earlier on the same application is `kept`."""

    decision: Decision
    claims: tuple[Claim, ...] = ()
    kept: bool = False

    def written(self) -> Written:
        """Ready to be recorded."""
        made, records = self.decision, [record_of(self.decision)]
        if made.answer.exposure > 0:
            records.append(line_record(made.decision_id, made.answer, made.inputs, made.at))
        return Written(made.decision_id, made.outcome, made.text(), tuple(records), self.claims, self.kept)

    def keep(self, store: CreditStore, witness: Witness | None = None) -> bool:
        """Record it; see `Written.keep`."""
        return self.written().keep(store, witness)


def keep_together(store: CreditStore, asked: Sequence[tuple[Written, Witness | None]]) -> list[bool | Exception]:
    """Record decisions of several callers, each all or nothing, in one go where the store can do that.

    Args:
        asked: what is to be recorded, and who keeps its audit entry with it.

    Returns:
        Of each whether it is recorded (False: something that it claims was taken meanwhile), or the error to raise.
    """
    news = [
        New(made.records, made.claims, None if witness is None else witness.entries(made.decision_id))
        for made, witness in asked
        if not made.kept
    ]
    stored = iter(store.put_new_together(news) if news else ())
    told: list[bool | Exception] = []
    for made, witness in asked:
        found = None if made.kept else next(stored)
        if isinstance(found, Exception):
            told.append(False if isinstance(found, CapacityError) else found)
            continue
        if found is not None and witness is not None:
            witness.kept()
        told.append(True)
    return told
