"""Double financing: what makes two documents the same invoice, as resources that only one decision can claim.

Marks of an invoice, each claimed whole by whoever finances any part of it:
- its transaction id (the same record again, or half of it);
- seller, buyer, date and amount (a copy under another number, or registered by the buyer);
- the same under the common controller of each side (a copy registered by a related party);
- its number without a suffix such as -1, /2, A, with seller and buyer (a copy with changed amount, split numbers);
- the mark of every larger invoice of the pair and day that it makes up with one or two others (split into halves, thirds).
All claims of a decision are written in one transaction: of any number of parallel requests exactly one wins.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import combinations

from graphcredit.decisions.products.base import Document
from graphcredit.store import Claim, CreditStore

PREFIX = "invoice:"
SUFFIX = re.compile(r"(?<=\d)(?:[-_/.·#]+\w{1,2}|[A-Z])$")
MOST_SIBLINGS = 60
ONE = Decimal(1)


def base_number(number: str | None) -> str:
    """A document's number without width, case, spaces, leading zeros and a split's suffix: " inv-0012/1" -> "INV-0012"."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", number or "")).upper()
    return SUFFIX.sub("", text).lstrip("0")


def _mark(kind: str, *parts: str) -> str:
    return PREFIX + kind + ":" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def marks_of(
    document: Document, siblings: Sequence[Document] = (), controller: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """All marks of an invoice or order, sorted; see the module's text.

    Args:
        document: what is to be financed.
        siblings: other documents of the same two sides and day, as registered.
        controller: party -> the one that stands for everybody under common control with it.
    """
    root = controller or {}

    def side(party: str) -> str:
        return root.get(party, party)

    def whole(seller: str, buyer: str, gross: Decimal) -> str:
        return _mark("same", seller, buyer, document.issued_on.isoformat(), f"{gross:.4f}")

    found = {PREFIX + "id:" + document.transaction_id}
    ends = ((document.seller_id, document.buyer_id), (side(document.seller_id), side(document.buyer_id)))
    found |= {whole(seller, buyer, document.gross) for seller, buyer in ends}
    if number := base_number(document.number):
        found.add(_mark("number", *ends[1], document.issued_on.isoformat(), number))
    others = [s for s in siblings if s.transaction_id != document.transaction_id][:MOST_SIBLINGS]
    wholes = {s.gross for s in others if s.gross > document.gross}
    for gross in wholes:
        rest = gross - document.gross
        parts = [s.gross for s in others if s.gross < gross]
        if rest in parts or any(a + b == rest for a, b in combinations(parts, 2)):
            found |= {whole(seller, buyer, gross) for seller, buyer in ends}
    return tuple(sorted(found))


def invoice_claims(marks: Iterable[str], decision_id: str) -> list[Claim]:
    """One exclusive claim a mark."""
    return [Claim(mark, decision_id, ONE, ONE) for mark in sorted(set(marks))]


def already_financed(store: CreditStore, marks: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Documents (transaction id -> marks) of which a mark is claimed, with those marks."""
    claimed = store.claimed(sorted({mark for each in marks.values() for mark in each})) if marks else {}
    found = {name: [mark for mark in each if claimed[mark] > 0] for name, each in marks.items()}
    return {name: taken for name, taken in found.items() if taken}
