"""The book as a whole: risk of what was decided, of that with the facilities that facts know, and both under named stresses."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from graphcredit.decisions.amounts import plain
from graphcredit.decisions.book import BookRisk, measure
from graphcredit.decisions.book_lines import decided_lines, full_lines
from graphcredit.decisions.headroom import HeadroomBook
from graphcredit.decisions.stress import StressResult, stress_book
from graphcredit.decisions.texts import Frozen
from graphcredit.store import CreditStore


class BookReport(Frozen):
    """Risk as of a day: `decided` = by decisions alone, `full` = with facilities; `stress` = the full book by scenario."""

    as_of: date
    policy: str
    currency: str
    decided: BookRisk
    full: BookRisk
    stress: tuple[StressResult, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return dict(plain(self.model_dump()))


def book_report(store: CreditStore, book: HeadroomBook, scenarios: Sequence[str] = ()) -> BookReport:
    """Risk of the book before and after some (all) scenarios of the policy.

    Raises:
        NotFoundError: an unknown scenario.
    """
    confidence = float(book.policy.pricing.confidence.value)
    lines = full_lines(store, book)
    return BookReport(
        as_of=book.book.day,
        policy=book.policy.label,
        currency=book.policy.currency,
        decided=measure(decided_lines(store), confidence=confidence),
        full=measure(lines, confidence=confidence),
        stress=tuple(stress_book(lines, book.policy, tuple(scenarios))),
    )
