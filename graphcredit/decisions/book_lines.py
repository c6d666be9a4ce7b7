"""The decided book: one line a decision that lends and is not settled, and on request the facilities that facts know."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np

from graphcredit.decisions.amounts import decimal_text
from graphcredit.decisions.book import EMPTY, BookRisk, Lines, measure
from graphcredit.decisions.book_sums import BookSums, Line
from graphcredit.decisions.followed import Followed
from graphcredit.decisions.gather import Inputs
from graphcredit.decisions.headroom import HeadroomBook
from graphcredit.decisions.judge import Answer
from graphcredit.decisions.limits import PartyScore
from graphcredit.decisions.texts import Frozen
from graphcredit.store import CreditStore, Record

KIND = "book_line"
MOST = 1_000_000
_SUMS = Followed(KIND, BookSums)


class BookEffect(Frozen):
    """Risk of the decided book before and after a decision."""

    before: BookRisk
    after: BookRisk


def line_record(decision_id: str, answer: Answer, inputs: Inputs, at: datetime, *, revision: int = 1) -> Record:
    """The book's line of a decision that lends."""
    score = inputs.risk_score
    body = {
        "decision_id": decision_id,
        "party_id": inputs.risk_party,
        "exposure": decimal_text(answer.exposure),
        "pd": "1" if score is None else str(score.pd),
        "lgd": str(answer.lgd),
        "industry": inputs.industry,
        "state": "open",
    }
    return Record(KIND, decision_id, body, inputs.risk_party, at, revision)


def closed(record: Record) -> Record:
    """The same line, no longer in the book."""
    return Record(
        KIND, record.record_id, {**record.body, "state": "closed"}, record.party_id, None, record.revision + 1
    )


def decided_lines(store: CreditStore) -> Lines:
    """All open lines of decisions."""
    rows = [record.body for record in store.find_records(KIND, where={"state": "open"}, limit=MOST)]
    return _lines(rows) if rows else EMPTY


def _lines(rows: list[Mapping[str, Any]]) -> Lines:
    def numbers(name: str) -> Any:
        return np.array([float(row[name]) for row in rows], dtype=np.float64)

    def texts(name: str) -> Any:
        return np.array([str(row[name]) for row in rows], dtype=object)

    return Lines(texts("party_id"), numbers("exposure"), numbers("pd"), numbers("lgd"), texts("industry"))


def full_lines(store: CreditStore, book: HeadroomBook) -> Lines:
    """Decisions and the facilities of facts: drawn, at the borrower's PD (the worst admitted grade's where unscored)."""
    decided, facts, policy = decided_lines(store), book.book.facilities, book.policy
    row = policy.grade_row(policy.blocking.worst_grade) or policy.master_scale.grades[-1]
    unscored = float(row.pd_to)
    known = facts.borrower >= 0
    who = book.book.ids[facts.borrower[known]]
    pd = np.array([float(book.scores[p].pd) if p in book.scores else unscored for p in who], dtype=np.float64)
    lgd = np.where(np.isnan(facts.lgd[known]), float(policy.pricing.lgd_unsecured.value), facts.lgd[known])
    return Lines(
        np.concatenate([decided.party, who]),
        np.concatenate([decided.exposure, facts.drawn[known] / 10_000]),
        np.concatenate([decided.pd, pd]),
        np.concatenate([decided.lgd, lgd]),
        np.concatenate([decided.industry, book.book.industry[facts.borrower[known]]]),
    )


def follow_book(store: CreditStore) -> None:
    """Have the sums of the decided book in memory, where the store tells when a line of it is written."""
    _SUMS.look(store, lambda _: None)


def book_effect(
    store: CreditStore, book: HeadroomBook, score: PartyScore, industry: str, exposure: Decimal, lgd: Decimal
) -> BookEffect:
    """Risk of the decided book without and with one more exposure."""
    confidence = float(book.policy.pricing.confidence.value)
    line = Line(float(exposure), float(score.pd), float(lgd))
    known = _SUMS.look(store, lambda sums: sums.effect(score.party_id, line, confidence))
    if known is not None:
        return BookEffect(before=known[0], after=known[1])
    lines = decided_lines(store)
    more = lines.with_line(score.party_id, float(exposure), float(score.pd), float(lgd), industry)
    return BookEffect(before=measure(lines, confidence=confidence), after=measure(more, confidence=confidence))
