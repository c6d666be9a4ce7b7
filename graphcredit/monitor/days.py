"""Two days of one book side by side: the earlier position of each party, and who is a customer."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from graphcredit.decisions.book_lines import decided_lines
from graphcredit.decisions.headroom import HeadroomBook, resource
from graphcredit.decisions.texts import Figure, Text
from graphcredit.exc import InputError
from graphcredit.monitor.alert import Alert, AlertRules, Severity, alert_id
from graphcredit.store import CreditStore

CHUNK = 5_000


class Days:
    """A book on two days.

    Args:
        before, after: prepared for the earlier and the later day, under the same policy.
        rules: thresholds.
        parties: only alerts about these; default about everybody.

    Raises:
        InputError: the days are not in order. NotFoundError: an unknown party.
    """

    def __init__(
        self,
        store: CreditStore,
        before: HeadroomBook,
        after: HeadroomBook,
        rules: AlertRules,
        parties: Sequence[str] | None = None,
    ) -> None:
        if before.book.day >= after.book.day:
            raise InputError(
                f"{before.book.day} is not before {after.book.day}", remedy="compare a day with a later one"
            )
        self.store, self.before, self.after, self.rules = store, before, after, rules
        self.wanted = None if parties is None else {party for party in parties if after.position(party) >= 0}

    @cached_property
    def earlier(self) -> npt.NDArray[np.int64]:
        """Position on the earlier day of each party of the later one, (n,); -1 where it was not known yet."""
        index = self.before.book.index
        return np.array([index.get(party, -1) for party in self.after.book.ids.tolist()], dtype=np.int64)

    def then(self, values: npt.NDArray[Any], missing: Any = 0) -> npt.NDArray[Any]:
        """Values of the earlier day by position of the later one."""
        padded = np.append(values, missing)
        return np.asarray(padded[self.earlier])

    def follows(self, party: str) -> bool:
        """Whether alerts about a party are asked for."""
        return self.wanted is None or party in self.wanted

    @cached_property
    def customers(self) -> list[str]:
        """Whom something is lent to on the later day: by a decision, a facility in force, or a document of our creditors."""
        book = self.after.book
        lent = np.zeros(book.n, dtype=bool)
        facilities = book.facilities
        lent[facilities.borrower[(facilities.borrower >= 0) & (facilities.drawn > 0)]] = True
        lent |= np.asarray(self.after.own_used) > 0
        decided = {str(party) for party in decided_lines(self.store).party}
        named = {str(party) for party in book.ids[lent]} | {party for party in decided if party in book.index}
        return sorted(party for party in named if self.follows(party))

    @cached_property
    def claimed(self) -> dict[str, Decimal]:
        """What decisions claim on each customer's own limit."""
        return claims_on(self.store, "party", self.customers)

    def alert(
        self,
        kind: str,
        severity: Severity,
        party: str,
        en: str,
        zh: str,
        *figures: Figure,
        path: Iterable[str] = (),
        related: Iterable[str] = (),
    ) -> Alert:
        """An alert about a party of the later day."""
        position, others = self.after.book.index.get(party), tuple(related)
        return Alert(
            alert_id=alert_id(kind, party, self.after.book.day, others),
            kind=kind,
            severity=severity,
            party_id=party,
            name="" if position is None else str(self.after.book.name[position]),
            since=self.before.book.day,
            as_of=self.after.book.day,
            text=Text(en=en, zh=zh),
            figures=figures,
            path=tuple(path),
            related=others,
        )


def claims_on(store: CreditStore, kind: str, names: Sequence[str]) -> dict[str, Decimal]:
    """What decisions claim on one kind of line, by its name."""
    found: dict[str, Decimal] = {}
    for start in range(0, len(names), CHUNK):
        part = names[start : start + CHUNK]
        claims = store.claimed([resource(kind, name) for name in part])
        found |= {name: claims[resource(kind, name)] for name in part}
    return found
