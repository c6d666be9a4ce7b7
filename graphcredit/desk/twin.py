"""Scores and decisions of a desk computed in a twin of its process, from the memory both had when the twin was made."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, NamedTuple

from graphcredit.decisions import parse_application
from graphcredit.decisions.book_lines import follow_book
from graphcredit.decisions.policy_text import keep_policy
from graphcredit.decisions.proposal import Written
from graphcredit.desk.credit import Credit
from graphcredit.desk.keeper import Given
from graphcredit.desk.what_if import what_if
from graphcredit.exc import InputError
from graphcredit.store.changes import Change

SMALL = {"product": "loan", "amount": "1000.00", "tenor_days": 30}


class ToScore(NamedTuple):
    """A party's score is asked for, with so many reasons."""

    party_id: str
    as_of: date | None
    top: int


class ToDecide(NamedTuple):
    """An application is to be decided."""

    fields: Mapping[str, Any]
    as_of: date | None
    by: str


Asked = tuple[Sequence[Change], ToScore | ToDecide]
"""What was written since the last question, and the question."""


class Kept(NamedTuple):
    """What is to be kept of a score: all of it, or (`whole` false, no text) its place in the rating history."""

    party_id: str
    model_id: str
    grade: str
    pd: float
    text: bytes
    whole: bool


class Told(NamedTuple):
    """An answer, and scores that are to be kept with it; no answer where the twin would have to compute more first."""

    answer: bytes | Written | None
    scores: tuple[Kept, ...]


def warm(credit: Credit) -> ToScore:
    """Have in memory what every answer looks at; may ask the store.

    Returns:
        A question to begin with.
    """
    known = credit.desk.known()
    firms = known.network.ids[known.network.attributes["kind"] == "company"]
    first, policy = str(firms[0]), credit.book(known.day).policy
    with suppress(InputError):  # loans are not offered: then scores are all that a twin is asked for
        what_if(credit, {**SMALL, "party_id": first, "currency": next(iter(policy.currencies))}, known.day)
    keep_policy(credit.store, policy)
    follow_book(credit.store)
    credit.store.claimed([])
    return ToScore(first, None, 12)


def keep(credit: Credit, told: Told, as_of: date | None) -> None:
    """Keep the scores that a twin made."""
    known = credit.desk.known(as_of)
    for score in told.scores:
        if score.whole:
            credit.desk.keep_score(score, known)
        else:
            credit.desk.rate(score, known)


class _Gathered:
    """In place of the keeper of scores: they are kept by the other process."""

    def __init__(self) -> None:
        self._scores: list[Kept] = []

    def put(self, given: Given) -> None:
        """To be kept."""
        score, whole = given.score, given.whole
        text = score.text if whole else b""
        self._scores.append(Kept(score.party_id, score.model_id, score.grade, float(score.pd), text, whole))

    def close(self) -> None:
        """Nothing waits here."""

    def taken(self) -> tuple[Kept, ...]:
        """Those of the last answer."""
        found = tuple(self._scores)
        self._scores.clear()
        return found


def in_twin(credit: Credit) -> Callable[[Asked], Told]:
    """What answers questions in a twin."""
    desk, gathered = credit.desk, _Gathered()
    credit.store.in_copy()
    desk.keeper = desk.rater = gathered

    def decide(asked: ToDecide) -> Written | None:
        given = parse_application(asked.fields)
        if not credit.proposes_at_once(given, asked.as_of):
            return None
        return credit.propose(given, asked.as_of, by=asked.by).written()

    def score(asked: ToScore) -> bytes | None:
        if not desk.scores_prepared(asked.as_of):
            return None
        return desk.score(asked.party_id, asked.as_of, top=asked.top).text

    def answer(asked: Asked) -> Told:
        changes, question = asked
        credit.store.follow(changes)
        gathered.taken()  # of an answer that failed
        found = score(question) if isinstance(question, ToScore) else decide(question)
        return Told(found, gathered.taken())

    return answer
